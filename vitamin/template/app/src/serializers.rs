//! What clients send and receive.

use vitamin::rest_framework::prelude::*;

use crate::models::Item;

/// Validates items, and writes them. The user is no field, so no client can choose one.
#[must_use]
pub fn item_serializer() -> ModelSerializer<Item> {
    ModelSerializer::new(["id", "text", "done"])
}

//! What clients send and receive.

use serde::Serialize;
use vitamin::rest_framework::fields::{BooleanField, CharField, IntegerField};
use vitamin::rest_framework::serializers::Serializer;

use crate::models::Item;

/// Validates an item, and describes it in the response to OPTIONS.
#[must_use]
pub fn item_serializer() -> Serializer {
    Serializer::new()
        .field("id", IntegerField::new().label("ID").read_only())
        .field("text", CharField::new().max_length(200))
        .field("done", BooleanField::new().default(false))
}

/// An item in a response.
#[derive(Serialize)]
pub struct ItemOutput {
    id: i64,
    text: String,
    done: bool,
}

impl From<Item> for ItemOutput {
    fn from(item: Item) -> Self {
        Self {
            id: item.id,
            text: item.text,
            done: item.done,
        }
    }
}

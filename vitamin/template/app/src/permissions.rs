//! Who may change what.

use vitamin::rest_framework::prelude::*;

use crate::models::Item;

/// Allows changes of an item to its owner only.
#[must_use]
pub fn is_owner_or_read_only() -> ObjectRule<Item> {
    ObjectRule::new(|user, item: &Item| item.user_id == user.id).or_read_only()
}

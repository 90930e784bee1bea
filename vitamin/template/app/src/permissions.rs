//! The app's own permission.

use vitamin::rest_framework::permissions::{ObjectPermission, Permission};
use vitamin::rest_framework::policy_result::PolicyResult;
use vitamin::rest_framework::request::Request;

use crate::models::Item;

/// Allows an item to its owner only.
pub struct IsOwner;

impl Permission for IsOwner {}

impl ObjectPermission<Item> for IsOwner {
    fn has_object_permission(&self, request: &Request, item: &Item) -> PolicyResult<'_, bool> {
        request.user().is_some_and(|user| user.id == item.user_id).into()
    }
}

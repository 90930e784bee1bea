//! The app's own permission.

use async_trait::async_trait;
use vitamin::rest_framework::exceptions::APIException;
use vitamin::rest_framework::permissions::{ObjectPermission, Permission};
use vitamin::rest_framework::request::Request;

use crate::models::Item;

/// Allows an item to its owner only.
pub struct IsOwner;

impl Permission for IsOwner {}

#[async_trait(?Send)]
impl ObjectPermission<Item> for IsOwner {
    async fn has_object_permission(
        &self,
        request: &Request,
        item: &Item,
    ) -> Result<bool, APIException> {
        Ok(request.user().is_some_and(|user| user.id == item.user_id))
    }
}

//! The app's views.

use vitamin::authtoken::TokenAuthentication;
use vitamin::rest_framework::prelude::*;

use crate::models::Item;
use crate::permissions::is_owner_or_read_only;
use crate::schema::polls_item;
use crate::serializers::item_serializer;

/// Lists, creates, shows, changes and deletes items. Every user can read all items; `.queryset(…)` would show a user less.
#[must_use]
pub fn item_view_set() -> ModelViewSet<Item> {
    ModelViewSet::new("ItemViewSet", item_serializer())
        .authentication_classes(classes![TokenAuthentication::new()])
        .permission_classes(classes![IsAuthenticated, is_owner_or_read_only()])
        .created_by(polls_item::user_id)
}

//! The app's URL patterns, below the prefix that the project chooses.

use vitamin::urls::{Pattern, path};

use crate::views::{item_detail, item_list};

/// The app's patterns.
#[must_use]
pub fn urlpatterns() -> Vec<Pattern> {
    vec![
        path("", item_list()).name("item-list"),
        path("<int:id>/", item_detail()).name("item-detail"),
    ]
}

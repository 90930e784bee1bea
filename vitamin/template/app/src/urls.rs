//! The app's URL patterns, below the prefix that the project chooses.

use vitamin::rest_framework::prelude::*;
use vitamin::urls::Pattern;

use crate::views::item_view_set;

/// The app's patterns: `item-list` and `item-detail`.
#[must_use]
pub fn urlpatterns() -> Vec<Pattern> {
    // Register further view sets before this one: with an empty prefix, it takes `choices/` for the key of an item.
    SimpleRouter::new().register("", item_view_set()).urls()
}

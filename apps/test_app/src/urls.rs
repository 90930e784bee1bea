//! The app's URL patterns, below the prefix that `src/urls.rs` chooses.

use super::views::{auth_view, test_view};
use vitamin::rest_framework::urlpatterns::format_suffix_patterns;
use vitamin::urls::{Pattern, path};

/// The app's patterns, each with and without the suffix `.json`.
#[must_use]
pub fn urlpatterns() -> Vec<Pattern> {
    let urlpatterns =
        vec![path("", test_view()).name("test-view"), path("auth/", auth_view()).name("auth-view")];
    format_suffix_patterns(urlpatterns)
}

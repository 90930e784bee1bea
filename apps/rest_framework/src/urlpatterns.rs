//! `format_suffix_patterns` (`rest_framework/urlpatterns.py`): the same views, with the format in the path.

use vitamin_framework::urls::Pattern;

/// Lets every view answer at its route with a suffix too: `auth.json` and `auth.json/` beside `auth/`.
///
/// The suffix is the path parameter `format`. A format that no renderer of the view has is 404.
#[must_use]
pub fn format_suffix_patterns(patterns: Vec<Pattern>) -> Vec<Pattern> {
    let with_suffix = |route: &str| {
        let route = route.trim_end_matches('/');
        vec![format!("{route}.{{format:[a-z0-9]+}}"), format!("{route}.{{format:[a-z0-9]+}}/")]
    };
    patterns.into_iter().map(|pattern| pattern.also_at(with_suffix)).collect()
}

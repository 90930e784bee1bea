//! `format_suffix_patterns` (`rest_framework/urlpatterns.py`): routes with the format in the path.

use vitamin_framework::urls::Pattern;

/// Adds routes with a format suffix to every view: `auth.json` and `auth.json/` in addition to `auth/`.
///
/// The suffix is the path parameter `format`. If no renderer of the view has that format, the response is 404.
#[must_use]
pub fn format_suffix_patterns(patterns: Vec<Pattern>) -> Vec<Pattern> {
    let with_suffix = |route: &str| {
        let route = route.trim_end_matches('/');
        vec![format!("{route}.{{format:[a-z0-9]+}}"), format!("{route}.{{format:[a-z0-9]+}}/")]
    };
    patterns.into_iter().map(|pattern| pattern.also_at(with_suffix)).collect()
}

//! `format_suffix_patterns` (`rest_framework/urlpatterns.py`): routes with the format in the path.

use vitamin_framework::urls::Pattern;

/// Adds routes with a format suffix to every view: `auth.json` and `auth.json/` in addition to `auth/`.
///
/// The suffix is the path parameter `format`. If no renderer of the view has that format, the response is 404.
#[must_use]
pub fn format_suffix_patterns(patterns: Vec<Pattern>) -> Vec<Pattern> {
    FormatSuffixes::default().apply(patterns)
}

/// [`format_suffix_patterns`] with options.
///
/// `FormatSuffixes::new().allowed(&["json", "api"]).apply(urlpatterns)`
#[derive(Default)]
pub struct FormatSuffixes {
    allowed: Vec<String>,
    required: bool,
    reverses_without_slash: bool,
}

impl FormatSuffixes {
    /// Any suffix is allowed, none is required.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only these suffixes have routes. Other paths are Django's page of 404.
    #[must_use]
    pub fn allowed(mut self, formats: &[&str]) -> Self {
        self.allowed = formats.iter().map(|format| (*format).to_owned()).collect();
        self
    }

    /// Removes the routes without suffix.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Reversing with `format` gives `notes.json`, as for patterns of `re_path`. For those of `path` it gives `notes.json/`.
    pub(crate) fn reverses_without_slash(mut self) -> Self {
        self.reverses_without_slash = true;
        self
    }

    /// The patterns with their suffixed routes.
    #[must_use]
    pub fn apply(&self, patterns: Vec<Pattern>) -> Vec<Pattern> {
        let formats = match self.allowed.as_slice() {
            [] => "[a-z0-9]+".to_owned(),
            allowed => allowed.join("|"),
        };
        let with_suffix = |route: &str| {
            let route = route.trim_end_matches('/');
            let suffixed = format!("{route}.{{format:{formats}}}");
            let with_slash = format!("{suffixed}/");
            // The first one that fits is the URL of a name.
            if self.reverses_without_slash { vec![suffixed, with_slash] } else { vec![with_slash, suffixed] }
        };
        let suffixed = |pattern: Pattern| {
            if self.required { pattern.only_at(with_suffix) } else { pattern.also_at(with_suffix) }
        };
        patterns.into_iter().map(suffixed).collect()
    }
}

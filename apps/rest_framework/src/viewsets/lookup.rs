//! The parameter of a path that finds an object (`SimpleRouter.get_lookup_regex`).

/// The lookup options of a view set.
#[derive(Clone)]
pub(crate) struct Lookup {
    pub(crate) field: String,
    pub(crate) url_kwarg: Option<String>,
    pub(crate) value_regex: Option<String>,
    pub(crate) value_converter: Option<String>,
}

impl Default for Lookup {
    fn default() -> Self {
        Self { field: "pk".to_owned(), url_kwarg: None, value_regex: None, value_converter: None }
    }
}

impl Lookup {
    /// The name of the parameter.
    pub(crate) fn url_kwarg(&self) -> &str {
        self.url_kwarg.as_deref().filter(|name| !name.is_empty()).unwrap_or(&self.field)
    }

    /// The parameter in a route: a regular expression, or one of Django's converters.
    pub(crate) fn parameter(&self, use_regex_path: bool) -> String {
        let name = self.url_kwarg();
        if use_regex_path {
            // The default leaves format suffixes to the pattern of the suffix.
            return format!("{{{name}:{}}}", self.value_regex.as_deref().unwrap_or("[^/.]+"));
        }
        let converter = self.value_converter.as_deref().or(self.value_regex.as_deref());
        format!("<{}:{name}>", converter.unwrap_or("str"))
    }
}

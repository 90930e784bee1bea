//! Media types of Accept and Content-Type headers (`rest_framework/utils/mediatypes.py`).

use std::borrow::Cow;

pub mod parameters;

use parameters::{HeaderParameters, parse_header_parameters};

/// A parsed media type or media range: `_MediaType` of Django REST framework.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType<'a> {
    orig: &'a str,
    header: HeaderParameters<'a>,
}

impl<'a> MediaType<'a> {
    /// Parses `text`. Never fails: malformed text becomes a media type that only `*/*` matches. Allocates only if there
    /// are parameters, capital letters or characters outside of ASCII.
    pub fn parse(text: &'a str) -> Self {
        Self { orig: text, header: parse_header_parameters(text).unwrap_or_default() }
    }

    /// The original text, with parameters.
    pub fn orig(&self) -> &'a str {
        self.orig
    }

    /// The part before the slash, in lower case. `*` matches any.
    pub fn main_type(&self) -> &str {
        self.header.value.split_once('/').map_or(&*self.header.value, |(main, _)| main)
    }

    /// The part after the slash, in lower case. `*` matches any. Empty without a slash.
    pub fn sub_type(&self) -> &str {
        self.header.value.split_once('/').map_or("", |(_, sub)| sub)
    }

    /// The parameters in order, `q` included, with names in lower case.
    pub fn params(&self) -> &[(String, String)] {
        &self.header.params
    }

    /// Whether `other` satisfies this media type: `other` has all of its parameters (except `q`), and the types are
    /// equal or a wildcard on either side. Not symmetrical: `other` may have more parameters.
    pub fn matches(&self, other: &MediaType<'_>) -> bool {
        let type_matches = |mine: &str, theirs: &str| mine == "*" || theirs == "*" || mine == theirs;
        self.params().iter().all(|(name, value)| name == "q" || other.header.get(name) == Some(value))
            && type_matches(self.sub_type(), other.sub_type())
            && type_matches(self.main_type(), other.main_type())
    }

    /// How specific the media type is: 0 `*/*`, 1 `type/*`, 2 `type/subtype`, 3 with parameters other than `q`.
    pub fn precedence(&self) -> u8 {
        match (self.main_type(), self.sub_type(), self.params()) {
            ("*", _, _) => 0,
            (_, "*", _) => 1,
            (_, _, []) => 2,
            (_, _, [(name, _)]) if name == "q" => 2,
            _ => 3,
        }
    }
}

/// Whether the media type `theirs` satisfies `ours`: see [`MediaType::matches`].
pub fn media_type_matches(ours: &str, theirs: &str) -> bool {
    MediaType::parse(ours).matches(&MediaType::parse(theirs))
}

/// Decodes a header's bytes as ISO 8859-1, as a WSGI server does (PEP 3333).
pub fn latin1(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precedence_grows_with_specificity() {
        for (text, expected) in [
            ("*/*", 0),
            ("*/*; indent=4", 0),
            ("*", 0),
            ("text/*", 1),
            ("text/*;q=0.1", 1),
            ("text/html", 2),
            ("text/html; q=0.1", 2),
            ("text/html; q=0.1; level=1", 3),
            ("text/html; level=1", 3),
            ("", 2),
        ] {
            assert_eq!(MediaType::parse(text).precedence(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_match_needs_our_parameters_and_ignores_others() {
        assert!(media_type_matches("application/json", "Application/JSON; charset=utf-8"));
        assert!(media_type_matches("text/html", "text/*"));
        assert!(media_type_matches("*/*", "anything"));
        assert!(media_type_matches("text/html; q=1", "text/html"));
        assert!(!media_type_matches("application/json; indent=8", "application/json"));
        assert!(!media_type_matches("application/json; indent=8", "application/json; indent=4"));
        assert!(!media_type_matches("application/json", ""));
        assert!(!media_type_matches("application/json", "application/json; a*=nothing''x"));
    }

    #[test]
    fn plain_text_is_borrowed() {
        let media_type = MediaType::parse("application/json");
        assert!(matches!(media_type.header.value, Cow::Borrowed(_)));
        assert!(matches!(latin1(b"text/html"), Cow::Borrowed(_)));
        assert_eq!(latin1(b"caf\xe9"), "caf\u{e9}");
    }
}

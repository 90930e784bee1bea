//! `RegexField`, and the patterns of validators.

use std::borrow::Cow;

use super::Field;
use super::char::{Char, Syntax};
use crate::python;

/// A text field whose value contains a match of a pattern.
pub type RegexField = Field<Char<Regex>>;

/// The syntax of [`RegexField`].
#[derive(Clone, Debug)]
pub struct Regex {
    pattern: Pattern,
}

/// A regular expression of Python, which is searched for anywhere in a text.
///
/// [`python::Regex`] says what its syntax is.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: Cow<'static, str>,
    compiled: Option<python::Regex>,
}

impl Pattern {
    /// Compiles a pattern. An error is logged, since it is a mistake in the code: the pattern then matches nothing.
    pub fn new(pattern: impl Into<Cow<'static, str>>) -> Self {
        let text = pattern.into();
        let compiled = match python::Regex::new(&text) {
            Ok(regex) => Some(regex),
            Err(error) => {
                log::error!("The pattern {text} matches nothing: {error}");
                None
            }
        };
        Self { text, compiled }
    }

    /// The pattern as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the text contains a match (`re.search`).
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

impl Field<Char<Regex>> {
    /// A field of text that contains a match of the pattern.
    pub fn new(pattern: impl Into<Cow<'static, str>>) -> Self {
        Self::of_syntax(Regex { pattern: Pattern::new(pattern) })
    }
}

impl Regex {
    /// The pattern.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }
}

impl Syntax for Regex {
    const TYPE: &'static str = "regex";
    const MESSAGE: &'static str = "This value does not match the required pattern.";

    fn matches(&self, text: &str) -> bool {
        self.pattern.is_match(text)
    }
}

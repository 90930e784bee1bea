//! `RegexField`, and Python's regular expressions as far as they are those of the crate regex-lite.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use super::Field;
use super::char::{Char, Syntax, is_word};
use super::digits;

/// A text field whose value contains a match of a pattern.
pub type RegexField = Field<Char<Regex>>;

/// The syntax of [`RegexField`].
#[derive(Clone, Debug)]
pub struct Regex {
    pattern: Pattern,
}

/// A regular expression of Python, which is searched for anywhere in a text.
///
/// As in Python, `$` matches before a last newline too, `\Z` only at the end, and `\d`, `\w` and `\s`
/// match the digits, letters and spaces of every script. `\b`, and `\D`, `\W` and `\S` inside brackets, know only ASCII.
/// There is no look-around and no back-reference.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: Cow<'static, str>,
    compiled: Option<Arc<regex_lite::Regex>>,
}

impl Pattern {
    /// Compiles a pattern. An error is logged, since it is a mistake in the code: the pattern then matches nothing.
    pub fn new(pattern: impl Into<Cow<'static, str>>) -> Self {
        let text = pattern.into();
        let compiled = match regex_lite::Regex::new(&translate(&text)) {
            Ok(regex) => Some(Arc::new(regex)),
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

/// The same pattern in the syntax of regex-lite.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars().peekable();
    let mut in_class = false;
    // In brackets, the first character may be a closing bracket.
    let mut class_start = false;
    while let Some(c) = chars.next() {
        let starts_class = std::mem::take(&mut class_start);
        match c {
            '\\' => match chars.next() {
                Some('Z') if !in_class => out.push_str(r"\z"),
                Some('d') if !in_class => _ = write!(out, "[{}]", *DIGITS),
                Some('D') if !in_class => _ = write!(out, "[^{}]", *DIGITS),
                Some('w') if !in_class => _ = write!(out, "[{}]", *WORD),
                Some('W') if !in_class => _ = write!(out, "[^{}]", *WORD),
                Some('s') if !in_class => _ = write!(out, "[{SPACE}]"),
                Some('S') if !in_class => _ = write!(out, "[^{SPACE}]"),
                Some(letter @ ('d' | 'w' | 's')) => {
                    out.push_str(match letter {
                        'd' => &DIGITS,
                        'w' => &WORD,
                        _ => SPACE,
                    });
                    // A hyphen after a class is a character, not a range.
                    if chars.next_if_eq(&'-').is_some() {
                        out.push_str(r"\-");
                    }
                }
                // Python lets every ASCII punctuation be escaped, regex-lite only the special ones.
                Some(
                    c @ ('"' | '\'' | '/' | ':' | ';' | ',' | '@' | '%' | '=' | '!' | '<' | '>' | '`' | '_'),
                ) => {
                    out.push(c);
                }
                Some(next) => out.extend(['\\', next]),
                None => out.push('\\'),
            },
            '[' if in_class => out.push_str(r"\["),
            '[' => {
                in_class = true;
                class_start = true;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
            }
            ']' if in_class && starts_class => out.push_str(r"\]"),
            ']' => {
                in_class = false;
                out.push(']');
            }
            // They would be operators on classes.
            '&' | '~' if in_class => out.extend(['\\', c]),
            '$' if !in_class => out.push_str(r"(?:\n?\z)"),
            other => out.push(other),
        }
    }
    out
}

/// What `str.isspace()` is true for.
const SPACE: &str =
    r"\t-\r\x1c-\x20\x85\u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";

static DIGITS: LazyLock<String> = LazyLock::new(|| ranges(digits::is_digit));
static WORD: LazyLock<String> = LazyLock::new(|| ranges(is_word));

/// The ranges of the characters for which a condition holds.
fn ranges(is_member: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    let mut start = None;
    for c in '\0'..=char::MAX {
        match (is_member(c), start) {
            (true, None) => start = Some((c, c)),
            (true, Some((first, last))) if u32::from(last) + 1 == u32::from(c) => start = Some((first, c)),
            (member, Some((first, last))) => {
                _ = write!(out, r"\u{{{:x}}}-\u{{{:x}}}", u32::from(first), u32::from(last));
                start = member.then_some((c, c));
            }
            (false, None) => {}
        }
    }
    if let Some((first, last)) = start {
        _ = write!(out, r"\u{{{:x}}}-\u{{{:x}}}", u32::from(first), u32::from(last));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each was tried with Python's `re.search`.
    #[test]
    fn classes_in_brackets_are_those_of_every_script() {
        for (pattern, text, expected) in [
            (r"^[\w.@+-]+\Z", "walterwhité", true),
            (r"^[\w.@+-]+\Z", "日本@x", true),
            (r"^[\w.@+-]+\Z", "two words", false),
            (r"^[\w.@+-]+\Z", "new\n", false),
            (r"^[\d-]$", "٣", true),
            (r"^[\d-]$", "-", true),
            (r"^[\d-]$", "y", false),
            (r"^[^\s]$", "\u{a0}", false),
            (r"^[^\s]$", "é", true),
        ] {
            assert_eq!(Pattern::new(pattern).is_match(text), expected, "{pattern} {text:?}");
        }
    }
}

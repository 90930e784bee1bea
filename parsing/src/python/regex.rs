//! Python's regular expressions (`re`), as far as they are those of the crate regex-lite.

use std::fmt::{self, Write as _};
use std::sync::LazyLock;

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// A compiled regular expression of Python.
///
/// As in Python, `$` matches before a last newline too, `\Z` only at the end, and `\d`, `\w` and `\s`
/// match the digits, letters and spaces of every script. `\b`, and `\D`, `\W` and `\S` inside brackets, know only ASCII.
/// There is no look-around and no back-reference.
///
/// ```
/// use vitamin_parsing::python::Regex;
///
/// let regex = Regex::new(r"^https://\w+\.example\.com$")?;
/// assert!(regex.is_match("https://shop.example.com"));
/// assert!(Regex::new("(?!x)").is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone)]
pub struct Regex {
    pattern: String,
    compiled: regex_lite::Regex,
}

impl Regex {
    /// Compiles a pattern (`re.compile`).
    ///
    /// # Errors
    /// Why it can't be compiled, in words.
    pub fn new(pattern: &str) -> Result<Self, String> {
        match regex_lite::Regex::new(&translate(pattern)) {
            Ok(compiled) => Ok(Self { pattern: pattern.to_owned(), compiled }),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The pattern as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// Whether the text contains a match (`re.search`).
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled.is_match(text)
    }

    /// Whether the text begins with a match (`re.match`).
    #[must_use]
    pub fn matches_start(&self, text: &str) -> bool {
        // The leftmost match is found.
        self.compiled.find(text).is_some_and(|found| found.start() == 0)
    }
}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Regex({:?})", self.pattern)
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern
    }
}

impl Eq for Regex {}

/// Whether `\w` of Python's `re` matches the character.
#[must_use]
pub fn is_word(c: char) -> bool {
    let group = c.general_category_group();
    c == '_' || matches!(group, GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number)
}

fn is_digit(c: char) -> bool {
    c.general_category() == GeneralCategory::DecimalNumber
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

static DIGITS: LazyLock<String> = LazyLock::new(|| ranges(is_digit));
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
            assert_eq!(Regex::new(pattern).unwrap().is_match(text), expected, "{pattern} {text:?}");
        }
    }

    /// Each was tried with Python's `re.match`.
    #[test]
    fn a_match_at_the_start_is_told_from_one_elsewhere() {
        for (pattern, text, expected) in [
            ("api/", "/api/", false),
            ("/api/", "/api/", true),
            ("^/api/.*$", "/api/x", true),
            ("^.*$", "/a\nb", false),
            ("^.*$", "/a\n", true),
            ("x|/api", "/api", true),
            ("", "", true),
            ("(?i)/API", "/api", true),
        ] {
            assert_eq!(Regex::new(pattern).unwrap().matches_start(text), expected, "{pattern} {text:?}");
        }
    }
}

//! Python's regular expressions (`re`), by two engines: one that is linear in the length of the text, and for what that lacks one that
//! backtracks.

mod translate;

use std::fmt;

pub use self::translate::is_word;
use self::translate::{Translated, translate};

/// A compiled regular expression of Python.
///
/// As in Python, `$` matches before a last newline too, `\Z` only at the end, and `\d`, `\w` and `\s` match the digits, letters
/// and spaces of every script. `\b`, and `\D`, `\W` and `\S` inside brackets, know only ASCII.
///
/// A pattern with look-around, back-references, conditions, atomic groups or possessive quantifiers takes an engine that
/// backtracks. It gives up after a hundred thousand steps, where Python would go on for hours: the text then does not match.
///
/// ```
/// use vitamin_parsing::python::Regex;
///
/// let regex = Regex::new(r"^https://\w+\.example\.com$")?;
/// assert!(regex.is_match("https://shop.example.com"));
/// let regex = Regex::new(r"^https://(?!test)\w+\.example\.com$")?;
/// assert!(!regex.is_match("https://test1.example.com"));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone)]
pub struct Regex {
    pattern: String,
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Linear(regex_lite::Regex),
    Backtracking(Box<fancy_regex::Regex>),
}

/// The most bytes of a compiled pattern. Those of `\w` take 6 KB.
const SIZE_LIMIT: usize = 10 << 20;

/// The most steps of one search: some milliseconds.
const BACKTRACK_LIMIT: usize = 100_000;

impl Regex {
    /// Compiles a pattern (`re.compile`).
    ///
    /// # Errors
    /// Why it can't be compiled, in words.
    pub fn new(pattern: &str) -> Result<Self, String> {
        Self::with_size_limit(pattern, SIZE_LIMIT)
    }

    /// Compiles a pattern of a client, which must not become larger than this number of bytes: `(\w{1000}){1000}` is short. The
    /// time of a search grows with the size.
    ///
    /// # Errors
    /// Why it can't be compiled, in words.
    pub fn with_size_limit(pattern: &str, bytes: usize) -> Result<Self, String> {
        let Translated { pattern: translated, needs_backtracking } = translate(pattern);
        let linear = if needs_backtracking {
            None
        } else {
            regex_lite::RegexBuilder::new(&translated).size_limit(bytes).build().ok()
        };
        let engine = match linear {
            Some(compiled) => Engine::Linear(compiled),
            None => {
                let mut builder = fancy_regex::RegexBuilder::new(&translated);
                builder.backtrack_limit(BACKTRACK_LIMIT).delegate_size_limit(bytes);
                Engine::Backtracking(Box::new(builder.build().map_err(|error| error.to_string())?))
            }
        };
        Ok(Self { pattern: pattern.to_owned(), engine })
    }

    /// The pattern as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// Whether the text contains a match (`re.search`).
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match &self.engine {
            Engine::Linear(regex) => regex.is_match(text),
            Engine::Backtracking(regex) => regex.is_match(text).unwrap_or(false),
        }
    }

    /// Whether the text begins with a match (`re.match`).
    #[must_use]
    pub fn matches_start(&self, text: &str) -> bool {
        // The leftmost match is found.
        match &self.engine {
            Engine::Linear(regex) => regex.find(text).is_some_and(|found| found.start() == 0),
            Engine::Backtracking(regex) => {
                regex.find(text).is_ok_and(|found| found.is_some_and(|found| found.start() == 0))
            }
        }
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

    /// Each was tried with Python's `re.search`.
    #[test]
    fn what_only_backtracking_finds_is_found() {
        for (pattern, text, expected) in [
            (r"^https://(?!evil)[a-z]+\.com$", "https://evil.com", false),
            (r"^https://(?!evil)[a-z]+\.com$", "https://good.com", true),
            (r"^/(?!health/?$)", "/health/", false),
            (r"^/(?!health/?$)", "/healthy", true),
            ("(?<!foo)bar", "foobar", false),
            ("(?<=foo)bar", "foobar", true),
            ("(?P<a>x)(?P=a)", "xx", true),
            (r"^(\w)\1\Z", "éé", true),
            ("a++a", "aaa", false),
            ("(?>a+)a", "aaa", false),
            ("a{2,}+a", "aaa", false),
            ("(a)?b(?(1)c|d)", "abc", true),
            ("(?#comment)x", "x", true),
            ("(?i)É", "é", true),
        ] {
            assert_eq!(Regex::new(pattern).unwrap().is_match(text), expected, "{pattern} {text:?}");
        }
        for pattern in ["(?!", "(?<=a", "[", "(?P=b)"] {
            assert!(Regex::new(pattern).is_err(), "{pattern}");
        }
    }

    /// Each was tried with Python's `re.search`.
    #[test]
    fn the_syntax_is_python_s() {
        for (pattern, text, expected) in [
            ("^a{,2}$", "aa", true),
            ("^a{,2}$", "aaa", false),
            ("^xa{1,2}?$", "xaa", true),
            ("a{,}b", "aab", true),
            ("^x{y}$", "x{y}", true),
            ("^{}$", "{}", true),
            (r"[\b]", "\x08", true),
            ("(?m)^b$", "a\nb\nc", true),
            ("^b$", "a\nb\nc", false),
            (r"^\ x\-\#$", " x-#", true),
            (r"\u00e9", "é", true),
            (r"^\0$", "\0", true),
            ("(?u)x", "x", true),
            (r"(?a)^\w$", "é", false),
            (r"(?ai)^\w[\d]$", "A1", true),
            ("(?s:.)x", "\nx", true),
            ("(?x) a b # c", "ab", true),
            ("(?i)^bot", "Bot", true),
            ("^(?:a|b)+?$", "ab", true),
            ("(?i)(?m)^B$", "a\nb\nc", true),
            ("(?i)(?a)^\\W$", "É", true),
        ] {
            assert_eq!(Regex::new(pattern).unwrap().is_match(text), expected, "{pattern} {text:?}");
        }
    }

    #[test]
    fn the_size_is_limited() {
        for pattern in [r"(\w{100}){100}", r"(?!x)(\w{100}){100}", "((a{50}){50}){50}"] {
            assert!(Regex::with_size_limit(pattern, 256 << 10).is_err(), "{pattern}");
        }
        assert!(Regex::with_size_limit(r"^\w+@\w+(\.\w{2,8})+$", 256 << 10).is_ok());
    }

    /// Python's own engine would need more than the age of the universe.
    #[test]
    fn a_search_ends_in_time() {
        let started = std::time::Instant::now();
        let text = format!("{}!", "a".repeat(60));
        for pattern in [r"^(a+)+$", r"^(?!x)(a+)+\1$", r"(?=(a|aa)+$)\w+\1b"] {
            assert!(!Regex::new(pattern).unwrap().is_match(&text), "{pattern}");
        }
        assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
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

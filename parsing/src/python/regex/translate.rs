//! The syntax of Python's regular expressions in that of Rust's crates.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// Whether `\w` of Python's `re` matches the character.
#[must_use]
pub fn is_word(c: char) -> bool {
    let group = c.general_category_group();
    c == '_' || matches!(group, GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number)
}

fn is_digit(c: char) -> bool {
    c.general_category() == GeneralCategory::DecimalNumber
}

/// A pattern in the syntax of Rust's crates.
pub(super) struct Translated {
    pub(super) pattern: String,
    /// The linear engine would take it for something else.
    pub(super) needs_backtracking: bool,
}

/// The flags before a pattern, `(?im)` or `(?i)(?m)`, and the rest. Python allows them nowhere else.
fn flags(pattern: &str) -> (String, &str) {
    let (mut all, mut rest) = (String::new(), pattern);
    while let Some((flags, after)) = rest.strip_prefix("(?").and_then(|rest| rest.split_once(')'))
        && flags.chars().all(|flag| "aimsux".contains(flag))
    {
        for flag in flags.chars() {
            if !all.contains(flag) {
                all.push(flag);
            }
        }
        rest = after;
    }
    (all, rest)
}

/// The text of a quantifier's braces, if they are one: `2`, `2,`, `,3`, `2,3`. Other braces are characters.
fn quantifier(braces: &str) -> Option<&str> {
    let (inside, _) = braces.split_once('}')?;
    let (least, most) = inside.split_once(',').unwrap_or((inside, "0"));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(least) && is_number(most) && !inside.is_empty()).then_some(inside)
}

/// The same pattern in the syntax of regex-lite and fancy-regex.
pub(super) fn translate(pattern: &str) -> Translated {
    let (flags, rest) = flags(pattern);
    let classes: &Classes = if flags.contains('a') { &Classes::ASCII } else { &UNICODE };
    let is_multiline = flags.contains('m');
    let mut out = String::with_capacity(pattern.len() + 8);
    let known: String = flags.chars().filter(|flag| !matches!(flag, 'a' | 'u')).collect();
    if !known.is_empty() {
        _ = write!(out, "(?{known})");
    }
    // The linear engine ignores the case of ASCII only.
    let mut needs_backtracking = flags.contains('i') && !rest.is_ascii();
    let mut after_quantifier = false;
    let mut chars = rest.chars().peekable();
    let mut in_class = false;
    // In brackets, the first character may be a closing bracket.
    let mut class_start = false;
    while let Some(c) = chars.next() {
        let starts_class = std::mem::take(&mut class_start);
        let was_quantifier = std::mem::take(&mut after_quantifier);
        match c {
            '\\' => match chars.next() {
                Some('Z') if !in_class => out.push_str(r"\z"),
                Some('d') if !in_class => _ = write!(out, "[{}]", classes.digits),
                Some('D') if !in_class => _ = write!(out, "[^{}]", classes.digits),
                Some('w') if !in_class => _ = write!(out, "[{}]", classes.word),
                Some('W') if !in_class => _ = write!(out, "[^{}]", classes.word),
                Some('s') if !in_class => _ = write!(out, "[{}]", classes.space),
                Some('S') if !in_class => _ = write!(out, "[^{}]", classes.space),
                Some(letter @ ('d' | 'w' | 's')) => {
                    out.push_str(match letter {
                        'd' => &classes.digits,
                        'w' => &classes.word,
                        _ => &classes.space,
                    });
                    // A hyphen after a class is a character, not a range.
                    if chars.next_if_eq(&'-').is_some() {
                        out.push_str(r"\-");
                    }
                }
                Some('b') if in_class => out.push_str(r"\x08"),
                Some('0') if !chars.peek().is_some_and(char::is_ascii_digit) => out.push_str(r"\x00"),
                Some(' ') => out.push_str(r"\x20"),
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
            '$' if !in_class && !is_multiline => out.push_str(r"(?:\n?\z)"),
            '{' if !in_class => {
                let braces: String = chars.clone().take_while(|c| "0123456789,}".contains(*c)).collect();
                match quantifier(&braces) {
                    Some(inside) => {
                        _ = write!(out, "{{{}{inside}}}", if inside.starts_with(',') { "0" } else { "" });
                        chars.nth(inside.len());
                        after_quantifier = true;
                    }
                    None => out.push_str(r"\{"),
                }
            }
            '*' | '+' | '?' if !in_class => {
                // `a++` is possessive, and `a+?` lazy. `(?` begins a group.
                needs_backtracking |= was_quantifier && c == '+';
                after_quantifier = !was_quantifier && !out.ends_with('(');
                out.push(c);
            }
            other => out.push(other),
        }
    }
    Translated { pattern: out, needs_backtracking }
}

/// What `\d`, `\w` and `\s` match, as the insides of brackets.
struct Classes {
    digits: Cow<'static, str>,
    word: Cow<'static, str>,
    space: Cow<'static, str>,
}

impl Classes {
    /// With the flag `a`.
    const ASCII: Self = Self {
        digits: Cow::Borrowed("0-9"),
        word: Cow::Borrowed("0-9A-Za-z_"),
        space: Cow::Borrowed(r"\t-\r\x20"),
    };
}

static UNICODE: LazyLock<Classes> = LazyLock::new(|| Classes {
    digits: ranges(is_digit).into(),
    word: ranges(is_word).into(),
    space: SPACE.into(),
});

/// What `str.isspace()` is true for.
const SPACE: &str =
    r"\t-\r\x1c-\x20\x85\u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";

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

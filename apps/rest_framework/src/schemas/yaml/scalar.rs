//! What text looks like, and what else plain text would be read as.

use std::sync::LazyLock;

use regex_lite::Regex;

/// The styles that text can have (`yaml_emitter_analyze_scalar` of libyaml).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Analysis {
    pub(super) is_multiline: bool,
    pub(super) allows_plain: bool,
    pub(super) allows_single_quoted: bool,
    pub(super) allows_block: bool,
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether the character is written as it is.
pub(super) fn is_printable(c: char) -> bool {
    // libyaml counts neither tabs nor characters beyond the first plane.
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

fn is_blank(c: Option<char>) -> bool {
    c.is_none_or(|c| c == ' ' || c == '\t' || is_break(c) || c == '\0')
}

impl Analysis {
    pub(super) fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self {
                is_multiline: false,
                allows_plain: true,
                allows_single_quoted: true,
                allows_block: false,
            };
        }
        let mut is_indicator = text.starts_with("---") || text.starts_with("...");
        let (mut has_breaks, mut is_special) = (false, false);
        let (mut space_break, mut break_space) = (false, false);
        let (mut after_space, mut after_break, mut after_blank) = (false, false, true);
        let mut letters = text.chars().peekable();
        let mut is_first = true;
        while let Some(c) = letters.next() {
            let next = letters.peek().copied();
            is_indicator |= match c {
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
                | '`'
                    if is_first =>
                {
                    true
                }
                '?' | '-' if is_first => is_blank(next),
                ':' => is_blank(next),
                '#' => after_blank,
                _ => false,
            };
            is_special |= !is_printable(c);
            has_breaks |= is_break(c);
            break_space |= c == ' ' && after_break;
            space_break |= is_break(c) && after_space;
            after_space = c == ' ';
            after_break = is_break(c);
            after_blank = is_blank(Some(c));
            is_first = false;
        }
        let at = |c: Option<char>| c.is_some_and(|c| c == ' ' || is_break(c));
        let has_blank_end = at(text.chars().next()) || at(text.chars().next_back());
        let is_special = is_special || space_break;
        Self {
            is_multiline: has_breaks,
            allows_plain: !(is_indicator || has_breaks || has_blank_end || break_space || is_special),
            allows_single_quoted: !(break_space || is_special),
            allows_block: !(text.ends_with(' ') || is_special),
        }
    }
}

/// What plain text is read as, other than text (`yaml/resolver.py`).
static OTHER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let kinds = [
        r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
        r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?",
        r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        r"[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+",
        r"<<|=|~|null|Null|NULL||!|&|\*",
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
        r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{1,2})?))?",
    ];
    Regex::new(&format!("^(?:{})$", kinds.join("|"))).ok()
});

/// Whether plain text would be read as something else: a number, a date, a boolean or null.
pub(super) fn is_other(text: &str) -> bool {
    OTHER.as_ref().is_some_and(|other| other.is_match(text))
}

//! The lines of `.env`, as python-dotenv reads them with `interpolate=False` (`dotenv/parser.py`).
//!
//! No value is ever interpolated: a `$` is a character of a secret. Where python-dotenv refuses a value, because a quote
//! is not closed or text follows the closing one, it is read as django-environ reads it (`Env.read_env`): the rest of the
//! line, whole.
//!
//! The `dotenvy` crate expands `$x`, ends a value at a backslash or a space, and fails on the whole file.

/// The variables of a file, in its order, and what was wrong with it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) variables: Vec<Variable>,
    /// Lines without a variable, counted from 1.
    pub(in crate::conf) skipped: Vec<usize>,
    /// Lines whose value begins with a quote that does not end it.
    pub(in crate::conf) unbalanced: Vec<usize>,
}

/// A variable.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) value: String,
    /// The line of its name, counted from 1.
    pub(in crate::conf) line: usize,
}

/// What a line is.
enum Line<'a> {
    Comment,
    Variable { name: &'a str, value: Value<'a> },
    Invalid,
}

enum Value<'a> {
    /// The rest of the line.
    Plain(String),
    /// A quoted value, perhaps of several lines, and the text after its line.
    Quoted(String, &'a str),
    /// A quote that does not end the value.
    Unbalanced(String),
}

/// Parses a file's bytes. A line that is not UTF-8 is skipped, unless it is a comment.
pub(crate) fn parse(bytes: &[u8]) -> Parsed {
    let text = String::from_utf8_lossy(bytes);
    // What Python's text files do.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n").replace('\r', "\n");
    let is_utf8 = std::str::from_utf8(bytes).is_ok();
    let mut parsed = Parsed::default();
    let (mut rest, mut line) = (text.as_str(), 1);
    while !rest.is_empty() {
        let (this, after) = split_line(rest);
        let mut next = after;
        match read_line(this, rest) {
            Line::Comment => {}
            Line::Variable { name, value } => {
                let value = match value {
                    Value::Plain(value) => value,
                    Value::Quoted(value, after) => {
                        next = after;
                        value
                    }
                    Value::Unbalanced(value) => {
                        parsed.unbalanced.push(line);
                        value
                    }
                };
                if is_utf8 || !value.contains(char::REPLACEMENT_CHARACTER) {
                    parsed.variables.push(Variable { name: name.to_owned(), value, line });
                } else {
                    parsed.skipped.push(line);
                }
            }
            Line::Invalid => parsed.skipped.push(line),
        }
        let read = rest.len() - next.len();
        line += rest.get(..read).unwrap_or(rest).matches('\n').count();
        rest = next;
    }
    parsed
}

/// Reads a line; `text` begins with it.
fn read_line<'a>(line: &'a str, text: &'a str) -> Line<'a> {
    let rest = line.trim_start_matches(is_space);
    if rest.is_empty() || rest.starts_with('#') {
        return Line::Comment;
    }
    let rest = match rest.strip_prefix("export") {
        Some(after) if after.starts_with(is_space) => after.trim_start_matches(is_space),
        _ => rest,
    };
    let Some((name, rest)) = split_name(rest) else { return Line::Invalid };
    let Some(raw) = rest.trim_start_matches(is_space).strip_prefix('=') else { return Line::Invalid };
    let value = raw.trim_start_matches(is_space);
    if value.starts_with('#') && value.len() < raw.len() {
        // `NAME= # comment`, but `NAME=#value`.
        return Line::Variable { name, value: Value::Plain(String::new()) };
    }
    let from = text.get(line.len() - value.len()..).unwrap_or_default();
    let value = match value.chars().next() {
        Some(quote @ ('\'' | '"')) => match quoted(from, quote) {
            Some((value, after)) => Value::Quoted(value, after),
            None => Value::Unbalanced(whole(value, quote)),
        },
        _ => Value::Plain(plain(value).to_owned()),
    };
    Line::Variable { name, value }
}

/// Splits a name, which may be in single quotes, from the text after it.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = match text.strip_prefix('\'') {
        Some(quoted) => quoted.split_once('\'')?,
        None => text.split_at(text.find(|c| is_space(c) || matches!(c, '=' | '#')).unwrap_or(text.len())),
    };
    (!name.is_empty()).then_some((name, rest))
}

/// An unquoted value: up to a comment, which begins with a space and `#`, without the spaces at its end.
fn plain(text: &str) -> &str {
    let mut is_after_space = false;
    let comment = text.char_indices().find(|(_, c)| {
        let found = *c == '#' && is_after_space;
        is_after_space = is_space(*c);
        found
    });
    let value = comment.and_then(|(at, _)| text.get(..at)).unwrap_or(text);
    value.trim_end_matches(is_space)
}

/// A value that begins with a quote, up to the closing one, and the text after the line where it ends. `None` if it is
/// not closed, or if more than a comment follows.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let text = text.strip_prefix(quote)?;
    let mut is_escaped = false;
    let (end, _) = text.char_indices().find(|(_, c)| {
        let found = *c == quote && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        found
    })?;
    let (value, rest) = text.split_at_checked(end)?;
    let (comment, after) = split_line(rest.strip_prefix(quote)?);
    let comment = comment.trim_start_matches(is_space);
    (comment.is_empty() || comment.starts_with('#')).then(|| (unescape(value, quote), after))
}

/// A value that is no quoted one, as a whole. The outer quotes are not part of it.
fn whole(text: &str, quote: char) -> String {
    let value = plain(text);
    let inner = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    match (inner, quote) {
        (Some(inner), '"') => unescape(inner, quote),
        (inner, _) => inner.unwrap_or(value).to_owned(),
    }
}

/// Replaces the escape sequences that python-dotenv knows in this kind of quotes. Others stay as they are.
fn unescape(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let escaped =
            if c == '\\' { chars.clone().next().and_then(|next| escape(next, quote)) } else { None };
        if escaped.is_some() {
            chars.next();
        }
        out.push(escaped.unwrap_or(c));
    }
    out
}

const fn escape(c: char, quote: char) -> Option<char> {
    match (c, quote) {
        ('\\' | '\'', _) | ('"', '"') => Some(c),
        ('a', '"') => Some('\x07'),
        ('b', '"') => Some('\x08'),
        ('f', '"') => Some('\x0c'),
        ('n', '"') => Some('\n'),
        ('r', '"') => Some('\r'),
        ('t', '"') => Some('\t'),
        ('v', '"') => Some('\x0b'),
        _ => None,
    }
}

/// Splits the first line, without its end, from the text after it.
fn split_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// Python's `str.isspace`, which has four separators more than Unicode's property.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

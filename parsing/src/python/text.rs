//! Python's `str()` and `repr()`, for fields that convert numbers to text and for messages that quote a value.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::data::Value;

/// Python's `str()`: `1.0`, `1e+16`, `inf`, `True`, `None`, `['a']`. Lone surrogates become U+FFFD.
pub fn str(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::IllFormed(text) => Cow::Owned(text.to_string_lossy()),
        Value::File(file) => Cow::Borrowed(&file.name),
        other => Cow::Owned(repr(other)),
    }
}

/// Python's `repr()`: as `str()`, but text is quoted and escaped.
pub fn repr(value: &Value) -> String {
    let mut text = String::new();
    write_repr(&mut text, value);
    text
}

/// Python's `repr()` of a float: the shortest digits that round-trip, with an exponent below 1e-4 and from 1e16.
pub fn float_repr(float: f64) -> String {
    if float.is_nan() {
        "nan".to_owned()
    } else if float.is_infinite() {
        if float > 0.0 { "inf".to_owned() } else { "-inf".to_owned() }
    } else {
        layout(&format!("{float:e}"))
    }
}

/// Formats a float as Python does, from the output of Rust's `{:e}`: `-1.25e-7`.
pub(crate) fn layout(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (first, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let count = rest.len();
    let at = usize::try_from(exponent).unwrap_or(0);
    if !(-4..16).contains(&exponent) {
        let dot = if rest.is_empty() { "" } else { "." };
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        format!("{sign}{first}{dot}{rest}e{exponent_sign}{:02}", exponent.unsigned_abs())
    } else if exponent < 0 {
        let zeros = usize::try_from(exponent.unsigned_abs()).unwrap_or(1).saturating_sub(1);
        format!("{sign}0.{:0<zeros$}{first}{rest}", "")
    } else if at >= count {
        format!("{sign}{first}{rest}{:0<zeros$}.0", "", zeros = at - count)
    } else {
        let (whole, fraction) = rest.split_at_checked(at).unwrap_or((rest, "0"));
        format!("{sign}{first}{whole}.{fraction}")
    }
}

/// Whether `str.strip()` removes the character: Unicode's white space, and the four ASCII separators.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Python's `str.strip()`.
pub fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

fn write_repr(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        // Writing to a String cannot fail.
        Value::Int(int) => _ = write!(out, "{int}"),
        Value::Float(float) => out.push_str(&float_repr(*float)),
        Value::String(text) => write_text(out, text.chars().map(u32::from)),
        Value::IllFormed(text) => write_text(out, text.code_points().iter().copied()),
        Value::File(file) => {
            _ = write!(out, "<InMemoryUploadedFile: {} ({})>", file.name, file.content_type);
        }
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_repr(out, item);
            }
            out.push(']');
        }
        Value::Dict(dict) => {
            out.push('{');
            for (index, (key, item)) in dict.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_text(out, key.chars().map(u32::from));
                out.push_str(": ");
                write_repr(out, item);
            }
            out.push('}');
        }
    }
}

fn write_text(out: &mut String, code_points: impl Iterator<Item = u32> + Clone) {
    let has = |quote: char| code_points.clone().any(|point| point == u32::from(quote));
    let quote = if has('\'') && !has('"') { '"' } else { '\'' };
    out.push(quote);
    for point in code_points {
        match char::from_u32(point) {
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(c) if c == quote || c == '\\' => out.extend(['\\', c]),
            Some(c) if is_printable(c) => out.push(c),
            _ if point <= 0xFF => _ = write!(out, "\\x{point:02x}"),
            _ if point <= 0xFFFF => _ = write!(out, "\\u{point:04x}"),
            _ => _ = write!(out, "\\U{point:08x}"),
        }
    }
    out.push(quote);
}

/// Python and Rust escape the same categories. The letter before `c` keeps Rust from escaping combining marks.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~')
        || (!c.is_ascii() && !format!("a{c}").escape_debug().any(|escaped| escaped == '\\'))
}

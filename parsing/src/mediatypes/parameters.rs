//! Header values with parameters (`text/html; charset=utf-8`): `parse_header_parameters` in `django/utils/http.py`, and
//! the parts of Python's `email` package that it calls.

use std::borrow::Cow;

use indexmap::IndexMap;

use crate::python::codecs::Charset;
use crate::python::strip;

/// A parsed header value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderParameters<'a> {
    /// The text before the first semicolon, trimmed and in lower case.
    pub value: Cow<'a, str>,
    /// The parameters: names in lower case (unless they have no `=`), values unquoted and decoded. Names are unique, the
    /// last value wins. RFC 2231 parameters (`name*=utf-8''…`, `name*0=…`) come last.
    pub params: Vec<(String, String)>,
}

impl HeaderParameters<'_> {
    /// The value of the parameter `name`.
    pub fn get(&self, name: &str) -> Option<&String> {
        self.params.iter().find(|(param, _)| param == name).map(|(_, value)| value)
    }
}

/// An RFC 2231 parameter on which Python raises: an unknown charset (ValueError), or `name*=` together with `name*0=`
/// (TypeError, which Django answers with 500).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidParameter;

/// The segments of one RFC 2231 parameter: number, value, and whether it is percent-encoded. The number is its length
/// and its digits without leading zeros, so that the text sorts numerically. Python sorts by all three.
type Segments<'a> = Vec<(Option<(usize, &'a str)>, String, bool)>;

/// Parses a header value. Does not allocate if there is no semicolon and no capital letter.
///
/// # Errors
/// [`InvalidParameter`].
pub fn parse_header_parameters(line: &str) -> Result<HeaderParameters<'_>, InvalidParameter> {
    if !line.contains(';') {
        return Ok(HeaderParameters { value: lower(strip(line)), params: Vec::new() });
    }
    let (first, mut rest) = next_parameter(line);
    let value = lower(name_and_value(first).0);
    // An anonymous client may send tens of thousands of parameters. Maps keep the cost linear, as Python's dict does.
    let mut params: IndexMap<String, String> = IndexMap::new();
    let mut extended: IndexMap<String, Segments<'_>> = IndexMap::new();
    while let Some(text) = rest {
        let (parameter, after) = next_parameter(text);
        rest = after;
        let (raw_name, value) = name_and_value(parameter);
        let name = if parameter.contains('=') { lower(raw_name) } else { Cow::Borrowed(raw_name) };
        let value = unquote(value).into_owned();
        match continuation(&name, raw_name) {
            Some((base, number)) => {
                let segment = (number, value, name.ends_with('*'));
                extended.entry(base.to_owned()).or_default().push(segment);
            }
            None if name.is_empty() => {}
            // A repeated name keeps its position.
            None => drop(params.insert(name.into_owned(), value)),
        }
    }
    for (name, segments) in extended {
        params.insert(name, join_segments(segments)?);
    }
    Ok(HeaderParameters { value, params: params.into_iter().collect() })
}

/// The text before the first semicolon outside of quotes, and the text after it.
fn next_parameter(text: &str) -> (&str, Option<&str>) {
    let (mut quoted, mut previous) = (false, b' ');
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b';' if !quoted => return (text.get(..index).unwrap_or_default(), text.get(index + 1..)),
            b'"' if previous != b'\\' => quoted = !quoted,
            _ => {}
        }
        previous = byte;
    }
    (text, None)
}

fn name_and_value(parameter: &str) -> (&str, &str) {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    (strip(name), strip(value))
}

/// The name and number of `name*`, `name*7` and `name*7*`; `None` for other parameters. The number is a slice of `raw`,
/// the original name, which outlives its lower-case copy.
fn continuation<'n, 'r>(name: &'n str, raw: &'r str) -> Option<(&'n str, Option<(usize, &'r str)>)> {
    let (base, tail) = name.split_once('*')?;
    if base.is_empty() || !base.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    if tail.is_empty() {
        return Some((base, None));
    }
    let digits = tail.strip_suffix('*').unwrap_or(tail);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (_, tail) = raw.split_once('*')?;
    let digits = tail.strip_suffix('*').unwrap_or(tail).trim_start_matches('0');
    Some((base, Some((digits.len(), digits))))
}

fn join_segments(mut segments: Segments<'_>) -> Result<String, InvalidParameter> {
    let numbered = segments.iter().filter(|(number, _, _)| number.is_some()).count();
    if numbered != 0 && numbered != segments.len() {
        return Err(InvalidParameter);
    }
    segments.sort();
    let mut extended = false;
    let mut joined = String::new();
    for (_, value, encoded) in &segments {
        extended |= encoded;
        joined.push_str(&if *encoded { percent_decode_latin1(value) } else { value.clone() });
    }
    if !extended {
        return Ok(joined);
    }
    let mut parts = joined.splitn(3, '\'');
    let (Some(charset), Some(_language), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
        return Ok(Charset::Ascii.decode_lossy(&raw_unicode_escape(&joined)).into_owned());
    };
    if charset.is_empty() || Charset::is_binary(charset) {
        return Ok(unquote(text).into_owned());
    }
    let charset = Charset::lookup(charset).ok().flatten().ok_or(InvalidParameter)?;
    Ok(charset.decode_lossy(&raw_unicode_escape(text)).into_owned())
}

/// Removes the quotes or angle brackets around a value, and the backslash escapes within quotes.
fn unquote(value: &str) -> Cow<'_, str> {
    let inside = |open, close| value.strip_prefix(open).and_then(|rest: &str| rest.strip_suffix(close));
    match (inside('"', '"'), inside('<', '>')) {
        (Some(quoted), _) if quoted.contains('\\') => {
            Cow::Owned(quoted.replace("\\\\", "\\").replace("\\\"", "\""))
        }
        (Some(quoted), _) => Cow::Borrowed(quoted),
        (_, Some(bracketed)) => Cow::Borrowed(bracketed),
        _ => Cow::Borrowed(value),
    }
}

/// Decodes percent escapes as ISO 8859-1.
fn percent_decode_latin1(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let escape = after.get(..2).filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match escape.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                out.push(char::from(byte));
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out + rest
}

/// Python's `raw-unicode-escape`: characters up to U+00FF become bytes, others `\u` escapes.
fn raw_unicode_escape(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for character in text.chars() {
        match (u8::try_from(character), u32::from(character)) {
            (Ok(byte), _) => out.push(byte),
            (_, number @ ..=0xffff) => out.extend(format!("\\u{number:04x}").bytes()),
            (_, number) => out.extend(format!("\\U{number:08x}").bytes()),
        }
    }
    out
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii()) {
        Cow::Owned(text.to_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests;

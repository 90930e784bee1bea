//! `application/x-www-form-urlencoded` bodies and query strings: `FormParser` of `rest_framework/parsers.py` and
//! `QueryDict` of `django/http/request.py`.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::python::codecs::Charset;

/// Django's default of `DATA_UPLOAD_MAX_NUMBER_FIELDS`: the maximum number of fields of a form or query string.
pub const DATA_UPLOAD_MAX_NUMBER_FIELDS: usize = 1000;

/// There are more fields than `DATA_UPLOAD_MAX_NUMBER_FIELDS`. The response is 400 with Django's plain page instead of
/// JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyFieldsSent;

impl std::fmt::Display for TooManyFieldsSent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .write_str("The number of GET/POST parameters exceeded settings.DATA_UPLOAD_MAX_NUMBER_FIELDS.")
    }
}

impl std::error::Error for TooManyFieldsSent {}

/// Parses the fields of a form body or a query string (without the `?`), in order, with duplicates and blank values.
///
/// `charset` is the request's ([`Charset::of_request`]), which Django uses for the query string too. If the raw bytes are
/// invalid in it, they are all decoded as ISO 8859-1. Each invalid percent-encoded byte becomes U+FFFD. A `%` without two
/// hexadecimal digits is kept.
///
/// # Errors
/// [`TooManyFieldsSent`] if there are more than `max_fields` fields, including empty ones between two `&`.
pub fn parse_form(
    form: &[u8],
    charset: Charset,
    max_fields: Option<usize>,
) -> Result<Vec<(String, String)>, TooManyFieldsSent> {
    let text = charset.decode_strict(form).unwrap_or_else(|| Charset::Latin1.decode_lossy(form));
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let separators = text.bytes().filter(|byte| *byte == b'&').count();
    if max_fields.is_some_and(|max| separators >= max) {
        return Err(TooManyFieldsSent);
    }
    let fields = text.split('&').filter(|field| !field.is_empty()).map(|field| {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        (unquote_plus(name, charset), unquote_plus(value, charset))
    });
    Ok(fields.collect())
}

/// Python's `unquote(text.replace("+", " "))`. Percent escapes are bytes in `charset`. Each run of ASCII is decoded
/// separately, so escapes on both sides of a non-ASCII character do not form one character.
fn unquote_plus(text: &str, charset: Charset) -> String {
    if !text.contains(['+', '%']) {
        return text.to_owned();
    }
    if charset == Charset::Utf8
        && text.is_ascii()
        && let Ok(text) = String::from_utf8(unquoted_bytes(text.as_bytes()))
    {
        return text;
    }
    let spaced = if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    if !spaced.contains('%') {
        return spaced.into_owned();
    }
    let mut out = String::with_capacity(spaced.len());
    let mut rest = &*spaced;
    while !rest.is_empty() {
        let (ascii, after) = rest.split_at(rest.find(|c: char| !c.is_ascii()).unwrap_or(rest.len()));
        let bytes: Cow<'_, [u8]> = percent_decode_str(ascii).into();
        out.push_str(&charset.decode_lossy(&bytes));
        let (raw, after) = after.split_at(after.find(|c: char| c.is_ascii()).unwrap_or(after.len()));
        out.push_str(raw);
        rest = after;
    }
    out
}

/// The bytes that ASCII text stands for, in one allocation: it may be a password, and copies would stay in memory.
fn unquoted_bytes(text: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        out.push(match first {
            b'+' => b' ',
            b'%' => match (digit(after.first()), digit(after.get(1))) {
                (Some(high), Some(low)) => {
                    rest = after.get(2..).unwrap_or_default();
                    u8::try_from(high * 16 + low).unwrap_or_default()
                }
                _ => b'%',
            },
            other => *other,
        });
    }
    out
}

#[cfg(test)]
mod tests;

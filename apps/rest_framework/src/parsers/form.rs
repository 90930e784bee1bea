//! `application/x-www-form-urlencoded` bodies and query strings, as `FormParser` of
//! `rest_framework/parsers.py` and `QueryDict` of `django/http/request.py` read them.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::python::codecs::Charset;

/// Django's default of `DATA_UPLOAD_MAX_NUMBER_FIELDS`: fields a form or a query string may have.
pub const DATA_UPLOAD_MAX_NUMBER_FIELDS: usize = 1000;

/// There are more fields than `DATA_UPLOAD_MAX_NUMBER_FIELDS`. Django answers 400, with its own page rather
/// than the API's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyFieldsSent;

impl std::fmt::Display for TooManyFieldsSent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .write_str("The number of GET/POST parameters exceeded settings.DATA_UPLOAD_MAX_NUMBER_FIELDS.")
    }
}

impl std::error::Error for TooManyFieldsSent {}

/// The fields of a form body or a query string (without the `?`), in their order, duplicates and blank values
/// kept.
///
/// `charset` is the request's ([`Charset::of_request`]), which Django takes for its query string too. Bytes
/// that are invalid in it make all of the raw text ISO 8859-1; invalid percent-encoded bytes become U+FFFD
/// each. A `%` without two hexadecimal digits stays.
///
/// # Errors
/// [`TooManyFieldsSent`] if there are more than `max_fields`, empty ones between two `&` counted.
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

/// Python's `unquote(text.replace("+", " "))`: percent escapes are bytes in `charset`, decoded run by run of
/// ASCII, so a raw character between two escapes keeps them from becoming one.
fn unquote_plus(text: &str, charset: Charset) -> String {
    let spaced = if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    if !spaced.contains('%') {
        return spaced.into_owned();
    }
    let mut out = String::with_capacity(spaced.len());
    let mut rest = &*spaced;
    while !rest.is_empty() {
        let (ascii, behind) = rest.split_at(rest.find(|c: char| !c.is_ascii()).unwrap_or(rest.len()));
        let bytes: Cow<'_, [u8]> = percent_decode_str(ascii).into();
        out.push_str(&charset.decode_lossy(&bytes));
        let (raw, behind) = behind.split_at(behind.find(|c: char| c.is_ascii()).unwrap_or(behind.len()));
        out.push_str(raw);
        rest = behind;
    }
    out
}

#[cfg(test)]
mod tests;

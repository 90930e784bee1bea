//! Query parameters of URLs (`rest_framework/utils/urls.py`). The parameters of the result are in the order of their names.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Python's `quote_plus`, before spaces become `+`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~').remove(b' ');

/// Sets a query parameter of a URL.
pub(crate) fn replace_query_param(url: &str, name: &str, value: &str) -> String {
    with_query_param(url, name, Some(value))
}

/// Removes a query parameter of a URL.
pub(crate) fn remove_query_param(url: &str, name: &str) -> String {
    with_query_param(url, name, None)
}

/// Python's `quote_plus`.
pub fn quote_plus(text: &str) -> String {
    Cow::from(utf8_percent_encode(text, ESCAPED)).replace(' ', "+")
}

fn with_query_param(url: &str, name: &str, value: Option<&str>) -> String {
    let (url, fragment) = url.split_at_checked(url.find('#').unwrap_or(url.len())).unwrap_or((url, ""));
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .filter(|(own, _)| own != name)
        .collect();
    pairs.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    // Stable, so the values of one name keep their order.
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", quote_plus(name), quote_plus(value))).collect();
    let mark = if pairs.is_empty() { "" } else { "?" };
    format!("{path}{mark}{}{fragment}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected URLs were made with Django REST framework 3.18.
    #[test]
    fn a_query_parameter_is_replaced() {
        for (url, expected) in [
            ("http://a/b", "http://a/b?key=v+1"),
            ("http://a/b?z=1&key=2&a=%20x&key=3#f", "http://a/b?a=+x&key=v+1&z=1#f"),
            ("/b?z=2&z=1&empty", "/b?empty=&key=v+1&z=2&z=1"),
        ] {
            assert_eq!(replace_query_param(url, "key", "v 1"), expected, "{url}");
        }
    }

    /// The expected URLs were made with Django REST framework 3.18.
    #[test]
    fn a_query_parameter_is_removed() {
        for (url, expected) in [
            ("http://a/b?key=1", "http://a/b"),
            ("http://a/b?", "http://a/b"),
            ("http://a/b?z=%C3%A9&key=2&a=%ff&key=3&=x#f", "http://a/b?=x&a=%EF%BF%BD&z=%C3%A9#f"),
        ] {
            assert_eq!(remove_query_param(url, "key"), expected, "{url}");
        }
    }
}

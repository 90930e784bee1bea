//! Parses cookies like `django/http/cookie.py`, and unquotes them like Python's `http.cookies`.

use actix_web::http::header::{COOKIE, HeaderMap};

use super::get_header;

/// Returns a cookie's value. If a name occurs several times, the last one wins.
#[must_use]
pub fn get_cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let header = get_header(headers, COOKIE)?;
    find(&String::from_utf8_lossy(&header), name)
}

fn find(header: &str, name: &str) -> Option<String> {
    // A chunk without `=` is the value of an unnamed cookie.
    let mut cookies = header.rsplit(';').filter_map(|chunk| chunk.split_once('='));
    cookies.find(|(key, _)| key.trim() == name).map(|(_, value)| unquote(value.trim()))
}

/// Removes the double quotes around a value, and the backslash escapes inside: `\"`, `\054`.
fn unquote(value: &str) -> String {
    let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    let Some(mut rest) = quoted else { return value.to_owned() };
    let mut out = String::with_capacity(rest.len());
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        rest = match octal(after) {
            Some((character, after)) => {
                out.push(character);
                after
            }
            None => {
                let mut characters = after.chars();
                // A trailing backslash escapes nothing.
                out.push(characters.next().unwrap_or('\\'));
                characters.as_str()
            }
        };
    }
    out.push_str(rest);
    out
}

/// Parses three octal digits up to 377; returns the character and the remaining text.
fn octal(text: &str) -> Option<(char, &str)> {
    let (digits, after) = text.split_at_checked(3)?;
    if !digits.bytes().all(|digit| matches!(digit, b'0'..=b'7')) {
        return None;
    }
    u8::from_str_radix(digits, 8).ok().map(|code| (char::from(code), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values were made with Django 5.2's `parse_cookie` on Python 3.11.
    #[test]
    fn cookies_are_parsed_like_in_django() {
        for (header, expected) in COOKIES {
            assert_eq!(find(header, "a").as_deref(), *expected, "{header:?}");
        }
    }

    const COOKIES: &[(&str, Option<&str>)] = &[
        ("", None),
        ("a=1", Some("1")),
        ("a=1; a=2", Some("2")),
        ("a=1;a=", Some("")),
        ("b=1; a = 2 ;c", Some("2")),
        ("a", None),
        ("a;b", None),
        ("=a", None),
        ("a==1", Some("=1")),
        ("A=1", None),
        ("aa=1", None),
        ("a=\"1\"", Some("1")),
        ("a=\"", Some("\"")),
        ("a=\"\"", Some("")),
        ("a=\"1", Some("\"1")),
        ("a='1'", Some("'1'")),
        ("a=\"x\\\"y\"", Some("x\"y")),
        ("a=\"x\\054y\"", Some("x,y")),
        ("a=\"\\541\"", Some("541")),
        ("a=\"\\377\"", Some("\u{ff}")),
        ("a=\"\\400\"", Some("400")),
        ("a=\"\\12\"", Some("12")),
        ("a=\"\\\"", Some("\\")),
        ("a=\"x\\\\\"", Some("x\\")),
        ("a=\"x\\é\"", Some("xé")),
        ("a=\"1; a=2\"", Some("2\"")),
        ("a=1, b=2", Some("1, b=2")),
        ("b=1, a=2", None),
        ("$Version=1; a=1; $Path=/", Some("1")),
        (";;a=1;;", Some("1")),
        ("a\u{a0}=\u{a0}1", Some("1")),
        ("a=\t1\t", Some("1")),
    ];
}

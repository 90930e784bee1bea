//! Which machine sends the request (`BaseThrottle.get_ident`).

use crate::mediatypes::latin1;
use crate::python::{is_space, strip};
use crate::request::Request;
use vitamin_framework::http::get_header;

/// The client's address, by the `NUM_PROXIES` of the settings:
///
/// - unset: the whole `X-Forwarded-For` without white space. A client can write what it likes there, and so be a new
///   one each time: set `NUM_PROXIES` where that matters.
/// - 0: the address of the connection.
/// - n: the nth from the end of `X-Forwarded-For`, or the first where there are fewer.
///
/// Without the header, the address of the connection; empty where that has none (a Unix socket).
#[must_use]
pub fn get_ident(request: &Request) -> String {
    let forwarded = get_header(request.headers(), "x-forwarded-for");
    let forwarded = forwarded.as_deref().map(latin1);
    ident(forwarded.as_deref(), request.policies().num_proxies)
        .unwrap_or_else(|| request.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default())
}

/// `None` for the address of the connection.
fn ident(forwarded: Option<&str>, num_proxies: Option<usize>) -> Option<String> {
    match (forwarded, num_proxies) {
        (None | Some(""), None) | (None, Some(_)) | (_, Some(0)) => None,
        (Some(forwarded), None) => Some(forwarded.split(is_space).collect()),
        (Some(forwarded), Some(proxies)) => {
            let mut from_end = forwarded.rsplit(',');
            let found = from_end.nth(proxies - 1).or_else(|| forwarded.split(',').next());
            found.map(|address| strip(address).to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values were made by Django REST framework's `get_ident`; `None` is its REMOTE_ADDR.
    #[test]
    fn it_is_django_rest_framework_s() {
        type Case = (Option<&'static str>, [Option<&'static str>; 4]);
        let cases: [Case; 8] = [
            (None, [None, None, None, None]),
            (Some(""), [None, None, Some(""), Some("")]),
            (Some(" "), [Some(""), None, Some(""), Some("")]),
            (Some("1.1.1.1"), [Some("1.1.1.1"), None, Some("1.1.1.1"), Some("1.1.1.1")]),
            (Some("1.1.1.1, 2.2.2.2"), [Some("1.1.1.1,2.2.2.2"), None, Some("2.2.2.2"), Some("1.1.1.1")]),
            (Some("1 ,\t2,3"), [Some("1,2,3"), None, Some("3"), Some("2")]),
            (Some(" , "), [Some(","), None, Some(""), Some("")]),
            (Some("a\u{a0}b, \u{85}c"), [Some("ab,c"), None, Some("c"), Some("a\u{a0}b")]),
        ];
        for (forwarded, expected) in cases {
            let found = [None, Some(0), Some(1), Some(2)].map(|proxies| ident(forwarded, proxies));
            assert_eq!(found.each_ref().map(Option::as_deref), expected, "{forwarded:?}");
        }
        assert_eq!(ident(Some("1, 2"), Some(5)).as_deref(), Some("1"));
    }
}

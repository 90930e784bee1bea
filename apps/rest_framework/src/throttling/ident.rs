//! The address of the client (`BaseThrottle.get_ident`).

use crate::mediatypes::latin1;
use crate::python::{is_space, strip};
use crate::request::Request;
use vitamin_framework::http::get_header;

/// The client's address, depending on the setting `NUM_PROXIES`:
///
/// - unset: the whole `X-Forwarded-For` without white space. A client can forge this header, and so evade a throttle: set
///   `NUM_PROXIES` to prevent that.
/// - 0: the address of the connection.
/// - n: the nth address from the end of `X-Forwarded-For`, or the first if there are fewer.
///
/// Without the header it is the address of the connection, which is empty for a Unix socket.
#[must_use]
pub fn get_ident(request: &Request) -> String {
    let forwarded = get_header(request.headers(), "x-forwarded-for");
    let forwarded = forwarded.as_deref().map(latin1);
    ident(forwarded.as_deref(), request.view().num_proxies)
        .unwrap_or_else(|| request.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default())
}

/// `None` means the address of the connection.
fn ident(forwarded: Option<&str>, num_proxies: Option<usize>) -> Option<String> {
    match (forwarded, num_proxies) {
        (None | Some(""), None) | (None, Some(_)) | (_, Some(0)) => None,
        (Some(forwarded), None) => Some(forwarded.split(is_space).collect()),
        (Some(forwarded), Some(proxies)) => {
            let mut from_end = forwarded.rsplit(',');
            let client = from_end.nth(proxies - 1).or_else(|| forwarded.split(',').next());
            client.map(|address| strip(address).to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values are those of Django REST framework's `get_ident`; `None` is its REMOTE_ADDR.
    #[test]
    fn ident_matches_django_rest_framework() {
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
            let actual = [None, Some(0), Some(1), Some(2)].map(|proxies| ident(forwarded, proxies));
            assert_eq!(actual.each_ref().map(Option::as_deref), expected, "{forwarded:?}");
        }
        assert_eq!(ident(Some("1, 2"), Some(5)).as_deref(), Some("1"));
    }
}

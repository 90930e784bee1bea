//! URL validation (`URLValidator` in django/core/validators.py).

use std::net::{Ipv4Addr, Ipv6Addr};

use unicode_normalization::UnicodeNormalization as _;

use crate::python;
use vitamin_framework::validators::{is_label, is_top_level};

/// The maximum characters of a URL (`MAX_URL_LENGTH`).
const MAX_LENGTH: usize = 2048;

/// The maximum characters of a host name (RFC 1034, section 3.1).
const MAX_HOST_LENGTH: usize = 253;

/// Whether the text is an absolute URL of http, https, ftp or ftps.
pub(super) fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    text.chars().count() <= MAX_LENGTH
        && !text.contains(['\t', '\r', '\n'])
        && ["http", "https", "ftp", "ftps"].contains(&scheme.to_lowercase().as_str())
        && !has_hidden_delimiter(authority(rest))
        && (is_location(rest) || without_user(rest).is_some_and(is_location))
}

/// The text up to the path, query or fragment.
fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Whether IDNA makes a delimiter of a character, such as `a/c` of U+2100: Python's `urlsplit` refuses such an authority.
fn has_hidden_delimiter(authority: &str) -> bool {
    let chars = || authority.chars().filter(|c| !['@', ':', '#', '?'].contains(c));
    !authority.is_ascii() && chars().nfkc().any(|c| ['/', '?', '#', '@', ':'].contains(&c))
}

/// The text after `user@` or `user:password@`.
fn without_user(rest: &str) -> Option<&str> {
    let (user, location) = rest.split_once('@')?;
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let valid = !name.is_empty()
        && !user.contains('/')
        && !password.contains(':')
        && !user.contains(python::is_space);
    // Python's `urlsplit` ends the authority at `?` and `#` even here, and allows brackets only around addresses.
    let authority = authority(user);
    (valid && !authority.is_empty() && !authority.contains(['[', ']'])).then_some(location)
}

/// A host with an optional port and path. White space may be in a host, where Django allows all characters of the first
/// plane from U+00A1 on.
fn is_location(rest: &str) -> bool {
    let authority = authority(rest);
    if rest.get(authority.len()..).is_some_and(|path| path.contains(python::is_space)) {
        return false;
    }
    let (host, port) = match authority.rfind(':') {
        Some(at) if !authority.ends_with(']') => authority.split_at_checked(at).unwrap_or_default(),
        _ => (authority, ""),
    };
    let is_port = match port.strip_prefix(':') {
        Some(digits) => (1..=5).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => true,
    };
    is_port && host.chars().count() <= MAX_HOST_LENGTH && is_host(host)
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    if host.parse::<Ipv4Addr>().is_ok() || host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    name.rsplit_once('.').is_some_and(|(labels, top)| labels.split('.').all(is_label) && is_top_level(top))
}

#[cfg(test)]
mod tests {
    use super::is_url;

    /// The answers are those of Django's `URLValidator`.
    #[test]
    fn odd_characters_are_where_django_has_them() {
        for text in [
            "http://a.\u{2028}b",
            "http://a.\u{3000}\u{2003}b/x",
            "http://\u{2028}.bc",
            "http://\u{e9}@a.bc",
            "http://a?b@c.de",
            "http://a.bc/\u{2100}",
        ] {
            assert!(is_url(text), "{text:?}");
        }
        for text in [
            "http://a.bc/\u{2028}",
            "http://a.bc?\u{a0}",
            "http://a b@c.de",
            "http://a.\u{a0}b",
            "http://a. b",
            "http://a.b\u{2100}c",
            "http://x\u{ff1a}y@a.bc",
            "http://a.\tbc",
        ] {
            assert!(!is_url(text), "{text:?}");
        }
    }
}

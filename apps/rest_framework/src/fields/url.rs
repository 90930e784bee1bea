//! URL validation (`URLValidator` in django/core/validators.py).

use std::net::{Ipv4Addr, Ipv6Addr};

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
        && ["http", "https", "ftp", "ftps"].contains(&scheme.to_lowercase().as_str())
        && !text.contains(python::is_space)
        && (is_location(rest) || without_user(rest).is_some_and(is_location))
}

/// The text after `user@` or `user:password@`.
fn without_user(rest: &str) -> Option<&str> {
    let (user, location) = rest.split_once('@')?;
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let valid = !name.is_empty() && !user.contains('/') && !password.contains(':');
    // Python's `urlsplit` ends the authority at `?` and `#` even here, and allows brackets only around addresses.
    let authority = user.split(['?', '#']).next().filter(|authority| !authority.is_empty())?;
    (valid && !authority.contains(['[', ']'])).then_some(location)
}

/// A host with an optional port and path.
fn is_location(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
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

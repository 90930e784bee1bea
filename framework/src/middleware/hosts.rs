//! `ALLOWED_HOSTS` (`django/http/request.py`, `validate_host`).

use actix_web::HttpRequest;

use super::HttpSettings;
use crate::http::{get_host, is_same_domain};

pub(super) fn is_allowed_host(req: &HttpRequest, settings: &HttpSettings) -> bool {
    let host = get_host(req, settings).to_lowercase();
    let Some(domain) = domain(&host) else { return false };
    if settings.debug && settings.allowed_hosts.is_empty() {
        return [".localhost", "127.0.0.1", "[::1]"].iter().any(|pattern| is_same_domain(domain, pattern));
    }
    settings.allowed_hosts.iter().any(|pattern| pattern == "*" || is_same_domain(domain, pattern))
}

/// Returns whether an entry of `ALLOWED_HOSTS`, in lower case, can match a request.
pub(super) fn is_host_pattern(pattern: &str) -> bool {
    let host = pattern.strip_prefix('.').unwrap_or(pattern);
    pattern == "*" || domain(host) == Some(host)
}

/// Returns the domain of a lower-case `Host` header, without port and trailing dot, or `None` if it is malformed
/// (`django/http/request.py`, `split_domain_port`).
fn domain(host: &str) -> Option<&str> {
    let (domain, port) = if host.starts_with('[') {
        let end = host.find(']')? + 1;
        let (address, rest) = host.split_at_checked(end)?;
        let inner = address.strip_prefix('[')?.strip_suffix(']')?;
        let (first, after) = inner.split_once(':')?;
        let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        let valid = first.chars().all(hex)
            && !after.is_empty()
            && after.chars().all(|c| hex(c) || c == ':' || c == '.');
        if !valid {
            return None;
        }
        (address, rest)
    } else {
        let end = host.find(':').unwrap_or(host.len());
        let (name, rest) = host.split_at_checked(end)?;
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
        if name.is_empty() || !name.chars().all(letter) {
            return None;
        }
        (name, rest)
    };
    let port_is_valid = port.is_empty()
        || port.strip_prefix(':').is_some_and(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    port_is_valid.then(|| domain.strip_suffix('.').unwrap_or(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_split_like_in_django() {
        for (host, expected) in [
            ("example.com", Some("example.com")),
            ("example.com:8000", Some("example.com")),
            ("example.com.", Some("example.com")),
            ("[::1]:8000", Some("[::1]")),
            ("[::1]", Some("[::1]")),
            ("", None),
            ("a b", None),
            ("example.com:port", None),
            ("example.com:", None),
            ("[example]", None),
            ("exa_mple", None),
            ("user@example.com", None),
        ] {
            assert_eq!(domain(host), expected, "{host}");
        }
    }
}

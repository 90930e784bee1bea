//! Splits URLs like Python's `urllib.parse.urlsplit`, which is more lenient than the URL standard.

use std::net::Ipv6Addr;

/// The parts of a URL that the checks use.
pub(crate) struct SplitUrl {
    /// In lower case; may be empty.
    pub scheme: String,
    /// Host and port as written, with credentials if given; empty without `//`.
    pub netloc: String,
    /// Path, query and fragment.
    rest: String,
}

impl SplitUrl {
    /// Returns `None` if Python raises ValueError: brackets without an IPv6 address.
    pub fn parse(url: &str) -> Option<Self> {
        let url = url.trim_start_matches(|character| character <= ' ').replace(['\t', '\r', '\n'], "");
        let is_scheme = |scheme: &str| {
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        };
        let (scheme, rest) = match url.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            _ => (String::new(), &*url),
        };
        let (netloc, rest) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
            None => ("", rest),
        };
        brackets_are_valid(netloc).then(|| Self { scheme, netloc: netloc.to_owned(), rest: rest.to_owned() })
    }

    /// Path, query and fragment.
    pub fn parts(&self) -> [&str; 3] {
        let (rest, fragment) = self.rest.split_once('#').unwrap_or((&self.rest, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        [path, query, fragment]
    }

    /// Reassembles the URL without an empty query or fragment. Only for URLs with a scheme and a host.
    pub fn geturl(&self) -> String {
        let [path, query, fragment] = self.parts();
        let mut url = format!("{}://{}{path}", self.scheme, self.netloc);
        if !query.is_empty() {
            url.extend(["?", query]);
        }
        if !fragment.is_empty() {
            url.extend(["#", fragment]);
        }
        url
    }
}

fn brackets_are_valid(netloc: &str) -> bool {
    let (open, close) = (netloc.contains('['), netloc.contains(']'));
    if !open && !close {
        return true;
    }
    let Some((_, after)) = netloc.split_once('[') else { return false };
    let host = after.split_once(']').map_or(after, |(host, _)| host);
    if !close {
        return false;
    }
    if let Some(future) = host.strip_prefix('v') {
        let parts = future.split_once('.');
        return parts.is_some_and(|(version, address)| {
            !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_hexdigit()) && !address.is_empty()
        });
    }
    let (address, scope) = host.split_once('%').map_or((host, None), |(host, scope)| (host, Some(scope)));
    address.parse::<Ipv6Addr>().is_ok() && scope.is_none_or(|scope| !scope.is_empty() && !scope.contains('%'))
}

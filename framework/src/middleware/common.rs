//! Django's CommonMiddleware (`django/middleware/common.py`): allowed hosts and `APPEND_SLASH`.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::http::{Method, Version};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{HttpSettings, Site};
use crate::debug::ErrorReport;
use crate::http::{get_host, is_same_domain};
use crate::pages;

/// Marks a response that CommonMiddleware itself creates, outside of XFrameOptionsMiddleware.
struct NoFrameOptions;

/// Marks the middleware's own response. CommonMiddleware's `process_response`, which sets `Content-Length`, does not
/// see it, so a WSGI server sends it chunked; HTTP/1.0 has no chunks (RFC 9112, section 6.1).
pub(super) fn own_response(version: Version, response: HttpResponse) -> HttpResponse {
    let mut response = match version {
        Version::HTTP_09 | Version::HTTP_10 => response,
        _ => response.map_body(|_, body| BoxBody::new(Chunked(body))),
    };
    response.extensions_mut().insert(NoFrameOptions);
    response
}

/// A body of unknown length.
struct Chunked(BoxBody);

impl MessageBody for Chunked {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.0).poll_next(context)
    }
}

pub(super) fn is_allowed_host(req: &HttpRequest, settings: &HttpSettings) -> bool {
    let host = get_host(req, settings).to_lowercase();
    let Some(domain) = domain(&host) else { return false };
    if settings.debug && settings.allowed_hosts.is_empty() {
        return [".localhost", "127.0.0.1", "[::1]"].iter().any(|pattern| is_same_domain(domain, pattern));
    }
    settings.allowed_hosts.iter().any(|pattern| pattern == "*" || is_same_domain(domain, pattern))
}

/// Returns whether an entry of `ALLOWED_HOSTS`, in lower case, can match a request.
pub(crate) fn is_host_pattern(pattern: &str) -> bool {
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

/// Returns whether XFrameOptionsMiddleware, and with it CsrfViewMiddleware, processed the response.
pub(super) fn is_framed(response: &ServiceResponse<BoxBody>) -> bool {
    response.response().extensions().get::<NoFrameOptions>().is_none()
}

/// Lets `%2F` match a slash of a route: Django matches the decoded path, but actix-web leaves this escape encoded. The
/// request keeps the path that the client sent.
pub(super) fn decode_slashes(req: &mut ServiceRequest) {
    let path = req.uri().path();
    // Most paths have no escapes.
    let mut escapes = memchr::memchr_iter(b'%', path.as_bytes());
    let is_slash = |at: usize| path.get(at..at + 3).is_some_and(|escape| escape.eq_ignore_ascii_case("%2f"));
    if !escapes.any(is_slash) {
        return;
    }
    let mut target = path.replace("%2F", "/").replace("%2f", "/");
    if let Some(query) = req.uri().query() {
        target.extend(["?", query]);
    }
    if let Ok(uri) = target.parse() {
        req.match_info_mut().get_mut().update(&uri);
    }
}

/// Characters that Django's `escape_uri_path` keeps in a path.
const PATH: &AsciiSet = &except(b"/:@&+$,-_.!~*'()");
/// Characters that Django's `iri_to_uri` keeps in a query.
const QUERY: &AsciiSet = &except(b"/#%[]=:;$&()+,!?*@'~-_.");

const fn except(safe: &[u8]) -> AsciiSet {
    // Adding an existing character makes an owned copy in a const function.
    let mut set = NON_ALPHANUMERIC.add(b' ');
    let mut rest = safe;
    while let [byte, tail @ ..] = rest {
        set = set.remove(*byte);
        rest = tail;
    }
    set
}

/// The response if no pattern matches: a redirect to the path with a slash if that exists, else 404.
pub async fn not_found(req: HttpRequest, site: web::Data<Site>) -> HttpResponse {
    let path = percent_decode_str(req.path()).decode_utf8_lossy();
    if site.settings.append_slash && !path.ends_with('/') && site.resolver.is_valid_path(&format!("{path}/"))
    {
        return redirect_with_slash(&req, &path, site.settings.debug);
    }
    if site.settings.debug {
        return pages::debug_not_found(req.method().as_str(), &path, site.resolver.routes());
    }
    pages::page_not_found()
}

fn redirect_with_slash(req: &HttpRequest, path: &str, debug: bool) -> HttpResponse {
    if debug && [Method::DELETE, Method::POST, Method::PUT, Method::PATCH].contains(req.method()) {
        let message = format!(
            "{method} {path:?} does not end with a slash, and a redirect would lose the data. Use the path with the \
             slash, or set APPEND_SLASH=false.",
            method = req.method()
        );
        log::error!("{message}");
        return ErrorReport::new(message).attach(pages::server_error());
    }
    let mut location = format!("{}/", utf8_percent_encode(path, PATH));
    // A location that starts with two slashes would lead to another host.
    if location.starts_with("//") {
        location.replace_range(..2, "/%2F");
    }
    if !req.query_string().is_empty() {
        location.push('?');
        location.push_str(&utf8_percent_encode(req.query_string(), QUERY).to_string());
    }
    let Ok(location) = HeaderValue::from_str(&location) else { return pages::bad_request() };
    let response = HttpResponse::MovedPermanently()
        .insert_header((LOCATION, location))
        .content_type("text/html; charset=utf-8")
        .finish();
    own_response(req.version(), response)
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

//! Django's CommonMiddleware (`django/middleware/common.py`): `DISALLOWED_USER_AGENTS`, `PREPEND_WWW` and `APPEND_SLASH`.

use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderValue, LOCATION, USER_AGENT};
use actix_web::http::{Method, Version};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use vitamin_parsing::mediatypes::latin1;

use super::{HttpSettings, Layer, Site};
use crate::debug::ErrorReport;
use crate::http::{get_header, get_host, is_secure, patch_vary_headers};
use crate::pages;

/// Marks a middleware's own response. CommonMiddleware's `process_response`, which sets `Content-Length`, does not
/// see it, so a WSGI server sends it chunked; HTTP/1.0 has no chunks (RFC 9112, section 6.1).
pub(super) fn own_response(layer: Layer, version: Version, response: HttpResponse) -> HttpResponse {
    layer.mark(match version {
        Version::HTTP_09 | Version::HTTP_10 => response,
        _ => response.map_body(|_, body| BoxBody::new(Chunked(body))),
    })
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

/// Refuses clients by their `User-Agent` (`DISALLOWED_USER_AGENTS`).
pub(super) fn forbidden_user_agent(req: &HttpRequest, settings: &HttpSettings) -> Option<HttpResponse> {
    let patterns = &settings.disallowed_user_agents;
    if patterns.is_empty() {
        return None;
    }
    let user_agent = get_header(req.headers(), USER_AGENT)?;
    let user_agent = latin1(&user_agent);
    if !patterns.iter().any(|pattern| pattern.is_match(&user_agent)) {
        return None;
    }
    log::warn!("Forbidden user agent: {:?}", req.path());
    Some(own_response(Layer::Common, req.version(), pages::permission_denied()))
}

/// Redirects to the host with `www.` (`PREPEND_WWW`), and to the path with a slash at once.
pub(super) fn prepend_www(req: &HttpRequest, site: &Site) -> Option<HttpResponse> {
    let settings = &site.settings;
    let host = get_host(req, settings);
    if host.is_empty() || host.starts_with("www.") {
        return None;
    }
    let path = path(req);
    let adds_slash = should_append_slash(&path, site);
    if adds_slash && let Some(response) = data_would_be_lost(req, &path, settings) {
        return Some(response);
    }
    let scheme = if is_secure(req, settings) { "https" } else { "http" };
    let path =
        if adds_slash { path_with_slash(req, &path, settings) } else { full_path(req, &path, settings) };
    // CommonMiddleware processes its own redirect, unlike that of `APPEND_SLASH`.
    redirect(format!("{scheme}://www.{host}{path}")).map(|response| Layer::Common.mark(response))
}

/// A permanent redirect.
pub(super) fn redirect(location: String) -> Option<HttpResponse> {
    let location = HeaderValue::try_from(location).ok()?;
    let mut response = HttpResponse::MovedPermanently();
    Some(response.insert_header((LOCATION, location)).content_type("text/html; charset=utf-8").finish())
}

/// Returns the request's path, without escapes.
pub(super) fn path(req: &HttpRequest) -> Cow<'_, str> {
    percent_decode_str(req.path()).decode_utf8_lossy()
}

/// Escapes the path, and adds the query (`get_full_path`).
pub(super) fn full_path(req: &HttpRequest, path: &str, settings: &HttpSettings) -> String {
    with_query(req, format!("{}{}", settings.script_name, utf8_percent_encode(path, PATH)))
}

fn with_query(req: &HttpRequest, mut path: String) -> String {
    if !req.query_string().is_empty() {
        path.push('?');
        path.push_str(&utf8_percent_encode(req.query_string(), QUERY).to_string());
    }
    path
}

fn path_with_slash(req: &HttpRequest, path: &str, settings: &HttpSettings) -> String {
    let mut escaped = format!("{}{}/", settings.script_name, utf8_percent_encode(path, PATH));
    // A location that starts with two slashes would lead to another host.
    if escaped.starts_with("//") {
        escaped.replace_range(..2, "/%2F");
    }
    with_query(req, escaped)
}

/// Whether a slash makes an unknown path a known one (`should_redirect_with_slash`).
fn should_append_slash(path: &str, site: &Site) -> bool {
    site.settings.append_slash
        && !path.ends_with('/')
        && !site.resolver.is_valid_path(path)
        && site.resolver.is_valid_path(&format!("{path}/"))
}

/// The response if no pattern matches: a redirect to the path with a slash if that exists, else 404.
pub async fn not_found(req: HttpRequest, site: web::Data<Site>) -> HttpResponse {
    let path = path(&req);
    if should_append_slash(&path, &site) {
        if let Some(response) = data_would_be_lost(&req, &path, &site.settings) {
            return response;
        }
        let mut response =
            redirect(path_with_slash(&req, &path, &site.settings)).unwrap_or_else(pages::bad_request);
        if site.settings.csrf.use_sessions {
            // CsrfViewMiddleware has read the session before the path was found to be unknown.
            patch_vary_headers(response.headers_mut(), &["Cookie"]);
        }
        return own_response(Layer::Common, req.version(), response);
    }
    if site.settings.debug {
        return pages::debug_not_found(req.method().as_str(), &path, site.resolver.routes());
    }
    pages::page_not_found()
}

/// With `DEBUG`, an error instead of a redirect that would lose the request's data: a RuntimeError in Django.
fn data_would_be_lost(req: &HttpRequest, path: &str, settings: &HttpSettings) -> Option<HttpResponse> {
    let method = req.method();
    if !settings.debug || ![Method::DELETE, Method::POST, Method::PUT, Method::PATCH].contains(method) {
        return None;
    }
    // Without the query, which may contain a secret.
    let message = format!(
        "{method} {path:?} does not end with a slash, and a redirect would lose the data. Call {host}{script_name}{path}/ instead, or set \
         APPEND_SLASH=false.",
        host = get_host(req, settings),
        script_name = settings.script_name,
    );
    log::error!("{message}");
    Some(Layer::Common.mark(ErrorReport::new(message).attach(pages::server_error())))
}

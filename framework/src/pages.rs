//! Django's default error pages (`django/views/defaults.py`) and its debug page for an unknown path.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;

/// A page with a title and a sentence. It never shows internal causes.
fn page(status: StatusCode, title: &str, sentence: &str) -> HttpResponse {
    let body = format!(
        "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>{title}</title>\n</head>\n<body>\n  \
         <h1>{title}</h1><p>{sentence}</p>\n</body>\n</html>\n"
    );
    HttpResponse::build(status).content_type(ContentType::html()).body(body)
}

/// 400: the host is not allowed, or the request is malformed.
#[must_use]
pub fn bad_request() -> HttpResponse {
    page(StatusCode::BAD_REQUEST, "Bad Request (400)", "")
}

/// 403: the client is not wanted.
#[must_use]
pub fn permission_denied() -> HttpResponse {
    page(StatusCode::FORBIDDEN, "403 Forbidden", "")
}

/// 403: the CSRF token is missing or wrong (`django/views/csrf.py`).
#[must_use]
pub fn csrf_failure() -> HttpResponse {
    page(StatusCode::FORBIDDEN, "Forbidden (403)", "CSRF verification failed. Request aborted.")
}

/// 404: no pattern matches.
#[must_use]
pub fn page_not_found() -> HttpResponse {
    page(StatusCode::NOT_FOUND, "Not Found", "The requested resource was not found on this server.")
}

/// 500. The log has the cause.
#[must_use]
pub fn server_error() -> HttpResponse {
    page(StatusCode::INTERNAL_SERVER_ERROR, "Server Error (500)", "")
}

/// 404 with `DEBUG`: lists the patterns in the order they were tried.
#[must_use]
pub fn debug_not_found<'a>(method: &str, path: &str, routes: impl Iterator<Item = &'a str>) -> HttpResponse {
    let items: String = routes.map(|route| format!("  <li><code>{}</code></li>\n", escape(route))).collect();
    let body = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Page not found at {path}</title>\n</head>\n<body>\n\
         <h1>Page not found <small>(404)</small></h1>\n<p>Request: {method} {path}</p>\n\
         <p>The root URLconf (src/urls.rs) tried these URL patterns, in this order:</p>\n<ol>\n{items}</ol>\n\
         <p>The current path, <code>{path}</code>, didn't match any of these.</p>\n\
         <p>You're seeing this because DEBUG is on. Without it, this is the plain 404 page.</p>\n</body>\n</html>\n",
        method = escape(method),
        path = escape(path),
    );
    HttpResponse::NotFound().content_type(ContentType::html()).body(body)
}

/// Escapes text for HTML elements and attributes (`django/utils/html.py`, `escape`).
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#x27;"),
            other => escaped.push(other),
        }
    }
    escaped
}

//! The response headers of Django's LocaleMiddleware (`django/middleware/locale.py`).

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{CONTENT_LANGUAGE, HeaderMap, HeaderValue, SET_COOKIE, VARY};

use super::{HttpSettings, Layer, cookies};
use crate::http::patch_vary_headers;

/// Sets `Content-Language`, unless the view did, and adds to `Vary`. LocaleMiddleware is inside of SessionMiddleware and
/// outside of all others, so that its name precedes the session's.
pub(super) fn add_headers(
    response: &mut ServiceResponse<BoxBody>,
    language: &HeaderValue,
    settings: &HttpSettings,
    layer: Layer,
) {
    let (of_csrf, of_session) = cookies::varies(response, settings, layer);
    let headers = response.headers_mut();
    if of_csrf {
        patch_vary_headers(headers, &["Cookie"]);
    }
    // The view's own `Cookie` is that of the session, unless it sets the CSRF cookie.
    let of_session =
        (!of_csrf && !headers.contains_key(SET_COOKIE) && take_last_cookie(headers)) || of_session;
    add_to(headers, language);
    if of_session {
        patch_vary_headers(headers, &["Cookie"]);
    }
}

/// The same for a response that no other middleware has seen.
pub(super) fn add_to(headers: &mut HeaderMap, language: &HeaderValue) {
    patch_vary_headers(headers, &["Accept-Language"]);
    if !headers.contains_key(CONTENT_LANGUAGE) {
        headers.insert(CONTENT_LANGUAGE, language.clone());
    }
}

/// Removes the last name of `Vary`, if it is `Cookie`.
fn take_last_cookie(headers: &mut HeaderMap) -> bool {
    let Some(vary) = headers.get(VARY).and_then(|value| value.to_str().ok()) else { return false };
    let Some(before) = vary.strip_suffix("Cookie") else { return false };
    if before.is_empty() {
        headers.remove(VARY);
        return true;
    }
    let Some(before) = before.strip_suffix(", ").and_then(|names| HeaderValue::from_str(names).ok()) else {
        return false;
    };
    headers.insert(VARY, before);
    true
}

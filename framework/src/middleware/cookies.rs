//! `Vary: Cookie` on responses to invalid cookies (`django/contrib/sessions/middleware.py`,
//! `django/middleware/csrf.py`).
//!
//! Django replaces or deletes an invalid cookie and adds `Vary: Cookie`. Here the cookies are left alone, since Django
//! may serve the same browser, but caches and clients must see the same header.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::COOKIE;

use super::{HttpSettings, Layer};
use crate::csrf::secret_from_cookie;
use crate::http::{get_cookie, patch_vary_headers};

/// The minimum length of a session key (`SessionBase._validate_session_key`).
const MIN_SESSION_KEY_LENGTH: usize = 8;

/// Returns whether a session cookie's value can be a session key.
#[must_use]
pub fn is_session_key(value: &str) -> bool {
    value.chars().count() >= MIN_SESSION_KEY_LENGTH
}

pub(super) fn vary(response: &mut ServiceResponse<BoxBody>, settings: &HttpSettings, layer: Layer) {
    let (of_csrf, of_session) = varies(response, settings, layer);
    if of_csrf || of_session {
        patch_vary_headers(response.headers_mut(), &["Cookie"]);
    }
}

/// Whether CsrfViewMiddleware and SessionMiddleware add `Cookie`.
pub(super) fn varies(
    response: &ServiceResponse<BoxBody>,
    settings: &HttpSettings,
    layer: Layer,
) -> (bool, bool) {
    // Error pages run CsrfViewMiddleware (`requires_csrf_token`), redirects do not. Those of `DEBUG` for an invalid host
    // neither.
    let status = response.status();
    let is_debug_page = settings.debug && status == StatusCode::BAD_REQUEST;
    let csrf = layer == Layer::View || (status.is_client_error() && !is_debug_page);
    if settings.csrf.use_sessions && csrf && layer >= Layer::Common {
        // CsrfViewMiddleware reads every session.
        return (false, true);
    }
    let headers = response.request().headers();
    if !headers.contains_key(COOKIE) {
        return (false, false);
    }
    let bad_session =
        || get_cookie(headers, &settings.session_cookie_name).is_some_and(|key| !is_session_key(&key));
    let bad_secret = || {
        get_cookie(headers, &settings.csrf.cookie_name)
            .is_some_and(|secret| secret_from_cookie(&secret).is_err())
    };
    (csrf && bad_secret(), layer >= Layer::Common && bad_session())
}

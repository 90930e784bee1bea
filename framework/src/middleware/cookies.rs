//! `Vary: Cookie` on responses to invalid cookies (`django/contrib/sessions/middleware.py`,
//! `django/middleware/csrf.py`).
//!
//! Django replaces or deletes an invalid cookie and adds `Vary: Cookie`. Here the cookies are left alone, since Django
//! may serve the same browser, but caches and clients must see the same header.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::COOKIE;

use super::HttpSettings;
use crate::csrf::secret_from_cookie;
use crate::http::{get_cookie, patch_vary_headers};

/// The minimum length of a session key (`SessionBase._validate_session_key`).
const MIN_SESSION_KEY_LENGTH: usize = 8;

/// Returns whether a session cookie's value can be a session key.
#[must_use]
pub fn is_session_key(value: &str) -> bool {
    value.chars().count() >= MIN_SESSION_KEY_LENGTH
}

/// `csrf` is false for responses that are created outside of CsrfViewMiddleware.
pub(super) fn vary(response: &mut ServiceResponse<BoxBody>, settings: &HttpSettings, csrf: bool) {
    let headers = response.request().headers();
    if !headers.contains_key(COOKIE) {
        return;
    }
    let bad_session =
        || get_cookie(headers, &settings.session_cookie_name).is_some_and(|key| !is_session_key(&key));
    let bad_secret = || {
        get_cookie(headers, &settings.csrf.cookie_name)
            .is_some_and(|secret| secret_from_cookie(&secret).is_err())
    };
    if bad_session() || (csrf && bad_secret()) {
        patch_vary_headers(response.headers_mut(), &["Cookie"]);
    }
}

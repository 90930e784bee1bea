//! Which answers vary by cookies that no view asked for (`django/contrib/sessions/middleware.py`,
//! `django/middleware/csrf.py`).
//!
//! Django answers a cookie that can't be right with a new one, or none, and adds `Vary: Cookie`. The cookies are left to
//! Django here, since it may serve the same browser; the header is what caches and clients see.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::COOKIE;

use super::HttpSettings;
use crate::framework::csrf::secret_from_cookie;
use crate::framework::http::{get_cookie, patch_vary_headers};

/// Characters that a session's key has at least (`SessionBase._validate_session_key`).
const MIN_SESSION_KEY_LENGTH: usize = 8;

/// Whether a session cookie's value can be a key at all.
#[must_use]
pub fn is_session_key(value: &str) -> bool {
    value.chars().count() >= MIN_SESSION_KEY_LENGTH
}

/// `csrf` is false for answers that are made outside of CsrfViewMiddleware.
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

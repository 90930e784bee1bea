//! Where the secret is: in a cookie, or in the session (`CSRF_USE_SESSIONS`).

use std::fmt;

use actix_web::{HttpMessage as _, HttpRequest};

use super::CsrfSettings;
use crate::http::get_cookie;

/// The name of the secret in a session (`CSRF_SESSION_KEY`).
pub const CSRF_SESSION_KEY: &str = "_csrftoken";

/// The secret of a session. Whoever reads the session puts it into the request's extensions.
#[derive(Clone)]
pub struct SessionSecret(pub String);

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret(******)")
    }
}

/// Returns the secret that a token must match, as it is stored, masked or not. With `CSRF_USE_SESSIONS` it is `None` until
/// the request's session is read.
#[must_use]
pub fn stored_secret(request: &HttpRequest, settings: &CsrfSettings) -> Option<String> {
    if settings.use_sessions {
        return request.extensions().get().map(|SessionSecret(secret)| secret.clone());
    }
    get_cookie(request.headers(), &settings.cookie_name)
}

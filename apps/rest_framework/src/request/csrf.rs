//! The CSRF token of a page (`django.middleware.csrf`).

use actix_web::http::header::HeaderValue;
use actix_web::web::Data;

use super::Request;
use vitamin_framework::csrf::{self, get_new_csrf_string, secret_from_cookie, stored_secret};
use vitamin_framework::middleware::Site;

impl Request {
    /// A CSRF token for the forms of a page (`django.middleware.csrf.get_token`). The response sets the CSRF cookie, and
    /// varies on cookies. With `CSRF_USE_SESSIONS` the token is that of the session which authenticated the request, if
    /// Django has put a secret there.
    #[must_use]
    pub fn csrf_token(&self) -> String {
        self.vary_on_cookie();
        let cookie = || {
            let site = self.http.app_data::<Data<Site>>()?;
            secret_from_cookie(&stored_secret(&self.http, &site.settings.csrf)?).ok()
        };
        csrf::mask_cipher_secret(
            self.state.lazy().csrf_secret.get_or_init(|| cookie().unwrap_or_else(get_new_csrf_string)),
        )
    }

    /// The cookie of [`csrf_token`](Self::csrf_token), if that was called.
    pub(crate) fn csrf_cookie(&self) -> Option<HeaderValue> {
        let secret = self.state.lazy.get()?.csrf_secret.get()?;
        let csrf = &self.http.app_data::<Data<Site>>()?.settings.csrf;
        if csrf.use_sessions { None } else { csrf::set_cookie(csrf, secret) }
    }
}

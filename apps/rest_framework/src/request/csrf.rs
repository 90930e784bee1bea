//! The CSRF token of a page (`django.middleware.csrf`).

use actix_web::http::header::HeaderValue;
use actix_web::web::Data;

use super::Request;
use vitamin_framework::csrf::{self, get_new_csrf_string, secret_from_cookie};
use vitamin_framework::http::get_cookie;
use vitamin_framework::middleware::Site;

impl Request {
    /// A CSRF token for the forms of a page (`django.middleware.csrf.get_token`). The response sets the CSRF cookie, and
    /// varies on cookies.
    #[must_use]
    pub fn csrf_token(&self) -> String {
        self.vary_on_cookie();
        let cookie = || {
            let site = self.http.app_data::<Data<Site>>()?;
            let cookie = get_cookie(self.http.headers(), &site.settings.csrf.cookie_name)?;
            secret_from_cookie(&cookie).ok()
        };
        csrf::mask_cipher_secret(
            self.state.lazy().csrf_secret.get_or_init(|| cookie().unwrap_or_else(get_new_csrf_string)),
        )
    }

    /// The cookie of [`csrf_token`](Self::csrf_token), if that was called.
    pub(crate) fn csrf_cookie(&self) -> Option<HeaderValue> {
        let secret = self.state.lazy.get()?.csrf_secret.get()?;
        let site = self.http.app_data::<Data<Site>>()?;
        csrf::set_cookie(&site.settings.csrf, secret)
    }
}

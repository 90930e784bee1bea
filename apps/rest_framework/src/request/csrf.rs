//! The CSRF token of a page (`django.middleware.csrf`).

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, HeaderValue, ORIGIN, REFERER};
use actix_web::web::Data;

use super::Request;
use crate::data;
use crate::mediatypes::latin1;
use vitamin_framework::csrf::{
    self, CsrfRequest, RejectRequest, get_new_csrf_string, secret_from_cookie, stored_secret,
};
use vitamin_framework::http::{get_header, get_host, get_port, is_secure};
use vitamin_framework::logging::warn_sometimes;
use vitamin_framework::middleware::Site;

/// Checks the CSRF token of a request (`CsrfViewMiddleware.process_view`). `form_token` is called only if the form's token is
/// needed.
///
/// # Errors
/// The reason to reject it.
pub(crate) fn check_csrf(
    request: &HttpRequest,
    site: &Site,
    method: &str,
    form_token: impl FnOnce() -> Option<String>,
) -> Result<(), RejectRequest> {
    let settings = &site.settings;
    let text =
        |name: &HeaderName| get_header(request.headers(), name).map(|value| latin1(&value).into_owned());
    let (token, origin, referer) = (text(&settings.csrf.header_name), text(&ORIGIN), text(&REFERER));
    let secret = stored_secret(request, &settings.csrf);
    let host = get_host(request, settings);
    let domain = settings.csrf.referer_domain();
    let port = domain.map(|_| get_port(request, settings)).unwrap_or_default();
    let csrf_request = CsrfRequest {
        method,
        cookie: secret.as_deref(),
        header: token.as_deref(),
        origin: origin.as_deref(),
        referer: referer.as_deref(),
        // The middleware has checked the host.
        host: Some(&host),
        is_secure: is_secure(request, settings),
        trusted_origins: &settings.csrf.trusted_origins,
        cookie_domain: domain.map(|domain| (domain, port.as_str())),
    };
    let checked = csrf::check(&csrf_request, form_token);
    if let (Err(RejectRequest::BadOrigin(origin)), false) = (&checked, csrf_request.is_secure) {
        explain_bad_origin(origin, &host);
    }
    checked
}

/// Tells the operator of a proxy that ends TLS unnoticed: no session could change anything.
fn explain_bad_origin(origin: &str, host: &str) {
    if origin.strip_prefix("https://") == Some(host) {
        let cause = "A browser uses https, but its request came by http. If a proxy ends TLS, set \
                     SECURE_PROXY_SSL_HEADER, and let the proxy set that header.";
        warn_sometimes(
            module_path!(),
            &format!("CSRF Failed: Origin {origin} is not http://{host}. {cause}"),
        );
    }
}

/// The last `csrfmiddlewaretoken` of a form. Files of that name are ignored.
pub(crate) fn form_token(data: &data::Data) -> Option<String> {
    let data::Data::Form(form) = data else { return None };
    let values = form.get_list("csrfmiddlewaretoken").iter().rev();
    values.filter_map(|value| value.as_str()).next().map(str::to_owned)
}

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

//! `SessionAuthentication`: authenticates the user of a Django session.

use std::borrow::Cow;
use std::cell::Cell;

use actix_web::http::header::{COOKIE, HeaderName, ORIGIN, REFERER};
use actix_web::web::Data as AppData;

use super::{Authentication, Identity};
use crate::data::Data;
use crate::exceptions::APIException;
use crate::mediatypes::latin1;
use crate::permissions::SAFE_METHODS;
use crate::policy_result::PolicyResult;
use crate::request::Request;
use crate::schemas::SecurityScheme;
use vitamin_auth::sessions::get_user;
use vitamin_framework::csrf::{CsrfRequest, RejectRequest, check, stored_secret};
use vitamin_framework::http::{get_header, get_host, is_secure, local_addr};
use vitamin_framework::logging::warn_sometimes;
use vitamin_framework::middleware::Site;

/// Authenticates the user of Django's session cookie. Unsafe methods also require a CSRF token, or are answered with
/// 403. So does any method in a view [`for_proxied_request`](crate::views::APIView::for_proxied_request) whose proxy does not
/// name the original one. A session without a user is treated as no session.
///
/// It has no challenge. If it is a view's first class, a denied anonymous request is 403 instead of 401.
pub struct SessionAuthentication;

impl Authentication for SessionAuthentication {
    fn security_scheme(&self) -> Option<SecurityScheme> {
        Some(SecurityScheme::Session)
    }

    fn authenticate<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, Option<Identity>> {
        request.vary_on_cookie();
        if !request.headers().contains_key(COOKIE) {
            return None.into();
        }
        PolicyResult::later(async move {
            let Some(user) = get_user(request).await? else { return Ok(None) };
            enforce_csrf(request).await?;
            Ok(Some(Identity::new(user)))
        })
    }
}

/// The method that changes something or does not. `None` if the request stands for another one whose method is unknown: a
/// proxy asks by GET about every request.
fn method(request: &Request) -> Option<Cow<'_, str>> {
    if !request.view().is_for_proxied_request {
        return Some(request.method().as_str().into());
    }
    let names = ["x-original-method", "x-forwarded-method"];
    let methods = names.iter().filter_map(|name| get_header(request.headers(), *name));
    // A client may send the one that its proxy does not set. Then the unsafe one counts, as does a list.
    let methods = methods.map(|method| latin1(&method).into_owned().into());
    methods.max_by_key(|method: &Cow<'_, str>| !SAFE_METHODS.iter().any(|safe| safe.as_str() == method))
}

/// Denies a request that another site may have made the browser send.
async fn enforce_csrf(request: &Request) -> Result<(), APIException> {
    let site = request.app_data::<AppData<Site>>();
    let site = site.ok_or_else(|| APIException::server_error("the app data has no Site"))?;
    let settings = &site.settings;
    let text =
        |name: &HeaderName| get_header(request.headers(), name).map(|value| latin1(&value).into_owned());
    let (token, origin, referer) = (text(&settings.csrf.header_name), text(&ORIGIN), text(&REFERER));
    let secret = stored_secret(request, &settings.csrf);
    let host = get_host(request, settings);
    let port = local_addr(request).port();
    let method = method(request).ok_or_else(|| {
        APIException::permission_denied(Some("CSRF Failed: the proxy does not pass on the request's method."))
    })?;
    let csrf_request = CsrfRequest {
        method: &method,
        cookie: secret.as_deref(),
        header: token.as_deref(),
        origin: origin.as_deref(),
        referer: referer.as_deref(),
        // The middleware has checked the host.
        host: Some(&host),
        is_secure: is_secure(request, settings),
        trusted_origins: &settings.csrf.trusted_origins,
        cookie_domain: settings.csrf.referer_domain().map(|domain| (domain, port)),
    };
    // The form is parsed only if the check needs its token, because a malformed body has a different response.
    let form_is_needed = Cell::new(false);
    let mut checked = check(&csrf_request, || {
        form_is_needed.set(true);
        None
    });
    if form_is_needed.get() {
        let form_token = request.parse_ahead(form_token).await?;
        checked = check(&csrf_request, || form_token);
    }
    checked.map_err(|reason| {
        if let (RejectRequest::BadOrigin(origin), false) = (&reason, csrf_request.is_secure) {
            explain_bad_origin(origin, &host);
        }
        APIException::permission_denied(Some(&reason.detail(&settings.csrf.header_name)))
    })
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
fn form_token(data: &Data) -> Option<String> {
    let Data::Form(form) = data else { return None };
    let values = form.get_list("csrfmiddlewaretoken").iter().rev();
    values.filter_map(|value| value.as_str()).next().map(str::to_owned)
}

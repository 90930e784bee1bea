//! `SessionAuthentication`: authenticates the user of a Django session.

use std::borrow::Cow;
use std::cell::Cell;

use actix_web::http::header::COOKIE;
use actix_web::web::Data as AppData;

use super::{Authentication, Identity};
use crate::exceptions::APIException;
use crate::mediatypes::latin1;
use crate::permissions::SAFE_METHODS;
use crate::policy_result::PolicyResult;
use crate::request::{Request, check_csrf, form_token};
use crate::schemas::SecurityScheme;
use vitamin_auth::sessions::get_user;
use vitamin_framework::http::get_header;
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
    // The token in a form of the browsable API was checked with the form's method.
    #[cfg(feature = "browsable-api")]
    if request.form_method().is_some() {
        return Ok(());
    }
    let site = request.app_data::<AppData<Site>>();
    let site = site.ok_or_else(|| APIException::server_error("the app data has no Site"))?;
    let method = method(request).ok_or_else(|| {
        APIException::permission_denied(Some("CSRF Failed: the proxy does not pass on the request's method."))
    })?;
    // The form is parsed only if the check needs its token, because a malformed body has a different response.
    let form_is_needed = Cell::new(false);
    let mut checked = check_csrf(request, site, &method, || {
        form_is_needed.set(true);
        None
    });
    if form_is_needed.get() {
        let form_token = request.parse_ahead(form_token).await?;
        checked = check_csrf(request, site, &method, || form_token);
    }
    let header_name = &site.settings.csrf.header_name;
    checked.map_err(|reason| APIException::permission_denied(Some(&reason.detail(header_name))))
}

//! Who asks for a page: the user of the session.

use actix_web::http::header::COOKIE;

use vitamin_auth::sessions::get_user;
use vitamin_rest_framework::authentication::{Authentication, Identity};
use vitamin_rest_framework::permissions::Permission;
use vitamin_rest_framework::policy_result::PolicyResult;
use vitamin_rest_framework::request::Request;

/// The user of Django's session cookie. Unlike `SessionAuthentication` it does not look at the CSRF token, since a refusal must be a
/// page: [`admin_view`](crate::admin_view) checks it before each handler of a form.
pub(crate) struct AdminSessionAuthentication;

impl Authentication for AdminSessionAuthentication {
    fn authenticate<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, Option<Identity>> {
        if !request.headers().contains_key(COOKIE) {
            return None.into();
        }
        PolicyResult::later(async move { Ok(get_user(request).await?.map(Identity::new)) })
    }
}

/// Says that the pages are for staff (`AdminSite.has_permission`). [`admin_view`](crate::admin_view) itself asks who the user is, before each
/// handler, and leads others to the login instead of refusing them.
pub(crate) struct CheckedByView;

impl Permission for CheckedByView {
    fn has_permission<'a>(&'a self, _: &'a Request) -> PolicyResult<'a, bool> {
        true.into()
    }
}

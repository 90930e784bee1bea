//! The page to try the API: [Swagger UI](https://swagger.io/tools/swagger-ui/) (`SpectacularSwaggerView` of
//! `drf_spectacular/views.py`).

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::header::HeaderValue;
use actix_web::web::Data;
use minijinja::context;

use super::{page_view, respond, schema_url, settings, title};
use crate::exceptions::APIException;
use crate::request::Request;
use crate::views::APIView;
use vitamin_framework::middleware::Site;

pub(super) const TEMPLATE: &str = "rest_framework/swagger_ui.html";

/// The policy of all pages, and pictures that the style sheet itself holds. Swagger UI needs no more: tests/browser fails if it
/// violates this.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'",
);

/// The interactive page of the document that the pattern `url_name` serves. A project mounts it with
/// `path("schema/docs/", spectacular_swagger_view("schema"))`.
///
/// *Authorize* takes a token as it is, and the page adds the word before it. A session works too, with its CSRF token. The
/// page's policies are those of the document
/// ([`serve_permissions`](crate::schemas::SpectacularSettings::serve_permissions)). No file comes from another server.
#[must_use]
pub fn spectacular_swagger_view(url_name: &str) -> APIView {
    let url_name: Rc<str> = url_name.into();
    page_view("SpectacularSwaggerView").get(move |request: Request| {
        let page = page(&request, &url_name);
        async move { page }
    })
}

fn page(request: &Request, url_name: &str) -> Result<HttpResponse, APIException> {
    let settings = settings(request);
    let site = request.app_data::<Data<Site>>();
    let csrf = &site.ok_or_else(|| APIException::server_error("the app data has no Site"))?.settings.csrf;
    let scripts_read_the_cookie = !csrf.use_sessions && !csrf.cookie_httponly;
    let context = context!(
        name => title(&settings),
        version => settings.spectacular_settings.version.as_str(),
        schema_url => schema_url(request, url_name)?,
        settings => settings.spectacular_settings.swagger_ui_settings.to_string(),
        csrf_header_name => csrf.header_name.as_str(),
        csrf_cookie_name => scripts_read_the_cookie.then_some(csrf.cookie_name.as_str()),
    );
    respond(request, TEMPLATE, context, POLICY)
}

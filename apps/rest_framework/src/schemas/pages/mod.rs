//! The pages that show the document: one to try the API, one to read it.

mod reference;
#[cfg(feature = "swagger-ui")]
mod swagger;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentType, HeaderValue};
use actix_web::web::Data;
use minijinja::Value;

pub use self::reference::spectacular_reference_view;
#[cfg(feature = "swagger-ui")]
pub use self::swagger::spectacular_swagger_view;
use crate::browsable;
use crate::classes;
use crate::data::QueryDict;
use crate::exceptions::APIException;
use crate::renderers::BrowsableAPIRenderer;
use crate::request::Request;
use crate::settings::APISettings;
use crate::utils::urls::replace_query_param;
use crate::views::APIView;
use vitamin_framework::middleware::Site;
use vitamin_framework::staticfiles::StaticFile;
use vitamin_framework::templates::Template;

/// The templates of the pages.
pub(crate) const TEMPLATES: &[Template] = &[
    (reference::TEMPLATE, include_str!("../../../templates/rest_framework/reference.html")),
    #[cfg(feature = "swagger-ui")]
    (swagger::TEMPLATE, include_str!("../../../templates/rest_framework/swagger_ui.html")),
];

/// Their style sheets and scripts.
pub(crate) const STATIC_FILES: &[StaticFile] = &[
    StaticFile::new("rest_framework/schema.css", include_bytes!("../../../static/rest_framework/schema.css")),
    #[cfg(feature = "swagger-ui")]
    StaticFile::new(
        "rest_framework/swagger_ui.js",
        include_bytes!("../../../static/rest_framework/swagger_ui.js"),
    ),
    #[cfg(feature = "swagger-ui")]
    StaticFile::gzip(
        "rest_framework/swagger-ui-bundle.js",
        include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz")),
    ),
    #[cfg(feature = "swagger-ui")]
    StaticFile::gzip(
        "rest_framework/swagger-ui.css",
        include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz")),
    ),
];

/// A view that answers with a page. Its errors are pages of the browsable API, with a link to the login.
fn page_view(class_name: &str) -> APIView {
    APIView::new(class_name)
        .renderer_classes(classes![BrowsableAPIRenderer])
        .exclude_from_schema()
        .serve_schema()
}

/// The path of the document, with the language and the version that the page was asked for.
fn schema_url(request: &Request, url_name: &str) -> Result<String, APIException> {
    let site = request.app_data::<Data<Site>>();
    let site = site.ok_or_else(|| APIException::server_error("there is no URLconf in the app data"))?;
    let url = site.resolver.reverse(url_name, &[]).map_err(APIException::server_error)?;
    let query: QueryDict = request.query_params()?;
    let kept = ["lang", "version"].into_iter().filter_map(|name| Some((name, query.get(name)?.as_str()?)));
    Ok(kept.fold(url, |url, (name, value)| replace_query_param(&url, name, value)))
}

/// The settings of the project's views.
fn settings(request: &Request) -> Data<APISettings> {
    request.app_data::<Data<APISettings>>().cloned().unwrap_or_default()
}

/// The title of the API, which pages must have.
fn title(settings: &APISettings) -> &str {
    Some(settings.spectacular_settings.title.as_str()).filter(|title| !title.is_empty()).unwrap_or("API")
}

/// A page of this template, in the frame of all pages, under this policy.
fn respond(
    request: &Request,
    template: &str,
    context: Value,
    policy: HeaderValue,
) -> Result<HttpResponse, APIException> {
    let html = browsable::render(request, template, context).map_err(APIException::server_error)?;
    let mut response = HttpResponse::Ok();
    response.content_type(ContentType::html()).insert_header((CONTENT_SECURITY_POLICY, policy));
    Ok(response.body(html))
}

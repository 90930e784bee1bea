//! The view that serves the document (`SpectacularAPIView` of `drf_spectacular/views.py`).

use std::sync::Arc;

use actix_web::http::header::{CONTENT_DISPOSITION, HeaderValue};
use actix_web::web::Data;

use super::documents::{document, requested_version};
use super::languages::LANGUAGES;
use super::renderers::{
    OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer, OpenApiYamlRenderer2,
};
use super::{ExtendSchema, OpenApiParameter, OpenApiTypes};
use crate::classes;
use crate::exceptions::APIException;
use crate::renderers::{Renderer, Renderers};
use crate::request::Request;
use crate::response::Response;
use crate::settings::APISettings;
use crate::views::APIView;

/// The view of the project's OpenAPI document: YAML, or JSON by `Accept` or `?format=json`. A project mounts it with
/// `path("schema/", spectacular_api_view())`.
///
/// Anyone may read it, unless [`SpectacularSettings::serve_permissions`](super::SpectacularSettings) says otherwise. The
/// document is made by the first request.
#[must_use]
pub fn spectacular_api_view() -> APIView {
    let renderers: Vec<Arc<dyn Renderer>> =
        classes![OpenApiYamlRenderer, OpenApiYamlRenderer2, OpenApiJsonRenderer, OpenApiJsonRenderer2];
    view("SpectacularAPIView", renderers)
}

/// The same in YAML only.
#[must_use]
pub fn spectacular_yaml_api_view() -> APIView {
    view("SpectacularYAMLAPIView", classes![OpenApiYamlRenderer, OpenApiYamlRenderer2])
}

/// The same in JSON only.
#[must_use]
pub fn spectacular_json_api_view() -> APIView {
    view("SpectacularJSONAPIView", classes![OpenApiJsonRenderer, OpenApiJsonRenderer2])
}

fn view(class_name: &str, renderers: Vec<Arc<dyn Renderer>>) -> APIView {
    let schema = ExtendSchema::new()
        .response(200, OpenApiTypes::Object)
        .parameter(OpenApiParameter::query("lang", OpenApiTypes::Str).enumeration(LANGUAGES.iter().copied()));
    APIView::new(class_name)
        .description(
            "
            OpenApi3 schema for this API. Format can be selected via content negotiation.

            - YAML: application/vnd.oai.openapi
            - JSON: application/vnd.oai.openapi+json
            ",
        )
        .renderer_classes(renderers)
        .extend_schema(schema)
        .serve_schema()
        .get(async |request: Request| answer(&request))
}

fn answer(request: &Request) -> Result<Response, APIException> {
    let fallback = APISettings::default();
    let settings = request.app_data::<Data<APISettings>>().map_or(&fallback, |settings| settings);
    let version = requested_version(request, settings)?;
    let document = document(request, settings, version.as_deref())?;
    let title = match settings.spectacular_settings.title.as_str() {
        "" => "schema",
        title => title,
    };
    let version = version.map(|version| format!(" ({version})")).unwrap_or_default();
    let renderer = Renderers::of(request).and_then(|renderers| renderers.get(request.accepted_renderer()));
    let suffix = renderer.map_or("yaml", |(renderer, _)| renderer.format());
    let mut response = Response::new(document);
    let disposition = format!("inline; filename=\"{title}{version}.{suffix}\"");
    // A name with a line end, or the like, has no place in a header.
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        response = response.header(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

//! The view that serves the document (`SpectacularAPIView` of `drf_spectacular/views.py`).

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::header::{CONTENT_DISPOSITION, HeaderValue};
use actix_web::web::Data;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::languages::LANGUAGES;
use super::renderers::{
    OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer, OpenApiYamlRenderer2,
};
use super::{ExtendSchema, OpenApiParameter, OpenApiTypes, SchemaGenerator};
use crate::classes;
use crate::data::QueryDict;
use crate::exceptions::APIException;
use crate::permissions::AllowAny;
use crate::renderers::{Renderer, Renderers};
use crate::request::Request;
use crate::response::Response;
use crate::settings::APISettings;
use crate::views::APIView;
use vitamin_framework::middleware::Site;
use vitamin_framework::urls::UrlConf;

/// The view of the project's OpenAPI document: YAML, or JSON by `Accept` or `?format=json`. A project mounts it with
/// `path("schema/", spectacular_api_view())`.
///
/// Anyone may read it (`SERVE_PERMISSIONS`). The document is made with the first request of each worker.
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

/// The documents that were made, by the version of the API.
type Documents = Rc<RefCell<Vec<(Option<String>, Document)>>>;

/// A document that requests share.
#[derive(Clone)]
struct Document(Rc<Value>);

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// The most versions whose documents are kept: a client can ask for any.
const MAX_DOCUMENTS: usize = 4;

fn view(class_name: &str, renderers: Vec<Arc<dyn Renderer>>) -> APIView {
    let documents = Documents::default();
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
        .permission_classes(classes![AllowAny])
        .extend_schema(schema)
        .serve_schema()
        .get(move |request: Request| {
            let documents = Rc::clone(&documents);
            async move { answer(&request, &documents) }
        })
}

fn answer(request: &Request, documents: &Documents) -> Result<Response, APIException> {
    let fallback = APISettings::default();
    let settings = request.app_data::<Data<APISettings>>().map_or(&fallback, |settings| settings);
    let query: QueryDict = request.query_params()?;
    let asked = query.get("version").and_then(|version| version.as_str()).map(str::to_owned);
    let allowed = &settings.versions.allowed_versions;
    let asked = asked.filter(|version| allowed.is_empty() || allowed.contains(&Some(version.as_str())));
    let version = request.version().map(str::to_owned).or(asked).filter(|version| !version.is_empty());
    let known =
        documents.borrow().iter().find(|(known, _)| *known == version).map(|(_, known)| known.clone());
    let document = match known {
        Some(document) => document,
        None => {
            let document = make(request, settings, version.as_deref())?;
            let mut documents = documents.borrow_mut();
            if documents.len() >= MAX_DOCUMENTS {
                documents.remove(0);
            }
            documents.push((version.clone(), document.clone()));
            document
        }
    };
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

fn make(request: &Request, settings: &APISettings, version: Option<&str>) -> Result<Document, APIException> {
    let site = request.app_data::<Data<Site>>();
    let site = site.ok_or_else(|| APIException::server_error("there is no URLconf in the app data"))?;
    let urlconf = UrlConf::new((site.urlpatterns)());
    let generated = SchemaGenerator::new(settings)
        .session_cookie_name(&site.settings.session_cookie_name)
        .is_postgres(request.database().is_ok_and(|database| database.is_postgres()))
        .api_version(version)
        .get_schema(&urlconf);
    generated.warnings.iter().for_each(|warning| log::warn!("The schema: {warning}"));
    Ok(Document(Rc::new(generated.document)))
}

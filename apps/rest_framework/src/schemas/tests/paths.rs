//! Paths, parameters, operation ids, security and overrides.

use serde_json::json;

use super::super::{
    ExtendSchema, Location, OpenApiParameter, OpenApiTypes, SecurityScheme, SpectacularSettings,
    spectacular_api_view,
};
use super::fields::{COLORS, part};
use super::{check, choices};
use crate::authentication::{Authentication, Identity};
use crate::classes;
use crate::parsers::JSONParser;
use crate::permissions::{IsAuthenticated, IsAuthenticatedOrReadOnly};
use crate::policy_result::PolicyResult;
use crate::renderers::{JSONRenderer, RenderError, Renderable, Renderer, RendererContext};
use crate::request::Request;
use crate::response::Response;
use crate::views::APIView;
use vitamin_framework::urls::{Pattern, path};

struct Csv;

impl Renderer for Csv {
    fn media_type(&self) -> &'static str {
        "text/csv; header=present"
    }

    fn format(&self) -> &'static str {
        "csv"
    }

    fn render(&self, _: &dyn Renderable, _: &RendererContext<'_>) -> Result<bytes::Bytes, RenderError> {
        Ok(bytes::Bytes::new())
    }
}

struct Keyword;

impl Authentication for Keyword {
    fn authenticate<'a>(&'a self, _: &'a Request) -> PolicyResult<'a, Option<Identity>> {
        None.into()
    }

    fn security_scheme(&self) -> Option<SecurityScheme> {
        Some(SecurityScheme::Token { keyword: "Bearer".into() })
    }
}

fn documented() -> APIView {
    let get = ExtendSchema::new()
        .operation_id("documented")
        .tags(["Docs", "More"])
        .summary("Short")
        .description("Long.")
        .deprecated(true)
        .parameter(
            OpenApiParameter::query("q", OpenApiTypes::Str)
                .required()
                .description("Terms.")
                .pattern("^[a-z]+$"),
        )
        .parameter(
            OpenApiParameter::query("sort", OpenApiTypes::Str).enumeration(["b", "a"]).default_value("a"),
        )
        .parameter(OpenApiParameter::query("ids", OpenApiTypes::Int).many().style("form", false))
        .parameter(OpenApiParameter::new("X-Trace", Location::Header, OpenApiTypes::Uuid))
        .parameter(OpenApiParameter::query("format", OpenApiTypes::Str).exclude())
        .response(200, part().many())
        .response(202, OpenApiTypes::None)
        .open_api_response(404, OpenApiTypes::Object, "Gone.")
        .response(409, json!({"type": "string", "maxLength": 3}))
        .external_docs("https://example.com/docs")
        .extension("x-level", 3);
    let post = ExtendSchema::new()
        .request(())
        .responses(OpenApiTypes::Binary)
        .auth([json!({"tokenAuth": []}), json!({})]);
    let answer = async || Response::new(1);
    let renderers: Vec<std::sync::Arc<dyn Renderer>> =
        vec![std::sync::Arc::new(JSONRenderer), std::sync::Arc::new(Csv)];
    APIView::new("Documented")
        .description("Described.\n\n  Indented.")
        .serializer(part())
        .permission_classes(classes![IsAuthenticatedOrReadOnly])
        .parser_classes(classes![JSONParser])
        .renderer_classes(renderers)
        .extend_schema_view("get", get)
        .extend_schema_view("post", post)
        .extend_schema_view("put", ExtendSchema::new().request(part().many()).response(201, ()))
        .extend_schema_view("delete", ExtendSchema::new().exclude(true))
        .get(answer)
        .post(answer)
        .put(answer)
        .delete(answer)
}

fn guarded() -> APIView {
    let answer = async || Response::new(1);
    APIView::new("Unsafe")
        .serializer(part())
        .authentication_classes(classes![Keyword])
        .permission_classes(classes![IsAuthenticated])
        .get(answer)
        .post(answer)
}

fn urlpatterns() -> Vec<Pattern> {
    vec![
        path("api/v1/docs/", documented()),
        path("api/v1/docs/<int:doc_pk>/files/<path:file>", guarded()),
        path("api/v1/docs/<uuid:key>/<slug:slug>/<str:name>/<free>/", guarded()),
        path("api/v1/docs/(?P<code>[a-z]{2})/x-y/(?P<pk>[^/.]+)/", guarded()),
        path("api/v1/", guarded()),
        path("api/v1/x_y/", guarded()),
        path("api/v1/x-y/", guarded()),
    ]
}

#[test]
fn operations_are_described() {
    let mut patterns = urlpatterns();
    patterns.push(path("api/v1/schema/", spectacular_api_view()));
    let warnings = check("paths", patterns, SpectacularSettings::default());
    // Two untyped parameters, three collisions.
    assert_eq!(warnings.len(), 5, "{warnings:?}");
}

#[test]
fn settings_change_the_document() {
    let text = |text: &str| crate::data::Value::from(text);
    let patterns = urlpatterns().into_iter().chain(choices::urlpatterns());
    check(
        "paths_settings",
        patterns.collect(),
        SpectacularSettings {
            title: "Ünïts".to_owned(),
            description: "Of\nmeasure.".to_owned(),
            version: "2".to_owned(),
            tos: Some("https://example.com/tos".to_owned()),
            contact: json!({"name": "Ann"}),
            license: json!({"name": "MIT"}),
            servers: json!([{"url": "https://example.com"}]),
            tags: json!([{"name": "a"}]),
            external_docs: json!({"url": "https://example.com/docs"}),
            component_split_request: true,
            component_no_read_only_required: true,
            schema_path_prefix: Some("/api/v[0-9]".to_owned()),
            schema_path_prefix_trim: true,
            schema_path_prefix_insert: "/svc".to_owned(),
            enum_suffix: "Choice".to_owned(),
            enum_name_overrides: vec![(
                "Paint".to_owned(),
                COLORS.iter().map(|(value, label)| (text(value), text(label))).collect(),
            )],
            append_components: json!({"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}}),
            ..SpectacularSettings::default()
        },
    );
}

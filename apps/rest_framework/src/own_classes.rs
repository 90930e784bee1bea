//! Tests of a custom parser, renderer and exception handler. The tests of other custom policies are in their modules.

use actix_web::App;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web;
use bytes::Bytes;

use super::APISettings;
use super::data::{Data, Value};
use super::exceptions::APIException;
use super::parsers::{Parser, ParserContext};
use super::permissions::IsAuthenticated;
use super::renderers::{JSONRenderer, RenderError, Renderable, Renderer, RendererContext};
use super::request::Request;
use super::response::Response;
use super::views::{APIView, exception_handler};
use crate::classes;
use vitamin_framework::urls::{UrlConf, path};

struct PlainTextParser;

impl Parser for PlainTextParser {
    fn media_type(&self) -> &'static str {
        "text/plain"
    }

    fn parse(&self, body: Bytes, context: &ParserContext<'_>) -> Result<Data, APIException> {
        Ok(Data::Json(Value::String(context.charset.decode_lossy(&body).into_owned())))
    }
}

struct ShoutingRenderer;

#[rustfmt::skip] // Short, as in an app.
impl Renderer for ShoutingRenderer {
    fn media_type(&self) -> &'static str { "text/x-shout" }
    fn format(&self) -> &'static str { "shout" }
    fn render(&self, data: &dyn Renderable, _: &RendererContext<'_>) -> Result<Bytes, RenderError> {
        Ok(data.to_json(None)?.to_ascii_uppercase().into())
    }
}

fn with_a_code(error: &APIException, request: &Request) -> Option<Response> {
    let code = HeaderValue::from(error.status().as_u16());
    Some(exception_handler(error, request)?.header(HeaderName::from_static("x-code"), code))
}

async fn echo(data: Data) -> Response {
    match data {
        Data::Json(value) => Response::new(value),
        Data::Form(_) => Response::no_content(),
    }
}

async fn send(request: TestRequest) -> (u16, String, String) {
    let view = APIView::new("EchoView")
        .parser_classes(classes![PlainTextParser])
        .renderer_classes(classes![JSONRenderer, ShoutingRenderer])
        .authentication_classes(classes![])
        .get(async || Response::new("hello"))
        .post(echo);
    let locked = APIView::new("LockedView").permission_classes(classes![IsAuthenticated]);
    let urls = UrlConf::new(vec![path("", view), path("locked", locked)]);
    let settings = APISettings { exception_handler: with_a_code, ..APISettings::default() };
    let app = App::new().app_data(web::Data::new(settings)).configure(|config| drop(urls.register(config)));
    let response = call_service(&init_service(app).await, request.to_request()).await;
    let header = |name| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let (status, headers) = (response.status().as_u16(), header("content-type") + &header("x-code"));
    (status, headers, String::from_utf8(read_body(response).await.to_vec()).unwrap())
}

fn response(status: u16, headers: &str, body: &str) -> (u16, String, String) {
    (status, headers.to_owned(), body.to_owned())
}

#[actix_web::test]
async fn a_custom_parser() {
    let post = |content_type| {
        let request = TestRequest::post().insert_header(("content-type", content_type));
        request.insert_header(("content-length", "2")).set_payload("\u{e9}")
    };
    let echoed = send(post("text/plain; charset=utf-8")).await;
    assert_eq!(echoed, response(200, "application/json", "\"\u{e9}\""));
    assert_eq!(send(post("application/json")).await.0, 415);
}

#[actix_web::test]
async fn a_custom_renderer() {
    let shouted = response(200, "text/x-shout; charset=utf-8", "\"HELLO\"");
    assert_eq!(send(TestRequest::get().insert_header(("accept", "text/x-shout"))).await, shouted);
    assert_eq!(send(TestRequest::get().uri("/?format=shout")).await, shouted);
}

#[actix_web::test]
async fn a_custom_exception_handler() {
    let refused = r#"{"detail":"Authentication credentials were not provided."}"#;
    assert_eq!(send(TestRequest::get().uri("/locked")).await, response(403, "application/json403", refused));
    let unknown = response(404, "application/json404", r#"{"detail":"Not found."}"#);
    assert_eq!(send(TestRequest::get().uri("/?format=xml")).await, unknown);
}

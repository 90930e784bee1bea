use actix_web::body::to_bytes;
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service, try_call_service};
use actix_web::{HttpRequest, HttpResponse, Resource, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::conf::{Env, Setting};
use crate::server::application;
use crate::urls::{Pattern, include, path};

const SECRET_KEY: &str = "s3cret-K3y-of-the-debug-page";
const FALLBACK: &str = "older-s3cret-K3y";
const DATABASE_PASSWORD: &str = "d4tabase-pa55word";
const API_KEY: &str = "k3y-of-another-service";
const TOKEN: &str = "0123456789abcdef0123456789abcdef01234567";
const PASSWORD: &str = "pa55 word of Pepe";
const SECRETS: [&str; 7] =
    [SECRET_KEY, FALLBACK, "s3cond-0lder-key", DATABASE_PASSWORD, API_KEY, TOKEN, PASSWORD];

async fn fails(request: HttpRequest) -> Result<HttpResponse, Error> {
    // An error that quotes whatever it can.
    let headers: Vec<_> = request.headers().iter().collect();
    Err(ErrorInternalServerError(format!("<b>no</b> {headers:?} {} {SECRET_KEY}", request.uri())))
}

async fn panics(request: HttpRequest) -> HttpResponse {
    assert!(request.path().is_empty(), "the poll is gone, {SECRET_KEY}");
    HttpResponse::Ok().finish()
}

async fn deliberate() -> HttpResponse {
    HttpResponse::InternalServerError().insert_header(("x-own", "1")).body("own words")
}

async fn attached() -> HttpResponse {
    ErrorReport { messages: vec!["outer".to_owned(), "inner".to_owned()], location: None }
        .attach(HttpResponse::InternalServerError().insert_header(("x-own", "1")).body("plain page"))
}

fn failing(paths: Vec<String>) -> Resource {
    web::resource(paths).to(fails)
}

fn urlpatterns() -> Vec<Pattern> {
    vec![
        path("fails/{pk}/", failing),
        path("panics/", |paths: Vec<String>| web::resource(paths).to(panics)),
        path("deliberate/", |paths: Vec<String>| web::resource(paths).to(deliberate)),
        include("in/", vec![path("attached/", |paths: Vec<String>| web::resource(paths).to(attached))]),
    ]
}

fn project(debug: &str) -> Project {
    let env = Env::from_iter([
        ("DEBUG", debug),
        ("ALLOWED_HOSTS", "*"),
        ("SECRET_KEY", SECRET_KEY),
        ("SECRET_KEY_FALLBACKS", "older-s3cret-K3y, s3cond-0lder-key"),
        ("CACHE_URL", ""),
        ("POLLS_API_KEY", API_KEY),
        ("POLLS_URL", "https://pepe:d4tabase-pa55word@polls.example/x"),
    ]);
    let project = Project::new(&env, crate::apps![], urlpatterns).unwrap();
    let polls = [Setting::new("POLLS_API_KEY", "…"), Setting::new("POLLS_URL", "…").url()];
    project.declare(&polls).unwrap()
}

/// Sends a request that carries every kind of secret; returns status, headers and body.
async fn ask(debug: &str, uri: &str, headers: &[(&'static str, &str)]) -> (u16, HeaderMap, String) {
    let app = init_service(application(&project(debug))).await;
    let basic = STANDARD.encode(format!("Pepe:{PASSWORD}"));
    let request = TestRequest::get()
        .uri(uri)
        .insert_header(("host", "localhost"))
        .insert_header(("authorization", format!("Token {TOKEN}")))
        .append_header(("authorization", format!("Basic {basic}")))
        .insert_header(("cookie", format!("sessionid={TOKEN}; csrftoken={TOKEN}")))
        .insert_header(("x-csrftoken", TOKEN))
        .insert_header(("referer", format!("https://a.example/?next=b&token={TOKEN}")));
    let request = headers.iter().fold(request, |request, header| request.insert_header(*header)).to_request();
    let response = match try_call_service(&app, request).await {
        Ok(response) => response.into_parts().1,
        // What actix-web itself does with it.
        Err(error) => HttpResponse::from_error(error),
    };
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = to_bytes(response.into_body()).await.unwrap();
    (status, headers, String::from_utf8(body.to_vec()).unwrap())
}

const HTML: &[(&str, &str)] = &[("accept", "text/html,*/*;q=0.8"), ("x-a", "<i>")];

#[actix_web::test]
async fn an_error_is_shown_with_request_and_route() {
    let uri = "/fails/7/?page=2&password=pa55%20word+of%20Pepe";
    let (status, headers, text) = ask("true", uri, &[("accept", "*/*"), ("x-a", "b")]).await;
    assert_eq!(
        (status, headers.get("content-type").unwrap().as_bytes()),
        (500, &b"text/plain; charset=utf-8"[..])
    );
    for part in [
        "Server error at GET /fails/7/\n\nError: <b>no</b> ",
        "\n  method: GET\n  path: /fails/7/\n  query: page=2&password=********\n  route: /fails/{pk}/\n  view: ",
        "debug::tests::failing\n  request id: ",
        "\n  authorization: ********\n",
        "\n  cookie: ********\n",
        "\n  host: localhost\n  referer: https://a.example/?next=b&token=********\n  x-a: b\n  x-csrftoken: ********\n",
        "\n  DEBUG (from the program): true\n",
        "\n  SECRET_KEY (from the program): ********\n",
        "\n  POLLS_API_KEY (from the program): ********\n",
        "\n  POLLS_URL (from the program): https://pepe:********@polls.example/x\n",
        "\n  WORKERS (default): (one per core)\n",
        "DEBUG is on",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let (_, headers, html) = ask("true", uri, HTML).await;
    assert_eq!(headers.get("content-type").unwrap(), "text/html; charset=utf-8");
    for part in ["&lt;b&gt;no&lt;/b&gt;", "<code>/fails/{pk}/</code>", "<code>&lt;i&gt;</code>"] {
        assert!(html.contains(part), "{part:?} is not in {html}");
    }
    assert!(!html.contains("<b>") && !html.contains("<i>"));
    for secret in SECRETS.iter().chain(&["pa55%20word+of%20Pepe"]) {
        assert!(!text.contains(secret) && !html.contains(secret), "{secret} is in {text}");
    }
    let scripted = &[("accept", "text/html"), ("x-requested-with", "XMLHttpRequest")];
    let (_, headers, _) = ask("true", uri, scripted).await;
    assert_eq!(headers.get("content-type").unwrap(), "text/plain; charset=utf-8");
}

#[actix_web::test]
async fn a_panic_is_shown_with_its_place() {
    let (status, headers, text) = ask("true", "/panics/", &[]).await;
    assert_eq!(status, 500);
    assert!(headers.contains_key("x-request-id") && headers.contains_key("x-frame-options"));
    for part in
        ["\n\nError: the poll is gone, ********\nPanicked at: ", "debug/tests.rs:", "route: /panics/\n"]
    {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[actix_web::test]
async fn only_failures_are_replaced() {
    let (status, headers, text) = ask("true", "/deliberate/", &[]).await;
    assert_eq!((status, text.as_str()), (500, "own words"));
    assert_eq!(headers.get("x-own").unwrap(), "1");
    let (status, headers, text) = ask("true", "/in/attached/", &[]).await;
    assert_eq!(status, 500);
    assert_eq!(headers.get("x-own").unwrap(), "1");
    assert!(text.contains("Error: outer\nCaused by: inner\n\nRequest\n"), "{text}");
}

#[actix_web::test]
async fn without_debug_nothing_is_shown() {
    let plain = to_bytes(crate::pages::server_error().into_body()).await.unwrap();
    let (status, _, page) = ask("false", "/panics/", HTML).await;
    assert_eq!((status, page.as_bytes()), (500, &plain[..]));
    let (status, _, page) = ask("false", "/in/attached/", HTML).await;
    assert_eq!((status, page.as_str()), (500, "plain page"));
}

/// Requests without a failure are as they were.
#[actix_web::test]
async fn other_responses_are_left_alone() {
    let app = init_service(application(&project("true"))).await;
    let request = TestRequest::get().uri("/nothing/").insert_header(("host", "localhost")).to_request();
    assert_eq!(call_service(&app, request).await.status(), 404);
}

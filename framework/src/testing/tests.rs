use std::panic::{AssertUnwindSafe, catch_unwind};

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::*;
use crate::conf::{Env, ImproperlyConfigured};
use crate::project::Project;
use crate::urls::{Pattern, path};

fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
    Project::new(env, crate::apps![], urlpatterns)
}

/// Returns what the server received, as JSON.
async fn echo(request: HttpRequest, body: Bytes) -> HttpResponse {
    let headers = ["authorization", "content-type", "cookie", "host", "x-role"];
    let value = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    HttpResponse::Ok().insert_header(("x-echo", "yes")).json(json!({
        "method": request.method().as_str(),
        "headers": headers.map(value),
        "body": String::from_utf8_lossy(&body),
    }))
}

fn urlpatterns() -> Vec<Pattern> {
    vec![path("echo/", |paths: Vec<String>| actix_web::web::resource(paths).to(echo))]
}

crate::database_tests!(requests_pass_the_whole_application, settings_override_the_defaults);

fn requests_pass_the_whole_application(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let anonymous = server.anonymous();
    anonymous
        .get("/echo/")
        .assert_status(200)
        .assert_header("x-frame-options", "DENY")
        .assert_no_header("allow")
        .assert_json(json!({"method": "GET", "headers": [null, null, null, "testserver", null], "body": ""}));
    anonymous.get("/echo").assert_status(301).assert_header("location", "/echo/");
    anonymous.request("GET", "/echo/").header("host", "example.org").send().assert_status(400);

    let role = anonymous.header("x-role", "r").unsafe_header("cookie", "c=1");
    for (response, method, cookie, content_type, body) in [
        (role.delete("/echo/"), "DELETE", json!("c=1"), json!(null), ""),
        (role.options("/echo/"), "OPTIONS", json!(null), json!(null), ""),
        (role.put("/echo/", json!({"a": 1})), "PUT", json!("c=1"), json!("application/json"), r#"{"a":1}"#),
        (role.patch("/echo/", Body::json("{")), "PATCH", json!("c=1"), json!("application/json"), "{"),
        (role.post("/echo/", Body::new("text/plain", "é")), "POST", json!("c=1"), json!("text/plain"), "é"),
        (
            role.post("/echo/", [("a b", "c&d"), ("é", "")]),
            "POST",
            json!("c=1"),
            json!("application/x-www-form-urlencoded"),
            "a+b=c%26d&%C3%A9=",
        ),
    ] {
        let headers = json!([null, content_type, cookie, "testserver", "r"]);
        response.assert_json(json!({"method": method, "headers": headers, "body": body}));
    }
    let head = role.head("/echo/");
    assert_eq!((head.status, head.body.as_str(), head.header("X-Echo")), (200, "", "yes"));
    let basic = server.basic("Pepe", "aa:a").get("/echo/").json();
    assert_eq!(basic["headers"][0], "Basic UGVwZTphYTph");
}

fn settings_override_the_defaults(database: &TestDatabase) {
    let server = TestProject::with_settings(database, project, &[("APPEND_SLASH", "no")]);
    server.anonymous().get("/echo").assert_status(404);
    assert_eq!(server.env().get("SECRET_KEY"), Some(SECRET_KEY));
    server.execute("CREATE TABLE something (id integer); INSERT INTO something VALUES (1)");
    let again = catch_unwind(AssertUnwindSafe(|| server.execute("CREATE TABLE something (id integer)")));
    assert!(panic_message(again).contains("already exists"));
}

#[test]
fn multipart_bodies_have_fields_and_files() {
    let body: Body =
        Multipart::new().text("na\"me", "ann").file("photo", "a.png", "image/png", b"\x89P").into();
    let (content_type, bytes) = body.content.unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let expected = "--B\r\nContent-Disposition: form-data; name=\"na%22me\"\r\n\r\nann\r\n\
        --B\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\
        \u{fffd}P\r\n--B--\r\n";
    assert_eq!(String::from_utf8_lossy(&bytes), expected.replace('B', boundary));
}

#[test]
fn a_failed_assertion_shows_the_request_and_the_response() {
    let server = TestProject::new(&TestDatabase::sqlite(), project);
    let response = server.anonymous().get("/nothing/?a=b");
    let message = |assertion: &dyn Fn()| panic_message(catch_unwind(AssertUnwindSafe(assertion)));
    for (message, expected) in [
        (
            message(&|| {
                response.assert_status(200);
            }),
            "status 200",
        ),
        (
            message(&|| {
                response.assert_body("x");
            }),
            "the body \"x\"",
        ),
        (
            message(&|| {
                response.assert_header("x-frame-options", "ALLOW");
            }),
            "the header x-frame-options: ALLOW",
        ),
        (
            message(&|| {
                response.assert_no_header("x-frame-options");
            }),
            "no header x-frame-options",
        ),
        (
            message(&|| {
                response.assert_json(json!({}));
            }),
            "JSON (expected value at line 2 column 1)",
        ),
    ] {
        let start = format!("GET /nothing/?a=b: expected {expected}, but the response is\n\n404\n");
        assert!(message.starts_with(&start), "{message}");
        assert!(
            message.contains("\nx-frame-options: DENY\n") && message.contains("<h1>Not Found</h1>"),
            "{message}"
        );
    }
    let refused = Client::new("127.0.0.1:1");
    let message = message(&|| drop(refused.get("/")));
    assert!(message.starts_with("GET /: no response: "), "{message}");
}

#[test]
fn responses_are_parsed() {
    let response = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\n\xff\r\n0\r\n\r\n";
    let parsed = TestResponse::parse(response).unwrap();
    assert_eq!((parsed.status, parsed.header("x-a"), parsed.body.as_str()), (200, "1", "abc\u{fffd}"));
    assert_eq!((parsed.headers_named("x-a"), parsed.bytes()), (vec!["1", "2"], &b"abc\xff"[..]));
    assert!(TestResponse::parse(&response[..response.len() - 5]).is_none());
    assert!(TestResponse::parse(b"HTTP/1.1 200 OK\r\n").is_none());
}

#[test]
fn the_folder_goes_with_the_last_handle() {
    let database = TestDatabase::sqlite();
    let (other, folder) = (database.clone(), database.work_dir());
    drop(database);
    assert!(folder.exists());
    drop(other);
    assert!(!folder.exists());
}

/// Returns the message of a panic that is expected.
fn panic_message(result: std::thread::Result<()>) -> String {
    let panic = result.unwrap_err();
    panic
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_else(|| panic.downcast_ref::<&str>().unwrap().to_string())
}

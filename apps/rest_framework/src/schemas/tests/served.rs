//! The document over HTTP, and the command.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use vitamin_framework::management::call_command;
use vitamin_framework::urls::{Pattern, path};

use super::super::{spectacular_api_view, spectacular_json_api_view};
use super::fields::part;
use crate::response::Response;
use crate::testing::TestProject;
use crate::views::APIView;

fn urlpatterns() -> Vec<Pattern> {
    let answer = async || Response::new(1);
    vec![
        path("part/", APIView::new("PartView").serializer(part()).post(answer)),
        path("schema/", spectacular_api_view()),
        path("schema.json", spectacular_json_api_view()),
    ]
}

/// As drf-spectacular's view answers, which tests/django/schemas.py asks the same.
#[actix_web::test]
async fn the_document_is_negotiated() {
    type Case = (String, String, Option<String>, u16, Option<String>, Option<String>, String);
    let project = TestProject::new(urlpatterns, &[]);
    let mut count = 0;
    for line in include_str!("../fixtures/served.jsonl").lines() {
        let (method, url, accept, status, content_type, disposition, body): Case =
            serde_json::from_str(line).unwrap();
        let mut request = TestRequest::with_uri(&url).method(Method::from_bytes(method.as_bytes()).unwrap());
        if let Some(accept) = &accept {
            request = request.insert_header(("accept", accept.as_str()));
        }
        let response = project.send_one(request).await;
        let found =
            (response.status, response.header("content-type"), response.header("content-disposition"));
        assert_eq!(found, (status, content_type.as_deref(), disposition.as_deref()), "{line}");
        assert!(response.body.starts_with(&body), "{line}\n{}", response.body);
        count += 1;
    }
    assert_eq!(count, 17);
}

#[test]
fn the_command_writes_the_document() {
    let project = TestProject::new(urlpatterns, &[]);
    let run = |arguments: &[&str]| {
        let mut out = Vec::new();
        let arguments = ["spectacular"].iter().chain(arguments).copied();
        let result = call_command(project.project(), arguments, &mut out);
        (result.map_err(|error| error.to_string()), String::from_utf8(out).unwrap())
    };
    let (result, yaml) = run(&["--validate", "--fail-on-warn"]);
    assert_eq!(result, Ok(()));
    assert!(yaml.starts_with("openapi: 3.0.3\n"), "{yaml}");
    let (_, json) = run(&["--format", "openapi-json", "--api-version", "3"]);
    assert!(json.starts_with("{\n    \"openapi\": \"3.0.3\",\n") && json.ends_with("}\n"), "{json}");
    assert!(json.contains("\"version\": \"0.0.0 (3)\""), "{json}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schema.yaml");
    assert_eq!(run(&["--file", file.to_str().unwrap()]), (Ok(()), String::new()));
    assert_eq!(std::fs::read_to_string(file).unwrap(), yaml);
    let (result, _) = run(&["--file", folder.path().to_str().unwrap()]);
    assert!(result.unwrap_err().starts_with("CommandError: "));
}

#[test]
fn warnings_can_fail_the_command() {
    let unknown = || vec![path("unknown/", APIView::new("UnknownView").get(async || Response::new(1)))];
    let project = TestProject::new(unknown, &[]);
    let result = call_command(project.project(), ["spectacular", "--fail-on-warn"], &mut Vec::new());
    assert_eq!(result.unwrap_err().to_string(), "CommandError: Failing as requested due to warnings");
}

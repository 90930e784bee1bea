//! The fixtures are Django REST framework's answers, made by tests/django/pages.py.

mod cursors;
mod positions;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::test::TestRequest;
use proptest::prelude::*;
use serde_json::{Value, json};
use vitamin_parsing::form::parse_form;

use super::*;
use crate::python::codecs::Charset;
use crate::testing::TestProject;
use crate::views::APIView;
use vitamin_framework::urls::{Pattern, path};

const LIST: &str = "http://testserver/list/";

fn lines(fixture: &'static str) -> Vec<Value> {
    fixture.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn parse(query: &str) -> QueryDict {
    parse_form(query.as_bytes(), Charset::default(), None).unwrap().into_iter().collect()
}

fn query_of(url: &str) -> &str {
    url.split_once('?').map_or("", |(_, query)| query)
}

/// A text of the options, which lives as long as the builders want.
fn text(options: &Value, key: &str) -> Option<&'static str> {
    options[key].as_str().map(|text| &*text.to_owned().leak())
}

/// The body that the client receives, as JSON.
fn body(pagination: &dyn Pagination, page: &Page, results: &impl serde::Serialize) -> Value {
    let mut body = Vec::new();
    pagination.write(page, &serde_json::to_vec(results).unwrap(), &mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}

fn error(error: &APIException) -> Value {
    json!({"status": error.status().as_u16(), "detail": error.detail()})
}

/// The numbers of the loaded rows, in a list of `count`.
fn slice(plan: &OffsetPlan, count: u64) -> Vec<u64> {
    let offset = plan.offset_in(count);
    (offset..offset.saturating_add(plan.limit).min(count)).collect()
}

fn numbered(options: &Value) -> PageNumberPagination {
    let mut pages = PageNumberPagination::default();
    if let Some(size) = options["page_size"].as_u64() {
        pages = pages.page_size(size);
    }
    if let Some(name) = text(options, "page_size_query_param") {
        pages = pages.page_size_query_param(name);
    }
    if let Some(size) = options["max_page_size"].as_u64() {
        pages = pages.max_page_size(size);
    }
    if let Some(name) = text(options, "page_query_param") {
        pages = pages.page_query_param(name).last_page_strings(&["end", "last"]);
    }
    pages
}

fn limited(options: &Value) -> LimitOffsetPagination {
    let mut limited = LimitOffsetPagination::default();
    if let Some(limit) = options["default_limit"].as_u64() {
        limited = limited.default_limit(limit);
    }
    if let Some(limit) = options["max_limit"].as_u64() {
        limited = limited.max_limit(limit);
    }
    if let Some(name) = text(options, "limit_query_param") {
        limited = limited.limit_query_param(name);
    }
    if let Some(name) = text(options, "offset_query_param") {
        limited = limited.offset_query_param(name);
    }
    limited
}

#[test]
fn numbered_pages_are_those_of_django_rest_framework() {
    let cases = lines(include_str!("fixtures/page_number.jsonl"));
    assert_eq!(cases.len(), 696);
    for case in cases {
        let pages = numbered(&case[0]);
        let count = case[1].as_u64().unwrap();
        let url = case[3].as_str().unwrap();
        let answer = match pages.plan_for(&parse(case[2].as_str().unwrap()), || None) {
            Ok(None) => Value::Null,
            Ok(Some(Plan::Offset(plan))) => match pages.page_for(&plan, count, || Ok(url.to_owned())) {
                Ok(page) => body(&pages, &page, &slice(&plan, count)),
                Err(exception) => error(&exception),
            },
            Ok(Some(Plan::Cursor(_))) => unreachable!(),
            Err(exception) => error(&exception),
        };
        assert_eq!(answer, case[4], "{case}");
    }
}

#[test]
fn limited_pages_are_those_of_django_rest_framework() {
    let cases = lines(include_str!("fixtures/limit_offset.jsonl"));
    assert_eq!(cases.len(), 674);
    for case in cases {
        let pages = limited(&case[0]);
        let count = case[1].as_u64().unwrap();
        let url = case[3].as_str().unwrap();
        let answer = match pages.plan_for(&parse(case[2].as_str().unwrap()), || None) {
            None => Value::Null,
            Some(plan) => {
                let page = pages.page_for(&plan, count, || Ok(url.to_owned())).unwrap();
                body(&pages, &page, &slice(&plan, count))
            }
        };
        assert_eq!(answer, case[4], "{case}");
    }
}

proptest! {
    #[test]
    fn numbered_pages_visit_each_row_once(count in 0_u64..40, size in 1_u64..9, back: bool) {
        let pages = PageNumberPagination::new(size);
        let mut url = if back { format!("{LIST}?page=last") } else { LIST.to_owned() };
        let mut rows = Vec::new();
        loop {
            let Ok(Some(Plan::Offset(plan))) = pages.plan_for(&parse(query_of(&url)), || None) else { panic!() };
            let page = pages.page_for(&plan, count, || Ok(url.clone())).unwrap();
            let at = if back { 0..0 } else { rows.len()..rows.len() };
            rows.splice(at, slice(&plan, count));
            match if back { page.previous } else { page.next } {
                Some(link) => url = link,
                None => break,
            }
        }
        prop_assert_eq!(rows, (0..count).collect::<Vec<_>>());
    }

    #[test]
    fn limited_pages_visit_each_row_once(count in 0_u64..40, limit in 1_u64..9) {
        let pages = LimitOffsetPagination::new(limit);
        let (mut url, mut rows) = (LIST.to_owned(), Vec::new());
        loop {
            let plan = pages.plan_for(&parse(query_of(&url)), || None).unwrap();
            let page = pages.page_for(&plan, count, || Ok(url.clone())).unwrap();
            rows.extend(slice(&plan, count));
            match page.next {
                Some(link) => url = link,
                None => break,
            }
        }
        prop_assert_eq!(rows, (0..count).collect::<Vec<_>>());
    }
}

#[test]
fn a_number_has_at_most_4300_digits() {
    let plan = |digits: usize| {
        let query: QueryDict = [("limit", "1".repeat(digits))].into_iter().collect();
        LimitOffsetPagination::new(5).max_limit(20).plan_for(&query, || None).unwrap().limit
    };
    assert_eq!((plan(4300), plan(4301)), (20, 5));
}

#[test]
fn the_project_s_page_size_is_the_default() {
    let none = QueryDict::new();
    let size = |plan: Option<Plan>| match plan {
        Some(Plan::Offset(plan)) => plan.limit,
        other => panic!("{other:?}"),
    };
    assert_eq!(size(PageNumberPagination::default().plan_for(&none, || Some(7)).unwrap()), 7);
    assert_eq!(PageNumberPagination::default().plan_for(&none, || None).unwrap(), None);
    assert_eq!(PageNumberPagination::new(0).plan_for(&none, || Some(7)).unwrap(), None);
    assert_eq!(LimitOffsetPagination::default().plan_for(&none, || Some(7)).unwrap().limit, 7);
    let cursors = CursorPagination::default();
    let plan = cursors.plan_for(&none, &["-name".into()], || Some(7)).unwrap().unwrap();
    assert_eq!((plan.limit, plan.ordering), (8, vec!["-name".into()]));
    assert_eq!(cursors.plan_for(&none, &[], || Some(7)).unwrap().unwrap().ordering, vec!["-created".into()]);
}

#[test]
fn a_body_of_one_s_own_replaces_the_usual_one() {
    let pages = PageNumberPagination::new(2).get_paginated_response(|page, body| {
        body.object("links", |links| _ = links.field("next", &page.next).field("previous", &page.previous));
        body.field("total", &page.count).field("pages", &page.num_pages).results("items");
    });
    let Ok(Some(Plan::Offset(plan))) = pages.plan_for(&parse("page=2"), || None) else { panic!() };
    let page = pages.page_for(&plan, 3, || Ok("http://a/?page=2".to_owned())).unwrap();
    let mut body = Vec::new();
    pages.write(&page, b"[3]", &mut body).unwrap();
    let expected = r#"{"links":{"next":null,"previous":"http://a/"},"total":3,"pages":2,"items":[3]}"#;
    assert_eq!(String::from_utf8(body).unwrap(), expected);
    let failing =
        PageNumberPagination::new(2).get_paginated_response(|_, body| _ = body.field("x", &f64::NAN));
    assert!(failing.write(&page, b"[]", &mut Vec::new()).is_err());
}

/// A list of seven rows.
async fn list(request: Request) -> Result<HttpResponse, APIException> {
    let pagination: std::sync::Arc<dyn Pagination> = std::sync::Arc::new(PageNumberPagination::new(3));
    let query = request.query_params()?;
    let plan = pagination.plan(&request, &query, &[])?.unwrap();
    let page = pagination.page(&request, &plan, &Rows::Counted(7))?;
    let Plan::Offset(plan) = plan else { panic!() };
    let mut body = Vec::new();
    pagination.write(&page, &serde_json::to_vec(&slice(&plan, 7)).unwrap(), &mut body).unwrap();
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/json")).body(body))
}

fn urlpatterns() -> Vec<Pattern> {
    vec![path("list/", APIView::new("List").get(list))]
}

#[actix_web::test]
async fn a_view_answers_with_absolute_links() {
    let project = TestProject::new(urlpatterns, &[]);
    let get = async |uri| {
        let response = project.send_one(TestRequest::get().uri(uri)).await;
        (response.status, response.body)
    };
    let first =
        r#"{"count":7,"next":"http://localhost/list/?a=%C3%A4&page=2","previous":null,"results":[0,1,2]}"#;
    assert_eq!(get("/list/?a=%C3%A4").await, (200, first.to_owned()));
    let last = r#"{"count":7,"next":null,"previous":"http://localhost/list/?page=2","results":[6]}"#;
    assert_eq!(get("/list/?page=last").await, (200, last.to_owned()));
    assert_eq!(get("/list/?page=4").await, (404, r#"{"detail":"Invalid page."}"#.to_owned()));
}

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::*;
use crate::fields::{BooleanField, CharField, DateTimeField, HiddenField};
use crate::permissions::Permission;
use crate::policy_result::PolicyResult;
use crate::response::Response;
use crate::serializers::nullable;
use crate::views::APIView;
use crate::{APISettings, classes};
use vitamin_framework::urls::{UrlConf, path};

#[derive(Deserialize, Serialize)]
struct Changes {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    due: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<bool>,
}

fn task() -> Serializer {
    Serializer::new()
        .field("title", CharField::new().max_length(5))
        .field("due", DateTimeField::new().allow_null())
        .field("done", BooleanField::new().default(false))
}

/// Refuses PUT if the query says so.
struct NoPut;

impl Permission for NoPut {
    fn has_permission(&self, request: &Request) -> PolicyResult<'_, bool> {
        (request.method() != "PUT" || request.query_string() != "no-put").into()
    }
}

async fn create(request: Request, data: Data) -> Result<Response, APIException> {
    Ok(Response::new(request.validated::<Changes>(&data)?))
}

async fn change(request: Request, data: Data) -> Result<Response, APIException> {
    Ok(Response::new(request.validated_partial::<Changes>(&data)?))
}

async fn echo(request: Request, data: Data) -> Result<Response, APIException> {
    Ok(Response::new(request.validated::<Value>(&data)?))
}

async fn zone(request: Request) -> Response {
    Response::new(request.time_zone().name().to_owned())
}

/// A view whose serializer has the field `note` only if the method is PUT.
fn chosen() -> APIView {
    let (plain, with_note) = (Arc::new(task()), Arc::new(task().field("note", CharField::new())));
    APIView::new("TaskView")
        .get_serializer_class(move |request| {
            if request.method() == "PUT" { Arc::clone(&with_note) } else { Arc::clone(&plain) }
        })
        .permission_classes(classes![NoPut])
        .get(zone)
        .post(create)
        .put(create)
        .patch(change)
}

async fn send(request: TestRequest) -> (u16, Value) {
    let fixed = APIView::new("FixedView").serializer(task()).post(create).patch(change);
    // A serializer that is built for each request.
    let built = APIView::new("BuiltView")
        .get_serializer_class(|request| match request.query_string() {
            "partial" => task().partial(),
            _ => task(),
        })
        .post(create);
    let without = APIView::new("WithoutView").post(create).patch(change);
    // The default depends on the request.
    let query = |context: Context<'_>| context.request.map_or("", |request| request.query_string()).into();
    let seen = Serializer::new().field("query", HiddenField::computed(query));
    let seen = APIView::new("SeenView").serializer(seen).post(echo);
    let views =
        [("chosen", chosen()), ("fixed", fixed), ("built", built), ("without", without), ("seen", seen)];
    let urls = UrlConf::new(views.into_iter().map(|(name, view)| path(name, view)).collect());
    let time_zone = TimeZone::new("Europe/Berlin", true).unwrap();
    let settings = APISettings { time_zone, ..APISettings::default() };
    let app = App::new().app_data(web::Data::new(settings)).configure(|config| drop(urls.register(config)));
    let response = call_service(&init_service(app).await, request.to_request()).await;
    let status = response.status().as_u16();
    let body = read_body(response).await;
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn request(method: &str, uri: &str, body: &Value) -> TestRequest {
    let body = body.to_string();
    let request = TestRequest::default().method(method.parse().unwrap()).uri(uri);
    let request = request.insert_header(("content-type", "application/json"));
    request.insert_header(("content-length", body.len().to_string())).set_payload(body)
}

#[actix_web::test]
async fn a_partial_body_changes_only_its_fields() {
    for uri in ["/fixed", "/chosen"] {
        let patch = async |body: Value| send(request("PATCH", uri, &body)).await;
        assert_eq!(patch(json!({})).await, (200, json!({})));
        assert_eq!(patch(json!({"due": null})).await, (200, json!({"due": null})));
        assert_eq!(patch(json!({"done": true, "more": 1})).await, (200, json!({"done": true})));
        // In the project's time zone, as in a whole body.
        let due = json!({"due": "2024-07-01T12:00"});
        assert_eq!(patch(due).await, (200, json!({"due": "2024-07-01T12:00:00+02:00"})));
        let errors = json!({"title": ["This field may not be null."], "done": ["Must be a valid boolean."]});
        assert_eq!(patch(json!({"title": null, "done": "?"})).await, (400, errors));

        let post = send(request("POST", uri, &json!({"title": "Tea", "due": "2024-01-01T12:00"}))).await;
        let created = json!({"title": "Tea", "due": "2024-01-01T12:00:00+01:00", "done": false});
        assert_eq!(post, (200, created));
        let required = json!({"title": ["This field is required."], "due": ["This field is required."]});
        assert_eq!(send(request("POST", uri, &json!({}))).await, (400, required));
    }
}

#[actix_web::test]
async fn the_serializer_is_chosen_for_each_request() {
    let body = json!({"title": "Tea", "due": null});
    assert_eq!(send(request("POST", "/chosen", &body)).await.0, 200);
    let required = json!({"note": ["This field is required."]});
    assert_eq!(send(request("PUT", "/chosen", &body)).await, (400, required));
    assert_eq!(send(request("POST", "/built", &json!({}))).await.0, 400);
    assert_eq!(send(request("POST", "/built?partial", &json!({}))).await, (200, json!({})));
}

#[actix_web::test]
async fn options_describes_the_serializer_of_each_method() {
    let fields = async |uri| {
        let (status, body) = send(TestRequest::default().method("OPTIONS".parse().unwrap()).uri(uri)).await;
        let actions = body["actions"].as_object().cloned().unwrap_or_default();
        let names = |info: Value| info.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
        let described = actions.into_iter().map(|(method, info)| (method, names(info)));
        (status, described.collect::<Vec<_>>())
    };
    let described = |pairs: &[(&str, &str)]| {
        let own = pairs.iter().map(|(method, names)| ((*method).to_owned(), (*names).to_owned()));
        (200, own.collect::<Vec<_>>())
    };
    let (post, put) = (("POST", "title due done"), ("PUT", "title due done note"));
    assert_eq!(fields("/chosen").await, described(&[post, put]));
    assert_eq!(fields("/chosen?no-put").await, described(&[post]));
    assert_eq!(fields("/fixed").await, described(&[post]));
    assert_eq!(fields("/built").await, described(&[post]));
    assert_eq!(fields("/without").await, described(&[]));
}

#[actix_web::test]
async fn the_time_zone_is_the_project_s() {
    assert_eq!(send(TestRequest::get().uri("/chosen")).await, (200, json!("Europe/Berlin")));
}

/// A mistake of the app: Django's plain page.
#[actix_web::test]
async fn a_view_without_serializer_is_500() {
    for method in ["POST", "PATCH"] {
        assert_eq!(send(request(method, "/without", &json!({}))).await, (500, Value::Null));
    }
}

#[actix_web::test]
async fn defaults_see_the_request() {
    let body = json!({"query": "sent"});
    assert_eq!(send(request("POST", "/seen?a=1", &body)).await, (200, json!({"query": "a=1"})));
}

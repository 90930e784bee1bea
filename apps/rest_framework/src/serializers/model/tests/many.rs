//! Lists of objects as a body. The answers are those of Django REST framework 3.18.3 with the same models and rows.

use actix_web::http::Method;

use super::relations::made;
use super::*;
use crate::exceptions::APIException;
use crate::generics::GenericView;
use crate::routers::SimpleRouter;
use crate::viewsets::{Action, ModelViewSet};
use vitamin_framework::urls::include;

fn urlpatterns() -> Vec<Pattern> {
    async fn bulk(view: GenericView<Thing>) -> Result<Response, APIException> {
        view.create_many(view.many().allow_empty(false).max_length(3)).await
    }
    let things = ModelViewSet::new("Things", made())
        .perform_create(|save| {
            save.set(app::desk_thing::note, "bulk");
            Ok(())
        })
        .action(Action::list("bulk").post(bulk));
    let limited = ModelViewSet::new("Limited", made()).http_method_names(&[Method::GET, Method::POST]);
    let router = SimpleRouter::new().register("things", things).register_as("limited", limited, "limited");
    vec![include("", router.urls())]
}

fn thing(name: &str, size: i64) -> Json {
    json!({"shelf": Uuid::from_u128(1).to_string(), "name": name, "size": size})
}

fn tagged(name: &str, size: i64, tags: &[i64]) -> Json {
    let mut thing = thing(name, size);
    thing["tags"] = json!(tags);
    thing
}

#[actix_web::test]
async fn a_list_is_created_whole_or_not_at_all() {
    let refused: [(Json, u16, &str); 10] = [
        (json!([]), 400, r#"{"non_field_errors":["This list may not be empty."]}"#),
        (json!(null), 400, r#"{"non_field_errors":["No data provided"]}"#),
        (json!({}), 400, r#"{"non_field_errors":["Expected a list of items but got type \"dict\"."]}"#),
        (
            json!([1]),
            400,
            r#"{"0":{"non_field_errors":["Invalid data. Expected a dictionary, but got int."]}}"#,
        ),
        (json!([null]), 400, r#"{"0":["This field may not be null."]}"#),
        (
            json!([{}]),
            400,
            r#"{"0":{"shelf":["This field is required."],"name":["This field is required."]}}"#,
        ),
        (
            json!([thing("A", 60), {"name": "x"}, {"shelf": Uuid::from_u128(1).to_string(), "name": "B", "size": "x", "tags": [9]}]),
            400,
            r#"{"1":{"shelf":["This field is required."]},"2":{"size":["A valid integer is required."],"tags":["Invalid pk \"9\" - object does not exist."]}}"#,
        ),
        (
            json!([thing("A", 1), thing("B", 2), thing("C", 3), thing("D", 4)]),
            400,
            r#"{"non_field_errors":["Ensure this field has no more than 3 elements."]}"#,
        ),
        (
            json!([thing("Cup", 60), thing("Lid", 61)]),
            400,
            r#"{"0":{"non_field_errors":["The fields shelf, name must make a unique set."]},"1":{"non_field_errors":["The fields shelf, name must make a unique set."]}}"#,
        ),
        // The database refuses the second.
        (json!([thing("A", 60), thing("A", 61)]), 500, ""),
    ];
    for project in TestProject::on_each(urlpatterns) {
        seed(&project);
        let count = || project.on_database(|connection| Thing::objects().count(connection).unwrap());
        for (body, status, expected) in &refused {
            let request = TestRequest::post().uri("/things/bulk/").set_json(body);
            let response = project.send_one(request).await;
            assert_eq!(response.status, *status, "{body} {}", response.body);
            if *status == 400 {
                assert_eq!(response.body, *expected);
            }
            assert_eq!(count(), 3);
        }
        let body = json!([tagged("A", 60, &[2, 1]), thing("B", 61), tagged("C", 62, &[3])]);
        let response = project.send_one(TestRequest::post().uri("/things/bulk/").set_json(body)).await;
        let shelf = Uuid::from_u128(1);
        let expected = format!(
            r#"[{{"shelf":"{shelf}","name":"A","size":60,"tags":[2,1]}},{{"shelf":"{shelf}","name":"B","size":61,"tags":[]}},{{"shelf":"{shelf}","name":"C","size":62,"tags":[3]}}]"#
        );
        assert_eq!((response.status, response.body.as_str()), (201, expected.as_str()));
        let noted = Thing::objects().filter_eq(app::desk_thing::note, "bulk");
        assert_eq!(project.on_database(|connection| noted.count(connection).unwrap()), 3);
        // A form encodes a list too.
        let form =
            format!("[0]name=D&[0]size=63&[0]shelf={shelf}&[1]name=E&[1]size=64&[1]shelf={shelf}&[1]tags=1");
        let request = TestRequest::post()
            .uri("/things/bulk/")
            .insert_header(("content-type", "application/x-www-form-urlencoded"))
            .set_payload(form);
        let response = project.send_one(request).await;
        let expected = format!(
            r#"[{{"shelf":"{shelf}","name":"D","size":63,"tags":[]}},{{"shelf":"{shelf}","name":"E","size":64,"tags":[1]}}]"#
        );
        assert_eq!((response.status, response.body.as_str()), (201, expected.as_str()));
    }
}

#[actix_web::test]
async fn http_method_names_limit_a_view_set() {
    for project in TestProject::on_each(urlpatterns) {
        seed(&project);
        for (method, uri, status, allow) in [
            ("GET", "/limited/1/", 200, "GET"),
            ("PUT", "/limited/1/", 405, "GET"),
            ("DELETE", "/limited/1/", 405, "GET"),
            ("HEAD", "/limited/1/", 405, "GET"),
            ("OPTIONS", "/limited/1/", 405, "GET"),
            ("POST", "/limited/", 400, "GET, POST"),
            ("PATCH", "/limited/", 405, "GET, POST"),
        ] {
            let request = TestRequest::default().method(method.parse().unwrap()).uri(uri);
            let response = project.send_one(request).await;
            assert_eq!((response.status, response.header("allow")), (status, Some(allow)), "{method} {uri}");
        }
    }
}

//! The expected responses are those of Django REST framework 3.18.3 with the same users, backends and classes.

use std::sync::Arc;

use actix_web::test::TestRequest;

use super::*;
use crate::classes;
use crate::generics::RetrieveUpdateDestroyAPIView;
use crate::permissions::tests::ByName;
use crate::serializers::ModelSerializer;
use crate::testing::TestProject;
use vitamin_framework::models::Model;
use vitamin_framework::urls::{Pattern, path};

diesel::table! {
    desk_box (id) { id -> BigInt, name -> Text, }
}

#[derive(Model)]
#[model(crate = vitamin_framework, table = desk_box, name = "Box")]
struct Crate {
    id: i64,
    #[model(max_length = 20)]
    name: String,
}

/// Denies all permissions for a box named `stop`, whatever other backends say.
struct Stops;

impl ObjectPermissionBackend for Stops {
    fn has_perm<'a>(
        &'a self,
        _: &'a Request,
        _: &'a str,
        object: PermissionObject<'a>,
    ) -> PolicyResult<'a, bool> {
        match object.get::<Crate>() {
            Some(own) if own.name == "stop" => Err(APIException::permission_denied(None)).into(),
            _ => false.into(),
        }
    }
}

/// A box's name lists the actions that are allowed.
struct Grants;

impl ObjectPermissionBackend for Grants {
    fn has_perm<'a>(
        &'a self,
        _: &'a Request,
        perm: &'a str,
        object: PermissionObject<'a>,
    ) -> PolicyResult<'a, bool> {
        assert_eq!((object.meta().name, object.get::<vitamin_auth::PublicUser>().is_some()), ("Box", false));
        let action = perm.trim_start_matches("desk.").trim_end_matches("_box");
        object.get::<Crate>().is_some_and(|own| own.name.split(' ').any(|name| name == action)).into()
    }
}

fn urlpatterns() -> Vec<Pattern> {
    let view = |name, permission| {
        RetrieveUpdateDestroyAPIView::new(name, ModelSerializer::<Crate>::new(["id", "name"]))
            .authentication_classes(classes![ByName])
            .permission_classes(vec![permission])
    };
    let reads = DjangoObjectPermissions::new("desk", "box").perms(Method::GET, &["desk.view_box"]);
    vec![
        path("boxes/<int:pk>/", view("Boxes", Arc::new(DjangoObjectPermissions::new("desk", "box")))),
        path("read/<int:pk>/", view("Read", Arc::new(reads))),
    ]
}

fn seed(project: &TestProject) {
    let key = if project.test_database().is_sqlite() { "integer" } else { "bigint" };
    project.execute(&format!(
        "CREATE TABLE desk_box (id {key} PRIMARY KEY, name varchar(20) NOT NULL);
         INSERT INTO desk_box VALUES (1, 'none'), (2, 'view'), (3, 'view change'), (4, 'delete'), (5, 'stop'), (6, 'view change delete');
         INSERT INTO django_content_type (id, app_label, model) VALUES (900, 'desk', 'box');
         INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (901, 'a', 900, 'add_box'),
            (902, 'c', 900, 'change_box'), (903, 'd', 900, 'delete_box'), (904, 'v', 900, 'view_box');"
    ));
    for name in ["none", "ann", "root"] {
        project.user(name);
    }
    project.execute(
        "INSERT INTO auth_user_user_permissions (user_id, permission_id)
            SELECT u.id, p.id FROM auth_user u, auth_permission p WHERE u.username = 'ann' AND p.content_type_id = 900;
         UPDATE auth_user SET is_superuser = TRUE WHERE username = 'root';",
    );
}

const MISSING: &str = r#"{"detail":"Not found."}"#;
const DENIED: &str = r#"{"detail":"You do not have permission to perform this action."}"#;
const ANONYMOUS: &str = r#"{"detail":"Authentication credentials were not provided."}"#;

/// User, view, and for each box the statuses of GET, PUT and DELETE, and whether OPTIONS describes PUT.
const EXPECTED: [(&str, &str, [&str; 6]); 8] = [
    ("", "boxes", ["403 403 403 403"; 6]),
    ("", "read", ["403 403 403 403"; 6]),
    ("none", "boxes", ["200 403 403 -"; 6]),
    ("none", "read", ["403 403 403 -"; 6]),
    (
        "ann",
        "boxes",
        [
            "200 403 403 -",
            "200 403 403 -",
            "200 200 403 PUT",
            "200 403 204 -",
            "200 403 403 -",
            "200 200 204 PUT",
        ],
    ),
    (
        "ann",
        "read",
        [
            "404 404 404 -",
            "200 403 403 -",
            "200 200 403 PUT",
            "404 404 204 -",
            "404 404 404 -",
            "200 200 204 PUT",
        ],
    ),
    ("root", "boxes", ["200 200 204 PUT"; 6]),
    ("root", "read", ["200 200 204 PUT"; 6]),
];

#[actix_web::test]
async fn a_user_who_may_not_see_the_object_gets_404() {
    let settings = || APISettings {
        object_permission_backends: vec![Arc::new(Stops), Arc::new(Grants)],
        ..APISettings::default()
    };
    for project in TestProject::on_each_with(settings, urlpatterns) {
        seed(&project);
        for (user, view, rows) in EXPECTED {
            for (pk, expected) in (1..).zip(rows) {
                let mut answer = Vec::new();
                for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
                    let mut request = TestRequest::default()
                        .method(method.parse().unwrap())
                        .uri(&format!("/{view}/{pk}/"))
                        .insert_header(("accept", "application/json"));
                    if !user.is_empty() {
                        request = request.insert_header(("x-user", user));
                    }
                    if method == "PUT" {
                        request = request.set_json(serde_json::json!({"name": NAMES[pk - 1]}));
                    }
                    let response = project.send_one(request).await;
                    match response.status {
                        403 if user.is_empty() => assert_eq!(response.body, ANONYMOUS),
                        403 => assert_eq!(response.body, DENIED),
                        404 => assert_eq!(response.body, MISSING),
                        _ => {}
                    }
                    answer.push(match response.status {
                        200 if method == "OPTIONS" => {
                            if response.body.contains("\"PUT\":") {
                                "PUT".to_owned()
                            } else {
                                "-".to_owned()
                            }
                        }
                        status => status.to_string(),
                    });
                    if response.status == 204 {
                        project.execute(&format!("INSERT INTO desk_box VALUES ({pk}, '{}')", NAMES[pk - 1]));
                    }
                }
                assert_eq!(answer.join(" "), expected, "{user} {view} {pk}");
            }
        }
    }
}

const NAMES: [&str; 6] = ["none", "view", "view change", "delete", "stop", "view change delete"];

//! Permissions by the action of a view set (`get_permissions` by `self.action`).

use super::*;
use crate::generics::GenericView;
use crate::routers::SimpleRouter;
use crate::serializers::ModelSerializer;
use crate::viewsets::{Action, ModelViewSet};
use vitamin_auth::Group;
use vitamin_framework::models::Changes;
use vitamin_framework::urls::include;

struct Staff;

impl Permission for Staff {
    fn has_permission<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, bool> {
        IsAdminUser.has_permission(request)
    }

    fn message(&self) -> Option<&str> {
        Some("Staff only.")
    }

    fn code(&self) -> Option<&'static str> {
        Some("staff")
    }
}

impl ObjectPermission<Group> for Staff {
    fn has_object_permission<'a>(&'a self, _: &'a Request, _: &'a Group) -> PolicyResult<'a, bool> {
        true.into()
    }
}

async fn shout(view: GenericView<Group>) -> Result<Response, APIException> {
    Ok(Response::new(view.get_object().await?.name.to_uppercase()))
}

fn groups() -> ModelViewSet<Group> {
    let chosen: [Arc<dyn Authentication>; 2] = [Arc::new(Challenge), Arc::new(ByName)];
    ModelViewSet::new("GroupViewSet", ModelSerializer::new(["id", "name"]))
        .authentication_classes(chosen.into())
}

fn urlpatterns() -> Vec<Pattern> {
    let open = OfActions::new(&["list", "retrieve", "shout"], AllowAny, Staff);
    let own = ObjectRule::new(|user, group: &Group| group.name == user.username).message("Not yours.");
    let router = SimpleRouter::new()
        .register_as(
            "groups",
            groups().permission_classes(classes![open]).action(Action::detail("shout").post(shout)),
            "group",
        )
        .register_as(
            "own",
            groups().permission_classes(classes![OfActions::new(&["retrieve"], AllowAny, own)]),
            "own",
        );
    vec![include("", router.urls())]
}

#[actix_web::test]
async fn each_action_has_its_permission_and_message() {
    for project in TestProject::on_each(urlpatterns) {
        project.user("ann");
        let root = project.user("root");
        project.on_database(|db| {
            diesel::update(auth_user::table.find(root.id))
                .set(auth_user::is_staff.eq(true))
                .execute(db)
                .unwrap();
            for name in ["ann", "ben"] {
                Changes::<Group>::new().set(vitamin_auth::schema::auth_group::name, name).insert(db).unwrap();
            }
        });
        let (missing, staff) =
            (r#"{"detail":"Authentication credentials were not provided."}"#, r#"{"detail":"Staff only."}"#);
        let not_yours = r#"{"detail":"Not yours."}"#;
        for (method, uri, user, body, status, expected) in [
            ("GET", "/groups/", "", "", 200, r#"[{"id":1,"name":"ann"},{"id":2,"name":"ben"}]"#),
            // actix-web's server leaves the body out.
            ("HEAD", "/groups/", "", "", 200, r#"[{"id":1,"name":"ann"},{"id":2,"name":"ben"}]"#),
            ("GET", "/groups/2/", "", "", 200, r#"{"id":2,"name":"ben"}"#),
            ("POST", "/groups/1/shout/", "", "", 200, r#""ANN""#),
            ("POST", "/groups/", "", r#"{"name":"x"}"#, 401, missing),
            ("POST", "/groups/", "ann", r#"{"name":"x"}"#, 403, staff),
            ("POST", "/groups/", "root", r#"{"name":"x"}"#, 201, r#"{"id":3,"name":"x"}"#),
            ("PATCH", "/groups/", "", "{}", 401, missing),
            ("PATCH", "/groups/", "root", "{}", 405, r#"{"detail":"Method \"PATCH\" not allowed."}"#),
            ("OPTIONS", "/groups/", "", "", 401, missing),
            ("DELETE", "/groups/2/", "ann", "", 403, staff),
            ("DELETE", "/groups/3/", "root", "", 204, ""),
            ("GET", "/own/2/", "ann", "", 200, r#"{"id":2,"name":"ben"}"#),
            ("PATCH", "/own/2/", "ann", r#"{"name":"y"}"#, 403, not_yours),
            ("PATCH", "/own/1/", "ann", "{}", 200, r#"{"id":1,"name":"ann"}"#),
            ("PATCH", "/own/1/", "", "{}", 401, missing),
            ("DELETE", "/own/2/", "ann", "", 403, not_yours),
        ] {
            let mut request = TestRequest::default().method(method.parse().unwrap()).uri(uri);
            request = request.insert_header(("content-type", "application/json")).set_payload(body);
            if !user.is_empty() {
                request = request.insert_header(("x-user", user));
            }
            let response = project.send_one(request).await;
            assert_eq!(
                (response.status, response.body.as_str()),
                (status, expected),
                "{method} {uri} {user}"
            );
        }
    }
}

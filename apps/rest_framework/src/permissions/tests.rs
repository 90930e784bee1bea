//! The expected responses are those of Django REST framework 3.18.3 with the same users, groups and classes.

mod actions;

use std::borrow::Cow;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use diesel::prelude::*;

use super::*;
use crate::authentication::{Authentication, Identity};
use crate::classes;
use crate::response::Response;
use crate::testing::TestProject;
use crate::views::APIView;
use vitamin_auth::schema::{auth_user, auth_user_user_permissions};
use vitamin_auth::{User, UserId};
use vitamin_framework::database::{DatabaseError, DbConnection};
use vitamin_framework::urls::{Pattern, path};

/// A custom authentication class that trusts the username in a header.
pub(super) struct ByName;

impl Authentication for ByName {
    fn authenticate<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, Option<Identity>> {
        let Some(name) = request.headers().get("x-user") else { return None.into() };
        let name = name.to_str().unwrap_or_default().to_owned();
        PolicyResult::later(async move {
            let user = request.database()?.run(move |db| User::get_by_natural_key(db, &name)).await?;
            let user = user.ok_or_else(|| APIException::authentication_failed("Who?"))?;
            Ok(Some(Identity::new(user)))
        })
    }
}

/// Provides a challenge as the first class of a view, so that a denied anonymous request is 401.
struct Challenge;

impl Authentication for Challenge {
    fn authenticate(&self, _request: &Request) -> PolicyResult<'_, Option<Identity>> {
        None.into()
    }

    fn authenticate_header(&self, _request: &Request) -> Option<Cow<'static, str>> {
        Some("Name".into())
    }
}

/// A custom permission class that denies every request.
struct Refuse;

impl Permission for Refuse {
    fn has_permission(&self, _request: &Request) -> PolicyResult<'_, bool> {
        false.into()
    }

    fn message(&self) -> Option<&str> {
        Some("Never.")
    }
}

/// A class that is chosen at run time: `IsAuthenticated` or `IsAdminUser`.
fn chosen(any_user: bool) -> Arc<dyn Permission> {
    if any_user { Arc::new(IsAuthenticated) } else { Arc::new(IsAdminUser) }
}

fn chosen_refusal() -> Arc<dyn Permission> {
    Arc::new(Refuse)
}

struct Note {
    owner: &'static str,
}

struct IsOwner {
    allows_request: bool,
}

impl Permission for IsOwner {
    fn has_permission(&self, _request: &Request) -> PolicyResult<'_, bool> {
        self.allows_request.into()
    }

    fn message(&self) -> Option<&str> {
        Some("Not yours.")
    }
}

impl ObjectPermission<Note> for IsOwner {
    fn has_object_permission(&self, request: &Request, note: &Note) -> PolicyResult<'_, bool> {
        request.user().is_some_and(|user| user.username == note.owner).into()
    }
}

fn view(permission: impl Permission + 'static) -> APIView {
    let ok = async || Response::new("ok");
    let chosen: [Arc<dyn Authentication>; 2] = [Arc::new(Challenge), Arc::new(ByName)];
    let view = APIView::new("V").authentication_classes(chosen.map(|class| Arc::new(class) as _).into());
    view.permission_classes(classes![permission]).get(ok).post(ok).put(ok).patch(ok).delete(ok)
}

async fn note(request: Request, class: actix_web::web::Path<String>) -> Result<Response, APIException> {
    let owner = || IsOwner { allows_request: true };
    let (or, and) = (owner().or(IsAdminUser), owner().and(IsAdminUser));
    let chosen: Arc<dyn ObjectPermission<Note>> = Arc::new(owner());
    let chosen_or = Arc::clone(&chosen).or(IsAdminUser);
    let (not, refused) = (owner().not(), IsOwner { allows_request: false }.or(IsAdminUser));
    let classes: &[&dyn ObjectPermission<Note>] = match class.as_str() {
        "own" => &[&owner()],
        "own-or-admin" => &[&or],
        "own-and-admin" => &[&and],
        "not-own" => &[&not],
        "refused-own-or-admin" => &[&refused],
        "chosen-own" => &[&chosen],
        "chosen-own-or-admin" => &[&chosen_or],
        "own-own" => &[&AllowAny, &owner()],
        _ => return Err(APIException::not_found()),
    };
    request.check_object_permissions(&Note { owner: "direct" }, classes).await?;
    Ok(Response::new("ok"))
}

/// Deletes the permissions that the view has already checked.
async fn delete_permissions(request: Request) -> Result<Response, APIException> {
    let delete = |db: &mut DbConnection| {
        diesel::delete(auth_user_user_permissions::table).execute(db).map_err(DatabaseError::from)
    };
    request.database()?.run(delete).await?;
    Ok(Response::new(request.has_perms(&["authtoken.change_token"]).await?.to_string()))
}

fn urlpatterns() -> Vec<Pattern> {
    let model = || DjangoModelPermissions::new("authtoken", "token");
    vec![
        path("model", view(model())),
        path("model-or-anon", view(DjangoModelPermissionsOrAnonReadOnly::new("authtoken", "token"))),
        path(
            "take-away",
            APIView::new("V")
                .authentication_classes(classes![ByName])
                .permission_classes(classes![model(), model().or(IsAdminUser)])
                .post(delete_permissions),
        ),
        path("chosen", view(chosen(true).and(chosen(false).not().or(Refuse)))),
        path("chosen-auth-and-admin", view(And(chosen(true), chosen(false)))),
        path("chosen-refuse", view(chosen_refusal())),
        path("view-too", view(model().perms(Method::GET, &["authtoken.view_token"]))),
        path("auth-and-admin", view(IsAuthenticated.and(IsAdminUser))),
        path("admin-or-read", view(IsAdminUser.or(IsAuthenticatedOrReadOnly))),
        path("not-auth", view(IsAuthenticated.not())),
        path("refuse", view(Refuse)),
        path("refuse-and", view(Refuse.and(AllowAny))),
        path("not-refuse", view(Refuse.not())),
        path("not-admin-and-auth", view(IsAuthenticated.and(IsAdminUser.not()))),
        path(
            "note/{class}",
            APIView::new("Note").authentication_classes(classes![Challenge, ByName]).get(note),
        ),
    ]
}

const USERS: [&str; 8] = ["nobody", "staff", "direct", "member", "both", "boss", "gone_boss", "idle"];

/// `direct` may add and change. The group of `member` and `both` may delete and view. `both` may add.
fn create_users(project: &TestProject) {
    let ids: Vec<UserId> = USERS.iter().map(|name| project.user(name).id).collect();
    let [_, staff, direct, member, both, boss, gone_boss, idle] = ids[..] else { panic!() };
    project.execute(&format!(
        "UPDATE auth_user SET is_staff = TRUE WHERE id = {staff};
         UPDATE auth_user SET is_superuser = TRUE WHERE id IN ({boss}, {gone_boss});
         UPDATE auth_user SET is_active = FALSE WHERE id IN ({gone_boss}, {idle});
         DELETE FROM auth_permission; DELETE FROM django_content_type;
         INSERT INTO django_content_type (id, app_label, model) VALUES (9, 'authtoken', 'token');
         INSERT INTO auth_permission (id, content_type_id, codename, name) VALUES
             (1, 9, 'add_token', ''), (2, 9, 'change_token', ''), (3, 9, 'delete_token', ''), (4, 9, 'view_token', '');
         INSERT INTO auth_group (id, name) VALUES (1, 'g'), (2, 'empty');
         INSERT INTO auth_group_permissions (group_id, permission_id) VALUES (1, 3), (1, 4);
         INSERT INTO auth_user_groups (user_id, group_id) VALUES ({member}, 1), ({both}, 1), ({both}, 2);
         INSERT INTO auth_user_user_permissions (user_id, permission_id) VALUES
             ({direct}, 1), ({direct}, 2), ({both}, 1), ({idle}, 1);"
    ));
}

fn request(method: &str, path: &str, user: &str) -> TestRequest {
    let request = TestRequest::default().method(method.parse().unwrap()).uri(path);
    if user.is_empty() { request } else { request.insert_header(("x-user", user)) }
}

#[actix_web::test]
async fn model_permissions_match_django_rest_framework() {
    const METHODS: [&str; 8] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"];
    for project in TestProject::on_each(urlpatterns) {
        create_users(&project);
        for (path, user, expected) in MODEL {
            let requests = METHODS.iter().map(|method| request(method, &format!("/{path}"), user)).collect();
            let responses: Vec<u16> =
                project.send(requests).await.iter().map(|response| response.status).collect();
            assert_eq!(responses, *expected, "{path} as {user}");
        }
    }
}

/// As in Django, which caches a user's permissions.
#[actix_web::test]
async fn permissions_are_loaded_once_per_request() {
    let project = TestProject::new(urlpatterns, &[]);
    create_users(&project);
    let requests = vec![request("POST", "/take-away", "direct"), request("POST", "/take-away", "direct")];
    let responses = project.send(requests).await;
    assert_eq!((responses[0].status, responses[0].body.as_str()), (200, r#""true""#));
    assert_eq!(responses[1].status, 403);
}

#[test]
fn permissions_come_from_the_user_and_the_groups() {
    for project in TestProject::on_each(urlpatterns) {
        create_users(&project);
        project.on_database(|connection| {
            let all = |connection: &mut _, name: &str| {
                let user = User::get_by_natural_key(connection, name).unwrap().unwrap();
                let mut all: Vec<String> =
                    user.get_all_permissions(connection).unwrap().into_iter().collect();
                all.sort_unstable();
                all.join(" ")
            };
            let add_delete_view = "authtoken.add_token authtoken.delete_token authtoken.view_token";
            assert_eq!(all(connection, "both"), add_delete_view);
            assert_eq!(all(connection, "member"), "authtoken.delete_token authtoken.view_token");
            assert_eq!(all(connection, "boss").split(' ').count(), 4);
            assert_eq!(all(connection, "gone_boss"), "");
            let boss = User::get_by_natural_key(connection, "boss").unwrap().unwrap();
            assert!(boss.has_perm(connection, "no.such").unwrap());
            let both = User::get_by_natural_key(connection, "both").unwrap().unwrap();
            assert!(both.has_perms(connection, &["authtoken.add_token", "authtoken.view_token"]).unwrap());
            assert!(!both.has_perms(connection, &["authtoken.add_token", "authtoken.change_token"]).unwrap());
            assert_eq!(both.get_user_permissions(connection).unwrap().len(), 1);
        });
    }
}

#[actix_web::test]
async fn composed_permissions_match_django_rest_framework() {
    let project = TestProject::new(urlpatterns, &[]);
    create_users(&project);
    for (path, [anonymous, nobody, staff]) in COMPOSED {
        for (user, expected) in [("", anonymous), ("nobody", nobody), ("staff", staff)] {
            for (method, expected) in [("GET", expected.0), ("POST", expected.1)] {
                let response = project.send_one(request(method, &format!("/{path}"), user)).await;
                assert_eq!(detail_or_body(&response.body), expected, "{method} {path} as {user}");
                let status = if expected == NOT_AUTHENTICATED {
                    401
                } else if expected == OK {
                    200
                } else {
                    403
                };
                assert_eq!(response.status, status, "{method} {path} as {user}");
            }
        }
    }
}

#[actix_web::test]
async fn object_permissions_are_checked_in_the_handler() {
    let project = TestProject::new(urlpatterns, &[]);
    create_users(&project);
    for (class, expected) in OBJECTS {
        for (user, expected) in ["", "nobody", "staff", "direct"].into_iter().zip(expected) {
            let response = project.send_one(request("GET", &format!("/note/{class}"), user)).await;
            assert_eq!(detail_or_body(&response.body), *expected, "{class} as {user}");
        }
    }
}

#[actix_web::test]
async fn a_custom_authentication_class_sets_the_challenge() {
    let project = TestProject::new(urlpatterns, &[]);
    for (user, detail) in [("", NOT_AUTHENTICATED), ("unknown", "Who?")] {
        let response = project.send_one(request("GET", "/model", user)).await;
        assert_eq!((response.status, detail_or_body(&response.body)), (401, detail));
        assert_eq!(response.header("www-authenticate"), Some("Name"));
        assert_eq!(response.header("vary"), Some("Accept"));
    }
    let users: i64 = project.on_database(|db| auth_user::table.count().get_result(db)).unwrap();
    assert_eq!(users, 0);
}

#[test]
fn with_code_replaces_the_code() {
    let error = APIException::permission_denied(Some("No.")).with_code("closed");
    assert_eq!(*error.detail(), crate::error_detail::Detail::message("No.", "closed"));
}

/// The detail of an error, or the body.
fn detail_or_body(body: &str) -> &str {
    body.strip_prefix("{\"detail\":\"").and_then(|body| body.strip_suffix("\"}")).unwrap_or(body)
}

const OK: &str = "\"ok\"";
const NOT_AUTHENTICATED: &str = "Authentication credentials were not provided.";
const DENIED: &str = "You do not have permission to perform this action.";

/// The results of GET and POST: anonymous, as `nobody`, as `staff`.
const COMPOSED: &[(&str, [(&str, &str); 3])] = &[
    ("auth-and-admin", [(NOT_AUTHENTICATED, NOT_AUTHENTICATED), (DENIED, DENIED), (OK, OK)]),
    ("admin-or-read", [(OK, NOT_AUTHENTICATED), (OK, OK), (OK, OK)]),
    ("not-auth", [(OK, OK), (DENIED, DENIED), (DENIED, DENIED)]),
    ("chosen", [(NOT_AUTHENTICATED, NOT_AUTHENTICATED), (OK, OK), (DENIED, DENIED)]),
    ("chosen-auth-and-admin", [(NOT_AUTHENTICATED, NOT_AUTHENTICATED), (DENIED, DENIED), (OK, OK)]),
    ("chosen-refuse", [(NOT_AUTHENTICATED, NOT_AUTHENTICATED), ("Never.", "Never."), ("Never.", "Never.")]),
    ("refuse", [(NOT_AUTHENTICATED, NOT_AUTHENTICATED), ("Never.", "Never."), ("Never.", "Never.")]),
    ("refuse-and", [(NOT_AUTHENTICATED, NOT_AUTHENTICATED), (DENIED, DENIED), (DENIED, DENIED)]),
    ("not-refuse", [(OK, OK), (OK, OK), (OK, OK)]),
    ("not-admin-and-auth", [(NOT_AUTHENTICATED, NOT_AUTHENTICATED), (OK, OK), (DENIED, DENIED)]),
];

/// The results for an anonymous user, `nobody`, `staff` and the owner.
const OBJECTS: &[(&str, [&str; 4])] = &[
    ("own", [NOT_AUTHENTICATED, "Not yours.", "Not yours.", OK]),
    ("own-or-admin", [NOT_AUTHENTICATED, DENIED, OK, OK]),
    ("own-and-admin", [NOT_AUTHENTICATED, DENIED, DENIED, OK]),
    ("not-own", [OK, OK, OK, DENIED]),
    ("refused-own-or-admin", [NOT_AUTHENTICATED, DENIED, OK, DENIED]),
    ("chosen-own", [NOT_AUTHENTICATED, "Not yours.", "Not yours.", OK]),
    ("chosen-own-or-admin", [NOT_AUTHENTICATED, DENIED, OK, OK]),
    ("own-own", [NOT_AUTHENTICATED, "Not yours.", "Not yours.", OK]),
];

const MODEL: &[(&str, &str, [u16; 8])] = &[
    ("model", "", [401, 401, 401, 401, 401, 401, 401, 401]),
    ("model", "nobody", [200, 200, 200, 403, 403, 403, 403, 405]),
    ("model", "staff", [200, 200, 200, 403, 403, 403, 403, 405]),
    ("model", "direct", [200, 200, 200, 200, 200, 200, 403, 405]),
    ("model", "member", [200, 200, 200, 403, 403, 403, 200, 405]),
    ("model", "both", [200, 200, 200, 200, 403, 403, 200, 405]),
    ("model", "boss", [200, 200, 200, 200, 200, 200, 200, 405]),
    ("model", "gone_boss", [200, 200, 200, 403, 403, 403, 403, 405]),
    ("model", "idle", [200, 200, 200, 403, 403, 403, 403, 405]),
    ("model-or-anon", "", [200, 200, 200, 401, 401, 401, 401, 405]),
    ("model-or-anon", "nobody", [200, 200, 200, 403, 403, 403, 403, 405]),
    ("model-or-anon", "staff", [200, 200, 200, 403, 403, 403, 403, 405]),
    ("model-or-anon", "direct", [200, 200, 200, 200, 200, 200, 403, 405]),
    ("model-or-anon", "member", [200, 200, 200, 403, 403, 403, 200, 405]),
    ("model-or-anon", "both", [200, 200, 200, 200, 403, 403, 200, 405]),
    ("model-or-anon", "boss", [200, 200, 200, 200, 200, 200, 200, 405]),
    ("model-or-anon", "gone_boss", [200, 200, 200, 403, 403, 403, 403, 405]),
    ("model-or-anon", "idle", [200, 200, 200, 403, 403, 403, 403, 405]),
    ("view-too", "", [401, 401, 401, 401, 401, 401, 401, 401]),
    ("view-too", "nobody", [403, 200, 200, 403, 403, 403, 403, 405]),
    ("view-too", "staff", [403, 200, 200, 403, 403, 403, 403, 405]),
    ("view-too", "direct", [403, 200, 200, 200, 200, 200, 403, 405]),
    ("view-too", "member", [200, 200, 200, 403, 403, 403, 200, 405]),
    ("view-too", "both", [200, 200, 200, 200, 403, 403, 200, 405]),
    ("view-too", "boss", [200, 200, 200, 200, 200, 200, 200, 405]),
    ("view-too", "gone_boss", [403, 200, 200, 403, 403, 403, 403, 405]),
    ("view-too", "idle", [403, 200, 200, 403, 403, 403, 403, 405]),
];

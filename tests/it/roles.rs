//! `vitamin::testing` itself: users, their clients in each role, and what Django REST framework's classes make of them.

use serde_json::json;
use tutorial::settings;
use vitamin::apps;
use vitamin::auth::Auth;
use vitamin::auth::models::User;
use vitamin::authtoken::{AuthToken, TokenAuthentication};
use vitamin::conf::{Env, ImproperlyConfigured};
use vitamin::project::Project;
use vitamin::rest_framework::RestFramework;
use vitamin::rest_framework::authentication::{BasicAuthentication, SessionAuthentication};
use vitamin::rest_framework::classes;
use vitamin::rest_framework::data::Data;
use vitamin::rest_framework::permissions::{DjangoModelPermissions, IsAuthenticated};
use vitamin::rest_framework::request::CurrentUser;
use vitamin::rest_framework::response::Response;
use vitamin::rest_framework::views::APIView;
use vitamin::testing::*;
use vitamin::urls::{Pattern, path};

database_tests!(
    every_role_is_authenticated,
    a_session_obeys_the_settings,
    a_session_of_the_real_program_is_accepted,
    permissions_are_added,
    users_are_as_django_makes_them,
    a_session_needs_the_original_method,
);

fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
    let apps = apps![Auth::from_env(env)?, RestFramework::from_env(env)?, AuthToken::from_env(env)?];
    Project::new(env, apps, urlpatterns)
}

fn urlpatterns() -> Vec<Pattern> {
    let view = |name: &str| {
        APIView::new(name).authentication_classes(classes![
            TokenAuthentication::new(),
            SessionAuthentication,
            BasicAuthentication::new(),
        ])
    };
    let me = view("MeView")
        .permission_classes(classes![IsAuthenticated])
        .get(async |user: CurrentUser| Response::new(user.username.clone()))
        .post(async |data: Data| {
            let text = |name| data.get(name).and_then(|value| value.as_str()).unwrap_or("none").to_owned();
            Response::new([text("first"), text("second")])
        });
    let votes = view("VotesView")
        .permission_classes(classes![DjangoModelPermissions::new("polls", "vote")])
        .post(async || Response::new("voted"))
        .delete(async || Response::no_content());
    vec![path("me/", me), path("votes/", votes)]
}

fn every_role_is_authenticated(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let pepe = server.create_user("Pepe", "secret");
    let token = server.create_token(&pepe);
    server
        .anonymous()
        .get("/me/")
        .assert_status(401)
        .assert_header("www-authenticate", "Token")
        .assert_json(json!({"detail": "Authentication credentials were not provided."}));
    for client in [
        server.basic("Pepe", "secret"),
        server.token(&pepe),
        server.token(&token),
        server.token(&token.key),
        server.session(&pepe),
    ] {
        client.get("/me/").assert_status(200).assert_json(json!("Pepe"));
        for body in [
            Body::from(json!({"first": "1&", "second": "é"})),
            [("first", "1&"), ("second", "é")].into(),
            Multipart::new().text("first", "1&").text("second", "é").into(),
        ] {
            client.post("/me/", body).assert_status(200).assert_json(json!(["1&", "é"]));
        }
        client.post("/me/", ()).assert_json(json!(["none", "none"]));
    }
    server.basic("Pepe", "wrong").get("/me/").assert_status(401);
    server.token("0123").get("/me/").assert_json(json!({"detail": "Invalid token."}));
    let without_csrf = format!("sessionid={}", server.create_session(&pepe));
    let response = server.anonymous().header("cookie", without_csrf).post("/me/", ());
    response.assert_status(403).assert_json(json!({"detail": "CSRF Failed: CSRF cookie not set."}));

    server.deactivate(&pepe);
    server.token(&pepe).get("/me/").assert_json(json!({"detail": "User inactive or deleted."}));
    server.session(&pepe).get("/me/").assert_status(401);
}

fn a_session_obeys_the_settings(database: &TestDatabase) {
    let settings = [
        ("SESSION_COOKIE_NAME", "sid"),
        ("CSRF_COOKIE_NAME", "xsrf"),
        ("CSRF_HEADER_NAME", "HTTP_X_XSRF_TOKEN"),
        ("AUTHENTICATION_BACKENDS", "accounts.backends.Own"),
        ("SECRET_KEY", "another"),
    ];
    let server = TestProject::with_settings(database, project, &settings);
    let client = server.session(&server.create_user("Pepe", "secret"));
    client.get("/me/").assert_status(200);
    client.post("/me/", json!({"first": "x"})).assert_json(json!(["x", "none"]));
}

/// Sessions that the tests make are also those of a server in another process.
fn a_session_of_the_real_program_is_accepted(database: &TestDatabase) {
    let program = Program::new(env!("CARGO_BIN_EXE_manage"), database).env("SECRET_KEY", "the program's own");
    let refused = program.manage(&["migrate", "nothing"]).run();
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{}", refused.report());
    program.manage(&["migrate"]).run().expect_success();
    let server = program.serve();
    let pepe = server.create_user("Pepe", "secret");
    // The tutorial's view knows tokens only.
    server.session(&pepe).get("/auth/").assert_status(401);
    server.token(&pepe).get("/auth/").assert_status(200);
    assert_eq!(server.env().get("SECRET_KEY"), Some("the program's own"));

    let same = TestProject::with_settings(database, project, &[("SECRET_KEY", "the program's own")]);
    let cookie = format!("sessionid={}", server.create_session(&pepe));
    same.anonymous().header("cookie", cookie).get("/me/").assert_status(200);
}

fn permissions_are_added(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let [pepe, rosa] = ["Pepe", "Rosa"].map(|name| server.create_user(name, "secret"));
    server.token(&pepe).post("/votes/", ()).assert_status(403);
    server.add_permission(&pepe, "polls.add_vote");
    server.add_permission(&pepe, "polls.delete_vote");
    server.add_permission(&rosa, "polls.add_vote");
    server.token(&pepe).post("/votes/", ()).assert_status(200);
    server.token(&pepe).delete("/votes/").assert_status(204).assert_body("");
    server.token(&rosa).post("/votes/", ()).assert_status(200);
    server.token(&rosa).delete("/votes/").assert_status(403);
    server.token(&server.create_superuser("root", "secret")).delete("/votes/").assert_status(204);
}

fn users_are_as_django_makes_them(database: &TestDatabase) {
    let server = TestProject::new(database, settings::project);
    let pepe = server.create_user("Pepe", "secret");
    assert_eq!((pepe.is_active, pepe.is_staff, pepe.is_superuser), (true, false, false));
    let root = server.create_superuser("root", "secret");
    assert_eq!((root.is_active, root.is_staff, root.is_superuser), (true, true, true));
    let count = |hash: &str| hash.split('$').nth(3).map(str::to_owned);
    assert_eq!(
        [&pepe, &root].map(|user| count(&user.password)),
        [Some("04".to_owned()), Some("04".to_owned())]
    );
    assert_eq!(server.user("Pepe"), Some(pepe));
    assert_eq!(server.user("pepe"), None::<User>);
    let key = server.anonymous().post("/", [("user", "Pepe"), ("password", "secret")]).json();
    server.token(key["token"].as_str().unwrap()).get("/auth/").assert_status(200);
}

/// Forward authentication: the proxy asks by GET, whatever the request is.
fn a_session_needs_the_original_method(database: &TestDatabase) {
    fn urlpatterns() -> Vec<Pattern> {
        let view = vitamin::forward_auth::verify().authentication_classes(classes![SessionAuthentication]);
        vec![path("verify", view)]
    }
    fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
        Project::new(env, apps![Auth::from_env(env)?, RestFramework::from_env(env)?], urlpatterns)
    }
    let server = TestProject::new(database, project);
    let session = server.create_session(&server.create_user("Pepe", "secret"));
    let csrf = "c".repeat(32);
    let cookie = format!("sessionid={session}; csrftoken={csrf}");
    let ask = |headers: &[(&str, &str)]| {
        let request = server.anonymous().request("GET", "/verify").header("cookie", &cookie);
        headers.iter().fold(request, |request, (name, value)| request.header(name, *value)).send()
    };
    for (headers, status) in [
        (&[][..], 403),
        (&[("x-original-method", "GET")], 200),
        (&[("x-forwarded-method", "HEAD")], 200),
        (&[("x-original-method", "POST")], 403),
        (&[("x-forwarded-method", "DELETE")], 403),
        (&[("x-original-method", "POST"), ("x-csrftoken", &csrf)], 200),
        (&[("x-original-method", "POST"), ("x-csrftoken", "wrong")], 403),
        (&[("x-original-method", "POST"), ("x-forwarded-method", "GET")], 403),
        (&[("x-original-method", "GET"), ("x-forwarded-method", "POST")], 403),
        (&[("x-original-method", "post")], 403),
        (&[("x-original-method", "")], 403),
    ] {
        assert_eq!(ask(headers).status, status, "{headers:?}");
    }
    let detail = "CSRF Failed: the proxy does not pass on the request's method.";
    ask(&[]).assert_json(json!({"detail": detail}));
}

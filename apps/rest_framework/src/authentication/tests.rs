//! Sessions and remote users over HTTP. The responses were compared with Django REST framework's by drfdiff.

use actix_web::http::header::HeaderName;
use actix_web::test::TestRequest;
use actix_web::web::Bytes;
use chrono::TimeDelta;
use diesel::prelude::*;

use super::*;
use crate::classes;
use crate::data::Data;
use crate::permissions::IsAuthenticated;
use crate::request::CurrentUser;
use crate::response::Response;
use crate::testing::{ClientResponse, OLD_SECRET_KEY, SECRET_KEY, TestProject};
use crate::views::APIView;
use vitamin_auth::RemoteUserBackend;
use vitamin_auth::schema::{auth_user, django_session};
use vitamin_auth::session_data::{SessionData, session_auth_hash};
use vitamin_framework::urls::{Pattern, path};

const MODEL_BACKEND: &str = "django.contrib.auth.backends.ModelBackend";
const REMOTE_USER_BACKEND: &str = "django.contrib.auth.backends.RemoteUserBackend";
const SESSION: &str = "sessionid=the-session-of-joe";
const SECRET: &str = "abcdefghijklmnopqrstuvwxyz012345";
const NOT_PROVIDED: &str = r#"{"detail":"Authentication credentials were not provided."}"#;

fn view(class: impl Authentication + 'static) -> APIView {
    APIView::new("V")
        .authentication_classes(classes![class])
        .permission_classes(classes![IsAuthenticated])
        .get(async |user: CurrentUser| Response::new(user.username.clone()))
}

fn remote(create_unknown_user: bool, clean_username: fn(&str) -> &str) -> RemoteUserAuthentication {
    let header = HeaderName::from_static("x-remote-user");
    RemoteUserAuthentication { header, backend: RemoteUserBackend { create_unknown_user, clean_username } }
}

async fn name(data: Data) -> Response {
    Response::new(data.get("name").and_then(|name| name.as_str()).unwrap_or("none").to_owned())
}

fn urlpatterns() -> Vec<Pattern> {
    vec![
        path("me", view(SessionAuthentication).post(name)),
        path(
            "raw",
            view(SessionAuthentication)
                .post(async |body: Bytes| Response::new(String::from_utf8_lossy(&body).into_owned()))
                .delete(async || Response::no_content()),
        ),
        path("defaults", APIView::new("V").permission_classes(classes![IsAuthenticated])),
        path("remote", view(RemoteUserAuthentication::new(HeaderName::from_static("x-remote-user")))),
        path("known", view(remote(false, |name| name.split('@').next().unwrap_or(name)))),
    ]
}

fn session(user: &User, backend: &str, secret_key: &str) -> SessionData {
    let mut session = SessionData::default();
    session.log_in(user.id, backend, &session_auth_hash(&user.password, secret_key.as_bytes()));
    session
}

fn save(project: &TestProject, data: &str, expires_in: i64) {
    let row = (
        django_session::session_key.eq("the-session-of-joe"),
        django_session::session_data.eq(data),
        django_session::expire_date.eq(chrono::Utc::now().naive_utc() + TimeDelta::seconds(expires_in)),
    );
    project.on_database(|db| {
        diesel::delete(django_session::table).execute(db).unwrap();
        diesel::insert_into(django_session::table).values(row).execute(db).unwrap();
    });
}

fn encode(session: &SessionData, key: &str) -> String {
    session.encode(&[key.as_bytes()]).unwrap()
}

/// A project with a session of `joe`.
fn logged_in(settings: &[(&str, &str)]) -> TestProject {
    let project = TestProject::new(urlpatterns, settings);
    let joe = project.user("joe");
    save(&project, &encode(&session(&joe, MODEL_BACKEND, SECRET_KEY), SECRET_KEY), 60);
    project
}

fn get(path: &str, headers: &[(&'static str, &'static str)]) -> TestRequest {
    headers.iter().fold(TestRequest::get().uri(path), |request, header| request.append_header(*header))
}

fn status_and_body(response: &ClientResponse) -> (u16, &str) {
    (response.status, &response.body)
}

#[actix_web::test]
async fn a_django_session_authenticates_its_user() {
    for project in TestProject::on_each(urlpatterns) {
        let joe = project.user("joe");
        for key in [SECRET_KEY, OLD_SECRET_KEY] {
            let data = encode(&session(&joe, MODEL_BACKEND, key), key);
            save(&project, &data, 60);
            let response = project.send_one(get("/me", &[("cookie", SESSION)])).await;
            assert_eq!(status_and_body(&response), (200, "\"joe\""));
            assert_eq!(response.header("vary"), Some("Accept, Cookie"));
            let stored: String = project
                .on_database(|db| django_session::table.select(django_session::session_data).get_result(db))
                .unwrap();
            assert_eq!(stored, data, "a request does not change the session");
        }
    }
}

#[actix_web::test]
async fn invalid_sessions_are_anonymous() {
    for project in TestProject::on_each(urlpatterns) {
        let joe = project.user("joe");
        let off = project.user("off");
        project.execute("UPDATE auth_user SET is_active = FALSE WHERE username = 'off'");
        let good = session(&joe, MODEL_BACKEND, SECRET_KEY);
        let deleted = User { id: 999.into(), ..joe.clone() };
        let changed = User { password: "another".to_owned(), ..joe.clone() };
        let forged = format!("{}x", encode(&good, SECRET_KEY));
        for (what, data, expires_in) in [
            ("expired", encode(&good, SECRET_KEY), -1),
            ("tampered with", forged, 60),
            ("of an unknown key", encode(&good, "unknown"), 60),
            ("of an inactive user", encode(&session(&off, MODEL_BACKEND, SECRET_KEY), SECRET_KEY), 60),
            ("of no user", encode(&session(&deleted, MODEL_BACKEND, SECRET_KEY), SECRET_KEY), 60),
            ("before a new password", encode(&session(&changed, MODEL_BACKEND, SECRET_KEY), SECRET_KEY), 60),
            ("hashed with an unknown key", encode(&session(&joe, MODEL_BACKEND, "unknown"), SECRET_KEY), 60),
            ("of another backend", encode(&session(&joe, REMOTE_USER_BACKEND, SECRET_KEY), SECRET_KEY), 60),
            ("of nobody", encode(&SessionData::default(), SECRET_KEY), 60),
            ("no data", String::new(), 60),
        ] {
            save(&project, &data, expires_in);
            let response = project.send_one(get("/me", &[("cookie", SESSION)])).await;
            assert_eq!(status_and_body(&response), (403, NOT_PROVIDED), "{what}");
            assert_eq!(response.header("www-authenticate"), None, "{what}");
        }
        save(&project, &encode(&good, SECRET_KEY), 60);
        for cookie in
            ["sessionid=the-session-of-ann", "sessionid=short", "sessionid=\"\\000the-session-of-joe\"", ""]
        {
            let response = project.send_one(get("/me", &[("cookie", cookie)])).await;
            assert_eq!(status_and_body(&response), (403, NOT_PROVIDED), "{cookie}");
        }
    }
}

#[actix_web::test]
async fn the_settings_set_the_cookie_name_and_the_backends() {
    let backends = [MODEL_BACKEND, REMOTE_USER_BACKEND].join(", ");
    let project = logged_in(&[("SESSION_COOKIE_NAME", "sid"), ("AUTHENTICATION_BACKENDS", &backends)]);
    save(&project, &encode(&session(&project.user("joe"), REMOTE_USER_BACKEND, SECRET_KEY), SECRET_KEY), 60);
    let response = project.send_one(get("/me", &[("cookie", "sid=the-session-of-joe")])).await;
    assert_eq!(status_and_body(&response), (200, "\"joe\""));
    assert_eq!(project.send_one(get("/me", &[("cookie", SESSION)])).await.status, 403);
}

#[actix_web::test]
async fn requests_without_a_session_cookie_make_no_query() {
    let project = logged_in(&[]);
    project.execute("ALTER TABLE django_session RENAME TO gone");
    for (cookie, status) in [("", 403), ("csrftoken=x", 403), ("sessionid=short", 403), (SESSION, 500)] {
        assert_eq!(project.send_one(get("/me", &[("cookie", cookie)])).await.status, status, "{cookie:?}");
    }
    assert_eq!(project.send_one(get("/me", &[])).await.status, 403);
}

#[actix_web::test]
async fn session_authentication_is_the_first_default() {
    let project = logged_in(&[]);
    let response = project.send_one(get("/defaults", &[("authorization", "Basic !")])).await;
    assert_eq!(response.status, 403, "the first class has no challenge");
    assert_eq!(response.header("vary"), Some("Accept, Cookie"));
    let response =
        project.send_one(get("/defaults", &[("cookie", SESSION), ("authorization", "Basic !")])).await;
    assert_eq!(response.status, 405, "BasicAuthentication is not called");
}

fn post(path: &str, content_type: &'static str, body: &str) -> TestRequest {
    let request = TestRequest::post().uri(path).insert_header(("content-type", content_type));
    let cookies = format!("{SESSION}; csrftoken={SECRET}");
    request
        .insert_header(("cookie", cookies))
        .set_payload(body.to_owned())
        .insert_header(("content-length", body.len()))
}

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";

#[actix_web::test]
async fn unsafe_methods_require_a_csrf_token() {
    let project = logged_in(&[
        ("CSRF_HEADER_NAME", "HTTP_X_XSRF_TOKEN"),
        ("CSRF_TRUSTED_ORIGINS", "https://a.example"),
    ]);
    let delete = |headers: &[(&'static str, &'static str)]| {
        let cookies = format!("{SESSION}; csrftoken={SECRET}");
        let request = TestRequest::delete().uri("/raw").insert_header(("cookie", cookies));
        headers.iter().fold(request, |request, header| request.insert_header(*header))
    };
    let token = ("x-xsrf-token", SECRET);
    for (request, expected) in [
        (delete(&[]), "CSRF token missing."),
        (delete(&[("x-csrftoken", SECRET)]), "CSRF token missing."),
        (
            delete(&[("x-xsrf-token", "x")]),
            "CSRF token from the 'X-Xsrf-Token' HTTP header has incorrect length.",
        ),
        (delete(&[token, ("cookie", SESSION)]), "CSRF cookie not set."),
        (
            delete(&[token, ("origin", "http://b.example")]),
            "Origin checking failed - http://b.example does not match any trusted origins.",
        ),
        (delete(&[token]), ""),
        (delete(&[token, ("origin", "http://localhost")]), ""),
        (delete(&[token, ("origin", "https://a.example")]), ""),
    ] {
        let response = project.send_one(request).await;
        let detail = response
            .body
            .strip_prefix(r#"{"detail":"CSRF Failed: "#)
            .and_then(|body| body.strip_suffix("\"}"));
        assert_eq!(
            (response.status, detail.unwrap_or_default()),
            (if expected.is_empty() { 204 } else { 403 }, expected)
        );
    }
}

/// The cookie does not count, only the session.
#[actix_web::test]
async fn the_secret_may_be_in_the_session() {
    let project = logged_in(&[("CSRF_USE_SESSIONS", "true")]);
    let delete = || TestRequest::delete().uri("/raw").insert_header(("x-csrftoken", SECRET));
    let cookies = format!("{SESSION}; csrftoken={SECRET}");
    let refused = project.send_one(delete().insert_header(("cookie", cookies))).await;
    assert_eq!(status_and_body(&refused), (403, r#"{"detail":"CSRF Failed: CSRF cookie not set."}"#));
    let mut session = session(&project.user("ann"), MODEL_BACKEND, SECRET_KEY);
    session.set("_csrftoken", SECRET.into());
    save(&project, &encode(&session, SECRET_KEY), 60);
    let accepted = project.send_one(delete().insert_header(("cookie", SESSION))).await;
    assert_eq!((accepted.status, accepted.header("vary")), (204, Some("Accept, Cookie")));
}

#[actix_web::test]
async fn https_requires_a_referer() {
    let project = logged_in(&[("SECURE_PROXY_SSL_HEADER", "X-Forwarded-Proto=https")]);
    for (referer, expected) in
        [(None, 403), (Some("https://evil.example/"), 403), (Some("https://localhost/x"), 200)]
    {
        let request =
            post("/me", "application/json", r#"{"name":"x"}"#).insert_header(("x-csrftoken", SECRET));
        let request = request.insert_header(("x-forwarded-proto", "https"));
        let request =
            referer.into_iter().fold(request, |request, referer| request.insert_header(("referer", referer)));
        assert_eq!(project.send_one(request).await.status, expected, "{referer:?}");
    }
}

#[actix_web::test]
async fn a_csrf_token_in_a_form_counts_and_the_handler_reads_the_body() {
    let project = logged_in(&[]);
    let form = format!("name=ann&csrfmiddlewaretoken={SECRET}");
    let multipart = format!(
        "--b\r\nContent-Disposition: form-data; name=\"csrfmiddlewaretoken\"\r\n\r\n{SECRET}\r\n\
         --b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nann\r\n--b--\r\n"
    );
    for (content_type, body) in [(FORM, &form), (MULTIPART, &multipart)] {
        assert_eq!(
            status_and_body(&project.send_one(post("/me", content_type, body)).await),
            (200, "\"ann\"")
        );
        let raw = project.send_one(post("/raw", content_type, body)).await;
        assert_eq!(raw.body, serde_json::to_string(body).unwrap());
    }
    let file = multipart.replacen("token\"", "token\"; filename=\"x\"", 1);
    let response = project.send_one(post("/me", MULTIPART, &file)).await;
    assert_eq!(
        status_and_body(&response),
        (403, r#"{"detail":"CSRF Failed: CSRF token missing."}"#),
        "a file is not a token"
    );
}

#[actix_web::test]
async fn a_malformed_body_is_reported_only_if_its_token_is_needed() {
    let project = logged_in(&[]);
    for (content_type, body, status) in [
        ("application/json", "{", 400),
        ("text/plain", "x", 415),
        ("multipart/form-data", "x", 400),
        ("application/json", r#"{"csrfmiddlewaretoken":"abcdefghijklmnopqrstuvwxyz012345"}"#, 403),
    ] {
        let response = project.send_one(post("/me", content_type, body)).await;
        assert_eq!(response.status, status, "{content_type}: {}", response.body);
        let evil = post("/me", content_type, body).insert_header(("origin", "http://evil.example"));
        assert_eq!(project.send_one(evil).await.status, 403, "{content_type}: the Origin comes first");
    }
    let many = format!("{}csrfmiddlewaretoken={SECRET}", "a=1&".repeat(1000));
    let response = project.send_one(post("/me", FORM, &many)).await;
    assert_eq!(
        (response.status, response.header("vary"), response.header("allow")),
        (400, Some("Cookie"), None)
    );
}

#[actix_web::test]
async fn a_remote_user_is_created_without_a_password() {
    for project in TestProject::on_each(urlpatterns) {
        project.user("off");
        project.execute("UPDATE auth_user SET is_active = FALSE WHERE username = 'off'");
        for (header, path, expected) in [
            (Some("ann"), "/remote", Some("\"ann\"")),
            (Some("ann"), "/remote", Some("\"ann\"")),
            (Some("off"), "/remote", None),
            (Some(""), "/remote", None),
            (None, "/remote", None),
            (Some("ann@EXAMPLE"), "/known", Some("\"ann\"")),
            (Some("bob"), "/known", None),
        ] {
            let headers: Vec<_> = header.iter().map(|name| ("x-remote-user", *name)).collect();
            let response = project.send_one(get(path, &headers)).await;
            let expected = expected.map_or((403, NOT_PROVIDED), |body| (200, body));
            assert_eq!(status_and_body(&response), expected, "{header:?} {path}");
        }
        let too_long = get("/remote", &[]).insert_header(("x-remote-user", "x".repeat(151)));
        assert_eq!(project.send_one(too_long).await.status, 403);
        let several =
            project.send_one(get("/known", &[("x-remote-user", "x"), ("x-remote-user", "ann")])).await;
        assert_eq!(several.status, 403, "repeated headers are joined into another name");
        let users: Vec<(String, String)> = project.on_database(|db| {
            auth_user::table
                .select((auth_user::username, auth_user::password))
                .order(auth_user::id)
                .load(db)
                .unwrap()
        });
        let names: Vec<&str> = users.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["off", "ann"]);
        assert!(users[1].1.starts_with('!') && users[1].1.len() == 41, "an unusable password");
    }
}

#[actix_web::test]
async fn a_remote_user_counts_from_trusted_proxies_alone() {
    let project = TestProject::new(urlpatterns, &[("TRUSTED_PROXIES", "203.0.113.0/24,::1")]);
    for (peer, forwarded, status) in [
        ("203.0.113.7:1", None, 200),
        ("[::ffff:203.0.113.7]:1", Some("198.51.100.1"), 200),
        ("[::1]:1", None, 200),
        ("127.0.0.1:1", None, 403),
        ("127.0.0.1:1", Some("203.0.113.7"), 403),
    ] {
        let mut request = get("/remote", &[("x-remote-user", "ann")]).peer_addr(peer.parse().unwrap());
        if let Some(forwarded) = forwarded {
            request = request.append_header(("x-forwarded-for", forwarded));
        }
        assert_eq!(project.send_one(request).await.status, status, "{peer} {forwarded:?}");
    }
}

#[test]
fn credentials_are_split_as_in_python() {
    for (header, expected) in [
        (&b""[..], Credentials::NotMine),
        (b"Tokenx abc", Credentials::NotMine),
        (b"Bearer abc", Credentials::NotMine),
        (b"tOkEn", Credentials::Missing),
        (b"Token \t ", Credentials::Missing),
        (b" Token\tabc ", Credentials::One(b"abc")),
        (b"Token a b", Credentials::Several),
        (b"Token a,Token b", Credentials::Several),
        (b"Token \xff", Credentials::One(b"\xff")),
    ] {
        assert_eq!(credentials(header, "Token"), expected, "{header:?}");
    }
}

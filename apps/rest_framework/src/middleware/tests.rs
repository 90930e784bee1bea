//! A view is the reference of each refusal: the same classes, so the same bytes.

mod services;

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;

use actix_web::body::to_bytes;
use actix_web::dev::Service as _;
use actix_web::http::header::{ACCEPT, HeaderMap};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::{self, Bytes, Data as AppData, ServiceConfig};
use actix_web::{App, FromRequest, HttpResponse};
use futures_util::future::join;
use futures_util::{FutureExt, stream};
use tokio::task::yield_now;

use super::*;
use crate::authentication::{Authentication, Identity};
use crate::classes;
use crate::data::Data;
use crate::permissions::{AllowAny, IsAdminUser, IsAuthenticated};
use crate::policy_result::PolicyResult;
use crate::renderers::JSONRenderer;
use crate::request::{Auth, CurrentUser};
use crate::response::Response;
use crate::testing::{ClientResponse, TestProject};
use crate::throttling::{AnonRateThrottle, Period, Rate, ScopedRateThrottle, UserRateThrottle};
use crate::views::APIView;
use vitamin_auth::models::User;
use vitamin_framework::cache::Cache;
use vitamin_framework::testing::TestEnvironment;
use vitamin_framework::urls::{Endpoint, Location, Pattern, View, path};

use self::services::{Guests, me, mount, name, urlpatterns};

fn get(uri: &str, key: &str) -> TestRequest {
    let request = TestRequest::get().uri(uri).peer_addr("192.0.2.1:4000".parse().unwrap());
    if key.is_empty() { request } else { request.insert_header(("authorization", format!("Key {key}"))) }
}

fn with_users(project: &TestProject) {
    project.user("ann");
    project.user("boss");
    project.execute("UPDATE auth_user SET is_staff = TRUE WHERE username = 'boss'");
}

fn projects() -> Vec<TestProject> {
    let projects = TestProject::on_each(urlpatterns);
    projects.iter().for_each(with_users);
    projects
}

fn summary(response: &ClientResponse) -> (u16, &str) {
    (response.status, &response.body)
}

/// The response with all of its headers, but those that differ for each request.
fn comparable(response: &ClientResponse) -> (u16, Vec<(String, String)>, &str) {
    let fixed = |name: &str| name != "x-request-id";
    let text =
        |(name, value): (&actix_web::http::header::HeaderName, &actix_web::http::header::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
    let mut headers: Vec<_> =
        response.headers.iter().filter(|(name, _)| fixed(name.as_str())).map(text).collect();
    headers.sort();
    (response.status, headers, &response.body)
}

const NOT_PROVIDED: &str = r#"{"detail":"Authentication credentials were not provided."}"#;
const DENIED: &str = r#"{"detail":"You do not have permission to perform this action."}"#;

#[actix_web::test]
async fn refusals_are_those_of_a_view() {
    for project in projects() {
        for (path, of_view, key, status) in [
            ("/scope/me", "/view", "", 401),
            ("/scope/me", "/view", "nobody", 401),
            ("/scope/nothing", "/view", "", 401),
            ("/resource", "/view", "", 401),
            ("/resource", "/view", "nobody", 401),
            ("/handler", "/view", "", 401),
            ("/handler", "/view", "nobody", 401),
            ("/admin/name", "/view-admin", "", 401),
            ("/admin/name", "/view-admin", "ann", 403),
            ("/scope/missing", "/view-missing", "ann", 404),
        ] {
            for accept in ["*/*", "text/html", "application/json; indent=2"] {
                let send = |uri| project.send_one(get(uri, key).insert_header((ACCEPT, accept)));
                let (refused, expected) = (send(path).await, send(of_view).await);
                assert_eq!(refused.status, status, "{path} as {key}");
                assert_eq!(refused.header("allow"), Some("GET, HEAD, OPTIONS"), "{path} as {key}");
                if accept != "text/html" {
                    assert_eq!(comparable(&refused), comparable(&expected), "{path} as {key}");
                } else {
                    // The page has the path and a CSRF token.
                    assert_eq!(refused.header("vary"), expected.header("vary"));
                    assert!(refused.body.contains("<title>Api</title>"), "{}", refused.body);
                }
            }
        }
        let refused = project.send_one(get("/nested/me", "")).await;
        assert_eq!((refused.header("allow"), refused.header("www-authenticate")), (None, Some("Key")));
        let json = project.send_one(get("/json", "")).await;
        assert_eq!((json.header("vary"), summary(&json)), (None, (401, NOT_PROVIDED)));
        // No renderer fits: the handler's business, but a refusal needs one.
        let image = project.send_one(get("/scope/me", "").insert_header((ACCEPT, "image/png"))).await;
        assert_eq!(summary(&image), (401, NOT_PROVIDED));
        let image = project.send_one(get("/scope/plain", "ann").insert_header((ACCEPT, "image/png"))).await;
        assert_eq!(summary(&image), (200, "plain"));
    }
}

#[actix_web::test]
async fn handlers_extract_user_and_credential() {
    for project in projects() {
        for (path, key, expected) in [
            ("/scope/me", "ann", (200, "ann ann ann ann ann")),
            ("/scope/streams", "ann", (200, "for ann")),
            ("/scope/users/7", "boss", (200, "7 boss")),
            ("/scope/rendered", "ann", (200, r#"{"detail":"yes"}"#)),
            ("/scope/actix-error", "ann", (409, "no")),
            ("/resource", "boss", (200, "boss")),
            ("/handler", "ann", (200, "ann")),
            ("/open/name", "ann", (200, "ann")),
            ("/open/name", "", (200, "nobody")),
            ("/defaults/name", "", (200, "nobody")),
            ("/plain-resource", "ann", (200, "ann")),
            ("/plain-resource", "", (401, NOT_PROVIDED)),
        ] {
            let response = project.send_one(get(path, key)).await;
            assert_eq!(summary(&response), expected, "{path} as {key}");
        }
        let plain = project.send_one(get("/scope/plain", "ann")).await;
        assert_eq!((plain.header("vary"), plain.header("allow")), (None, None), "as the handler made it");
        let rendered = project.send_one(get("/scope/rendered", "ann")).await;
        assert_eq!(
            (rendered.header("vary"), rendered.header("allow")),
            (Some("Accept"), Some("GET, HEAD, OPTIONS"))
        );
        // The route's middleware is only for its method.
        let post = TestRequest::post().uri("/handler");
        assert_eq!(summary(&project.send_one(post).await), (200, "nobody"));
        let form = get("/scope/echo", "ann").method(Method::POST);
        let form = form.insert_header(("content-type", "application/x-www-form-urlencoded"));
        let form = form.insert_header(("content-length", "7")).set_payload("a=1&b=2");
        assert_eq!(summary(&project.send_one(form).await), (200, r#"{"a":"1","b":"2"}"#));
    }
}

/// The policies run for every path of a scope.
#[actix_web::test]
async fn an_unknown_path_in_a_scope_is_refused_first() {
    let project = projects().remove(0);
    assert_eq!(summary(&project.send_one(get("/scope/nothing", "")).await), (401, NOT_PROVIDED));
    assert_eq!(project.send_one(get("/scope/nothing", "ann")).await.status, 404);
}

#[actix_web::test]
async fn scopes_nest() {
    for project in projects() {
        for (path, key, expected) in [
            ("/nested/me", "ann", (200, "ann ann ann ann ann")),
            ("/nested/admin/me", "", (401, NOT_PROVIDED)),
            ("/nested/admin/me", "ann", (403, DENIED)),
            ("/nested/admin/me", "boss", (200, "boss boss boss boss boss")),
            ("/nested/guests/name", "", (401, NOT_PROVIDED)),
            ("/nested/guests/name", "ann", (200, "guest")),
            ("/nested/view-less", "ann", (200, "ann")),
        ] {
            let response = project.send_one(get(path, key)).await;
            assert_eq!(summary(&response), expected, "{path} as {key}");
            let challenge = (expected.0 == 401).then_some("Key");
            assert_eq!(response.header("www-authenticate"), challenge, "{path} as {key}");
        }
    }
}

#[actix_web::test]
async fn throttles_count_as_in_a_view() {
    let project = TestProject::new(urlpatterns, &[("DEFAULT_THROTTLE_RATES", "reports=1/day")]);
    with_users(&project);
    let uris = ["/throttled/name", "/view-throttled"];
    for _ in 0..3 {
        for uri in uris {
            assert_eq!(project.send_one(get(uri, "ann")).await.status, 200);
        }
    }
    let wait = r#"{"detail":"Request was throttled. Expected available in 86400 seconds."}"#;
    let [refused, expected] = uris.map(|uri| project.send(vec![get(uri, "ann"), get(uri, "boss")]));
    let (refused, expected) = (refused.await, expected.await);
    assert_eq!([refused[0].status, refused[1].status], [429, 200]);
    assert_eq!(summary(&refused[0]), (429, wait));
    assert_eq!(refused[0].header("retry-after"), Some("86400"));
    assert_eq!(
        (refused[0].header("vary"), &refused[0].body),
        (expected[0].header("vary"), &expected[0].body)
    );
    for (uri, key, statuses) in [("/once", "", [200, 429]), ("/once", "ann", [200, 200])] {
        for status in statuses {
            assert_eq!(project.send_one(get(uri, key)).await.status, status, "{uri} as {key}");
        }
    }
}

#[actix_web::test]
async fn a_throttle_scope_has_the_rate_of_the_settings() {
    let settings = crate::APISettings {
        default_throttle_rates: "reports=1/day".parse().unwrap(),
        default_authentication_classes: classes![Guests],
        ..crate::APISettings::default()
    };
    let app = App::new().app_data(AppData::new(settings)).app_data(AppData::new(Cache::locmem()));
    let app = init_service(app.configure(mount)).await;
    for status in [200, 429] {
        assert_eq!(call_service(&app, get("/scoped", "").to_request()).await.status(), status);
    }
    let response = call_service(&app, get("/defaults/name", "").to_request()).await;
    assert_eq!(read_body(response).await, "guest");
}

#[actix_web::test]
async fn a_panic_ends_its_request_only() {
    let project = projects().remove(0);
    let requests = ["/scope/panics", "/open/name", "/scope/me"];
    let responses = project.send(requests.map(|uri| get(uri, "ann")).into()).await;
    assert_eq!(responses.iter().map(|response| response.status).collect::<Vec<_>>(), [500, 200, 200]);
    assert_eq!(project.send_one(get("/open/name", "")).await.body, "nobody");
}

/// An application without a project: the database is all that these classes need.
#[actix_web::test]
async fn a_plain_application_needs_the_database_only() {
    for project in projects() {
        let app = App::new().app_data(AppData::new(project.database().clone())).configure(mount);
        let app = init_service(app).await;
        let refused = call_service(&app, get("/scope/me", "").to_request()).await;
        assert_eq!(refused.status(), 401);
        let expected = [
            ("allow", "GET, HEAD, OPTIONS"),
            ("content-type", "application/json"),
            ("vary", "Accept"),
            ("www-authenticate", "Key"),
        ];
        assert_eq!(sorted(refused.headers()), expected.map(|(name, value)| format!("{name}: {value}")));
        assert_eq!(to_bytes(refused.into_body()).await.unwrap(), NOT_PROVIDED);
        let panicked =
            AssertUnwindSafe(app.call(get("/scope/panics", "ann").to_request())).catch_unwind().await;
        assert!(panicked.is_err());
        // Two requests on one thread, which wait for the database in turn.
        let (ann, boss) =
            (get("/scope/me", "ann").to_request(), get("/nested/admin/me", "boss").to_request());
        let (ann, boss) = join(app.call(ann), app.call(boss)).await;
        assert_eq!(read_body(ann.unwrap()).await, "ann ann ann ann ann");
        assert_eq!(read_body(boss.unwrap()).await, "boss boss boss boss boss");
        let unknown = call_service(&app, get("/scope/nothing", "ann").to_request()).await;
        assert_eq!(unknown.status(), 404);
    }
}

fn sorted(headers: &HeaderMap) -> Vec<String> {
    let mut lines: Vec<_> =
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    lines.sort();
    lines
}

/// Without the middleware there is no user, and an extractor says so.
#[actix_web::test]
async fn extractors_need_a_middleware() {
    let app = App::new().route("/name", web::get().to(name)).route("/me", web::get().to(me));
    let app = init_service(app).await;
    assert_eq!(read_body(call_service(&app, get("/name", "ann").to_request()).await).await, "nobody");
    assert_eq!(call_service(&app, get("/me", "ann").to_request()).await.status(), 401);
}

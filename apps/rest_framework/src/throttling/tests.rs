use std::cell::Cell;

use actix_web::body::to_bytes;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use actix_web::{App, dev::ServiceResponse};
use serde::Deserialize;
use serde_json::Value;

use super::*;
use crate::APISettings;
use crate::authentication::{Authentication, Identity};
use crate::classes;
use crate::response::Response;
use crate::views::APIView;
use vitamin_auth::models::User;
use vitamin_framework::cache::{Cache, Hit, LocMem};
use vitamin_framework::urls::{UrlConf, path};

/// What Django REST framework's `parse_rate` and `allow_request` did, on a clock of 64ths of a second.
#[derive(Deserialize)]
struct Fixture {
    parse_rate: Vec<(String, Option<(i64, u32)>)>,
    walks: Vec<Walk>,
}

#[derive(Deserialize)]
struct Walk {
    rates: Vec<String>,
    /// Ticks, index of the rate, key; true where it was allowed, else the wait.
    steps: Vec<(i32, usize, String, Value)>,
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("../fixtures/throttling.json")).unwrap()
}

#[test]
fn rates_are_django_rest_framework_s() {
    for (text, expected) in fixture().parse_rate {
        let parsed = text.parse::<Rate>().ok().map(|rate| (rate.num_requests(), rate.duration()));
        assert_eq!(parsed, expected, "{text:?}");
    }
}

#[test]
fn logs_and_waits_are_django_rest_framework_s() {
    for (number, walk) in fixture().walks.into_iter().enumerate() {
        let cache = LocMem::default();
        let rates: Vec<Rate> = walk.rates.iter().map(|rate| rate.parse().unwrap()).collect();
        for (step, (ticks, rate, key, expected)) in walk.steps.into_iter().enumerate() {
            let now = 1.7e9 + f64::from(ticks) / 64.0;
            let window = rates[rate].window();
            let found = match cache.hit(&key, window, now) {
                Hit::Counted => Value::Bool(true),
                Hit::Full { count, oldest } => simple_rate::wait(window, count, oldest, now).into(),
            };
            let close = match (found.as_f64(), expected.as_f64()) {
                (Some(found), Some(expected)) => (found - expected).abs() < 1e-6,
                _ => found == expected,
            };
            assert!(close, "walk {number}, step {step}: {found} is not {expected}");
        }
    }
}

thread_local! {
    static NOW: Cell<f64> = const { Cell::new(1.7e9) };
}

fn now() -> f64 {
    NOW.get()
}

fn at(seconds: f64) {
    NOW.set(1.7e9 + seconds);
}

/// `X-User: 7` is the user 7.
struct Trusting;

#[async_trait(?Send)]
impl Authentication for Trusting {
    async fn authenticate(&self, request: &Request) -> Result<Option<Identity>, APIException> {
        let id = request.headers().get("x-user").and_then(|id| id.to_str().ok()?.parse::<i64>().ok());
        Ok(id.map(|id| Identity::new(User::named(id, &format!("user {id}")))))
    }
}

fn view(throttles: Vec<std::sync::Arc<dyn Throttle>>) -> APIView {
    APIView::new("ThrottledView").throttle_classes(throttles).get(async || Response::new("in"))
}

/// Sends requests to `/` and `/b/`, given the views there.
macro_rules! app {
    ($settings:expr, $($path:literal: $view:expr),+) => {{
        let settings = APISettings { default_authentication_classes: classes![Trusting], ..$settings };
        let urls = UrlConf::new(vec![$(path($path, $view)),+]);
        init_service(
            App::new()
                .app_data(Data::new(settings))
                .app_data(Data::new(Cache::locmem()))
                .configure(|config| drop(urls.register(config))),
        )
        .await
    }};
}

fn from(address: &str) -> TestRequest {
    TestRequest::get().peer_addr(format!("{address}:4000").parse().unwrap())
}

fn user(id: u32) -> TestRequest {
    from("192.0.2.9").insert_header(("x-user", id.to_string()))
}

/// The status; for a 429 the body and `Retry-After`.
async fn answer(response: ServiceResponse) -> String {
    let status = response.status().as_u16();
    if status != 429 {
        return status.to_string();
    }
    let retry = response.headers().get(RETRY_AFTER).map(HeaderValue::to_str).transpose().unwrap();
    let retry = retry.unwrap_or("-").to_owned();
    let body = to_bytes(response.into_body()).await.unwrap();
    format!("429 {} {retry}", String::from_utf8_lossy(&body))
}

macro_rules! get {
    ($app:expr, $request:expr) => {
        answer(call_service(&$app, $request.to_request()).await).await
    };
}

fn throttled(seconds: u64, unit: &str) -> String {
    format!(r#"429 {{"detail":"Request was throttled. Expected available in {seconds} {unit}."}} {seconds}"#)
}

#[actix_web::test]
async fn the_wait_is_rounded_up() {
    let throttle =
        AnonRateThrottle { rate: Some(Rate::new(1, Period::Minute)), timer: now, ..Default::default() };
    let app = app!(APISettings::default(), "": view(classes![throttle]));
    assert_eq!(get!(app, from("192.0.2.1")), "200");
    for (elapsed, expected) in
        [(0.0, throttled(60, "seconds")), (0.5, throttled(60, "seconds")), (59.25, throttled(1, "second"))]
    {
        at(elapsed);
        assert_eq!(get!(app, from("192.0.2.1")), expected, "{elapsed}");
    }
    assert_eq!(get!(app, from("192.0.2.2")), "200");
    at(60.0);
    assert_eq!(get!(app, from("192.0.2.1")), "200");
}

#[actix_web::test]
async fn anonymous_clients_and_users_have_rates_of_the_settings() {
    let settings = APISettings {
        default_throttle_rates: "anon=1/day,user=2/day".parse().unwrap(),
        default_throttle_classes: classes![AnonRateThrottle::default(), UserRateThrottle::default()],
        ..APISettings::default()
    };
    let app = app!(settings, "": APIView::new("View").get(async || Response::new("in")));
    for expected in ["200", "429"] {
        assert_eq!(get!(app, from("192.0.2.1"))[..3], *expected);
    }
    for expected in ["200", "200", "429"] {
        assert_eq!(get!(app, user(7))[..3], *expected);
    }
    assert_eq!(get!(app, user(8)), "200");
}

#[actix_web::test]
async fn by_default_there_is_no_limit_and_an_unknown_scope_is_a_mistake() {
    let unknown = UserRateThrottle { scope: "burst", ..Default::default() };
    let app = app!(
        APISettings::default(),
        "": view(classes![AnonRateThrottle::default(), UserRateThrottle::default(), ScopedRateThrottle::default()]),
        "b/": view(classes![unknown])
    );
    for _ in 0..50 {
        assert_eq!(get!(app, from("192.0.2.1")), "200");
    }
    assert_eq!(get!(app, from("192.0.2.1").uri("/b/")), "500");
}

#[actix_web::test]
async fn a_view_s_scope_has_a_count_of_its_own() {
    let settings =
        APISettings { default_throttle_rates: "a=1/day,b=2/day".parse().unwrap(), ..APISettings::default() };
    let scoped = || view(classes![ScopedRateThrottle::default()]);
    let app = app!(
        settings,
        "": scoped().throttle_scope("a"),
        "a/": scoped().throttle_scope("a"),
        "b/": scoped().throttle_scope("b"),
        "free/": scoped()
    );
    for (uri, expected) in
        [("/", "200"), ("/a/", "429"), ("/b/", "200"), ("/b/", "200"), ("/b/", "429"), ("/free/", "200")]
    {
        assert_eq!(get!(app, user(7).uri(uri))[..3], *expected, "{uri}");
    }
    assert_eq!(get!(app, user(8)), "200");
}

#[actix_web::test]
async fn all_are_counted_and_the_longest_wait_is_told() {
    let rate = |scope, rate| UserRateThrottle { scope, rate: Some(rate), timer: now };
    let app = app!(
        APISettings::default(),
        "": view(classes![rate("a", Rate::new(1, Period::Minute)), rate("b", Rate::new(2, Period::Hour))])
    );
    assert_eq!(get!(app, user(7)), "200");
    // The second counts this one, although the first refuses it.
    at(1.0);
    assert_eq!(get!(app, user(7)), throttled(59, "seconds"));
    at(2.0);
    assert_eq!(get!(app, user(7)), throttled(3598, "seconds"));
    // Only the second, which has two in its hour.
    at(70.0);
    assert_eq!(get!(app, user(7)), throttled(3530, "seconds"));
}

#[actix_web::test]
async fn nobody_can_tell_when_the_log_has_more_than_the_rate() {
    let rate = |rate| UserRateThrottle { scope: "user", rate: Some(rate), timer: now };
    let app = app!(
        APISettings::default(),
        "": view(classes![rate(Rate::new(5, Period::Hour))]),
        "b/": view(classes![rate(Rate::new(1, Period::Hour))])
    );
    for _ in 0..3 {
        assert_eq!(get!(app, user(7)), "200");
    }
    assert_eq!(get!(app, user(7).uri("/b/")), r#"429 {"detail":"Request was throttled."} -"#);
}

#[actix_web::test]
async fn proxies_are_believed_as_the_settings_say() {
    for (num_proxies, expected) in [(None, "200"), (Some(0), "429"), (Some(1), "429"), (Some(2), "200")] {
        let settings = APISettings { num_proxies, ..APISettings::default() };
        let throttle = AnonRateThrottle { rate: Some(Rate::new(1, Period::Day)), ..Default::default() };
        let app = app!(settings, "": view(classes![throttle]));
        let through = |client: &str| {
            from("192.0.2.1").insert_header(("x-forwarded-for", format!("{client}, 10.0.0.1")))
        };
        assert_eq!(get!(app, through("198.51.100.1")), "200");
        assert_eq!(get!(app, through("198.51.100.2"))[..3], *expected, "{num_proxies:?}");
    }
}

/// An app's own: each key of the API has ten requests a minute.
struct ApiKeyThrottle;

impl SimpleRateThrottle for ApiKeyThrottle {
    fn scope(&self) -> &str {
        "api_key"
    }
    fn get_cache_key(&self, request: &Request) -> Option<String> {
        let key = request.headers().get("x-api-key")?.to_str().ok()?;
        Some(cache_key(self.scope(), key))
    }
}

/// Another, without a rate.
struct Closed;

#[async_trait(?Send)]
impl Throttle for Closed {
    async fn allow_request(&self, _request: &Request) -> Result<Throttling, APIException> {
        Ok(Throttling::Wait(Some(0.0)))
    }
}

#[actix_web::test]
async fn an_app_writes_its_own_in_a_few_lines() {
    let settings =
        APISettings { default_throttle_rates: "api_key=2/min".parse().unwrap(), ..APISettings::default() };
    let app = app!(settings, "": view(classes![ApiKeyThrottle]), "b/": view(classes![Closed]));
    let with_key = |key: &'static str| from("192.0.2.1").insert_header(("x-api-key", key));
    for (key, expected) in [("x", "200"), ("x", "200"), ("x", "429"), ("y", "200")] {
        assert_eq!(get!(app, with_key(key))[..3], *expected, "{key}");
    }
    // As Django REST framework does, a wait of nothing is told, but not in a header.
    let expected = r#"429 {"detail":"Request was throttled. Expected available in 0 seconds."} -"#;
    assert_eq!(get!(app, from("192.0.2.1").uri("/b/")), expected);
}

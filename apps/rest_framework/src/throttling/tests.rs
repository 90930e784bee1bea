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

/// The results of Django REST framework's `parse_rate` and `allow_request`, on a clock of 64ths of a second.
#[derive(Deserialize)]
struct Fixture {
    parse_rate: Vec<(String, Option<(i64, u32)>)>,
    walks: Vec<Walk>,
}

#[derive(Deserialize)]
struct Walk {
    rates: Vec<String>,
    /// Ticks, index of the rate, key, and the result: `true` if allowed, else the wait.
    steps: Vec<(i32, usize, String, Value)>,
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("../fixtures/throttling.json")).unwrap()
}

#[test]
fn parsed_rates_match_django_rest_framework() {
    for (text, expected) in fixture().parse_rate {
        let parsed = text.parse::<Rate>().ok().map(|rate| (rate.num_requests(), rate.duration()));
        assert_eq!(parsed, expected, "{text:?}");
    }
}

#[test]
fn counts_and_waits_match_django_rest_framework() {
    for (number, walk) in fixture().walks.into_iter().enumerate() {
        let cache = LocMem::default();
        let rates: Vec<Rate> = walk.rates.iter().map(|rate| rate.parse().unwrap()).collect();
        for (step, (ticks, rate, key, expected)) in walk.steps.into_iter().enumerate() {
            let now = 1.7e9 + f64::from(ticks) / 64.0;
            let window = rates[rate].window();
            let actual = match cache.hit(&key, window, now) {
                Hit::Counted => Value::Bool(true),
                Hit::Full { count, oldest } => simple_rate::wait(window, count, oldest, now).into(),
            };
            let is_equal = match (actual.as_f64(), expected.as_f64()) {
                (Some(actual), Some(expected)) => (actual - expected).abs() < 1e-6,
                _ => actual == expected,
            };
            assert!(is_equal, "walk {number}, step {step}: {actual} is not {expected}");
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

/// Authenticates `X-User: 7` as the user with id 7.
struct Trusting;

impl Authentication for Trusting {
    fn authenticate(&self, request: &Request) -> PolicyResult<'_, Option<Identity>> {
        let id = request.headers().get("x-user").and_then(|id| id.to_str().ok()?.parse::<i64>().ok());
        id.map(|id| Identity::new(User::named(id, &format!("user {id}")))).into()
    }
}

fn view(throttles: Vec<std::sync::Arc<dyn Throttle>>) -> APIView {
    APIView::new("ThrottledView").throttle_classes(throttles).get(async || Response::new("in"))
}

/// An application with these views.
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

/// The status; for a 429 also the body and `Retry-After`.
async fn summarize(response: ServiceResponse) -> String {
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
        summarize(call_service(&$app, $request.to_request()).await).await
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
async fn the_settings_limit_anonymous_clients_and_users() {
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
async fn the_default_is_no_limit_and_an_unknown_scope_is_500() {
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
async fn each_throttle_scope_is_counted_separately() {
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
async fn all_throttles_count_and_the_longest_wait_is_returned() {
    let rate = |scope, rate| UserRateThrottle { scope, rate: Some(rate), timer: now };
    let app = app!(
        APISettings::default(),
        "": view(classes![rate("a", Rate::new(1, Period::Minute)), rate("b", Rate::new(2, Period::Hour))])
    );
    assert_eq!(get!(app, user(7)), "200");
    // The second throttle counts this request, although the first denies it.
    at(1.0);
    assert_eq!(get!(app, user(7)), throttled(59, "seconds"));
    at(2.0);
    assert_eq!(get!(app, user(7)), throttled(3598, "seconds"));
    // Only the second throttle denies it, with two requests in its hour.
    at(70.0);
    assert_eq!(get!(app, user(7)), throttled(3530, "seconds"));
}

#[actix_web::test]
async fn the_wait_is_unknown_if_more_were_counted_than_the_rate_allows() {
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
async fn num_proxies_selects_the_client_s_address() {
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

/// Django REST framework counts both by `throttle_user_7`, so anyone can use up the rate of the user 7.
#[actix_web::test]
async fn a_forged_address_does_not_count_as_a_user() {
    let settings =
        APISettings { default_throttle_rates: "user=1/min".parse().unwrap(), ..APISettings::default() };
    let app = app!(settings, "": view(classes![UserRateThrottle::default()]));
    let forged = || from("192.0.2.1").insert_header(("x-forwarded-for", "7"));
    assert_eq!(get!(app, forged()), "200");
    assert_eq!(get!(app, forged())[..3], *"429");
    assert_eq!(get!(app, user(7)), "200");
    assert_eq!(get!(app, user(7))[..3], *"429");
}

/// A custom throttle per API key.
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

/// A custom throttle that denies every request.
struct Closed;

impl Throttle for Closed {
    fn allow_request(&self, _request: &Request) -> PolicyResult<'_, Throttling> {
        Throttling::Wait(Some(0.0)).into()
    }
}

#[actix_web::test]
async fn custom_throttles() {
    let settings =
        APISettings { default_throttle_rates: "api_key=2/min".parse().unwrap(), ..APISettings::default() };
    let chosen: std::sync::Arc<dyn Throttle> = std::sync::Arc::new(ApiKeyThrottle);
    let app = app!(settings, "": view(classes![chosen]), "b/": view(classes![Closed]));
    let with_key = |key: &'static str| from("192.0.2.1").insert_header(("x-api-key", key));
    for (key, expected) in [("x", "200"), ("x", "200"), ("x", "429"), ("y", "200")] {
        assert_eq!(get!(app, with_key(key))[..3], *expected, "{key}");
    }
    // As in Django REST framework, a wait of zero is in the message but not in a header.
    let expected = r#"429 {"detail":"Request was throttled. Expected available in 0 seconds."} -"#;
    assert_eq!(get!(app, from("192.0.2.1").uri("/b/")), expected);
}

//! CORS, as django-cors-headers answers. tests/django/middleware.py compares more requests with it.

use insta::assert_snapshot;

use crate::support::*;

const ORIGIN: &str = "https://app.example.com";

fn server(settings: &[(&str, &str)]) -> (TestDatabase, LiveServer) {
    let database = TestDatabase::sqlite();
    let runserver = database.migrate().runserver();
    let server = settings.iter().fold(runserver, |server, (name, value)| server.env(name, value)).serve();
    (database, server)
}

/// Status, and the headers that CORS and the security middleware set.
fn told(response: &TestResponse) -> String {
    let shown = |name: &str| {
        name.starts_with("access-control") || ["vary", "x-frame-options", "referrer-policy"].contains(&name)
    };
    let mut lines: Vec<String> = response
        .headers
        .iter()
        .filter(|(name, _)| shown(name))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    lines.sort();
    format!("{}\n{}", response.status, lines.join("\n"))
}

#[test]
fn a_preflight_needs_no_token_and_no_allowed_host() {
    let (_database, server) = server(&[("CORS_ALLOWED_ORIGINS", ORIGIN)]);
    let preflight = |origin: &str, host: &str| {
        let request = server.anonymous().request("OPTIONS", "/auth/").header("host", host);
        request.header("origin", origin).header("access-control-request-method", "PUT").send()
    };
    let allowed = preflight(ORIGIN, "evil.example");
    assert_snapshot!(told(&allowed), @"
    200
    access-control-allow-headers: accept, authorization, content-type, user-agent, x-csrftoken, x-requested-with
    access-control-allow-methods: DELETE, GET, OPTIONS, PATCH, POST, PUT
    access-control-allow-origin: https://app.example.com
    access-control-max-age: 86400
    vary: origin
    ");
    allowed.assert_body("").assert_header("content-length", "0");
    assert_snapshot!(told(&preflight("https://evil.example", "testserver")), @"
    200
    vary: origin
    ");
}

#[test]
fn every_response_says_who_may_read_it() {
    let (_database, server) = server(&[("CORS_ALLOWED_ORIGINS", ORIGIN), ("CORS_URLS_REGEX", "^/(auth|no)")]);
    let ask = |path: &str| server.anonymous().request("GET", path).header("origin", ORIGIN);
    for (response, status) in [
        (ask("/auth/").send(), 401),
        (ask("/auth").send(), 301),
        (ask("/nothing").send(), 404),
        (ask("/auth/").header("host", "evil.example").send(), 400),
    ] {
        response.assert_status(status).assert_header("access-control-allow-origin", ORIGIN);
        assert!(response.header("vary").ends_with("origin"), "{}", told(&response));
    }
    assert_eq!(ask("/auth/").send().header("vary"), "Accept, origin");
    assert_eq!(ask("/").send().headers_named("access-control-allow-origin"), [""; 0]);
}

#[test]
fn without_an_allowed_origin_nothing_is_added() {
    let (_database, server) = server(&[("CORS_ALLOW_CREDENTIALS", "true")]);
    let asked = server.anonymous().request("OPTIONS", "/auth/").header("origin", ORIGIN);
    let response = asked.header("access-control-request-method", "GET").send();
    assert_snapshot!(told(&response), @"
    401
    referrer-policy: same-origin
    vary: Accept
    x-frame-options: DENY
    ");
}

#[test]
fn a_second_place_gives_preflights_the_security_headers() {
    let settings = [
        ("CORS_ALLOWED_ORIGINS", ORIGIN),
        ("CORS_BEFORE_SECURITY", "false"),
        ("SECURE_SSL_REDIRECT", "true"),
        ("SECURE_PROXY_SSL_HEADER", "X-Forwarded-Proto=https"),
    ];
    let (_database, server) = server(&settings);
    let ask = |proto: &str| {
        let asked = server.anonymous().request("OPTIONS", "/").header("origin", ORIGIN);
        asked.header("access-control-request-method", "GET").header("x-forwarded-proto", proto).send()
    };
    assert_snapshot!(told(&ask("http")), @"
    301
    referrer-policy: same-origin
    ");
    assert_eq!(ask("https").header("access-control-allow-origin"), ORIGIN);
    assert_eq!(ask("https").header("referrer-policy"), "same-origin");
}

#[test]
fn an_origin_that_is_none_stops_the_server() {
    let database = TestDatabase::sqlite();
    let check =
        database.manage(&["check"]).env("CORS_ALLOWED_ORIGINS", "app.example.com https://x.example/").run();
    assert_snapshot!(check.report(), @r#"
    exit 1
    -- stdout
    -- stderr
    SystemCheckError: System check identified some issues:

    ERRORS:
    ?: (corsheaders.E013) CORS_ALLOWED_ORIGINS has "app.example.com", which lacks a scheme or a host.
    	HINT: An origin is a scheme, a host and perhaps a port: https://app.example.com:8443.
    ?: (corsheaders.E014) CORS_ALLOWED_ORIGINS has "https://x.example/": an origin must not have a path.

    System check identified 2 issues.
    "#);
}

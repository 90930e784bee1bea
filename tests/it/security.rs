//! SecurityMiddleware, XFrameOptionsMiddleware and CommonMiddleware with other settings than the default ones.
//! tests/django/middleware.py compares more requests with Django.

use insta::assert_snapshot;

use crate::support::*;

const PROXY: (&str, &str) = ("SECURE_PROXY_SSL_HEADER", "X-Forwarded-Proto=https");

fn server(settings: &[(&str, &str)]) -> (TestDatabase, LiveServer) {
    let database = TestDatabase::sqlite();
    let runserver = database.migrate().runserver().env("ALLOWED_HOSTS", "127.0.0.1,.example.com");
    let server = settings.iter().fold(runserver, |server, (name, value)| server.env(name, value)).serve();
    (database, server)
}

#[test]
fn http_is_redirected_to_https() {
    let exempt = ("SECURE_REDIRECT_EXEMPT", "^(?=auth)(?!auth/verify)");
    let (_database, server) = server(&[PROXY, exempt, ("SECURE_SSL_REDIRECT", "true")]);
    let ask = |path: &str, host: &str, proto: &str| {
        let asked = server.anonymous().request("GET", path).header("host", host);
        asked.header("x-forwarded-proto", proto).send()
    };
    let redirected = ask("/caf%C3%A9?a=%20b", "example.com:8000", "http");
    assert_snapshot!(redirected.snapshot(), @"
    301
    content-type: text/html; charset=utf-8
    location: https://example.com:8000/caf%C3%A9?a=%20b
    ");
    assert_eq!(redirected.header("referrer-policy"), "same-origin");
    assert_eq!(redirected.headers_named("x-frame-options"), [""; 0]);
    assert_eq!(ask("/", "example.com", "https").status, 200);
    assert_eq!(ask("/auth/", "example.com", "http").status, 401);
    // Django's SecurityMiddleware does not process its own error.
    let refused = ask("/", "evil.example", "http");
    assert_eq!((refused.status, refused.header("referrer-policy")), (400, ""));
    assert_eq!(ask("/", "evil.example", "https").header("referrer-policy"), "same-origin");
}

#[test]
fn https_responses_ask_for_https() {
    let hsts = [PROXY, ("SECURE_HSTS_SECONDS", "3600"), ("SECURE_HSTS_INCLUDE_SUBDOMAINS", "true")];
    let (_database, server) = server(&hsts);
    let ask =
        |proto: &str| server.anonymous().request("GET", "/auth/").header("x-forwarded-proto", proto).send();
    ask("https").assert_header("strict-transport-security", "max-age=3600; includeSubDomains");
    assert_eq!(ask("http").headers_named("strict-transport-security"), [""; 0]);
}

#[test]
fn headers_have_other_values_or_are_left_out() {
    let (_database, server) = server(&[
        ("SECURE_REFERRER_POLICY", "None"),
        ("SECURE_CROSS_ORIGIN_OPENER_POLICY", "unsafe-none"),
        ("SECURE_CONTENT_TYPE_NOSNIFF", "false"),
        ("X_FRAME_OPTIONS", "sameorigin"),
    ]);
    let response = server.anonymous().get("/");
    response
        .assert_header("x-frame-options", "SAMEORIGIN")
        .assert_header("cross-origin-opener-policy", "unsafe-none");
    for name in ["referrer-policy", "x-content-type-options"] {
        assert_eq!(response.headers_named(name), [""; 0], "{name}");
    }
}

#[test]
fn hosts_without_www_and_some_user_agents_are_turned_away() {
    let agents = ("DISALLOWED_USER_AGENTS", r#"[r"^(?!Badger)Bad\w+", "(?i)\bbot\b"]"#);
    let (_database, server) = server(&[("PREPEND_WWW", "true"), agents]);
    let ask = |path: &str, host: &str, agent: &str| {
        server.anonymous().request("GET", path).header("host", host).header("user-agent", agent).send()
    };
    let redirected = ask("/auth?a=b", "example.com", "curl");
    assert_eq!(redirected.header("location"), "http://www.example.com/auth/?a=b");
    redirected.assert_status(301).assert_header("content-length", "0");
    assert_eq!(ask("/", "www.example.com", "curl").status, 200);
    assert_eq!(ask("/", "www.example.com", "Badger").status, 200);
    assert_eq!(ask("/", "www.example.com", "Badged").status, 403);
    assert_snapshot!(ask("/", "evil.example", "a BOT").snapshot(), @r#"
    403
    content-type: text/html; charset=utf-8


    <!doctype html>
    <html lang="en">
    <head>
      <title>403 Forbidden</title>
    </head>
    <body>
      <h1>403 Forbidden</h1><p></p>
    </body>
    </html>
    "#);
    server.wait_for_log(r#"Forbidden user agent: "/""#);
}

#[test]
fn check_deploy_has_django_s_ids() {
    let database = TestDatabase::sqlite();
    let ids = |settings: &[(&str, &str)]| {
        // Those that Django has none of are in deploy_checks.rs.
        let own = "vitamin.W027, vitamin.W028, vitamin.W029";
        let manage = database.manage(&["check", "--deploy"]).env("SILENCED_SYSTEM_CHECKS", own);
        let report =
            settings.iter().fold(manage, |manage, (name, value)| manage.env(name, value)).run().report();
        let ids = report.lines().filter_map(|line| line.strip_prefix("?: (")?.split_once(')'));
        ids.map(|(id, _)| id.to_owned()).collect::<Vec<_>>()
    };
    let cookies = [("CSRF_COOKIE_SECURE", "1"), ("SESSION_COOKIE_SECURE", "1")];
    let secure = [&cookies[..], &[("SECURE_SSL_REDIRECT", "1"), ("SECURE_HSTS_SECONDS", "60")]].concat();
    let hsts = [("SECURE_HSTS_INCLUDE_SUBDOMAINS", "1"), ("SECURE_HSTS_PRELOAD", "1")];
    assert_eq!(ids(&[]), ["security.W004", "security.W008", "security.W012", "security.W016"]);
    assert_eq!(ids(&secure), ["security.W005", "security.W021"]);
    let all = [&secure[..], &hsts].concat();
    assert_eq!(ids(&all), [""; 0]);
    for (name, value, id) in [
        ("SECURE_CONTENT_TYPE_NOSNIFF", "0", "security.W006"),
        ("X_FRAME_OPTIONS", "SAMEORIGIN", "security.W019"),
        ("SECURE_REFERRER_POLICY", "None", "security.W022"),
        ("SECURE_REFERRER_POLICY", "origin,other", "security.E023"),
        ("SECURE_CROSS_ORIGIN_OPENER_POLICY", "other", "security.E024"),
        ("SECRET_KEY_FALLBACKS", "short", "security.W025"),
    ] {
        assert_eq!(ids(&[&all[..], &[(name, value)]].concat()), [id], "{name}={value}");
    }
}

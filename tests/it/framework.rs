//! Django's own middleware, which applies to every view.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use insta::assert_snapshot;

use crate::support::*;

database_tests!(
    every_response_has_django_s_headers,
    disallowed_hosts_are_refused,
    an_http_1_0_client_gets_no_chunks,
    a_missing_slash_is_redirected,
    an_unknown_path_is_not_found,
    a_request_id_is_accepted_or_generated,
    debug_shows_details,
);

const ID: &str = "6f1a2b3c-4d5e-4f60-8a9b-0c1d2e3f4a5b";

fn every_response_has_django_s_headers(database: &TestDatabase) {
    let server = database.migrate().serve();
    let anonymous = server.anonymous();
    // These depend on the content, the moment or the view.
    const OTHERS: [&str; 6] = ["allow", "connection", "content-length", "date", "vary", "x-request-id"];
    let headers = |response: &TestResponse| {
        let mut lines: Vec<String> = response
            .headers
            .iter()
            .filter(|(name, _)| !OTHERS.contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        lines.sort();
        lines.join("\n")
    };
    assert_snapshot!(headers(&anonymous.get("/")), @"
    content-type: application/json
    cross-origin-opener-policy: same-origin
    referrer-policy: same-origin
    x-content-type-options: nosniff
    x-frame-options: DENY
    ");
    assert_snapshot!(headers(&anonymous.get("/nothing")), @"
    content-type: text/html; charset=utf-8
    cross-origin-opener-policy: same-origin
    referrer-policy: same-origin
    x-content-type-options: nosniff
    x-frame-options: DENY
    ");
    assert_snapshot!(headers(&anonymous.get("/auth")), @"
    content-type: text/html; charset=utf-8
    cross-origin-opener-policy: same-origin
    location: /auth/
    referrer-policy: same-origin
    transfer-encoding: chunked
    x-content-type-options: nosniff
    ");
    // AuthView has no session authentication, so its response does not depend on a cookie.
    assert_eq!(anonymous.get("/auth/").header("vary"), "Accept");
}

fn disallowed_hosts_are_refused(database: &TestDatabase) {
    let hosts = "example.com,.example.org,127.0.0.1,[::1]";
    let server = database.migrate().runserver().env("ALLOWED_HOSTS", hosts).serve();
    let ask = |host: &str| server.anonymous().request("GET", "/").header("host", host).send();
    for host in
        ["example.com", "EXAMPLE.com:8000", "example.com.", "a.b.example.org", "example.org", "[::1]:80"]
    {
        assert_eq!(ask(host).status, 200, "{host}");
    }
    for host in ["testserver", "www.example.com", "badexample.org", "example.com:port", "exa_mple.com"] {
        assert_eq!(ask(host).status, 400, "{host}");
    }
    assert_snapshot!(ask("evil.example").snapshot(), @r#"
    400
    content-type: text/html; charset=utf-8


    <!doctype html>
    <html lang="en">
    <head>
      <title>Bad Request (400)</title>
    </head>
    <body>
      <h1>Bad Request (400)</h1><p></p>
    </body>
    </html>
    "#);
    let vary = |cookie: &str| {
        let asked = server.anonymous().request("GET", "/").header("host", "evil.example");
        asked.header("cookie", cookie).send().header("vary").to_owned()
    };
    let good = "csrftoken=abcdefghijklmnopqrstuvwxyzABCDEF";
    assert_eq!([vary("csrftoken=abc"), vary("sessionid=x"), vary(good)], ["Cookie", "Cookie", ""]);
    server.wait_for_log(
        r#"Invalid HTTP_HOST header: "evil.example". You may need to add it to ALLOWED_HOSTS."#,
    );
}

fn an_http_1_0_client_gets_no_chunks(database: &TestDatabase) {
    let server = database.migrate().serve();
    let address = server.address();
    for (line, host, status, body) in [
        ("GET /auth HTTP/1.0", address, "301 Moved Permanently", ""),
        ("GET / HTTP/1.0", "evil.example", "400 Bad Request", "Bad Request (400)"),
        ("GET / HTTP/1.0", address, "200 OK", r#"{"detail":"GET Response"}"#),
    ] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(format!("{line}\r\nHost: {host}\r\n\r\n").as_bytes()).unwrap();
        let mut response = String::new();
        // The end of the connection ends the body.
        stream.read_to_string(&mut response).unwrap();
        let (head, content) = response.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("HTTP/1.0 {status}\r\n")), "{response}");
        assert!(!head.to_lowercase().contains("transfer-encoding"), "{response}");
        assert!(content.contains(body) && (body.is_empty() == content.is_empty()), "{response}");
    }
}

fn a_missing_slash_is_redirected(database: &TestDatabase) {
    let server = database.migrate().serve();
    assert_snapshot!(server.anonymous().get("/auth").snapshot(), @"
    301
    content-type: text/html; charset=utf-8
    location: /auth/
    ");
    assert_snapshot!(server.anonymous().get("/auth?a=b&c=d%20e").header("location"), @"/auth/?a=b&c=d%20e");
    // The data is lost, as in Django.
    assert_eq!(server.anonymous().post("/auth", "a=b").header("location"), "/auth/");
    assert_eq!(server.anonymous().get("//auth").status, 404);

    let strict = database.runserver().env("APPEND_SLASH", "false").serve();
    assert_eq!(strict.anonymous().get("/auth").status, 404);
}

fn an_unknown_path_is_not_found(database: &TestDatabase) {
    let server = database.migrate().serve();
    let anonymous = server.anonymous();
    assert_snapshot!(anonymous.get("/nothing/here").snapshot(), @r#"
    404
    content-type: text/html; charset=utf-8


    <!doctype html>
    <html lang="en">
    <head>
      <title>Not Found</title>
    </head>
    <body>
      <h1>Not Found</h1><p>The requested resource was not found on this server.</p>
    </body>
    </html>
    "#);
    for path in ["/nothing/here/", "/auth/x/", "/Auth/", "/%ff/"] {
        assert_eq!(anonymous.get(path).snapshot(), anonymous.get("/nothing/here").snapshot(), "{path}");
    }
    assert_eq!(anonymous.post("/nothing", "a=b").status, 404);
}

fn a_request_id_is_accepted_or_generated(database: &TestDatabase) {
    let server = database.migrate().serve();
    let ask = |id: &str| {
        let response = server.anonymous().request("GET", "/auth/").header("x-request-id", id).send();
        response.header("x-request-id").to_owned()
    };
    assert_eq!(ask(ID), ID);
    assert_eq!(ask(&ID.to_uppercase()), ID);
    let made = server.anonymous().get("/").header("x-request-id").to_owned();
    for id in ["17", "", "not-a-uuid", &format!("{ID}0"), "x\" user=\"admin"] {
        let answered = ask(id);
        assert_eq!(answered.len(), 36, "{id}");
        assert!(answered != id && answered != made, "{id}: {answered}");
    }
    // Responses without a view have it too.
    for path in ["/nothing", "/auth"] {
        assert_eq!(server.anonymous().get(path).header("x-request-id").len(), 36, "{path}");
    }
    let log = server.wait_for_log(&made);
    let lines = log.lines().filter(|line| line.contains(ID)).count();
    assert_eq!(lines, 2, "{log}");
}

fn debug_shows_details(database: &TestDatabase) {
    let server = database
        .migrate()
        .runserver()
        .env("DEBUG", "true")
        .env_remove("SECRET_KEY")
        .env_remove("ALLOWED_HOSTS")
        .serve();
    let anonymous = server.anonymous();
    let page = anonymous.get("/nothing%3Cscript%3E");
    assert_eq!(page.status, 404);
    for part in ["Page not found at /nothing&lt;script&gt;", "<code>/auth/</code>", "DEBUG is on"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    for (host, status) in [("localhost:8000", 200), ("a.localhost", 200), ("example.com", 400)] {
        assert_eq!(anonymous.request("GET", "/").header("host", host).send().status, status, "{host}");
    }
    // A redirect would lose the posted data; the log names the fix.
    assert_eq!(anonymous.post("/auth", "a=b").status, 500);
    server.wait_for_log("APPEND_SLASH");
}

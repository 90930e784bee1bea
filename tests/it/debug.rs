//! The page of a 500, with `DEBUG` and without.

use diesel::connection::SimpleConnection as _;

use crate::support::*;

database_tests!(debug_shows_the_error, without_debug_the_page_is_plain,);

const PASSWORD: &str = "Pa55word-of-Pepe";

/// A server whose table of tokens is gone, and the key of a token.
fn broken(database: &TestDatabase, debug: &str) -> (LiveServer, String) {
    let key = database.migrate().create_user("Pepe", PASSWORD).token("Pepe");
    let server = database.runserver().env("DEBUG", debug).env("SECRET_KEY_FALLBACKS", "an-0lder-k3y").serve();
    database.connection().batch_execute("DROP TABLE authtoken_token").unwrap();
    (server, key)
}

fn debug_shows_the_error(database: &TestDatabase) {
    let (server, key) = broken(database, "true");
    let uri = format!("/auth/?page=2&token={key}");
    let ask = |accept: &str| {
        let asked = server.token(&key).request("GET", &uri).header("accept", accept);
        asked.header("cookie", format!("sessionid={key}")).send()
    };
    let text = ask("*/*");
    assert_eq!((text.status, text.header("content-type")), (500, "text/plain; charset=utf-8"));
    for part in [
        "Server error at GET /auth/\n\nError: ",
        "authtoken_token",
        "\n  query: page=2&token=********\n  route: /auth/\n  view: Auth\n  request id: ",
        "\n  authorization: ********\n",
        "\n  cookie: ********\n",
        "\n  SECRET_KEY (from the environment): ********\n",
        "\n  TOKEN_CACHE (default): exact\n",
    ] {
        assert!(text.body.contains(part), "{part:?} is not in {}", text.body);
    }
    let html = ask("text/html");
    assert_eq!((html.status, html.header("content-type")), (500, "text/html; charset=utf-8"));
    assert!(html.body.contains("<code>/auth/</code>"), "{}", html.body);
    // A password in a body, and in an Authorization header.
    let form = format!("user=Pepe&password={PASSWORD}");
    let login = server.anonymous().post("/", &form);
    let posted = server.anonymous().post("/auth", &form);
    assert_eq!((login.status, posted.status), (500, 500));
    assert!(posted.body.contains("set APPEND_SLASH=false."), "{}", posted.body);
    assert!(posted.body.contains(&format!("Call {}/auth/ instead", server.address())), "{}", posted.body);
    for page in [&text, &html, &login, &posted] {
        for secret in [&key, SECRET_KEY, "an-0lder-k3y", PASSWORD] {
            assert!(!page.body.contains(secret), "{secret} is in {}", page.body);
        }
        for name in ["x-request-id", "x-content-type-options"] {
            assert!(!page.header(name).is_empty(), "{name}");
        }
    }
    assert_eq!(login.header("x-frame-options"), "DENY");
    // In Django, XFrameOptionsMiddleware does not see this error of CommonMiddleware.
    assert_eq!(posted.headers_named("x-frame-options"), [""; 0]);
}

fn without_debug_the_page_is_plain(database: &TestDatabase) {
    let (server, key) = broken(database, "false");
    let page = server.token(&key).request("GET", "/auth/").header("accept", "text/html").send();
    insta::allow_duplicates! {
        insta::assert_snapshot!(page.snapshot(), @r#"
        500
        content-type: text/html; charset=utf-8


        <!doctype html>
        <html lang="en">
        <head>
          <title>Server Error (500)</title>
        </head>
        <body>
          <h1>Server Error (500)</h1><p></p>
        </body>
        </html>
        "#);
    }
}

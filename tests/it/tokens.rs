//! All forms of the token header (`TokenAuthentication`).

use insta::assert_snapshot;

use crate::support::*;

database_tests!(the_header_is_parsed_like_django_rest_framework, a_revoked_token_is_refused_at_once);

fn ask(server: &LiveServer, authorization: impl AsRef<[u8]>) -> TestResponse {
    server.anonymous().request("GET", "/auth/").header("authorization", authorization).send()
}

fn the_header_is_parsed_like_django_rest_framework(database: &TestDatabase) {
    let server = database.migrate().create_user("Pepe", "aaaa").create_user("Gone", "bbbb").serve();
    let (key, gone) = (database.token("Pepe"), database.token("Gone"));
    database.deactivate("Gone");

    assert_snapshot!(ask(&server, "Token").snapshot(), @r#"
    401
    allow: GET, HEAD, OPTIONS
    content-type: application/json
    www-authenticate: Token

    {"detail":"Invalid token header. No credentials provided."}
    "#);
    assert_snapshot!(ask(&server, "Token a b").body, @r#"{"detail":"Invalid token header. Token string should not contain spaces."}"#);
    assert_snapshot!(ask(&server, b"Token \xff\xfe").body, @r#"{"detail":"Invalid token header. Token string should not contain invalid characters."}"#);
    assert_snapshot!(ask(&server, "Token 0123456789abcdef0123456789abcdef01234567").body, @r#"{"detail":"Invalid token."}"#);
    assert_snapshot!(ask(&server, format!("Token {gone}")).body, @r#"{"detail":"User inactive or deleted."}"#);
    for bad in ["Token", "token ", "Token a b", "Token a\tb", "Token \u{e9}", "Token x"] {
        let response = ask(&server, bad);
        assert_eq!((response.status, response.header("www-authenticate")), (401, "Token"), "{bad}");
    }

    let missing = server.anonymous().get("/auth/");
    for not_mine in ["", " ", "Bearer x", &key, "Basic UGVwZTphYWFh", &format!("Tokens {key}")] {
        assert_eq!(ask(&server, not_mine).snapshot(), missing.snapshot(), "{not_mine:?}");
    }

    for good in [
        format!("Token {key}"),
        format!("token {key}"),
        format!("TOKEN   {key}"),
        format!("Token\t{key}"),
        format!("  Token {key} "),
    ] {
        assert_eq!(ask(&server, &good).body, r#"{"detail":"I suppose you are authenticated"}"#, "{good:?}");
    }
    // Keys are case-sensitive.
    assert_eq!(ask(&server, format!("Token {}", key.to_uppercase())).status, 401);
    // Two headers are joined with a comma, as in WSGI.
    let two = server.token(&key).request("GET", "/auth/").header("authorization", "Token x").send();
    assert_eq!(two.body, r#"{"detail":"Invalid token header. Token string should not contain spaces."}"#);
}

fn a_revoked_token_is_refused_at_once(database: &TestDatabase) {
    let server = database.migrate().create_user("Pepe", "aaaa").serve();
    let old = server.token(&database.token("Pepe"));
    assert_eq!(old.get("/auth/").status, 200);
    // Deleted by another process.
    let output = database.manage(&["drf_create_token", "-r", "Pepe"]).run().expect_success();
    assert_eq!(output, format!("Generated token {} for user Pepe\n", database.token("Pepe")));
    assert_snapshot!(old.get("/auth/").body, @r#"{"detail":"Invalid token."}"#);
    let new = server.token(&database.token("Pepe"));
    assert_eq!(new.get("/auth/").status, 200);
    database.deactivate("Pepe");
    assert_snapshot!(new.get("/auth/").body, @r#"{"detail":"User inactive or deleted."}"#);
}

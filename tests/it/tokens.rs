//! Every form that the header of a token can have (`TokenAuthentication`).

use insta::assert_snapshot;

use crate::support::{Answer, Server, TestDatabase};

database_tests!(a_header_is_read_as_django_rest_framework_reads_it, a_revoked_token_is_refused_at_once);

fn ask(server: &Server<'_>, authorization: impl AsRef<[u8]>) -> Answer {
    server.anonymous().request("GET", "/auth/").header("authorization", authorization).send()
}

fn a_header_is_read_as_django_rest_framework_reads_it(database: &TestDatabase) {
    let server = database.migrate().create_user("Pepe", "aaaa").create_user("Gone", "bbbb").serve();
    let (key, gone) = (database.token("Pepe"), database.token("Gone"));
    database.deactivate("Gone");

    assert_snapshot!(ask(&server, "Token").wire(), @r#"
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
        let answer = ask(&server, bad);
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Token"), "{bad}");
    }

    let missing = server.anonymous().get("/auth/");
    for not_mine in ["", " ", "Bearer x", &key, "Basic UGVwZTphYWFh", &format!("Tokens {key}")] {
        assert_eq!(ask(&server, not_mine).wire(), missing.wire(), "{not_mine:?}");
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
    // Keys are compared as they are.
    assert_eq!(ask(&server, format!("Token {}", key.to_uppercase())).status, 401);
    // Two headers become one with a comma, as in WSGI.
    let two = server.token(&key).request("GET", "/auth/").header("authorization", "Token x").send();
    assert_eq!(two.body, r#"{"detail":"Invalid token header. Token string should not contain spaces."}"#);
}

fn a_revoked_token_is_refused_at_once(database: &TestDatabase) {
    let server = database.migrate().create_user("Pepe", "aaaa").serve();
    let old = server.token(&database.token("Pepe"));
    assert_eq!(old.get("/auth/").status, 200);
    // By another process.
    let said = database.manage(&["drf_create_token", "-r", "Pepe"]).run().succeeded();
    assert_eq!(said, format!("Generated token {} for user Pepe\n", database.token("Pepe")));
    assert_snapshot!(old.get("/auth/").body, @r#"{"detail":"Invalid token."}"#);
    let new = server.token(&database.token("Pepe"));
    assert_eq!(new.get("/auth/").status, 200);
    database.deactivate("Pepe");
    assert_snapshot!(new.get("/auth/").body, @r#"{"detail":"User inactive or deleted."}"#);
}

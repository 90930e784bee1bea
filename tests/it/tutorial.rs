//! The tutorial's two views over HTTP. The texts are the tutorial's and Django REST framework's.

use insta::assert_snapshot;

use crate::support::*;

database_tests!(
    get_is_public,
    a_form_login_returns_the_token,
    a_form_is_decoded_with_its_charset,
    multipart_and_json_return_the_same_token,
    malformed_json_is_reported,
    wrong_credentials_all_look_alike,
    a_body_of_another_type_is_refused,
    without_any_user_login_gets_404,
    the_token_authenticates_the_other_view,
    suffixes_select_the_format,
    head_and_options_match_get,
    other_methods_are_not_allowed,
    thirty_first_logins_at_once_get_one_token,
);

/// Starts a server on a database with the tutorial's user.
fn tutorial(database: &TestDatabase) -> LiveServer {
    database.migrate().create_user("Pepe", "aaaa").serve()
}

fn get_is_public(database: &TestDatabase) {
    let server = tutorial(database);
    assert_snapshot!(server.anonymous().get("/").snapshot(), @r#"
    200
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    {"detail":"GET Response"}
    "#);
}

fn a_form_login_returns_the_token(database: &TestDatabase) {
    let server = tutorial(database);
    let anonymous = server.anonymous();
    let response = anonymous.post("/", "user=Pepe&password=aaaa");
    let key = response.key();
    assert_eq!(key.len(), 40);
    assert!(key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{key}");
    assert_eq!(key, database.token("Pepe"));
    assert_snapshot!(response.snapshot().replace(&key, "<key>"), @r#"
    200
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    {"detail":"POST answer","token":"<key>"}
    "#);
    assert_eq!(anonymous.post("/", "user=Pepe&password=aaaa").key(), key, "get or create");
    assert_eq!(database.count_tokens(), 1);
    let user = database.user("Pepe").unwrap();
    assert_eq!(user.last_login, None, "issuing a token is not a login");
}

fn a_form_is_decoded_with_its_charset(database: &TestDatabase) {
    let server = tutorial(database);
    let anonymous = server.anonymous();
    let post = |charset: &str, form: &str| {
        let content_type = format!("application/x-www-form-urlencoded; charset={charset}");
        anonymous.request("POST", "/").body(&content_type, form).send().status
    };
    assert_eq!(post("utf-8-sig", "user=Pepe&password=aaaa"), 200);
    assert_eq!(post("1252", "user=Pepe&password=aaaa"), 200);
    // With an odd length it could not be UTF-16, and would be read as ISO 8859-1.
    assert_eq!(post("utf-16", "user=Pepe&password=aaaa&"), 401);
    assert_eq!(post("utf-16", "user=Pepe&password=aaaa"), 200);
}

fn multipart_and_json_return_the_same_token(database: &TestDatabase) {
    let server = tutorial(database);
    let anonymous = server.anonymous();
    let multipart = "--limit\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nPepe\r\n\
                     --limit\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\naaaa\r\n--limit--\r\n";
    let multipart =
        anonymous.request("POST", "/").body("multipart/form-data; boundary=limit", multipart).send();
    let json = anonymous.post_json("/", r#"{"user": "Pepe", "password": "aaaa"}"#);
    assert_eq!(multipart.key(), json.key());
    assert_eq!(multipart.snapshot(), json.snapshot());
    assert_eq!(json.key(), anonymous.post("/", "user=Pepe&password=aaaa").key());
}

fn malformed_json_is_reported(database: &TestDatabase) {
    let server = tutorial(database);
    let anonymous = server.anonymous();
    assert_snapshot!(anonymous.post_json("/", "{").snapshot(), @r#"
    400
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    "Invalid JSON - JSON parse error - Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
    "#);
    assert_snapshot!(anonymous.post_json("/", "").body, @r#""Wrong credentials""#);
    assert_snapshot!(anonymous.post_json("/", r#"{"user": "Pepe",}"#).body, @r#""Invalid JSON - JSON parse error - Expecting property name enclosed in double quotes: line 1 column 17 (char 16)""#);
    assert_snapshot!(anonymous.request("POST", "/").body("application/json", b"\"\xff\"").send().body, @r#""Invalid JSON - JSON parse error - 'utf-8' codec can't decode byte 0xff in position 1: invalid start byte""#);
}

fn wrong_credentials_all_look_alike(database: &TestDatabase) {
    let server = tutorial(database);
    let anonymous = server.anonymous();
    let wrong = anonymous.post("/", "user=Pepe&password=bbbb");
    assert_snapshot!(wrong.snapshot(), @r#"
    401
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    "Wrong credentials"
    "#);
    let same =
        |what: &str, response: TestResponse| assert_eq!(response.snapshot(), wrong.snapshot(), "{what}");
    for form in [
        "user=Pepe",
        "password=aaaa",
        "",
        "user=Nobody&password=aaaa",
        "user=pepe&password=aaaa",
        "user=Pepe%00&password=aaaa",
        "user=Pepe&password=",
    ] {
        same(form, anonymous.post("/", form));
    }
    for json in [
        r#"{"user": "Pepe"}"#,
        r#"{"user": "Pepe", "password": null}"#,
        r#"{"user": "Pepe", "password": ["aaaa"]}"#,
        r#"{"user": 1, "password": "aaaa"}"#,
        r#"{"user": {"Pepe": 1}, "password": true}"#,
        "[]",
        r#"["user", "password"]"#,
        r#""user and password""#,
    ] {
        same(json, anonymous.post_json("/", json));
    }
    // Correct credentials of a deactivated user.
    database.deactivate("Pepe");
    same("inactive", anonymous.post("/", "user=Pepe&password=aaaa"));
    assert_eq!(database.count_tokens(), 0);
}

fn a_body_of_another_type_is_refused(database: &TestDatabase) {
    let server = tutorial(database);
    let anonymous = server.anonymous();
    let plain =
        anonymous.request("POST", "/").body("text/plain; charset=utf-8", "user=Pepe&password=aaaa").send();
    assert_snapshot!(plain.snapshot(), @r#"
    415
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    {"detail":"Unsupported media type \"text/plain; charset=utf-8\" in request."}
    "#);
    let multipart = anonymous.request("POST", "/").body("multipart/form-data", "x").send();
    assert_snapshot!(multipart.snapshot(), @r#"
    400
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    "Invalid JSON - Multipart form parse error - Invalid boundary in multipart: None"
    "#);
}

fn without_any_user_login_gets_404(database: &TestDatabase) {
    let server = database.migrate().serve();
    let anonymous = server.anonymous();
    assert_snapshot!(anonymous.post("/", "user=Pepe&password=aaaa").snapshot(), @r#"
    404
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    "No default user, please create one"
    "#);
    assert_eq!(anonymous.post("/", "user=Pepe").status, 401, "missing fields are checked first");
}

fn the_token_authenticates_the_other_view(database: &TestDatabase) {
    let server = tutorial(database);
    assert_snapshot!(server.anonymous().get("/auth/").snapshot(), @r#"
    401
    allow: GET, HEAD, OPTIONS
    content-type: application/json
    www-authenticate: Token

    {"detail":"Authentication credentials were not provided."}
    "#);
    let key = server.anonymous().post("/", "user=Pepe&password=aaaa").key();
    assert_snapshot!(server.token(&key).get("/auth/").snapshot(), @r#"
    200
    allow: GET, HEAD, OPTIONS
    content-type: application/json

    {"detail":"I suppose you are authenticated"}
    "#);
}

fn suffixes_select_the_format(database: &TestDatabase) {
    let server = tutorial(database);
    let (anonymous, token) = (server.anonymous(), server.token(&database.token("Pepe")));
    for path in ["/.json", "/.json/", "/?format=json"] {
        assert_eq!(anonymous.get(path).snapshot(), anonymous.get("/").snapshot(), "{path}");
        assert_eq!(anonymous.post(path, "user=Pepe&password=aaaa").status, 200, "{path}");
    }
    for path in ["/auth.json", "/auth.json/", "/auth/?format=json", "/auth/?format="] {
        assert_eq!(token.get(path).snapshot(), token.get("/auth/").snapshot(), "{path}");
        assert_eq!(anonymous.get(path).snapshot(), anonymous.get("/auth/").snapshot(), "{path}");
    }
    assert_snapshot!(token.get("/auth.xml").snapshot(), @r#"
    404
    allow: GET, HEAD, OPTIONS
    content-type: application/json

    {"detail":"Not found."}
    "#);
    assert_snapshot!(token.get("/auth/?format=xml").snapshot(), @r#"
    404
    allow: GET, HEAD, OPTIONS
    content-type: application/json

    {"detail":"Not found."}
    "#);
    assert_snapshot!(token.request("GET", "/auth/").header("accept", "image/png").send().snapshot(), @r#"
    406
    allow: GET, HEAD, OPTIONS
    content-type: application/json

    {"detail":"Could not satisfy the request Accept header."}
    "#);
    assert_eq!(token.get("/auth/.json").status, 404);
    let indented = token.request("GET", "/auth/").header("accept", "application/json; indent=4").send();
    assert_snapshot!(indented.body, @r#"
    {
        "detail": "I suppose you are authenticated"
    }
    "#);
}

fn head_and_options_match_get(database: &TestDatabase) {
    let server = tutorial(database);
    let (anonymous, token) = (server.anonymous(), server.token(&database.token("Pepe")));
    let head = |client: &Client, path: &str| {
        let (head, get) = (client.request("HEAD", path).send(), client.get(path));
        assert_eq!((head.status, head.body.as_str()), (get.status, ""));
        for name in ["content-type", "content-length", "allow", "www-authenticate"] {
            assert_eq!(head.header(name), get.header(name), "{name}");
        }
    };
    head(&anonymous, "/");
    head(&anonymous, "/auth/");
    head(&token, "/auth/");
    assert_snapshot!(anonymous.request("OPTIONS", "/").send().snapshot(), @r#"
    200
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    {"name":"Test","description":"","renders":["application/json","text/html"],"parses":["application/json","application/x-www-form-urlencoded","multipart/form-data"]}
    "#);
    assert_snapshot!(token.request("OPTIONS", "/auth/").send().snapshot(), @r#"
    200
    allow: GET, HEAD, OPTIONS
    content-type: application/json

    {"name":"Auth","description":"Authentication is needed for this methods","renders":["application/json","text/html"],"parses":["application/json","application/x-www-form-urlencoded","multipart/form-data"]}
    "#);
    assert_eq!(anonymous.request("OPTIONS", "/auth/").send().snapshot(), anonymous.get("/auth/").snapshot());
}

fn other_methods_are_not_allowed(database: &TestDatabase) {
    let server = tutorial(database);
    let (anonymous, token) = (server.anonymous(), server.token(&database.token("Pepe")));
    assert_snapshot!(anonymous.request("DELETE", "/").send().snapshot(), @r#"
    405
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    {"detail":"Method \"DELETE\" not allowed."}
    "#);
    assert_snapshot!(token.post("/auth/", "a=b").snapshot(), @r#"
    405
    allow: GET, HEAD, OPTIONS
    content-type: application/json

    {"detail":"Method \"POST\" not allowed."}
    "#);
    for method in ["PUT", "PATCH", "PROPFIND"] {
        let response = anonymous.request(method, "/").send();
        assert_eq!(response.status, 405, "{method}");
        assert_eq!(response.body, format!(r#"{{"detail":"Method \"{method}\" not allowed."}}"#));
    }
    // Authentication comes before the method.
    assert_eq!(anonymous.request("DELETE", "/auth/").send().status, 401);
}

fn thirty_first_logins_at_once_get_one_token(database: &TestDatabase) {
    let server = tutorial(database);
    let start = std::sync::Barrier::new(30);
    let mut keys: Vec<String> = std::thread::scope(|scope| {
        let logins: Vec<_> = (0..30)
            .map(|_| {
                let client = server.anonymous();
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    client.post("/", "user=Pepe&password=aaaa").key()
                })
            })
            .collect();
        logins.into_iter().map(|login| login.join().unwrap()).collect()
    });
    keys.dedup();
    assert_eq!(keys, [database.token("Pepe")]);
    assert_eq!(database.count_tokens(), 1);
}

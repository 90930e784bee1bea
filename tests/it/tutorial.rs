//! The tutorial's two views, as its reader meets them. The texts are the tutorial's and Django REST framework's.

use insta::assert_snapshot;

use crate::support::{Client, Server, TestDatabase};

database_tests!(
    anybody_may_get,
    a_form_gives_the_token,
    a_form_is_read_in_its_charset,
    multipart_and_json_give_the_same_token,
    malformed_json_is_told,
    wrong_credentials_all_look_alike,
    a_body_of_another_type_is_refused,
    without_any_user_there_is_nobody_to_log_in,
    the_token_opens_the_other_view,
    suffixes_choose_the_format,
    head_and_options_answer_as_get_does,
    other_methods_are_not_allowed,
    thirty_first_logins_at_once_get_one_token,
);

/// A server on a database with the tutorial's user.
fn tutorial(database: &TestDatabase) -> Server<'_> {
    database.migrate().create_user("Pepe", "aaaa").serve()
}

fn anybody_may_get(database: &TestDatabase) {
    let server = tutorial(database);
    assert_snapshot!(server.anonymous().get("/").wire(), @r#"
    200
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    {"detail":"GET Response"}
    "#);
}

fn a_form_gives_the_token(database: &TestDatabase) {
    let server = tutorial(database);
    let anonymous = server.anonymous();
    let answer = anonymous.post("/", "user=Pepe&password=aaaa");
    let key = answer.key();
    assert_eq!(key.len(), 40);
    assert!(key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{key}");
    assert_eq!(key, database.token("Pepe"));
    assert_snapshot!(answer.wire().replace(&key, "<key>"), @r#"
    200
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    {"detail":"POST answer","token":"<key>"}
    "#);
    assert_eq!(anonymous.post("/", "user=Pepe&password=aaaa").key(), key, "get or create");
    assert_eq!(database.tokens(), 1);
    let user = database.user("Pepe").unwrap();
    assert_eq!(user.last_login, None, "a token is no login");
}

fn a_form_is_read_in_its_charset(database: &TestDatabase) {
    let server = tutorial(database);
    let anonymous = server.anonymous();
    let post = |charset: &str, form: &str| {
        let content_type = format!("application/x-www-form-urlencoded; charset={charset}");
        anonymous.request("POST", "/").body(&content_type, form).send().status
    };
    assert_eq!(post("utf-8-sig", "user=Pepe&password=aaaa"), 200);
    assert_eq!(post("1252", "user=Pepe&password=aaaa"), 200);
    // Of another length it could not be UTF-16, and would be read as ISO 8859-1.
    assert_eq!(post("utf-16", "user=Pepe&password=aaaa&"), 401);
    assert_eq!(post("utf-16", "user=Pepe&password=aaaa"), 200);
}

fn multipart_and_json_give_the_same_token(database: &TestDatabase) {
    let server = tutorial(database);
    let anonymous = server.anonymous();
    let multipart = "--limit\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nPepe\r\n\
                     --limit\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\naaaa\r\n--limit--\r\n";
    let multipart =
        anonymous.request("POST", "/").body("multipart/form-data; boundary=limit", multipart).send();
    let json = anonymous.post_json("/", r#"{"user": "Pepe", "password": "aaaa"}"#);
    assert_eq!(multipart.key(), json.key());
    assert_eq!(multipart.wire(), json.wire());
    assert_eq!(json.key(), anonymous.post("/", "user=Pepe&password=aaaa").key());
}

fn malformed_json_is_told(database: &TestDatabase) {
    let server = tutorial(database);
    let anonymous = server.anonymous();
    assert_snapshot!(anonymous.post_json("/", "{").wire(), @r#"
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
    assert_snapshot!(wrong.wire(), @r#"
    401
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    "Wrong credentials"
    "#);
    let same = |what: &str, answer: crate::support::Answer| assert_eq!(answer.wire(), wrong.wire(), "{what}");
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
    // The right ones, of a user that was deactivated.
    database.deactivate("Pepe");
    same("inactive", anonymous.post("/", "user=Pepe&password=aaaa"));
    assert_eq!(database.tokens(), 0);
}

fn a_body_of_another_type_is_refused(database: &TestDatabase) {
    let server = tutorial(database);
    let anonymous = server.anonymous();
    let plain =
        anonymous.request("POST", "/").body("text/plain; charset=utf-8", "user=Pepe&password=aaaa").send();
    assert_snapshot!(plain.wire(), @r#"
    415
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    {"detail":"Unsupported media type \"text/plain; charset=utf-8\" in request."}
    "#);
    let multipart = anonymous.request("POST", "/").body("multipart/form-data", "x").send();
    assert_snapshot!(multipart.wire(), @r#"
    400
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    "Invalid JSON - Multipart form parse error - Invalid boundary in multipart: None"
    "#);
}

fn without_any_user_there_is_nobody_to_log_in(database: &TestDatabase) {
    let server = database.migrate().serve();
    let anonymous = server.anonymous();
    assert_snapshot!(anonymous.post("/", "user=Pepe&password=aaaa").wire(), @r#"
    404
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    "No default user, please create one"
    "#);
    assert_eq!(anonymous.post("/", "user=Pepe").status, 401, "what is missing is told first");
}

fn the_token_opens_the_other_view(database: &TestDatabase) {
    let server = tutorial(database);
    assert_snapshot!(server.anonymous().get("/auth/").wire(), @r#"
    401
    allow: GET, HEAD, OPTIONS
    content-type: application/json
    www-authenticate: Token

    {"detail":"Authentication credentials were not provided."}
    "#);
    let key = server.anonymous().post("/", "user=Pepe&password=aaaa").key();
    assert_snapshot!(server.token(&key).get("/auth/").wire(), @r#"
    200
    allow: GET, HEAD, OPTIONS
    content-type: application/json

    {"detail":"I suppose you are authenticated"}
    "#);
}

fn suffixes_choose_the_format(database: &TestDatabase) {
    let server = tutorial(database);
    let (anonymous, token) = (server.anonymous(), server.token(&database.token("Pepe")));
    for path in ["/.json", "/.json/", "/?format=json"] {
        assert_eq!(anonymous.get(path).wire(), anonymous.get("/").wire(), "{path}");
        assert_eq!(anonymous.post(path, "user=Pepe&password=aaaa").status, 200, "{path}");
    }
    for path in ["/auth.json", "/auth.json/", "/auth/?format=json", "/auth/?format="] {
        assert_eq!(token.get(path).wire(), token.get("/auth/").wire(), "{path}");
        assert_eq!(anonymous.get(path).wire(), anonymous.get("/auth/").wire(), "{path}");
    }
    assert_snapshot!(token.get("/auth.xml").wire(), @r#"
    404
    allow: GET, HEAD, OPTIONS
    content-type: application/json

    {"detail":"Not found."}
    "#);
    assert_snapshot!(token.get("/auth/?format=xml").wire(), @r#"
    404
    allow: GET, HEAD, OPTIONS
    content-type: application/json

    {"detail":"Not found."}
    "#);
    assert_snapshot!(token.request("GET", "/auth/").header("accept", "image/png").send().wire(), @r#"
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

fn head_and_options_answer_as_get_does(database: &TestDatabase) {
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
    assert_snapshot!(anonymous.request("OPTIONS", "/").send().wire(), @r#"
    200
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    {"name":"Test","description":"","renders":["application/json","text/html"],"parses":["application/json","application/x-www-form-urlencoded","multipart/form-data"]}
    "#);
    assert_snapshot!(token.request("OPTIONS", "/auth/").send().wire(), @r#"
    200
    allow: GET, HEAD, OPTIONS
    content-type: application/json

    {"name":"Auth","description":"Authentication is needed for this methods","renders":["application/json","text/html"],"parses":["application/json","application/x-www-form-urlencoded","multipart/form-data"]}
    "#);
    assert_eq!(anonymous.request("OPTIONS", "/auth/").send().wire(), anonymous.get("/auth/").wire());
}

fn other_methods_are_not_allowed(database: &TestDatabase) {
    let server = tutorial(database);
    let (anonymous, token) = (server.anonymous(), server.token(&database.token("Pepe")));
    assert_snapshot!(anonymous.request("DELETE", "/").send().wire(), @r#"
    405
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    {"detail":"Method \"DELETE\" not allowed."}
    "#);
    assert_snapshot!(token.post("/auth/", "a=b").wire(), @r#"
    405
    allow: GET, HEAD, OPTIONS
    content-type: application/json

    {"detail":"Method \"POST\" not allowed."}
    "#);
    for method in ["PUT", "PATCH", "PROPFIND"] {
        let answer = anonymous.request(method, "/").send();
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.body, format!(r#"{{"detail":"Method \"{method}\" not allowed."}}"#));
    }
    // Who asks comes first.
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
    assert_eq!(database.tokens(), 1);
}

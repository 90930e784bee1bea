//! The contents of the log, and what it must never contain.

use base64::Engine as _;

use crate::support::*;

database_tests!(the_access_log_names_user_and_request, no_secret_is_ever_logged, commands_log_no_secret,);

const ID: &str = "6f1a2b3c-4d5e-4f60-8a9b-0c1d2e3f4a5b";

/// Returns the log line of the request with this id.
fn access_line(server: &LiveServer, id: &str) -> String {
    let text = format!("vitamin::access request_id={id} ");
    let log = server.wait_for_log(&text);
    log.lines().find(|line| line.contains(&text)).unwrap().to_owned()
}

/// Removes the time and the duration from a line.
fn stable(line: &str) -> String {
    let (moment, rest) = line.split_once(' ').unwrap();
    assert!(moment.starts_with("20") && moment.ends_with('Z'), "{line}");
    let (before, duration) = rest.split_once("duration=").unwrap();
    let (duration, after) = duration.split_once("ms").unwrap();
    assert!(duration.parse::<f64>().unwrap() > 0.0, "{line}");
    format!("{before}duration=…{after}")
}

fn the_access_log_names_user_and_request(database: &TestDatabase) {
    let server = database.migrate().create_user("Pepe", "aaaa").serve();
    let token = server.token(&database.token("Pepe"));
    token.request("GET", "/auth/?secret=1").header("x-request-id", ID).send();
    let line = stable(&access_line(&server, ID));
    insta::assert_snapshot!(line, @r#"INFO  vitamin::access request_id=6f1a2b3c-4d5e-4f60-8a9b-0c1d2e3f4a5b method=GET path="/auth/" status=200 duration=… user="Pepe" address=127.0.0.1"#);

    let anonymous = server.anonymous();
    let line_of = |method: &str, path: &str| {
        let response = anonymous.request(method, path).send();
        stable(&access_line(&server, response.header("x-request-id")))
            .split_once("method")
            .unwrap()
            .1
            .to_owned()
    };
    insta::assert_snapshot!(line_of("DELETE", "/auth.json"), @r#"=DELETE path="/auth.json" status=401 duration=… user="-" address=127.0.0.1"#);
    insta::assert_snapshot!(line_of("GET", "/nothing/%22%0afake"), @r#"=GET path="/nothing/%22%0afake" status=404 duration=… user="-" address=127.0.0.1"#);
    insta::assert_snapshot!(line_of("POST", "/auth"), @r#"=POST path="/auth" status=301 duration=… user="-" address=127.0.0.1"#);
}

/// Sends every kind of secret to a server that logs everything.
fn no_secret_is_ever_logged(database: &TestDatabase) {
    let (password, wrong) = ("Pa55word-of-Pepe", "Wr0ng-password");
    database.migrate().create_user("Pepe", password).create_user("Other", "0ther-password");
    let before = database.user("Pepe").unwrap().password;
    let server = database
        .runserver()
        .env("RUST_LOG", "trace")
        // So that a login also stores a hash.
        .env("BCRYPT_ROUNDS", "5")
        .env("SECRET_KEY_FALLBACKS", "an-0lder-k3y-that-is-as-secret")
        .serve();
    let anonymous = server.anonymous();
    let key = anonymous.post("/", &format!("user=Pepe&password={password}")).key();
    let other = database.token("Other");
    let unknown = "0123456789abcdef0123456789abcdef01234567";

    for secret in [password, wrong] {
        anonymous.post("/", &format!("user=Pepe&password={secret}"));
        anonymous.post("/", &format!("user=Nobody&password={secret}"));
        anonymous.post("/", &format!("user=Pepe&password={secret}&user=%ff%"));
        anonymous.post_json("/", &format!(r#"{{"user": "Pepe", "password": "{secret}"}}"#));
        anonymous.post_json("/", &format!(r#"{{"user": "Pepe", "password": "{secret}"#));
        anonymous.post_json("/", &format!(r#"{{"user": "Pepe", "password": ["{secret}"]}}"#));
        let part = "Content-Disposition: form-data; name=";
        let multipart = format!(
            "--x\r\n{part}\"user\"\r\n\r\nPepe\r\n--x\r\n{part}\"password\"\r\n\r\n{secret}\r\n--x--\r\n"
        );
        anonymous.request("POST", "/").body("multipart/form-data; boundary=x", &multipart).send();
        anonymous.request("POST", "/").body("multipart/form-data; boundary=y", &multipart).send();
        anonymous.request("POST", "/").body("text/plain", secret).send();
        anonymous.request("PUT", "/auth/").body("application/json", secret).send();
        anonymous.get(&format!("/?user=Pepe&password={secret}"));
        anonymous.get(&format!("/auth?password={secret}"));
        for path in ["/", "/auth/"] {
            let basic = base64::engine::general_purpose::STANDARD.encode(format!("Pepe:{secret}"));
            let ask = |value: String| anonymous.request("GET", path).header("authorization", value).send();
            assert!([200, 401, 403].contains(&ask(format!("Basic {basic}")).status));
            ask(format!("Basic {basic}x"));
            ask(format!("Basic {secret} {secret}"));
        }
    }
    for key in [&key, &other, unknown] {
        let token = server.token(key);
        assert_eq!(token.get("/auth/").status, if key == unknown { 401 } else { 200 });
        token.get("/");
        token.get("/nothing/");
        token.request("DELETE", "/auth/").send();
        token.request("GET", "/auth/").header("host", "evil.example").send();
        token.request("GET", "/auth/").header("cookie", format!("sessionid={key}; csrftoken={key}")).send();
        for value in [format!("Token {key} {key}"), format!("Token {key}\u{e9}"), format!("Bearer {key}")] {
            anonymous.request("GET", "/auth/").header("authorization", value).send();
        }
        anonymous.get(&format!("/auth/?token={key}"));
    }
    database.deactivate("Other");
    assert_eq!(server.token(&other).get("/auth/").status, 401);
    // A request that actix-web itself rejects.
    for request in [
        format!("GET / HTTP/1.1\r\nHost testserver\r\nAuthorization: Token {key}\r\n\r\n"),
        format!("POST / HTTP/1.1\r\nHost: testserver\r\nContent-Length: 9999\r\n\r\npassword={password}"),
    ] {
        use std::io::{Read as _, Write as _};
        let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    }

    let after = database.user("Pepe").unwrap().password;
    assert!(after != before && after.starts_with("bcrypt_sha256$$2b$05$"));
    let log = server.wait_for_log("path=\"/auth/\"");
    assert!(
        log.contains(" DEBUG ") || log.contains(" TRACE "),
        "the log is not that of RUST_LOG=trace: {log}"
    );
    let basic = |password: &str| base64::engine::general_purpose::STANDARD.encode(format!("Pepe:{password}"));
    for (what, secret) in [
        ("a password", password),
        ("a wrong password", wrong),
        ("another's password", "0ther-password"),
        ("a token", &key),
        ("another's token", &other),
        ("an unknown token", unknown),
        ("SECRET_KEY", SECRET_KEY),
        ("SECRET_KEY_FALLBACKS", "an-0lder-k3y-that-is-as-secret"),
        ("a hash", before.rsplit('$').next().unwrap()),
        ("a new hash", after.rsplit('$').next().unwrap()),
        ("Authorization", basic(password).trim_end_matches('=')),
        ("a wrong Authorization", basic(wrong).trim_end_matches('=')),
    ] {
        let bytes: Vec<String> = secret.bytes().map(|byte| byte.to_string()).collect();
        // As text, and as the bytes that a derived Debug prints.
        for form in [secret.to_owned(), bytes.join(", ")] {
            let line = log.lines().find(|line| line.contains(&form));
            assert_eq!(line, None, "{what} is in the log");
        }
    }
}

fn commands_log_no_secret(database: &TestDatabase) {
    let secret = "Pa55word-of-Pepe";
    let options = ["createsuperuser", "--noinput", "--username", "Pepe", "--email", ""];
    let traced = |arguments: &[&str]| {
        let manage = database.migrate().manage(arguments).env("RUST_LOG", "trace");
        manage.env("DJANGO_SUPERUSER_PASSWORD", secret).run()
    };
    let made = [
        traced(&options),
        traced(&["drf_create_token", "Pepe"]),
        traced(&["drf_create_token", "-r", "Pepe"]),
    ];
    let (key, hash) = (database.token("Pepe"), database.user("Pepe").unwrap().password);
    let checked = [traced(&options), traced(&["check", "--deploy"])];
    assert_eq!(made.iter().map(|output| output.code).collect::<Vec<_>>(), [Some(0); 3], "{made:?}");
    assert_eq!(checked[0].code, Some(1), "taken");
    for output in made.iter().chain(&checked) {
        for secret in [secret, &key, &hash, SECRET_KEY] {
            assert!(!output.stderr.contains(secret), "{output:?}");
        }
    }
}

//! Failed logins: how many there may be, what they reveal, and what the logs say of them.

use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diesel::{ExpressionMethods as _, QueryDsl as _, RunQueryDsl as _};
use vitamin::audit::Event;
use vitamin::auth::User;
use vitamin::auth::schema::auth_user;
use vitamin::authtoken::{Token, TokenSettings};
use vitamin::database::DatabaseError;
use vitamin::testing::TokenEnvironment as _;

use crate::support::*;

database_tests!(
    five_hundred_attempts_at_once_cost_ten_hashes,
    every_door_counts_and_successes_do_not,
    the_owner_gets_in_from_another_address,
    an_address_has_a_limit_of_its_own,
    one_setting_turns_the_limit_off,
    every_failure_takes_the_time_of_the_dearest_hash,
    a_change_during_a_login_leaves_no_token,
    a_change_in_progress_is_waited_for,
    failures_are_logged_without_forged_lines,
    the_audit_stream_has_every_event,
    hashes_are_kept_until_the_hashers_are_chosen,
);

/// 2^13 rounds of bcrypt: a quarter of a second and more. The password is `aaaa`.
const SLOW: &str = "bcrypt_sha256$$2b$13$0REdcmlNGR76.8prAw.4Bu9Vb45sGRvlWIUOBGiacd2btKyMOgGgS";
/// The same with 2^4 rounds.
const QUICK: &str = "bcrypt_sha256$$2b$04$aaaaaaaaaaaaaaaaaaaaaeBg966WMS.bnZu93YmrbslBlRKCmgTa6";

fn log_in(client: &Client, user: &str, password: &str) -> TestResponse {
    client.post_json("/", &serde_json::json!({"user": user, "password": password}).to_string())
}

fn basic(client: &Client, path: &str, credentials: &[u8]) -> TestResponse {
    let credentials = BASE64_STANDARD.encode(credentials);
    client.request("GET", path).header("authorization", format!("Basic {credentials}")).send()
}

/// A client behind a proxy on this machine.
fn client_at(server: &LiveServer, address: &str) -> Client {
    server.anonymous().header("x-forwarded-for", address)
}

fn five_hundred_attempts_at_once_cost_ten_hashes(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let server = database.serve();
    for name in ["Pepe", "Nobody"] {
        let statuses = thread::scope(|scope| {
            let attempt = || log_in(&server.anonymous(), name, "wrong").status;
            let attempts: Vec<_> = (0..500).map(|_| scope.spawn(attempt)).collect();
            attempts.into_iter().fold(BTreeMap::new(), |mut counts, attempt| {
                *counts.entry(attempt.join().unwrap()).or_insert(0) += 1;
                counts
            })
        });
        // Each 401 is one hash, and a 429 is none.
        assert_eq!(statuses, BTreeMap::from([(401, 10), (429, 490)]), "{name}");
    }
    let refused = log_in(&server.anonymous(), "Pepe", "aaaa");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let snapshot = refused.snapshot().replace(&wait.to_string(), "N");
    insta::assert_snapshot!(snapshot, @r#"
    429
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json
    retry-after: N

    {"detail":"Request was throttled. Expected available in N seconds."}
    "#);
}

fn every_door_counts_and_successes_do_not(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let server = database.runserver().env("LOGIN_THROTTLE_USER", "4").serve();
    let client = server.anonymous();
    let obtain = |password: &str| {
        client.post("/api-token-auth/", [("username", "Pepe"), ("password", password)]).status
    };
    for _ in 0..20 {
        assert_eq!(log_in(&client, "Pepe", "aaaa").status, 200);
        assert_eq!(obtain("aaaa"), 200);
        assert_eq!(basic(&client, "/", b"Pepe:aaaa").status, 200);
    }
    // Databases that ignore case have one user of both spellings.
    assert_eq!(log_in(&client, "pEPE", "wrong").status, 401);
    assert_eq!(obtain("wrong"), 400);
    assert_eq!(basic(&client, "/", b"Pepe:wrong").status, 403);
    let basic_header = format!("Basic {}", BASE64_STANDARD.encode("Pepe:wrong"));
    let delete = client.request("DELETE", "/").header("authorization", &basic_header).send();
    assert_eq!(delete.status, 403);
    // Even the correct password is not looked at.
    for status in
        [log_in(&client, "Pepe", "aaaa").status, obtain("aaaa"), basic(&client, "/", b"Pepe:aaaa").status]
    {
        assert_eq!(status, 429);
    }
    assert_eq!(log_in(&client, "Somebody", "wrong").status, 401, "another name is not affected");
}

fn the_owner_gets_in_from_another_address(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let server = database.runserver().env("TRUSTED_PROXIES", "127.0.0.0/8, 10.0.0.0/8").serve();
    // What the attacker writes into the header stands before what the proxies append.
    for attempt in 0..12 {
        let forged = format!("198.51.100.{attempt}, 203.0.113.66, 10.1.1.1");
        let status = log_in(&client_at(&server, &forged), "Pepe", "wrong").status;
        assert_eq!(status, if attempt < 10 { 401 } else { 429 }, "{attempt}");
    }
    assert_eq!(log_in(&client_at(&server, "192.0.2.7"), "Pepe", "aaaa").status, 200);
    // An IPv6 client has a whole network of addresses.
    for attempt in 0..12 {
        let address = format!("2001:db8:1:2::{attempt:x}");
        let status = log_in(&client_at(&server, &address), "Pepe", "wrong").status;
        assert_eq!(status, if attempt < 10 { 401 } else { 429 }, "{attempt}");
    }
    assert_eq!(log_in(&client_at(&server, "2001:db8:1:3::1"), "Pepe", "aaaa").status, 200);
}

fn an_address_has_a_limit_of_its_own(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    // Without TRUSTED_PROXIES, the header is anybody's.
    let server = database.serve();
    for attempt in 0..62 {
        let client = client_at(&server, &format!("198.51.100.{attempt}"));
        let status = log_in(&client, &format!("name {attempt}"), "wrong").status;
        assert_eq!(status, if attempt < 60 { 401 } else { 429 }, "{attempt}");
    }
    let log = server.wait_for_log("Logins are refused");
    assert_eq!(log.matches("Logins are refused").count(), 1, "{log}");
    assert!(log.contains("TRUSTED_PROXIES"), "{log}");
}

fn one_setting_turns_the_limit_off(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let server = database.runserver().env("LOGIN_THROTTLE", "false").serve();
    for _ in 0..70 {
        assert_eq!(log_in(&server.anonymous(), "Pepe", "wrong").status, 401);
    }
}

/// The long form measures (docs/security.md). Here nothing depends on the machine's speed: no answer is quicker than the work that
/// an attacker could tell apart.
fn every_failure_takes_the_time_of_the_dearest_hash(database: &TestDatabase) {
    database.migrate();
    let unusable = format!("!{}", "x".repeat(40));
    let pbkdf2 = "pbkdf2_sha256$1000$Ab3dEf6hIj9lMn2pQr5tUv$AV+N4g+9iDMfT8mqj+9b6wBq5ObNqYj9TfMBpA+AX0c=";
    let users = [
        ("quick", QUICK),
        ("slow", SLOW),
        ("unusable", unusable.as_str()),
        ("scheme", pbkdf2),
        ("broken", "pbkdf2_sha256$x"),
        ("inactive", SLOW),
    ];
    for (name, hash) in users {
        database.create_user_with_hash(name, hash);
    }
    database.deactivate("inactive");
    let server = database.serve();
    let login = |name: &str, password: &str| {
        let started = Instant::now();
        let response = log_in(&server.anonymous(), name, password);
        (started.elapsed(), response)
    };
    // The successful login has one hash of the dearest kind, and does not wait.
    login("slow", "aaaa").1.assert_status(200);
    let work = (0..3).map(|_| login("slow", "aaaa").0).min().unwrap();
    let expected = login("slow", "wrong").1.snapshot();
    for (name, password) in [
        ("unknown", "wrong"),
        ("quick", "wrong"),
        ("slow", "wrong"),
        ("unusable", "wrong"),
        ("scheme", "wrong"),
        ("broken", "wrong"),
        ("inactive", "wrong"),
        ("inactive", "aaaa"),
        ("nul\0", "wrong"),
    ] {
        let (time, response) = login(name, password);
        assert_eq!(response.snapshot(), expected, "{name}");
        // The quickest hash was a few percent quicker than this login.
        assert!(time > work.mul_f64(0.8), "{name} {password}: {time:?}, but a hash takes {work:?}");
    }
    let stored = database.user("inactive").unwrap().password;
    assert_eq!(stored, SLOW, "an inactive user's hash is not replaced");
}

/// The change comes while the password is being hashed. Had it come before, the test would pass as well.
fn a_change_during_a_login_leaves_no_token(database: &TestDatabase) {
    database.migrate();
    for name in ["new", "owner", "left"] {
        database.create_user_with_hash(name, SLOW);
    }
    let key = database.token("owner");
    let server = database.serve();
    let login_during = |name: &str, change: &dyn Fn()| {
        let client = server.anonymous();
        thread::scope(|scope| {
            let login = scope.spawn(|| log_in(&client, name, "aaaa"));
            thread::sleep(Duration::from_millis(150));
            change();
            login.join().unwrap()
        })
    };
    let set_password = |name: &str| {
        let row = auth_user::table.filter(auth_user::username.eq(name));
        let update = diesel::update(row).set(auth_user::password.eq(QUICK));
        assert_eq!(update.execute(&mut *database.connection()), Ok(1));
    };
    for name in ["new", "owner"] {
        let response = login_during(name, &|| set_password(name));
        assert_eq!(
            (response.status, response.body.contains(&key)),
            (401, false),
            "{name}: {}",
            response.body
        );
    }
    assert_eq!(login_during("left", &|| database.deactivate("left")).status, 401);
    assert_eq!(database.count_tokens(), 1);
}

fn issue(database: &TestDatabase, user: &User) -> Option<(Token, Option<Event>)> {
    Token::issue(&mut database.connection(), &TokenSettings::default(), user).unwrap()
}

/// The change is made, but not committed yet.
fn a_change_in_progress_is_waited_for(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let user = database.user("Pepe").unwrap();
    let (began, has_begun) = channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            let changed = database.connection().atomic(|connection| {
                let row = diesel::update(auth_user::table.find(user.id)).set(auth_user::is_active.eq(false));
                row.execute(connection)?;
                began.send(()).unwrap();
                thread::sleep(Duration::from_millis(300));
                Ok::<_, DatabaseError>(())
            });
            changed.unwrap();
        });
        has_begun.recv().unwrap();
        let user = User { is_active: true, ..database.user("Pepe").unwrap() };
        assert_eq!(issue(database, &user), None);
    });
    assert_eq!(database.count_tokens(), 0);
    let user = database.user("Pepe").unwrap();
    let token = database.create_token(&user);
    assert_eq!(issue(database, &user), None, "inactive");
    diesel::update(auth_user::table)
        .set(auth_user::is_active.eq(true))
        .execute(&mut *database.connection())
        .unwrap();
    assert_eq!(issue(database, &user), Some((token, None)));
    let other = User { password: "other".to_owned(), ..user };
    assert_eq!(issue(database, &other), None, "another password");
}

fn failures_are_logged_without_forged_lines(database: &TestDatabase) {
    let server = database.migrate().runserver().env("TRUSTED_PROXIES", "127.0.0.1").serve();
    let client = client_at(&server, "192.0.2.7");
    let long = "x".repeat(2_000);
    for name in
        [&b"a\r\nWARN fake \x1b[31m"[..], b"b\"\xff\xfe\0", "c\u{2028}\u{202e}".as_bytes(), long.as_bytes()]
    {
        assert_eq!(basic(&client, "/", &[name, b":s3cret"].concat()).status, 403);
    }
    let log = server.wait_for_log("(2000 characters)");
    let lines: Vec<_> = log.lines().filter_map(|line| line.split_once("Login failed: ")).collect();
    assert!(lines.iter().all(|(start, _)| start.contains("WARN  vitamin::login request_id=")), "{log}");
    let texts: Vec<_> = lines.into_iter().map(|(_, text)| text).collect();
    insta::assert_snapshot!(texts.join("\n").replace(&"x".repeat(150), "x{150}"), @r#"
    user="a\r\nWARN fake \u{1b}[31m" address=192.0.2.7
    user="b\"ÿþ\0" address=192.0.2.7
    user="c\u{2028}\u{202e}" address=192.0.2.7
    user="x{150}"… (2000 characters) address=192.0.2.7
    "#);
    assert!(!log.contains("s3cret"), "{log}");
    server.wait_for_log("vitamin::access");
    let access = server.log();
    let access = access.lines().filter(|line| line.contains("vitamin::access"));
    assert!(access.clone().count() > 0 && access.clone().all(|line| line.ends_with(" address=192.0.2.7")));
}

fn the_audit_stream_has_every_event(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let id = database.user("Pepe").unwrap().id.to_string();
    let path = database.work_dir().join("audit.jsonl");
    let audited = |command: ManageCommand| command.env("AUDIT_LOG", path.to_str().unwrap());
    let server = audited(database.runserver()).env("LOGIN_THROTTLE_USER", "2").serve();
    let client = server.anonymous();
    let key = log_in(&client, "Pepe", "aaaa").key();
    for _ in 0..4 {
        log_in(&client, "Nobody \n", "wr0ng-password");
    }
    log_in(&client, "Pepe", "wr0ng-password");
    let rotated = audited(database.manage(&["drf_create_token", "-r", "Pepe"])).run().expect_success();
    let text = std::fs::read_to_string(&path).unwrap();
    let stored = database.user("Pepe").unwrap().password;
    for secret in ["aaaa", "wr0ng-password", &key, &stored, rotated.split(' ').nth(2).unwrap()] {
        assert!(!text.contains(secret), "{text}");
    }
    let events = text.lines().map(|line| {
        let mut event: serde_json::Value = serde_json::from_str(line).unwrap();
        let fields = event.as_object_mut().unwrap();
        assert!(fields.shift_remove("time").unwrap().as_str().unwrap().ends_with('Z'), "{line}");
        if let Some(request) = fields.shift_remove("request_id") {
            assert_eq!(request.as_str().unwrap().len(), 36, "{line}");
            assert_eq!(fields.shift_remove("address"), Some("127.0.0.1".into()), "{line}");
        }
        event.to_string().replace(&format!(r#""user_id":{id}"#), r#""user_id":ID"#)
    });
    insta::assert_snapshot!(events.collect::<Vec<_>>().join("\n"), @r#"
    {"event":"login","user_id":ID,"username":"Pepe"}
    {"event":"token_created","user_id":ID,"username":"Pepe"}
    {"event":"login_failed","username":"Nobody \n"}
    {"event":"login_failed","username":"Nobody \n"}
    {"event":"lockout","username":"Nobody \n"}
    {"event":"login_failed","user_id":ID,"username":"Pepe"}
    {"event":"token_rotated","user_id":ID,"username":"Pepe"}
    "#);
}

fn hashes_are_kept_until_the_hashers_are_chosen(database: &TestDatabase) {
    database.migrate().create_user_with_hash("Pepe", SLOW);
    let stored = || database.user("Pepe").unwrap().password;
    let server = database.runserver().env_remove("BCRYPT_ROUNDS").serve();
    let notice = "PASSWORD_HASHERS is not set, and users have passwords of bcrypt_sha256 (BCRYPT_ROUNDS=13).";
    let log = server.wait_for_log(notice);
    assert_eq!(log.matches("PASSWORD_HASHERS").count(), 2, "one line: {log}");
    for _ in 0..2 {
        assert_eq!(log_in(&server.anonymous(), "Pepe", "aaaa").status, 200);
    }
    assert_eq!(stored(), SLOW);
    assert_eq!(server.log().matches(notice).count(), 1);
    let chosen = database.runserver().env("PASSWORD_HASHERS", "pbkdf2_sha256,bcrypt_sha256");
    let chosen = chosen.env("PBKDF2_ITERATIONS", "1000").serve();
    assert_eq!(log_in(&chosen.anonymous(), "Pepe", "aaaa").status, 200);
    assert!(stored().starts_with("pbkdf2_sha256$1000$"), "{}", stored());
    assert!(!chosen.log().contains("PASSWORD_HASHERS is not set"));
    // The other way round: Django's hash stays what Django wrote, and its sessions stay valid.
    let before = stored();
    let other = database.runserver().env_remove("BCRYPT_ROUNDS").serve();
    assert_eq!(log_in(&other.anonymous(), "Pepe", "aaaa").status, 200);
    assert_eq!(stored(), before);
}

//! What one client can take from the others: memory, and the threads that hash passwords.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use socket2::{Domain, Socket, Type};

use vitamin::auth::hashers::{HasherCosts, Hashers};

use crate::support::*;

database_tests!(a_hash_that_costs_too_much_is_refused);

/// A hash of "aaaa" with 13 rounds.
const SLOW: &str = "bcrypt_sha256$$2b$13$0REdcmlNGR76.8prAw.4Bu9Vb45sGRvlWIUOBGiacd2btKyMOgGgS";

/// The rounds of the hashes that queue: each takes long enough for the next request to arrive.
const ROUNDS: u32 = 11;

/// A hash of "aaaa".
fn encoded() -> String {
    let costs = HasherCosts { bcrypt_rounds: ROUNDS, ..HasherCosts::default() };
    Hashers::with_costs(&costs).unwrap().make_password(Some("aaaa")).unwrap()
}

/// One thread and a queue of sixteen.
fn serve_queue(database: &TestDatabase) -> LiveServer {
    let threads = database.runserver().env("PASSWORD_THREADS", "1").env("PASSWORD_QUEUE", "16");
    threads.env("BCRYPT_ROUNDS", &ROUNDS.to_string()).serve()
}

/// The requests that were answered after a hash.
fn hashed(server: &LiveServer) -> usize {
    let log = server.log();
    log.matches(" status=401 ").count() + log.matches(" status=200 ").count()
}

fn migrated() -> TestDatabase {
    let database = TestDatabase::sqlite();
    database.migrate();
    database
}

/// Sends a request from a loopback address, as other machines would from theirs.
fn send_from(server: &LiveServer, source: [u8; 4], request: &str) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((source, 0)).into()).unwrap();
    let address: SocketAddr = server.address().parse().unwrap();
    socket.connect(&address.into()).unwrap();
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_secs(180))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

fn login(user: &str) -> String {
    let body = format!("user={user}&password=aaaa");
    post("application/x-www-form-urlencoded", &body)
}

fn post(content_type: &str, body: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: testserver\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn status(mut stream: &TcpStream) -> u16 {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    TestResponse::parse(&bytes).unwrap_or_else(|| panic!("no response in {bytes:?}")).status
}

#[test]
fn json_is_limited_in_depth_and_number_of_values() {
    let database = migrated();
    let server = database.runserver().env("DATA_UPLOAD_MAX_NUMBER_VALUES", "1000").serve();
    let post = |body: String| server.anonymous().post_json("/", &body);
    // An array and its items.
    assert_eq!(post(format!("[{}0]", "0,".repeat(998))).status, 401);
    let refused = post(format!("[{}0]", "0,".repeat(999)));
    assert_eq!(refused.status, 400);
    server.wait_for_log("exceeded DATA_UPLOAD_MAX_NUMBER_VALUES");
    assert_snapshot!(post("[".repeat(60_000)).snapshot(), @r#"
    400
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json

    "Invalid JSON - JSON parse error - maximum recursion depth exceeded"
    "#);
}

#[test]
fn credentials_are_small() {
    let database = migrated();
    let server = database.serve();
    for path in ["/", "/api-token-auth/"] {
        let body = |size: usize| {
            format!("{{\"user\":\"a\",\"username\":\"a\",\"password\":\"{}\"}}", "b".repeat(size))
        };
        let accepted = server.anonymous().post_json(path, &body(65_000)).status;
        assert!(matches!(accepted, 400 | 404), "{accepted}");
        assert_eq!(server.anonymous().post_json(path, &body(66_000)).status, 400);
    }
    server.wait_for_log("DATA_UPLOAD_MAX_CREDENTIALS_SIZE");
}

/// Not only the text of bodies counts, but also the values that are parsed from it.
#[test]
fn the_memory_of_values_is_bounded() {
    let database = migrated();
    database.create_user("Pepe", "aaaa");
    let server = database
        .runserver()
        .env("DATA_UPLOAD_MAX_CREDENTIALS_SIZE", "2621440")
        .env("FILE_UPLOAD_MAX_SIZE", "2621440")
        .env("REQUEST_BODIES_MAX_MEMORY", "3000000")
        .serve();
    let dense = format!("[{}0]", "0,".repeat(90_000));
    assert_eq!(server.anonymous().post_json("/", &dense).status, 503);
    server.wait_for_log("the request bodies and their values use");
    // The memory is free again.
    assert_eq!(server.anonymous().post_json("/", &format!("[{}0]", "0,".repeat(10_000))).status, 401);
    assert_eq!(server.anonymous().post("/", "user=Pepe&password=aaaa").status, 200);
}

/// 64 logins at once, each with the largest body that a login may have and as many values as fit in it.
#[cfg(target_os = "linux")]
#[test]
fn logins_with_many_values_take_little_memory() {
    let database = migrated();
    database.create_user_with_hash("Pepe", &encoded());
    let server = database.runserver().env("BCRYPT_ROUNDS", &ROUNDS.to_string()).serve();
    let values = "{\"\":0},".repeat(8000);
    let body = format!("{{\"user\":\"Pepe\",\"password\":\"no\",\"x\":[{values}0]}}");
    let request = post("application/json", &body);
    let clients: Vec<TcpStream> =
        (1..=64).map(|number| send_from(&server, [127, 0, 1, number], &request)).collect();
    let mut answers: Vec<u16> = clients.iter().map(status).collect();
    answers.sort_unstable();
    answers.dedup();
    assert_eq!(answers, [401]);
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid().as_raw_nonzero())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    assert!(peak < 200_000, "{peak} kB");
}

#[test]
fn one_address_does_not_stop_the_logins_of_others() {
    let database = migrated();
    database.create_user_with_hash("Pepe", &encoded());
    let server = serve_queue(&database);
    // More than the queue holds, with names that differ.
    let flood: Vec<TcpStream> = (0..40)
        .map(|number| send_from(&server, [127, 0, 0, 2], &login(&format!("nobody{number}"))))
        .collect();
    server.wait_for_log(" status=503 ");
    let before = hashed(&server);
    assert_eq!(status(&send_from(&server, [127, 0, 0, 3], &login("Pepe"))), 200);
    // One hash is made already when this login arrives, and another may end while it does. The flood has sixteen.
    let between = hashed(&server) - before;
    assert!(between <= 4, "{between} hashes came first");
    let answers: Vec<u16> = flood.iter().map(status).collect();
    assert!(answers.contains(&401) && answers.contains(&503), "{answers:?}");
}

#[test]
fn one_name_does_not_stop_the_logins_of_others() {
    let database = migrated();
    database.create_user_with_hash("Pepe", &encoded());
    database.create_user_with_hash("Ana", &encoded());
    let server = serve_queue(&database);
    let flood: Vec<TcpStream> =
        (1..=40).map(|number| send_from(&server, [127, 0, 1, number], &login("Ana"))).collect();
    server.wait_for_log(" status=503 ");
    let before = hashed(&server);
    assert_eq!(status(&send_from(&server, [127, 0, 0, 3], &login("Pepe"))), 200);
    let between = hashed(&server) - before;
    assert!(between <= 4, "{between} hashes came first");
    drop(flood);
}

#[test]
fn a_client_that_has_gone_is_not_hashed_for() {
    let database = migrated();
    database.create_user_with_hash("Pepe", &encoded());
    let server = serve_queue(&database);
    let gone: Vec<TcpStream> =
        (1..=17).map(|number| send_from(&server, [127, 0, 1, number], &login("Pepe"))).collect();
    // One is hashed for, sixteen wait.
    thread::sleep(Duration::from_millis(300));
    drop(gone);
    thread::sleep(Duration::from_millis(300));
    // From the same address as one of them.
    assert_eq!(status(&send_from(&server, [127, 0, 1, 16], &login("Pepe"))), 200);
    // Those whose turn came before their clients went, and this one.
    let made = hashed(&server);
    assert!(made <= 10, "{made} hashes were made");
    wait_for("the others' answers, which nobody reads", || {
        (hashed(&server) + server.log().matches(" status=503 ").count() == 18).then_some(())
    });
    // A client that closes only its side is answered if it need not wait.
    let half = send_from(&server, [127, 0, 0, 9], &login("Pepe"));
    half.shutdown(Shutdown::Write).unwrap();
    assert_eq!(status(&half), 200);
}

fn a_hash_that_costs_too_much_is_refused(database: &TestDatabase) {
    database.migrate();
    let hash = "a".repeat(86);
    for (name, encoded) in [
        ("scrypt-p", format!("scrypt$2$salt$1$8388608${hash}==")),
        ("scrypt-n", format!("scrypt$4194304$salt$8$1${hash}==")),
        ("pbkdf2", "pbkdf2_sha256$90000000$salt$aaaa".to_owned()),
        ("bcrypt", SLOW.replace("$13$", "$17$")),
        ("argon2-m", "argon2$argon2id$v=19$m=1000000,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g".to_owned()),
        ("argon2-t", "argon2$argon2id$v=19$m=8192,t=1000,p=1$c2FsdHNhbHQ$aGFzaGhhc2g".to_owned()),
    ] {
        database.create_user_with_hash(name, &encoded);
    }
    let server = database.runserver().env("BCRYPT_ROUNDS", "4").serve();
    for name in ["scrypt-p", "scrypt-n", "pbkdf2", "bcrypt", "argon2-m", "argon2-t"] {
        let started = Instant::now();
        assert_eq!(server.anonymous().post("/", &format!("user={name}&password=aaaa")).status, 401);
        assert!(started.elapsed() < Duration::from_secs(2), "{name}: {:?}", started.elapsed());
    }
    let log = server.wait_for_log(
        "its argon2 hash is too expensive. KiB passed over: 8192000, at most 1048576 are allowed.",
    );
    assert_eq!(log.matches("hash is too expensive").count(), 6, "{log}");
}

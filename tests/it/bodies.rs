//! Slow request bodies: they time out, and their total memory is bounded.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use rustix::process::Signal;

use crate::support::*;

/// Opens a connection that has announced a JSON body of `length` bytes and sent some of them.
fn begin(server: &LiveServer, length: usize, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let head = format!(
        "POST /api-token-auth/ HTTP/1.1\r\nHost: testserver\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    stream
}

/// Reads the response until the server closes the connection.
fn read_response(mut stream: &TcpStream) -> TestResponse {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    TestResponse::parse(&bytes).unwrap_or_else(|| panic!("no complete response in {bytes:?}"))
}

fn migrated() -> TestDatabase {
    let database = TestDatabase::sqlite();
    database.migrate();
    database
}

#[test]
fn a_stalled_body_times_out() {
    let database = migrated();
    let server = database.runserver().env("REQUEST_BODY_IDLE_TIMEOUT", "1").serve();
    let stopped = read_response(&begin(&server, 100, b"{"));
    assert_snapshot!(stopped.snapshot(), @r#"
    408
    allow: POST, OPTIONS
    content-type: application/json

    {"detail":"The request's body was not received in time."}
    "#);
    assert_eq!(stopped.header("connection"), "close");
    server.wait_for_log("Answered 408: 1 of 100 bytes of the body came in time");

    // A client that pauses for less than the timeout is served.
    let body = br#"{"username":"Pepe","password":"aaaa"}"#;
    let mut slow = begin(&server, body.len(), &body[..10]);
    for piece in [&body[10..20], &body[20..30], &body[30..]] {
        std::thread::sleep(Duration::from_millis(400));
        slow.write_all(piece).unwrap();
    }
    slow.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(
        read_response(&slow).body,
        r#"{"non_field_errors":["Unable to log in with provided credentials."]}"#
    );
}

#[test]
fn an_endless_body_times_out() {
    let database = migrated();
    let server = database.runserver().env("REQUEST_BODY_TIMEOUT", "1").serve();
    let stream = begin(&server, 60_000, b"{");
    let started = Instant::now();
    let mut slow = stream.try_clone().unwrap();
    let sender = std::thread::spawn(move || {
        // Until the connection is closed.
        while slow.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    assert_eq!(read_response(&stream).status, 408);
    assert!(started.elapsed() >= Duration::from_secs(1));
    drop(stream);
    sender.join().unwrap();
}

#[test]
fn the_memory_of_all_bodies_is_bounded() {
    let database = migrated();
    let server = database
        .runserver()
        .env("DATA_UPLOAD_MAX_CREDENTIALS_SIZE", "3000000")
        .env("FILE_UPLOAD_MAX_SIZE", "3000000")
        .env("REQUEST_BODIES_MAX_MEMORY", "3000000")
        .serve();
    let spaces = vec![b' '; 1_600_000];
    // The server may close a connection before it has read a rejected body.
    let ask = || {
        let body = [&spaces[..], b"{}"].concat();
        server.anonymous().request("POST", "/api-token-auth/").body("application/json", body).try_send().ok()
    };
    let mut first = None;
    let refused = wait_for("the first one's body", || {
        // Retry: of two concurrent bodies, either may be the one that is rejected.
        drop(first.take());
        first = Some(begin(&server, spaces.len() + 1, &spaces));
        std::thread::sleep(Duration::from_millis(300));
        ask().filter(|response| response.status != 400)
    });
    assert_snapshot!(refused.snapshot(), @r#"
    503
    allow: POST, OPTIONS
    content-type: application/json
    retry-after: 1

    {"detail":"Service temporarily unavailable, try again later."}
    "#);
    server.wait_for_log("REQUEST_BODIES_MAX_MEMORY");
    // Small bodies are served meanwhile, and large ones once it is finished.
    assert_eq!(server.anonymous().post_json("/api-token-auth/", "{}").status, 400);
    drop(first);
    wait_for("the memory of the first", || ask().filter(|response| response.status == 400));
}

#[test]
fn shutdown_waits_no_longer_than_the_body_timeout() {
    let database = migrated();
    let mut server = database.runserver().env("REQUEST_BODY_TIMEOUT", "2").serve();
    let stream = begin(&server, 100, b"{");
    // A worker that has not read the head yet would close the connection without a response.
    std::thread::sleep(Duration::from_millis(300));
    let signalled = Instant::now();
    server.signal(Signal::TERM);
    assert_eq!(read_response(&stream).status, 408);
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    let took = signalled.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}, of SHUTDOWN_TIMEOUT's 30 s");
}

//! Slow clients, many clients, and heads that are not HTTP: what the server does with their connections.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::*;

const GET: &str = "GET / HTTP/1.1\r\nHost: testserver\r\n\r\n";
/// Closed within a deadline of one second: the tick of the clock, and time for a busy machine.
const SOON: Duration = Duration::from_secs(4);

fn serve(settings: &[(&str, &str)]) -> LiveServer {
    let database = TestDatabase::sqlite();
    database.migrate();
    settings.iter().fold(database.runserver(), |manage, (name, value)| manage.env(name, value)).serve()
}

fn connect(server: &LiveServer) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn send(server: &LiveServer, bytes: &str) -> TcpStream {
    let mut stream = connect(server);
    stream.write_all(bytes.as_bytes()).unwrap();
    stream
}

/// Everything until the server closes the connection, and how long that took.
fn read_to_end(mut stream: &TcpStream) -> (String, Duration) {
    let (mut bytes, started) = (Vec::new(), Instant::now());
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        // The server closed it while more was on its way.
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&bytes)),
    }
    (String::from_utf8(bytes).unwrap(), started.elapsed())
}

/// Sends a byte each tenth of a second until the connection is closed.
fn drip(stream: &TcpStream, byte: &'static [u8]) -> std::thread::JoinHandle<()> {
    let mut stream = stream.try_clone().unwrap();
    std::thread::spawn(move || {
        while stream.write_all(byte).is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    })
}

fn statuses(text: &str) -> Vec<&str> {
    text.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.get(..3)).collect()
}

#[test]
fn each_head_has_a_deadline() {
    let server = serve(&[("REQUEST_HEAD_TIMEOUT", "1")]);
    // The first and the second head of a connection; nothing at all; and heads that never stop to grow.
    for (begin, expected) in [
        ("", vec!["408"]),
        ("GET / HTTP/1.1\r\nX: ", vec!["408"]),
        (&format!("{GET}{GET}"), vec!["200", "200", "408"]),
    ] {
        let stream = send(&server, begin);
        // The second head begins after the first one's response.
        std::thread::sleep(Duration::from_millis(300));
        let dripping = (!begin.is_empty()).then(|| drip(&stream, b"a"));
        let (text, took) = read_to_end(&stream);
        assert_eq!(statuses(&text), expected, "{begin:?}");
        assert!(took < SOON, "{begin:?} took {took:?}");
        drop(stream);
        if let Some(thread) = dripping {
            thread.join().unwrap();
        }
    }
    // A client that is quick enough is not disturbed, and may be idle between its requests.
    let mut stream = connect(&server);
    for _ in 0..3 {
        stream.write_all(&GET.as_bytes()[..20]).unwrap();
        std::thread::sleep(Duration::from_millis(500));
        stream.write_all(&GET.as_bytes()[20..]).unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        std::thread::sleep(Duration::from_millis(1500));
    }
}

#[test]
fn a_body_that_no_handler_reads_has_a_deadline() {
    let server = serve(&[("REQUEST_HEAD_TIMEOUT", "1")]);
    let chunked = "GET /auth/ HTTP/1.1\r\nHost: testserver\r\nTransfer-Encoding: chunked\r\n\r\n";
    // A stalled one, one that drips, and one of a known length.
    for (begin, byte) in [
        (format!("{chunked}5\r\nhel"), None),
        (format!("{chunked}fffff\r\n"), Some(b"a")),
        (chunked.replace("Transfer-Encoding: chunked", "Content-Length: 1000"), None),
    ] {
        let stream = send(&server, &begin);
        let dripping = byte.map(|byte| drip(&stream, byte));
        let (text, took) = read_to_end(&stream);
        assert_eq!(statuses(&text), ["401"], "{begin:?}");
        assert!(took < SOON, "{begin:?} took {took:?}");
        drop(stream);
        if let Some(thread) = dripping {
            thread.join().unwrap();
        }
    }
    // A whole one ends the request, and the connection serves the next one.
    let mut stream = send(&server, &format!("{chunked}5\r\nhello\r\n0\r\n\r\n{GET}"));
    stream.write_all(b"GET / HTTP/1.1\r\nHost: testserver\r\nConnection: close\r\n\r\n").unwrap();
    assert_eq!(statuses(&read_to_end(&stream).0), ["401", "200", "200"]);
}

#[test]
fn an_unread_body_is_not_drained_without_end() {
    let server = serve(&[("REQUEST_HEAD_TIMEOUT", "60")]);
    let begin = "GET /auth/ HTTP/1.1\r\nHost: testserver\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut stream = send(&server, begin);
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let sent = (0..1000).take_while(|_| stream.write_all(chunk.as_bytes()).is_ok()).count();
    // 256 KiB, and what the kernel keeps for both sides.
    assert!(sent < 500, "{sent} chunks of 64 KiB were read");
}

#[test]
fn a_response_that_nobody_reads_ends() {
    let server = serve(&[("RESPONSE_IDLE_TIMEOUT", "1")]);
    let mut stream = connect(&server);
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    // Until neither side takes more.
    while stream.write_all(GET.repeat(16).as_bytes()).is_ok() {}
    let closed = wait_for("the end of the connection", || {
        stream.write_all(b"G").err().map(|error| error.kind()).filter(|kind| *kind != ErrorKind::WouldBlock)
    });
    assert!(matches!(closed, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{closed}");
}

#[test]
fn at_the_limit_the_oldest_idle_connections_are_closed() {
    let server = serve(&[("MAX_CONNECTIONS", "40"), ("WORKERS", "1"), ("REQUEST_HEAD_TIMEOUT", "60")]);
    let mut silent: Vec<TcpStream> = Vec::new();
    for _ in 0..2 {
        silent.extend((0..50).map(|_| connect(&server)));
        // Ages are known to a quarter of a second.
        std::thread::sleep(Duration::from_millis(600));
    }
    let started = Instant::now();
    assert_eq!(server.anonymous().get("/").status, 200);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    server.wait_for_log("waited longest for their client are closed (MAX_CONNECTIONS)");
    let is_open = |stream: &mut TcpStream| {
        stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        matches!(stream.read(&mut [0; 512]), Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
    };
    let open: Vec<usize> = silent
        .iter_mut()
        .enumerate()
        .filter_map(|(index, stream)| is_open(stream).then_some(index))
        .collect();
    assert!((20..=40).contains(&open.len()), "{open:?}");
    assert!(open.iter().all(|index| *index >= 50), "the oldest are open: {open:?}");
}

#[test]
fn heads_that_are_not_http_are_refused() {
    let server = serve(&[]);
    let field = |bytes: usize| {
        format!("GET / HTTP/1.1\r\nHost: testserver\r\nX: {}\r\nConnection: close\r\n\r\n", "a".repeat(bytes))
    };
    for (head, expected) in [
        ("GET / HTTP/1.1\nHost: testserver\n\n", vec!["400"]),
        ("GET / HTTP/1.1\r\nHost: testserver\nX: y\r\n\r\n", vec!["400"]),
        (&format!("{GET}GET / HTTP/1.1\r\n"), vec!["200", "408"]),
        (&field(8190 - "X: \r\n".len()), vec!["200"]),
        (&field(8191 - "X: \r\n".len()), vec!["431"]),
        (&format!("{GET}GET / HTTP/1.1\r\nHost: testserver\n\r\n"), vec!["400"]),
        ("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", vec!["400"]),
        ("CONNECT / HTTP/1.1\r\nHost: testserver\r\n\r\n", vec!["405"]),
    ] {
        let mut stream = send(&server, head);
        if expected.contains(&"431") {
            stream.shutdown(Shutdown::Write).unwrap();
        }
        if expected.contains(&"408") {
            // A second head with a bare line feed is found, too.
            std::thread::sleep(Duration::from_millis(300));
            stream.write_all(b"Host: testserver\n\n").unwrap();
            assert_eq!(statuses(&read_to_end(&stream).0)[0], "200", "{head:?}");
            continue;
        }
        assert_eq!(statuses(&read_to_end(&stream).0), expected, "{head:?}");
    }
}

#[test]
fn a_kept_connection_is_checked_for_line_feeds_too() {
    let server = serve(&[]);
    let mut stream = send(&server, GET);
    assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
    stream.write_all(b"GET / HTTP/1.1\r\nHo").unwrap();
    std::thread::sleep(Duration::from_millis(100));
    stream.write_all(b"st: testserver\n\r\n").unwrap();
    assert_eq!(statuses(&read_to_end(&stream).0), ["400"]);
    // Line feeds of a body are its own business.
    let body = "user=a&\npassword=b";
    let length = body.len();
    let post = format!(
        "POST / HTTP/1.1\r\nHost: testserver\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    assert_eq!(statuses(&read_to_end(&send(&server, &post)).0), ["401"]);
    assert_eq!(statuses(&read_to_end(&send(&server, &format!("{GET}{post}"))).0), ["200", "401"]);
}

#[test]
fn a_broken_chunk_is_answered_unless_a_response_has_begun() {
    let server = serve(&[]);
    let head = |fields: &str| {
        format!("GET / HTTP/1.1\r\nHost: testserver\r\n{fields}Transfer-Encoding: chunked\r\n\r\n")
    };
    // While the password is hashed.
    let hashing = head("Authorization: Basic YTpi\r\n");
    for broken in ["zz\r\n{}\r\n", "2\r\n{}zz\r\n", "fffffffffffffffff\r\n"] {
        let (text, _) = read_to_end(&send(&server, &format!("{hashing}{broken}")));
        assert_eq!(statuses(&text), ["400"], "{broken:?}");
        let mut kept = send(&server, GET);
        assert!(kept.read(&mut [0; 4096]).unwrap() > 0);
        kept.write_all(format!("{hashing}{broken}").as_bytes()).unwrap();
        assert_eq!(statuses(&read_to_end(&kept).0), ["400"], "{broken:?}");
        let (text, _) = read_to_end(&send(&server, &format!("{}{broken}", head(""))));
        assert_eq!(statuses(&text), ["200"], "{broken:?}");
    }
    // A client that closes its side within the body has sent nothing wrong.
    let stream = send(&server, &format!("{hashing}2\r\n"));
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(statuses(&read_to_end(&stream).0), ["403"]);
}

#[test]
fn idle_connections_do_not_delay_the_end_of_the_server() {
    let mut server = serve(&[("REQUEST_HEAD_TIMEOUT", "30")]);
    let mut idle = send(&server, GET);
    assert!(idle.read(&mut [0; 4096]).unwrap() > 0);
    let started = Instant::now();
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}

#[test]
fn raw_bytes_in_a_path_or_query_mean_what_they_mean_encoded() {
    let server = serve(&[]);
    for (target, status, logged) in [
        ("/?q=<\"é\">`", "200", "/"),
        ("/<\"é\">`/", "404", "/%3C%22%C3%A9%22%3E%60/"),
        ("/auth/?q=\"", "401", "/auth/"),
    ] {
        let head =
            |target: &str| format!("GET {target} HTTP/1.1\r\nHost: testserver\r\nConnection: close\r\n\r\n");
        let (raw, _) = read_to_end(&send(&server, &head(target)));
        assert_eq!(statuses(&raw), [status], "{target}");
        server.wait_for_log(&format!("path=\"{logged}\" status={status}"));
    }
    // On a kept connection too.
    let twice = send(&server, "GET /?\" HTTP/1.1\r\nHost: testserver\r\n\r\n");
    std::thread::sleep(Duration::from_millis(300));
    (&twice).write_all(b"GET /\"/ HTTP/1.1\r\nHost: testserver\r\nConnection: close\r\n\r\n").unwrap();
    assert_eq!(statuses(&read_to_end(&twice).0), ["200", "404"]);
}

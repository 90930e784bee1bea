//! Server shutdown: requests in flight are answered.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::*;

database_tests!(sigterm_finishes_requests_in_flight, sigint_finishes_requests_in_flight);

/// The hash of "aaaa"; checking it takes about half a second.
const SLOW: &str = "bcrypt_sha256$$2b$13$0REdcmlNGR76.8prAw.4Bu9Vb45sGRvlWIUOBGiacd2btKyMOgGgS";

fn sigterm_finishes_requests_in_flight(database: &TestDatabase) {
    check_graceful_shutdown(database, Signal::TERM);
}

fn sigint_finishes_requests_in_flight(database: &TestDatabase) {
    check_graceful_shutdown(database, Signal::INT);
}

fn check_graceful_shutdown(database: &TestDatabase, signal: Signal) {
    database.migrate().create_user_with_hash("Pepe", SLOW);
    // One thread and no queue: other logins are refused while one runs, so the test can detect it.
    let mut server = database.runserver().env("PASSWORD_THREADS", "1").env("PASSWORD_QUEUE", "0").serve();
    let client = server.anonymous();
    let login = std::thread::spawn(move || {
        let response = wait_for("a free thread", || {
            Some(client.post("/", "user=Pepe&password=aaaa")).filter(|response| response.status != 503)
        });
        (response, Instant::now())
    });
    let mut refused = 0;
    wait_for("a login at work", || {
        // A fast login, or the thread's start, blocks others only briefly.
        let busy = server.anonymous().post("/", "user=Nobody&password=aaaa").status == 503;
        refused = if busy { refused + 1 } else { 0 };
        (refused == 10).then_some(())
    });
    let signalled = Instant::now();
    server.signal(signal);
    let (response, answered) = login.join().unwrap();
    assert_eq!(response.key(), database.token("Pepe"));
    assert!(answered > signalled, "the login was over before the signal");
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    assert!(server.anonymous().request("GET", "/").try_send().is_err(), "the port is still open");
}

#[test]
fn an_idle_server_stops_promptly() {
    let database = TestDatabase::sqlite();
    database.migrate();
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = database.serve();
        assert_eq!(server.anonymous().get("/").status, 200);
        // Clients with open connections: one that sent nothing, one that got a response.
        let silent = TcpStream::connect(server.address()).unwrap();
        let mut answered = TcpStream::connect(server.address()).unwrap();
        answered.write_all(b"GET / HTTP/1.1\r\nHost: testserver\r\n\r\n").unwrap();
        assert!(answered.read(&mut [0; 1024]).unwrap() > 0);
        let took = end(&mut server, signal);
        assert!(took < Duration::from_secs(3), "{took:?}");
        drop((silent, answered));
    }
}

fn end(server: &mut LiveServer, signal: Signal) -> Duration {
    let started = Instant::now();
    server.signal(signal);
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    started.elapsed()
}

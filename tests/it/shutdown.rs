//! Server shutdown: requests in flight are answered.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::*;

database_tests!(
    sigterm_finishes_requests_in_flight,
    sigint_finishes_requests_in_flight,
    sigquit_finishes_requests_in_flight,
);

/// The hash of "aaaa"; checking it takes about half a second.
const SLOW: &str = "bcrypt_sha256$$2b$13$0REdcmlNGR76.8prAw.4Bu9Vb45sGRvlWIUOBGiacd2btKyMOgGgS";

fn sigterm_finishes_requests_in_flight(database: &TestDatabase) {
    check_graceful_shutdown(database, Signal::TERM);
}

fn sigint_finishes_requests_in_flight(database: &TestDatabase) {
    check_graceful_shutdown(database, Signal::INT);
}

fn sigquit_finishes_requests_in_flight(database: &TestDatabase) {
    check_graceful_shutdown(database, Signal::QUIT);
}

/// A login that is under way, and when it ended.
type Login = std::thread::JoinHandle<(TestResponse, Instant)>;

/// Starts a server and a slow login.
fn start_login(database: &TestDatabase) -> (LiveServer, Login) {
    database.migrate().create_user_with_hash("Pepe", SLOW).create_user("Ana", "aaaa");
    // One thread and no queue: other logins are refused while one runs, so the test can detect it.
    let server = database.runserver().env("PASSWORD_THREADS", "1").env("PASSWORD_QUEUE", "0").serve();
    let client = server.anonymous();
    let login = std::thread::spawn(move || {
        let response = wait_for("a free thread", || {
            Some(client.post("/", "user=Pepe&password=aaaa")).filter(|response| response.status != 503)
        });
        (response, Instant::now())
    });
    let mut since = None;
    wait_for("a login at work", || {
        // A fast login, or the thread's start, blocks others only briefly. A failed one would be answered as late as a slow one.
        let busy = server.anonymous().post("/", "user=Ana&password=aaaa").status == 503;
        since = busy.then(|| since.unwrap_or_else(Instant::now));
        since.filter(|since| since.elapsed() > Duration::from_millis(200)).map(|_| ())
    });
    (server, login)
}

fn check_graceful_shutdown(database: &TestDatabase, signal: Signal) {
    let (mut server, login) = start_login(database);
    let signalled = Instant::now();
    server.signal(signal);
    let (response, answered) = login.join().unwrap();
    assert_eq!(response.key(), database.token("Pepe"));
    assert!(answered > signalled, "the login was over before the signal");
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    assert!(server.anonymous().request("GET", "/").try_send().is_err(), "the port is still open");
}

#[test]
fn other_signals_end_nothing() {
    let database = TestDatabase::sqlite();
    let (server, login) = start_login(&database);
    let signalled = Instant::now();
    for signal in [Signal::HUP, Signal::USR1, Signal::USR2] {
        server.signal(signal);
    }
    for text in ["SIGHUP: the log was opened again", "SIGUSR1 is ignored", "SIGUSR2 is ignored"] {
        server.wait_for_log(text);
    }
    let (response, answered) = login.join().unwrap();
    assert_eq!(response.key(), database.token("Pepe"));
    assert!(answered > signalled, "the login was over before the signal");
    assert_eq!(server.anonymous().get("/").status, 200);
}

/// What logrotate does, without `copytruncate`.
#[test]
fn sighup_opens_the_log_again() {
    let database = TestDatabase::sqlite();
    database.migrate();
    let server = database.serve();
    let folder = database.work_dir().parent().unwrap().to_owned();
    let name = names_in(&folder).into_iter().find(|name| name.ends_with(".stderr")).unwrap();
    let [log, rotated] = [folder.join(&name), folder.join("rotated")];
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap_or_default();
    let get = |query: &str| assert_eq!(server.anonymous().get(query).status, 404);
    get("/before/");
    server.wait_for_log("/before/");
    std::fs::rename(&log, &rotated).unwrap();
    get("/between/");
    wait_for("the old log", || Some(()).filter(|()| read(&rotated).contains("/between/")));
    server.signal(Signal::HUP);
    wait_for("the new log", || Some(()).filter(|()| read(&log).contains("SIGHUP: the log was opened again")));
    get("/after/");
    wait_for("the new log", || Some(()).filter(|()| read(&log).contains("/after/")));
    assert!(!read(&rotated).contains("/after/") && !read(&log).contains("/between/"));
}

#[test]
fn an_idle_server_stops_promptly() {
    let database = TestDatabase::sqlite();
    database.migrate();
    for signal in [Signal::TERM, Signal::INT, Signal::QUIT] {
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

//! A token that another process revokes is refused on the very next request, and accepted again on the very next one
//! after it is restored: under load, on several connections to several workers.
//!
//! `REVOCATIONS` sets the number of revocations of each of the four kinds (default 25).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use diesel::connection::SimpleConnection;

use crate::support::*;

database_tests!(revocations_take_effect_at_once, terminated_connections_are_replaced);

const CONNECTIONS: usize = 4;
pub const ACCEPTED: (u16, &str) = (200, r#"{"detail":"I suppose you are authenticated"}"#);
pub const INVALID: (u16, &str) = (401, r#"{"detail":"Invalid token."}"#);
pub const INACTIVE: (u16, &str) = (401, r#"{"detail":"User inactive or deleted."}"#);

/// A keep-alive connection.
pub struct Connection {
    address: String,
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { address: address.to_owned(), stream: BufReader::new(stream) }
    }

    pub fn get(&mut self, key: &str) -> (u16, String) {
        loop {
            match self.try_get(key) {
                // The server closes idle connections.
                Err(_) | Ok((0, _)) => *self = Self::connect(&self.address),
                Ok(response) => return response,
            }
        }
    }

    fn try_get(&mut self, key: &str) -> std::io::Result<(u16, String)> {
        let request = format!("GET /auth/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {key}\r\n\r\n");
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length) = (0, 0);
        for line in (&mut self.stream).lines() {
            let line = line?.to_ascii_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest.split(' ').next().unwrap().parse().unwrap();
            } else if let Some(rest) = line.strip_prefix("content-length: ") {
                length = rest.parse().unwrap();
            } else if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, String::from_utf8(body).unwrap()))
    }
}

/// The server and the writer are different processes.
fn revocations_take_effect_at_once(database: &TestDatabase) {
    let times: u64 = std::env::var("REVOCATIONS").map_or(25, |times| times.parse().unwrap());
    database.migrate().create_user("Pepe", "aaaa").create_user("Other", "bbbb");
    let (key, others_key) = (database.token("Pepe"), database.token("Other"));
    revoke(database, times, &key, &others_key);
}

#[test]
fn revocations_take_effect_at_once_in_rollback_mode() {
    let database = TestDatabase::sqlite();
    database.migrate().connection().batch_execute("PRAGMA journal_mode = DELETE").unwrap();
    assert_eq!(std::fs::read(database.url()).unwrap()[18], 1, "not WAL");
    revocations_take_effect_at_once(&database);
}

/// For each kind of revocation: its SQL, the expected response, and the SQL that restores the token.
pub fn turns(database: &TestDatabase, key: &str) -> [(String, (u16, &'static str), String); 4] {
    let id = database.user("Pepe").unwrap().id;
    // A boolean literal: text for PostgreSQL, a number for SQLite.
    let [active, inactive] = if database.is_sqlite() { ["1", "0"] } else { ["'t'", "'f'"] };
    let drop_token = format!("DELETE FROM authtoken_token WHERE user_id = {id}");
    let give_token = format!(
        "INSERT INTO authtoken_token (key, created, user_id) VALUES ('{key}', '2026-01-02 03:04:05', {id})"
    );
    let drop_user = format!("BEGIN; {drop_token}; DELETE FROM auth_user WHERE id = {id}; COMMIT");
    let give_user = format!(
        "BEGIN; INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff,
        is_active, date_joined) VALUES ({id}, '!', {active}, 'Pepe', '', '', '', {active}, {active},
        '2026-01-02 03:04:05'); {give_token}; COMMIT"
    );
    let set_active = |value| format!("UPDATE auth_user SET is_active = {value} WHERE id = {id}");
    [
        (drop_token.clone(), INVALID, give_token.clone()),
        (set_active(inactive), INACTIVE, set_active(active)),
        (drop_user, INVALID, give_user),
        (format!("UPDATE authtoken_token SET key = 'new' WHERE user_id = {id}"), INVALID, {
            format!("UPDATE authtoken_token SET key = '{key}' WHERE user_id = {id}")
        }),
    ]
}

fn revoke(database: &TestDatabase, times: u64, key: &str, others_key: &str) {
    let server = database.runserver().env("WORKERS", "2").env("DATABASE_TIMEOUT", "30").serve();
    let address = server.address();
    let mut other = database.connection();
    if database.is_sqlite() {
        // Saves disk writes; only a power cut would matter.
        other.batch_execute("PRAGMA synchronous = OFF; PRAGMA busy_timeout = 30000").unwrap();
    }
    let turns = turns(database, key);
    let (done, requests) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut client = Connection::connect(address);
                while !done.load(Ordering::Relaxed) {
                    assert_eq!(client.get(others_key), (ACCEPTED.0, ACCEPTED.1.to_owned()));
                    // Either response is fine.
                    client.get(key);
                    requests.fetch_add(2, Ordering::Relaxed);
                }
            });
        }
        // The load ends even if a check panics.
        let turns = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut clients: Vec<_> = (0..CONNECTIONS).map(|_| Connection::connect(address)).collect();
            let mut check = |expected: (u16, &str), when: &str| {
                for client in &mut clients {
                    assert_eq!(client.get(key), (expected.0, expected.1.to_owned()), "after {when}");
                }
            };
            for _ in 0..times {
                for (revoke, refused, give_back) in &turns {
                    check(ACCEPTED, "a while");
                    other.batch_execute(revoke).unwrap();
                    check(*refused, revoke);
                    other.batch_execute(give_back).unwrap();
                    check(ACCEPTED, give_back);
                }
            }
        }));
        done.store(true, Ordering::Relaxed);
        if let Err(panic) = turns {
            std::panic::resume_unwind(panic);
        }
    });
    println!("{} revocations, {} requests beside them", times * 4, requests.into_inner());
}

fn terminated_connections_are_replaced(database: &TestDatabase) {
    if database.is_sqlite() {
        return;
    }
    let server = database.migrate().create_user("Pepe", "aaaa").serve();
    let key = database.token("Pepe");
    let mut client = Connection::connect(server.address());
    for _ in 0..10 {
        assert_eq!(client.get(&key), (ACCEPTED.0, ACCEPTED.1.to_owned()));
        let others = "pid <> pg_backend_pid() AND datname = current_database()";
        let sql = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}");
        database.connection().batch_execute(&sql).unwrap();
    }
}

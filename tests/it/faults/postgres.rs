//! A PostgreSQL that accepts no writes, or does not answer.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;

use super::{assert_healed, assert_logged, assert_unavailable, known, log_in, prepare, unknown};
use crate::support::*;

/// A role that may only read; a standby, or a primary that was demoted, accepts no write either.
#[test]
fn a_database_for_reading_serves_what_is_there() {
    let Some(database) = TestDatabase::postgres() else { return };
    let key = prepare(&database);
    let name = database.url().rsplit('/').next().unwrap().to_owned();
    let role = format!("reader_{name}");
    database
        .connection()
        .batch_execute(&format!(
            "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA public TO {role};
             GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
        ))
        .unwrap();
    for is_role in [true, false] {
        let url = if is_role {
            let (user, rest) = database.url().split_once('@').unwrap();
            format!("{}{role}@{rest}", &user[..user.find("://").unwrap() + 3])
        } else {
            let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
            database.connection().batch_execute(&sql).unwrap();
            database.url().to_owned()
        };
        let server = database.runserver().env("DATABASE_URL", &url).env("BCRYPT_ROUNDS", "5").serve();
        for _ in 0..3 {
            assert_eq!((known(&server, &key).status, unknown(&server).status), (200, 401));
            assert_eq!(log_in(&server, "Pepe", "aaaa").key(), key, "a failed rehash fails no login");
            assert_unavailable(|| log_in(&server, "New", "bbbb"));
        }
        assert_logged(&server, if is_role { "permission denied for" } else { "read-only transaction" });
    }
    let sql = format!(
        "SET default_transaction_read_only = off; ALTER DATABASE {name} RESET default_transaction_read_only;
         DROP OWNED BY {role}; DROP ROLE {role}"
    );
    database.connection().batch_execute(&sql).unwrap();
}

/// A PostgreSQL that can be frozen: its socket is a folder's, and passes everything on until then.
struct Freezer {
    url: String,
    is_frozen: Arc<AtomicBool>,
}

impl Freezer {
    fn start(database: &TestDatabase) -> Option<Self> {
        let Some((folder, name)) = unix_socket(database) else {
            eprintln!("SKIPPED: the server of TEST_DATABASE_URL has no Unix socket");
            return None;
        };
        let is_frozen = Arc::new(AtomicBool::new(false));
        let own = database.temp_dir();
        let listener = UnixListener::bind(own.join(".s.PGSQL.5432")).unwrap();
        let frozen = Arc::clone(&is_frozen);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, frozen) = (client.unwrap(), Arc::clone(&frozen));
                let Ok(server) = UnixStream::connect(folder.join(".s.PGSQL.5432")) else { continue };
                let both = [(&client, &server), (&server, &client)];
                for (from, to) in both.map(|(from, to)| (from.try_clone().unwrap(), to.try_clone().unwrap()))
                {
                    let frozen = Arc::clone(&frozen);
                    thread::spawn(move || forward(from, to, &frozen));
                }
            }
        });
        let url = format!("postgres://postgres@{}:5432/{name}", own.to_str().unwrap().replace('/', "%2F"));
        Some(Self { url, is_frozen })
    }

    fn freeze(&self, is_frozen: bool) {
        self.is_frozen.store(is_frozen, Ordering::SeqCst);
    }
}

fn forward(mut from: UnixStream, mut to: UnixStream, is_frozen: &AtomicBool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        while is_frozen.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(5));
        }
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}

#[test]
fn a_frozen_server_gets_503_in_time() {
    let Some(database) = TestDatabase::postgres() else { return };
    let key = prepare(&database);
    let Some(freezer) = Freezer::start(&database) else { return };
    let server = database.runserver().env("DATABASE_URL", &freezer.url).serve();
    let all = || {
        thread::scope(|scope| {
            for _ in 0..10 {
                scope.spawn(|| assert_unavailable(|| known(&server, &key)));
                scope.spawn(|| assert_unavailable(|| unknown(&server)));
                scope.spawn(|| assert_unavailable(|| log_in(&server, "Pepe", "aaaa")));
            }
        });
    };
    for _ in 0..2 {
        assert_healed(|| known(&server, &key));
        assert_eq!(log_in(&server, "Pepe", "aaaa").key(), key);
        freezer.freeze(true);
        all();
        all();
        freezer.freeze(false);
        assert_healed(|| known(&server, &key));
        assert_healed(|| log_in(&server, "Pepe", "aaaa"));
        assert_healed(|| log_in(&server, "New", "bbbb"));
    }
    assert_logged(&server, "the server does not answer");
}

/// A slow statement is none of a server that does not answer.
#[test]
fn a_slow_statement_is_awaited() {
    let Some(database) = TestDatabase::postgres() else { return };
    let key = prepare(&database);
    let server = database.serve();
    let mut other = database.connection();
    // Waits for this lock are limited by DATABASE_TIMEOUT, 2 s.
    other.batch_execute("BEGIN; LOCK TABLE auth_user IN ACCESS EXCLUSIVE MODE").unwrap();
    thread::scope(|scope| {
        let request = scope.spawn(|| known(&server, &key).status);
        thread::sleep(Duration::from_millis(1700));
        other.batch_execute("COMMIT").unwrap();
        assert_eq!(request.join().unwrap(), 200);
    });
}

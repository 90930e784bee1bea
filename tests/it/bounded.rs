//! `TOKEN_CACHE=bounded` on PostgreSQL: a revocation by another process takes effect within milliseconds, whatever
//! happens to the listener.
//!
//! `REVOCATIONS` sets the number of revocations of each of the four kinds (default 25).

mod changes;

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use insta::assert_snapshot;

use crate::revocation::{ACCEPTED, Connection, INVALID, turns};
use crate::support::*;

/// The latest time for a revocation, plus the time that a busy machine takes for the request.
const BOUND: Duration = Duration::from_millis(40 + 500);
const IN_FORCE: &str = "TOKEN_CACHE=bounded is in force";
const NOT_IN_FORCE: &str = "TOKEN_CACHE=bounded is not in force";
const INSTALL: &[&str] = &["install_token_triggers"];
const UNINSTALL: &[&str] = &["install_token_triggers", "--uninstall"];

/// Returns a database with a user and its key, or `None` without PostgreSQL.
fn prepare() -> Option<(TestDatabase, String)> {
    let database = TestDatabase::postgres()?;
    database.migrate().create_user("Pepe", "aaaa");
    let key = database.token("Pepe");
    Some((database, key))
}

fn bounded(database: &TestDatabase) -> ManageCommand {
    database.runserver().env("TOKEN_CACHE", "bounded").env("WORKERS", "1")
}

/// Starts a server and waits until it listens.
fn serve(database: &TestDatabase) -> LiveServer {
    database.manage(INSTALL).run().expect_success();
    let server = bounded(database).serve();
    server.wait_for_log(IN_FORCE);
    server
}

fn times_in_force(server: &LiveServer) -> usize {
    server.log().matches(IN_FORCE).count()
}

/// Whether the server accepts this key while the table is locked.
fn is_cached(database: &TestDatabase, server: &LiveServer, key: &str) -> bool {
    let mut other = database.connection();
    other.batch_execute("BEGIN; LOCK TABLE authtoken_token IN ACCESS EXCLUSIVE MODE").unwrap();
    thread::scope(|scope| {
        let request = scope.spawn(|| Connection::connect(server.address()).get(key));
        let until = Instant::now() + Duration::from_millis(300);
        while !request.is_finished() && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
        let cached = request.is_finished();
        other.batch_execute("ROLLBACK").unwrap();
        assert_eq!(request.join().unwrap().0, 200);
        cached
    })
}

/// On a busy machine a ping may be late now and then.
fn wait_until_cached(database: &TestDatabase, server: &LiveServer, key: &str) {
    wait_for("the cached token", || is_cached(database, server, key).then_some(()));
}

/// Measures how long the old response is returned; it must never return after the new one.
fn delay_until(client: &mut Connection, key: &str, expected: (u16, &str)) -> Duration {
    let committed = Instant::now();
    let mut new_since = None;
    while new_since.is_none_or(|since: Instant| since.elapsed() < Duration::from_millis(5)) {
        let response = client.get(key);
        let now = Instant::now();
        if (response.0, response.1.as_str()) == expected {
            new_since.get_or_insert(now);
        } else {
            assert!(new_since.is_none(), "{response:?} after {expected:?}");
            assert!(now - committed < BOUND, "still {response:?}");
        }
    }
    new_since.unwrap() - committed
}

#[test]
fn a_revocation_takes_effect_within_milliseconds() {
    let Some((database, key)) = prepare() else { return };
    let times: usize = std::env::var("REVOCATIONS").map_or(25, |times| times.parse().unwrap());
    let server = serve(&database);
    let mut client = Connection::connect(server.address());
    let mut other = database.connection();
    let mut late = Vec::new();
    for _ in 0..times {
        for (revoke, refused, give_back) in turns(&database, &key) {
            assert_eq!(client.get(&key), (ACCEPTED.0, ACCEPTED.1.to_owned()));
            other.batch_execute(&revoke).unwrap();
            late.push(delay_until(&mut client, &key, refused));
            other.batch_execute(&give_back).unwrap();
            late.push(delay_until(&mut client, &key, ACCEPTED));
        }
    }
    wait_until_cached(&database, &server, &key);
    late.sort_unstable();
    let [median, p99] = [late.len() / 2, late.len() * 99 / 100].map(|at| late[at]);
    println!("late by {median:?}, p99 {p99:?}, at most {:?}, of {}", late.last().unwrap(), late.len());
    assert!(median < Duration::from_millis(50), "{late:?}");
    // Unknown keys are not cached.
    assert_eq!(client.get("new").0, 401);
}

/// The listener sleeps without lookups. The first lookup wakes it, so cached entries are usable again at once.
#[test]
fn the_first_request_wakes_the_sleeping_listener() {
    let Some((database, key)) = prepare() else { return };
    let server = serve(&database);
    let mut client = Connection::connect(server.address());
    client.get(&key);
    wait_until_cached(&database, &server, &key);
    let is_cached_after_sleep = |_: &i32| {
        thread::sleep(Duration::from_millis(1100));
        client.get(&key);
        thread::sleep(Duration::from_millis(20));
        is_cached(&database, &server, &key)
    };
    // A busy machine may be slow.
    let times = (0..4).filter(is_cached_after_sleep).count();
    assert!(times >= 2, "{times} of 4");
}

#[test]
fn truncate_invalidates_all_tokens() {
    let Some((database, key)) = prepare() else { return };
    let server = serve(&database);
    let mut client = Connection::connect(server.address());
    assert_eq!(client.get(&key).0, 200);
    wait_until_cached(&database, &server, &key);
    database.connection().batch_execute("TRUNCATE authtoken_token").unwrap();
    delay_until(&mut client, &key, INVALID);
}

/// Cached entries contain the user's other fields too.
#[test]
fn a_login_in_django_invalidates_its_user() {
    let Some((database, key)) = prepare() else { return };
    let second = database.create_user("Second", "bbbb").token("Second");
    let server = serve(&database);
    let mut client = Connection::connect(server.address());
    for key in [&key, &second] {
        client.get(key);
        wait_until_cached(&database, &server, key);
    }
    let login = "UPDATE auth_user SET last_login = now() WHERE username = 'Pepe'";
    database.connection().batch_execute(login).unwrap();
    wait_for("the notification", || (!is_cached(&database, &server, &key)).then_some(()));
    wait_until_cached(&database, &server, &second);
    wait_until_cached(&database, &server, &key);
}

#[test]
fn a_terminated_listener_reconnects() {
    let Some((database, key)) = prepare() else { return };
    let server = serve(&database);
    let mut client = Connection::connect(server.address());
    for (time, (revoke, refused, give_back)) in turns(&database, &key).into_iter().enumerate() {
        assert_eq!(client.get(&key).0, 200);
        wait_until_cached(&database, &server, &key);
        // Only two statements run between the termination and the revocation.
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'vitamin token-notify' AND datname = current_database()";
        let mut other = database.connection();
        other.batch_execute(end).unwrap();
        other.batch_execute(&revoke).unwrap();
        delay_until(&mut client, &key, refused);
        wait_for("the next listener", || (times_in_force(&server) > time + 1).then_some(()));
        other.batch_execute(&give_back).unwrap();
        delay_until(&mut client, &key, ACCEPTED);
    }
    assert!(server.log().matches(NOT_IN_FORCE).count() >= 4, "{}", server.log());
}

#[test]
fn added_and_removed_triggers_are_noticed() {
    let Some((database, key)) = prepare() else { return };
    let server = bounded(&database).serve();
    let log = server.wait_for_log(NOT_IN_FORCE);
    assert!(log.contains("`manage install_token_triggers` installs them"), "{log}");
    let mut client = Connection::connect(server.address());
    assert_eq!(client.get(&key).0, 200);
    assert!(!is_cached(&database, &server, &key));
    for (time, (revoke, refused, give_back)) in turns(&database, &key).into_iter().enumerate() {
        database.manage(INSTALL).run().expect_success();
        // The listener runs, and its self-test arrived.
        wait_for("the triggers", || (times_in_force(&server) > time).then_some(()));
        assert_eq!(client.get(&key).0, 200);
        wait_until_cached(&database, &server, &key);
        let break_it = [
            "ALTER TABLE auth_user DISABLE TRIGGER ALL",
            "DROP TRIGGER vitamin_token_notify ON authtoken_token",
            "CREATE OR REPLACE FUNCTION vitamin_token_notify() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "DROP FUNCTION vitamin_token_notify CASCADE",
        ][time];
        let mut other = database.connection();
        other.batch_execute(break_it).unwrap();
        // At the next self-test.
        wait_for("a lookup", || (!is_cached(&database, &server, &key)).then_some(()));
        other.batch_execute(&revoke).unwrap();
        delay_until(&mut client, &key, refused);
        other.batch_execute(&give_back).unwrap();
        delay_until(&mut client, &key, ACCEPTED);
        assert!(!is_cached(&database, &server, &key));
    }
}

/// Forwards data on a Unix socket; on request it holds back the server's data for listeners.
struct Proxy {
    folder: PathBuf,
    silent: Arc<AtomicBool>,
}

impl Proxy {
    fn start(folder: PathBuf, server: PathBuf) -> Self {
        let silent = Arc::new(AtomicBool::new(false));
        let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).unwrap();
        let proxy = Self { folder, silent: Arc::clone(&silent) };
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), UnixStream::connect(&server).unwrap());
                let listens = Arc::new(AtomicBool::new(false));
                let (other_client, other_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let sets_listens = Arc::clone(&listens);
                thread::spawn(move || {
                    forward(client, other_server, |data| {
                        if data.windows(7).any(|word| word == b"LISTEN ") {
                            sets_listens.store(true, Ordering::SeqCst);
                        }
                        true
                    });
                });
                let silent = Arc::clone(&silent);
                thread::spawn(move || {
                    forward(server, other_client, |_| {
                        !(listens.load(Ordering::SeqCst) && silent.load(Ordering::SeqCst))
                    });
                });
            }
        });
        proxy
    }
}

fn forward(mut from: UnixStream, mut to: UnixStream, mut should_forward: impl FnMut(&[u8]) -> bool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if should_forward(&buffer[..length]) && to.write_all(&buffer[..length]).is_err() {
            return;
        }
    }
}

/// No error and no end of the connection: data just stops.
#[test]
fn no_entry_is_used_while_the_connection_stalls() {
    let Some((database, key)) = prepare() else { return };
    let Some((folder, name)) = unix_socket(&database) else {
        eprintln!("SKIPPED: the server of TEST_DATABASE_URL has no Unix socket");
        return;
    };
    let proxy = Proxy::start(database.temp_dir(), folder.join(".s.PGSQL.5432"));
    let through =
        format!("postgres://postgres@{}:5432/{name}", proxy.folder.to_str().unwrap().replace('/', "%2F"));
    database.manage(INSTALL).run().expect_success();
    let server = bounded(&database).env("DATABASE_URL", &through).serve();
    server.wait_for_log(IN_FORCE);
    let mut client = Connection::connect(server.address());
    for _ in 0..100 {
        assert_eq!(client.get(&key).0, 200);
    }
    wait_until_cached(&database, &server, &key);
    proxy.silent.store(true, Ordering::SeqCst);
    let (revoke, refused, give_back) = turns(&database, &key).into_iter().next().unwrap();
    database.connection().batch_execute(&revoke).unwrap();
    delay_until(&mut client, &key, refused);
    database.connection().batch_execute(&give_back).unwrap();
    assert_eq!(client.get(&key).0, 200);
    assert!(!is_cached(&database, &server, &key));
}

#[test]
fn only_the_command_installs_and_removes_the_triggers() {
    let Some((database, _)) = prepare() else { return };
    let doctor = |mode: &str| {
        let report = database.manage(&["doctor"]).env("TOKEN_CACHE", mode).run().expect_success();
        let lines = report.lines().filter(|line| line.contains("bounded"));
        lines.map(str::trim).collect::<Vec<_>>().join("\n")
    };
    let say = |arguments: &[&str]| database.manage(arguments).run().expect_success();
    assert_eq!(doctor("exact"), "");
    assert_snapshot!(doctor("bounded"), @"WARNING  The triggers that TOKEN_CACHE=bounded needs are not installed, so each token is looked up. `manage install_token_triggers` installs them.");
    assert_snapshot!(say(UNINSTALL), @"There are no triggers to remove.");
    assert_snapshot!(say(INSTALL), @"Installed the triggers. TOKEN_CACHE=bounded uses them.");
    assert_snapshot!(say(INSTALL), @"The triggers are already installed.");
    assert_snapshot!(doctor("bounded"), @"ok       The triggers that TOKEN_CACHE=bounded needs are installed.");
    assert_snapshot!(doctor("exact"), @"note     The triggers of TOKEN_CACHE=bounded are installed, but it is not set. `manage install_token_triggers --uninstall` removes them.");
    database.connection().batch_execute("DROP TRIGGER vitamin_token_notify ON auth_user").unwrap();
    assert_snapshot!(doctor("bounded"), @"WARNING  The triggers that TOKEN_CACHE=bounded needs are incomplete, disabled or of another version, so each token is looked up. `manage install_token_triggers` repairs them.");
    assert_snapshot!(say(INSTALL), @"Installed the triggers. TOKEN_CACHE=bounded uses them.");
    assert_snapshot!(say(UNINSTALL), @"Removed the triggers.");
    assert_snapshot!(say(UNINSTALL), @"There are no triggers to remove.");
    // The printed SQL does the same, and is complete.
    let [install, uninstall] = [INSTALL, UNINSTALL].map(|arguments| say(&[arguments, &["--sql"]].concat()));
    for _ in 0..2 {
        database.connection().batch_execute(&install).unwrap();
        assert_eq!(say(INSTALL), "The triggers are already installed.\n");
    }
    database.connection().batch_execute(&uninstall).unwrap();
    assert_snapshot!(say(UNINSTALL), @"There are no triggers to remove.");
}

/// A trigger must not fail if the table has changed.
#[test]
fn the_triggers_never_fail_a_statement() {
    let Some((database, key)) = prepare() else { return };
    let server = serve(&database);
    let mut client = Connection::connect(server.address());
    assert_eq!(client.get(&key).0, 200);
    let change = "ALTER TABLE auth_user ADD COLUMN odd json; UPDATE auth_user SET odd = '{}';
        ALTER TABLE authtoken_token RENAME COLUMN user_id TO owner_id;
        UPDATE authtoken_token SET created = created; DELETE FROM authtoken_token;
        ALTER TABLE authtoken_token RENAME COLUMN owner_id TO user_id;";
    database.connection().batch_execute(change).unwrap();
    delay_until(&mut client, &key, INVALID);
}

#[test]
fn sqlite_needs_no_triggers() {
    let database = TestDatabase::sqlite();
    assert_snapshot!(database.migrate().manage(INSTALL).run().report(), @"
    exit 1
    -- stdout
    -- stderr
    CommandError: The triggers are for PostgreSQL. On SQLite nothing has to be installed: its token cache is exact without them.
    ");
    database.create_user("Pepe", "aaaa");
    let doctor = database.manage(&["doctor"]).env("TOKEN_CACHE", "bounded").run().expect_success();
    assert!(doctor.contains("TOKEN_CACHE=bounded is for PostgreSQL"), "{doctor}");
    let server = bounded(&database).serve();
    assert_eq!(server.token(&database.token("Pepe")).get("/auth/").status, 200);
}

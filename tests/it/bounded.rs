//! `TOKEN_CACHE=bounded` on PostgreSQL: a revocation by another process is late by milliseconds at most, whatever
//! happens to the listener.
//!
//! `REVOCATIONS` sets how often (of each of the four kinds, default 25).

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
use crate::support::{Manage, Server, TestDatabase, wait_for};

/// No revocation may be later, plus what a busy machine takes for the request itself.
const BOUND: Duration = Duration::from_millis(40 + 500);
const IN_FORCE: &str = "TOKEN_CACHE=bounded is in force";
const NOT_IN_FORCE: &str = "TOKEN_CACHE=bounded is not in force";
const INSTALL: &[&str] = &["install_token_triggers"];
const UNINSTALL: &[&str] = &["install_token_triggers", "--uninstall"];

/// A database with a user and its key, or `None` where there is no PostgreSQL.
fn prepare() -> Option<(TestDatabase, String)> {
    let database = TestDatabase::postgres()?;
    database.migrate().create_user("Pepe", "aaaa");
    let key = database.token("Pepe");
    Some((database, key))
}

fn bounded(database: &TestDatabase) -> Manage<'_> {
    database.runserver().env("TOKEN_CACHE", "bounded").env("WORKERS", "1")
}

/// A server that listens already.
fn serve(database: &TestDatabase) -> Server<'_> {
    database.manage(INSTALL).run().succeeded();
    let server = bounded(database).serve();
    server.log_with(IN_FORCE);
    server
}

fn times_in_force(server: &Server<'_>) -> usize {
    server.log().matches(IN_FORCE).count()
}

/// Whether the server answers for this key while nobody can read the table.
fn is_kept(database: &TestDatabase, server: &Server<'_>, key: &str) -> bool {
    let mut other = database.connection();
    other.batch_execute("BEGIN; LOCK TABLE authtoken_token IN ACCESS EXCLUSIVE MODE").unwrap();
    thread::scope(|scope| {
        let asked = scope.spawn(|| Connection::connect(server.address()).get(key));
        let until = Instant::now() + Duration::from_millis(300);
        while !asked.is_finished() && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
        let kept = asked.is_finished();
        other.batch_execute("ROLLBACK").unwrap();
        assert_eq!(asked.join().unwrap().0, 200);
        kept
    })
}

/// Where the machine is busy, a pulse may be late now and then.
fn wait_until_kept(database: &TestDatabase, server: &Server<'_>, key: &str) {
    wait_for("a token that is kept", || is_kept(database, server, key).then_some(()));
}

/// How long the old answer is given, which is never again after the new one.
fn until(client: &mut Connection, key: &str, expected: (u16, &str)) -> Duration {
    let committed = Instant::now();
    let mut new_since = None;
    while new_since.is_none_or(|since: Instant| since.elapsed() < Duration::from_millis(5)) {
        let answer = client.get(key);
        let now = Instant::now();
        if (answer.0, answer.1.as_str()) == expected {
            new_since.get_or_insert(now);
        } else {
            assert!(new_since.is_none(), "{answer:?} after {expected:?}");
            assert!(now - committed < BOUND, "still {answer:?}");
        }
    }
    new_since.unwrap() - committed
}

#[test]
fn a_revocation_is_late_by_milliseconds() {
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
            late.push(until(&mut client, &key, refused));
            other.batch_execute(&give_back).unwrap();
            late.push(until(&mut client, &key, ACCEPTED));
        }
    }
    wait_until_kept(&database, &server, &key);
    late.sort_unstable();
    let [median, p99] = [late.len() / 2, late.len() * 99 / 100].map(|at| late[at]);
    println!("late by {median:?}, p99 {p99:?}, at most {:?}, of {}", late.last().unwrap(), late.len());
    assert!(median < Duration::from_millis(50), "{late:?}");
    // Nobody's key is not kept.
    assert_eq!(client.get("new").0, 401);
}

/// The listener rests while nobody asks. Whoever does wakes it, so that what was kept is used again at once.
#[test]
fn the_first_request_after_a_rest_wakes_the_listener() {
    let Some((database, key)) = prepare() else { return };
    let server = serve(&database);
    let mut client = Connection::connect(server.address());
    client.get(&key);
    wait_until_kept(&database, &server, &key);
    let kept_after_a_rest = |_: &i32| {
        thread::sleep(Duration::from_millis(1100));
        client.get(&key);
        thread::sleep(Duration::from_millis(20));
        is_kept(&database, &server, &key)
    };
    // A busy machine may be late now and then.
    let times = (0..4).filter(kept_after_a_rest).count();
    assert!(times >= 2, "{times} of 4");
}

#[test]
fn a_truncated_table_is_heard_of() {
    let Some((database, key)) = prepare() else { return };
    let server = serve(&database);
    let mut client = Connection::connect(server.address());
    assert_eq!(client.get(&key).0, 200);
    wait_until_kept(&database, &server, &key);
    database.connection().batch_execute("TRUNCATE authtoken_token").unwrap();
    until(&mut client, &key, INVALID);
}

/// Everything else of a user is shown by what is kept, too.
#[test]
fn a_login_in_django_costs_its_user_one_query() {
    let Some((database, key)) = prepare() else { return };
    let second = database.create_user("Second", "bbbb").token("Second");
    let server = serve(&database);
    let mut client = Connection::connect(server.address());
    for key in [&key, &second] {
        client.get(key);
        wait_until_kept(&database, &server, key);
    }
    let login = "UPDATE auth_user SET last_login = now() WHERE username = 'Pepe'";
    database.connection().batch_execute(login).unwrap();
    wait_for("the notification", || (!is_kept(&database, &server, &key)).then_some(()));
    wait_until_kept(&database, &server, &second);
    wait_until_kept(&database, &server, &key);
}

#[test]
fn a_listener_that_is_ended_comes_back() {
    let Some((database, key)) = prepare() else { return };
    let server = serve(&database);
    let mut client = Connection::connect(server.address());
    for (time, (revoke, refused, give_back)) in turns(&database, &key).into_iter().enumerate() {
        assert_eq!(client.get(&key).0, 200);
        wait_until_kept(&database, &server, &key);
        // The only thing between the end and the revocation is the time that two statements take.
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'vitamin token-notify' AND datname = current_database()";
        let mut other = database.connection();
        other.batch_execute(end).unwrap();
        other.batch_execute(&revoke).unwrap();
        until(&mut client, &key, refused);
        wait_for("the next listener", || (times_in_force(&server) > time + 1).then_some(()));
        other.batch_execute(&give_back).unwrap();
        until(&mut client, &key, ACCEPTED);
    }
    assert!(server.log().matches(NOT_IN_FORCE).count() >= 4, "{}", server.log());
}

#[test]
fn triggers_that_come_and_go_are_noticed() {
    let Some((database, key)) = prepare() else { return };
    let server = bounded(&database).serve();
    let log = server.log_with(NOT_IN_FORCE);
    assert!(log.contains("`manage install_token_triggers` installs them"), "{log}");
    let mut client = Connection::connect(server.address());
    assert_eq!(client.get(&key).0, 200);
    assert!(!is_kept(&database, &server, &key));
    for (time, (revoke, refused, give_back)) in turns(&database, &key).into_iter().enumerate() {
        database.manage(INSTALL).run().succeeded();
        // It listens, and that came back.
        wait_for("the triggers", || (times_in_force(&server) > time).then_some(()));
        assert_eq!(client.get(&key).0, 200);
        wait_until_kept(&database, &server, &key);
        let break_it = [
            "ALTER TABLE auth_user DISABLE TRIGGER ALL",
            "DROP TRIGGER vitamin_token_notify ON authtoken_token",
            "CREATE OR REPLACE FUNCTION vitamin_token_notify() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "DROP FUNCTION vitamin_token_notify CASCADE",
        ][time];
        let mut other = database.connection();
        other.batch_execute(break_it).unwrap();
        // At the next heartbeat.
        wait_for("a look-up", || (!is_kept(&database, &server, &key)).then_some(()));
        other.batch_execute(&revoke).unwrap();
        until(&mut client, &key, refused);
        other.batch_execute(&give_back).unwrap();
        until(&mut client, &key, ACCEPTED);
        assert!(!is_kept(&database, &server, &key));
    }
}

/// Passes on what is said by a Unix socket, until it is told to keep what the server tells whoever listens.
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
                let asks = Arc::clone(&listens);
                thread::spawn(move || {
                    pass_on(client, other_server, |said| {
                        if said.windows(7).any(|word| word == b"LISTEN ") {
                            asks.store(true, Ordering::SeqCst);
                        }
                        true
                    });
                });
                let silent = Arc::clone(&silent);
                thread::spawn(move || {
                    pass_on(server, other_client, |_| {
                        !(listens.load(Ordering::SeqCst) && silent.load(Ordering::SeqCst))
                    });
                });
            }
        });
        proxy
    }
}

fn pass_on(mut from: UnixStream, mut to: UnixStream, mut look: impl FnMut(&[u8]) -> bool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if look(&buffer[..length]) && to.write_all(&buffer[..length]).is_err() {
            return;
        }
    }
}

/// Neither an error nor an end: nothing comes any more.
#[test]
fn in_silence_nothing_is_kept() {
    let Some((database, key)) = prepare() else { return };
    let Some((folder, name)) = database.unix_socket() else {
        eprintln!("SKIPPED: the server of TEST_DATABASE_URL has no Unix socket");
        return;
    };
    let proxy = Proxy::start(database.tmp(), folder.join(".s.PGSQL.5432"));
    let through =
        format!("postgres://postgres@{}:5432/{name}", proxy.folder.to_str().unwrap().replace('/', "%2F"));
    database.manage(INSTALL).run().succeeded();
    let server = bounded(&database).env("DATABASE_URL", &through).serve();
    server.log_with(IN_FORCE);
    let mut client = Connection::connect(server.address());
    for _ in 0..100 {
        assert_eq!(client.get(&key).0, 200);
    }
    wait_until_kept(&database, &server, &key);
    proxy.silent.store(true, Ordering::SeqCst);
    let (revoke, refused, give_back) = turns(&database, &key).into_iter().next().unwrap();
    database.connection().batch_execute(&revoke).unwrap();
    until(&mut client, &key, refused);
    database.connection().batch_execute(&give_back).unwrap();
    assert_eq!(client.get(&key).0, 200);
    assert!(!is_kept(&database, &server, &key));
}

#[test]
fn the_triggers_are_installed_and_removed_by_a_command_alone() {
    let Some((database, _)) = prepare() else { return };
    let doctor = |mode: &str| {
        let report = database.manage(&["doctor"]).env("TOKEN_CACHE", mode).run().succeeded();
        let lines = report.lines().filter(|line| line.contains("bounded"));
        lines.map(str::trim).collect::<Vec<_>>().join("\n")
    };
    let say = |arguments: &[&str]| database.manage(arguments).run().succeeded();
    assert_eq!(doctor("exact"), "");
    assert_snapshot!(doctor("bounded"), @"WARNING  The triggers that TOKEN_CACHE=bounded needs are not installed, so each token is looked up. `manage install_token_triggers` installs them.");
    assert_snapshot!(say(UNINSTALL), @"There are no triggers to remove.");
    assert_snapshot!(say(INSTALL), @"Installed the triggers. TOKEN_CACHE=bounded makes use of them.");
    assert_snapshot!(say(INSTALL), @"The triggers are installed already.");
    assert_snapshot!(doctor("bounded"), @"ok       The triggers that TOKEN_CACHE=bounded needs are installed.");
    assert_snapshot!(doctor("exact"), @"note     The triggers of TOKEN_CACHE=bounded are installed, which is not set. `manage install_token_triggers --uninstall` removes them.");
    database.connection().batch_execute("DROP TRIGGER vitamin_token_notify ON auth_user").unwrap();
    assert_snapshot!(doctor("bounded"), @"WARNING  The triggers that TOKEN_CACHE=bounded needs are incomplete, disabled or of another version, so each token is looked up. `manage install_token_triggers` mends them.");
    assert_snapshot!(say(INSTALL), @"Installed the triggers. TOKEN_CACHE=bounded makes use of them.");
    assert_snapshot!(say(UNINSTALL), @"Removed the triggers.");
    assert_snapshot!(say(UNINSTALL), @"There are no triggers to remove.");
    // What a person runs by hand is the same, and whole in itself.
    let [install, uninstall] = [INSTALL, UNINSTALL].map(|arguments| say(&[arguments, &["--sql"]].concat()));
    for _ in 0..2 {
        database.connection().batch_execute(&install).unwrap();
        assert_eq!(say(INSTALL), "The triggers are installed already.\n");
    }
    database.connection().batch_execute(&uninstall).unwrap();
    assert_snapshot!(say(UNINSTALL), @"There are no triggers to remove.");
}

/// A trigger must not fail where it no longer knows the table.
#[test]
fn the_triggers_let_every_statement_pass() {
    let Some((database, key)) = prepare() else { return };
    let server = serve(&database);
    let mut client = Connection::connect(server.address());
    assert_eq!(client.get(&key).0, 200);
    let change = "ALTER TABLE auth_user ADD COLUMN odd json; UPDATE auth_user SET odd = '{}';
        ALTER TABLE authtoken_token RENAME COLUMN user_id TO owner_id;
        UPDATE authtoken_token SET created = created; DELETE FROM authtoken_token;
        ALTER TABLE authtoken_token RENAME COLUMN owner_id TO user_id;";
    database.connection().batch_execute(change).unwrap();
    until(&mut client, &key, INVALID);
}

#[test]
fn sqlite_needs_no_triggers() {
    let database = TestDatabase::sqlite();
    assert_snapshot!(database.migrate().manage(INSTALL).run().report(), @"
    exit 1
    -- stdout
    -- stderr
    CommandError: These triggers are for PostgreSQL. On SQLite nothing has to be installed: tokens are kept there exactly, until anybody commits.
    ");
    database.create_user("Pepe", "aaaa");
    let doctor = database.manage(&["doctor"]).env("TOKEN_CACHE", "bounded").run().succeeded();
    assert!(doctor.contains("TOKEN_CACHE=bounded is for PostgreSQL"), "{doctor}");
    let server = bounded(&database).serve();
    assert_eq!(server.token(&database.token("Pepe")).get("/auth/").status, 200);
}

//! A database locked by another connection: requests get 503 in time and never hang.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use insta::assert_snapshot;

use crate::support::*;

database_tests!(a_login_that_must_write_gets_503);

fn serve(database: &TestDatabase) -> LiveServer {
    database.runserver().env("DATABASE_TIMEOUT", "1").serve()
}

/// Blocks other writers until it is dropped.
fn lock(database: &TestDatabase) -> impl Drop {
    let mut connection = database.connection();
    let lock = if database.is_sqlite() {
        "BEGIN EXCLUSIVE"
    } else {
        "BEGIN; LOCK TABLE authtoken_token IN EXCLUSIVE MODE"
    };
    connection.batch_execute(lock).unwrap();
    Rollback(connection)
}

struct Rollback(vitamin::database::PooledConnection);

impl Drop for Rollback {
    fn drop(&mut self) {
        self.0.batch_execute("ROLLBACK").unwrap();
    }
}

fn a_login_that_must_write_gets_503(database: &TestDatabase) {
    let server = {
        database.migrate().create_user("Pepe", "aaaa").create_user("Second", "bbbb");
        serve(database)
    };
    let key = database.token("Second");
    let locked = lock(database);
    let started = Instant::now();
    let response = server.anonymous().post("/", "user=Pepe&password=aaaa");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_snapshot!(response.snapshot(), @r#"
    503
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json
    retry-after: 1

    {"detail":"Service temporarily unavailable, try again later."}
    "#);
    // Readers don't wait for the writer.
    assert_eq!(server.token(&key).get("/auth/").status, 200);
    assert_eq!(server.anonymous().post("/", "user=Second&password=bbbb").key(), key);
    drop(locked);
    assert_eq!(server.anonymous().post("/", "user=Pepe&password=aaaa").status, 200);
    server.wait_for_log("Answered 503: the database is unavailable");
}

/// In SQLite's rollback mode, which Django uses, a writer blocks readers too.
#[test]
fn in_rollback_mode_reading_gets_503_too() {
    let database = TestDatabase::sqlite();
    database.connection().batch_execute("PRAGMA journal_mode = DELETE").unwrap();
    database.migrate().create_user("Pepe", "aaaa");
    let server = serve(&database);
    // A login reads the user each time; a token may be cached while nobody commits.
    database.token("Pepe");
    let log_in = || server.anonymous().post("/", "user=Pepe&password=aaaa");
    assert_eq!(log_in().status, 200);
    let locked = lock(&database);
    let started = Instant::now();
    let response = log_in();
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!((response.status, response.header("retry-after")), (503, "1"));
    // Requests that need no database are served meanwhile, even with more requests waiting than there are connections.
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..20).map(|_| scope.spawn(|| log_in().status)).collect();
        assert_eq!(server.anonymous().get("/").status, 200);
        let statuses: Vec<u16> = waiting.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_eq!(statuses, [503; 20]);
    });
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    drop(locked);
    assert_eq!(log_in().status, 200);
}

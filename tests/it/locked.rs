//! A database that somebody else keeps locked: 503 in time, never a request that hangs.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use insta::assert_snapshot;

use crate::support::{Server, TestDatabase};

database_tests!(a_login_that_must_write_is_told_to_come_again);

fn serve(database: &TestDatabase) -> Server<'_> {
    database.runserver().env("DATABASE_TIMEOUT", "1").serve()
}

/// Keeps others from writing until the connection is dropped.
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

struct Rollback(diesel::r2d2::PooledConnection<vitamin::database::Manager>);

impl Drop for Rollback {
    fn drop(&mut self) {
        self.0.batch_execute("ROLLBACK").unwrap();
    }
}

fn a_login_that_must_write_is_told_to_come_again(database: &TestDatabase) {
    let server = {
        database.migrate().create_user("Pepe", "aaaa").create_user("Second", "bbbb");
        serve(database)
    };
    let key = database.token("Second");
    let locked = lock(database);
    let started = Instant::now();
    let answer = server.anonymous().post("/", "user=Pepe&password=aaaa");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_snapshot!(answer.wire(), @r#"
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
    server.log_with("Answered 503: the database is unavailable");
}

/// In SQLite's rollback mode, which Django has, a writer keeps readers out too.
#[test]
fn in_rollback_mode_reading_is_refused_too() {
    let database = TestDatabase::sqlite();
    database.connection().batch_execute("PRAGMA journal_mode = DELETE").unwrap();
    database.migrate().create_user("Pepe", "aaaa");
    let server = serve(&database);
    // A login reads the user each time; a token may be known from before, and stands as long as nobody has committed.
    database.token("Pepe");
    let log_in = || server.anonymous().post("/", "user=Pepe&password=aaaa");
    assert_eq!(log_in().status, 200);
    let locked = lock(&database);
    let started = Instant::now();
    let answer = log_in();
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    // What needs no database is answered all the while, and more at once than there are connections.
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

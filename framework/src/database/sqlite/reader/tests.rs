use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::thread::{self, ThreadId};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection, select};
use tempfile::TempDir;

use super::*;
use crate::conf::Env;
use crate::database::Database;
use crate::database::sqlite::sentinel::tests::OtherProcess;

/// A database with the table `t (n)`, of one row.
struct Fixture {
    folder: TempDir,
    database: Database,
}

fn open(mode: &str) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db").to_str().unwrap().to_owned();
    create(&path, mode);
    let env = [("DATABASE_URL", path.as_str()), ("DATABASE_TIMEOUT", "1"), ("SQLITE_JOURNAL_MODE", mode)];
    let database = Database::new(&DatabaseSettings::from_env(&Env::from_iter(env)).unwrap()).creating_file();
    Fixture { folder, database }
}

fn create(path: &str, mode: &str) -> SqliteConnection {
    use diesel::Connection as _;
    let mut connection = SqliteConnection::establish(path).unwrap();
    let sql = format!("PRAGMA journal_mode = {mode}; CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (0)");
    connection.batch_execute(&sql).unwrap();
    connection
}

impl Fixture {
    fn path(&self) -> String {
        self.folder.path().join("db").to_str().unwrap().to_owned()
    }
}

fn number(connection: &mut DbConnection, query: &str) -> QueryResult<i64> {
    select(sql::<BigInt>(&format!("({query})"))).get_result(connection)
}

fn n(connection: &mut DbConnection) -> Result<(i64, ThreadId), DatabaseError> {
    Ok((number(connection, "SELECT n FROM t")?, thread::current().id()))
}

fn here() -> ThreadId {
    thread::current().id()
}

/// Whether a query of constant text runs on this thread.
async fn is_inline(database: &Database) -> bool {
    database.read(n).await.unwrap().1 == here()
}

#[actix_web::test]
async fn reads_run_here_in_wal_mode_only() {
    assert!(is_inline(&open("wal").database).await);
    assert!(!is_inline(&open("delete").database).await);
    let fixture = open("wal");
    let settings = DatabaseSettings { read_only: true, ..fixture.database.settings().clone() };
    assert!(!is_inline(&Database::new(&settings)).await, "it might repair the file");
    let uri = format!("sqlite://file:{}", fixture.path());
    let settings = DatabaseSettings { url: uri.parse().unwrap(), ..settings };
    assert!(!is_inline(&Database::new(&settings)).await);
}

#[actix_web::test]
async fn a_missing_file_is_left_to_the_pool() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db").to_str().unwrap().to_owned();
    let env = Env::from_iter([("DATABASE_URL", path.as_str())]);
    let database = Database::new(&DatabaseSettings::from_env(&env).unwrap()).creating_file();
    let thread = database.read(|_| Ok::<_, DatabaseError>(here())).await.unwrap();
    assert_ne!(thread, here());
    database.get().unwrap().batch_execute("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (3)").unwrap();
    thread::sleep(RETRY_DELAY);
    assert!(is_inline(&database).await);
}

#[actix_web::test]
async fn all_queries_of_a_read_see_one_state() {
    for mode in ["wal", "delete"] {
        let fixture = open(mode);
        let path = fixture.path();
        let seen = fixture.database.read(move |connection| {
            let before = n(connection)?.0;
            // In rollback mode the reader blocks this commit.
            let mut other = <SqliteConnection as diesel::Connection>::establish(&path).unwrap();
            let _ = other.batch_execute("UPDATE t SET n = n + 1");
            Ok::<_, DatabaseError>((before, n(connection)?.0))
        });
        assert_eq!(seen.await.unwrap(), (0, 0), "{mode}");
        let after = fixture.database.read(n).await.unwrap().0;
        assert_eq!(after, i64::from(mode == "wal"), "{mode}");
    }
}

/// Threads of this process and another process write; each read sees all that was acknowledged before it began.
#[test]
fn a_read_sees_every_acknowledged_write() {
    for mode in ["wal", "delete"] {
        let fixture = open(mode);
        let written = Arc::new(AtomicI64::new(0));
        let reads = Arc::new(AtomicUsize::new(0));
        thread::scope(|threads| {
            for _ in 0..3 {
                let (database, written, reads) =
                    (fixture.database.clone(), Arc::clone(&written), Arc::clone(&reads));
                threads.spawn(move || {
                    actix_web::rt::System::new().block_on(async move {
                        while written.load(Ordering::SeqCst) < 150 {
                            let expected = written.load(Ordering::SeqCst);
                            let (seen, thread) = match database.read(n).await {
                                Ok(found) => found,
                                // In rollback mode, SQLite lets readers wait in vain while others write all the time.
                                Err(DatabaseError::Unavailable(_)) if mode == "delete" => continue,
                                Err(error) => panic!("{mode}: {error}"),
                            };
                            assert!(seen >= expected, "{mode}: {seen} of {expected}");
                            if (thread == here()) == (mode == "wal") {
                                reads.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    });
                });
            }
            let mut other = OtherProcess::start(&fixture.path());
            actix_web::rt::System::new().block_on(async {
                let mut turn = 0;
                while turn < 150 {
                    if turn % 3 == 0 {
                        while other.run("UPDATE t SET n = n + 1").is_err() {}
                    } else {
                        let write = fixture.database.write(|connection| {
                            let updated = diesel::sql_query("UPDATE t SET n = n + 1").execute(connection);
                            Ok::<_, DatabaseError>(updated.map(drop)?)
                        });
                        match write.await {
                            Ok(()) => (),
                            Err(DatabaseError::Unavailable(_)) if mode == "delete" => continue,
                            Err(error) => panic!("{mode}: {error}"),
                        }
                    }
                    turn += 1;
                    written.store(turn, Ordering::SeqCst);
                }
            });
        });
        assert!(reads.load(Ordering::Relaxed) > 10, "{mode}");
    }
}

#[actix_web::test]
async fn what_takes_long_goes_to_the_pool() {
    let fixture = open("wal");
    let endless = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3000000)
                   SELECT count(*) FROM c";
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let longest = Arc::new(AtomicUsize::new(0));
    let here_for = Arc::clone(&longest);
    let started_on = here();
    let (count, thread) = fixture
        .database
        .read(move |connection| {
            counted.fetch_add(1, Ordering::Relaxed);
            let started = Instant::now();
            // The closure hides the error.
            let count = number(connection, endless).unwrap_or(-1);
            if here() == started_on {
                here_for.store(started.elapsed().as_millis() as usize, Ordering::Relaxed);
            }
            Ok::<_, DatabaseError>((count, here()))
        })
        .await
        .unwrap();
    assert_eq!((count, runs.load(Ordering::Relaxed)), (3_000_000, 2));
    assert_ne!(thread, here());
    assert!((4..100).contains(&longest.load(Ordering::Relaxed)), "{longest:?} ms");
    assert!(is_inline(&fixture.database).await, "the connection is used again");
}

#[actix_web::test]
async fn slow_reads_are_left_to_the_pool_for_a_while() {
    let fixture = open("wal");
    let slow = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let read = async || {
        let slow = Arc::clone(&slow);
        let read = fixture.database.read(move |_| {
            if slow.load(Ordering::Relaxed) {
                // Not in SQLite, so it can't be stopped.
                thread::sleep(2 * LIMITS.clock);
            }
            Ok::<_, DatabaseError>(here())
        });
        read.await.unwrap()
    };
    assert_eq!(read().await, here(), "it is not repeated");
    assert_ne!(read().await, here());
    assert!(is_inline(&fixture.database).await, "another kind");
    slow.store(false, Ordering::Relaxed);
    thread::sleep(PAUSE);
    assert_eq!(read().await, here());
    assert_eq!(read().await, here());
}

#[actix_web::test]
async fn a_lock_is_waited_for_by_the_pool() {
    let fixture = open("wal");
    assert!(is_inline(&fixture.database).await);
    let mut other = OtherProcess::start(&fixture.path());
    // Keeps all others from reading, once none of them has the log open.
    READERS.with_borrow_mut(Vec::clear);
    let exclusive = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE t SET n = 7";
    other.run(exclusive).unwrap();
    let locked = fixture.database.read(n).await;
    assert!(matches!(locked, Err(DatabaseError::Unavailable(_))), "{locked:?}");
    let released = fixture.database.read(n);
    let release = async {
        actix_web::rt::time::sleep(Duration::from_millis(300)).await;
        other.run("COMMIT; PRAGMA locking_mode = NORMAL; SELECT * FROM t").unwrap();
    };
    let (read, ()) = futures_util::future::join(released, release).await;
    let (n, thread) = read.unwrap();
    assert_eq!(n, 7);
    assert_ne!(thread, here());
}

#[actix_web::test]
async fn a_replaced_file_is_read() {
    let fixture = open("wal");
    assert!(is_inline(&fixture.database).await);
    for name in ["db", "db-wal", "db-shm"] {
        let _ = std::fs::remove_file(fixture.folder.path().join(name));
    }
    create(&fixture.path(), "wal").batch_execute("UPDATE t SET n = 8").unwrap();
    thread::sleep(2 * PATH_CHECK_INTERVAL);
    assert_eq!(fixture.database.read(n).await.unwrap(), (8, here()));
}

#[actix_web::test]
async fn a_read_leaves_no_transaction_behind() {
    let fixture = open("wal");
    let mut other = OtherProcess::start(&fixture.path());
    let mut is_unread = || {
        other.run("UPDATE t SET n = n + 1").unwrap();
        // A reader of an older state would keep the log from being emptied.
        other.run("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        std::fs::metadata(fixture.folder.path().join("db-wal")).unwrap().len() == 0
    };
    let database = &fixture.database;
    assert!(is_inline(database).await && is_unread());
    let failed = database.read(|connection| {
        n(connection)?;
        Err::<(), _>(DatabaseError::Unavailable("a test".to_owned()))
    });
    assert!(failed.await.is_err() && is_unread());
    let failed = database.read(|connection| {
        n(connection)?;
        Ok::<_, DatabaseError>(number(connection, "SELECT missing FROM t")?)
    });
    assert!(matches!(failed.await, Err(DatabaseError::Query(_))) && is_unread());
    let rejected = database.read(|connection| {
        n(connection)?;
        Ok::<_, DatabaseError>(connection.batch_execute("UPDATE t SET n = 0")?)
    });
    assert!(rejected.await.unwrap_err().to_string().contains("readonly") && is_unread());
    let nested = database.read(|connection| connection.atomic(n));
    assert!(nested.await.is_ok() && is_unread());
    let unbalanced = database.read(|connection| Ok::<_, DatabaseError>(connection.batch_execute("COMMIT")?));
    assert!(unbalanced.await.is_ok() && is_unread() && is_inline(database).await);
}

#[actix_web::test]
async fn a_panic_spares_the_next_read() {
    let fixture = open("wal");
    let panicking = fixture.database.read(|connection| -> Result<(), DatabaseError> {
        connection.atomic(|connection| {
            n(connection)?;
            panic!("a test")
        })
    });
    let caught = futures_util::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(panicking)).await;
    assert!(caught.is_err());
    assert!(is_inline(&fixture.database).await);
}

#[actix_web::test]
async fn the_current_time_is_known() {
    let fixture = open("wal");
    let now = fixture.database.read(crate::database::now).await.unwrap();
    assert!((chrono::Utc::now().naive_utc() - now).num_seconds().abs() < 5);
}

use std::sync::mpsc::channel;
use std::time::Duration;

use actix_web::rt::spawn;
use actix_web::rt::time::sleep;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::sql_types::BigInt;
use diesel::{Connection as _, QueryResult, RunQueryDsl, SqliteConnection, select};
use futures_util::FutureExt as _;
use futures_util::future::{join, join_all};
use tempfile::TempDir;

use super::*;
use crate::conf::Env;
use crate::database::Database;
use crate::database::sqlite::sentinel::tests::OtherProcess;
use crate::request_id;

/// `child` refers to `parent` as Django's tables do. `t` refuses -1 by ending the whole transaction.
const TABLES: &str = "
    CREATE TABLE t (n INTEGER UNIQUE);
    CREATE TRIGGER refuse BEFORE INSERT ON t WHEN new.n = -1 BEGIN SELECT RAISE(ROLLBACK, 'refused'); END;
    CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE child (parent_id INTEGER NOT NULL REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)";

fn open(mode: &str) -> (TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db").to_str().unwrap().to_owned();
    let env = [("DATABASE_URL", path.as_str()), ("DATABASE_TIMEOUT", "1"), ("SQLITE_JOURNAL_MODE", mode)];
    let database = Database::new(&DatabaseSettings::from_env(&Env::from_iter(env)).unwrap()).creating_file();
    database.get().unwrap().batch_execute(TABLES).unwrap();
    (folder, database)
}

fn number(connection: &mut DbConnection, query: &str) -> QueryResult<i64> {
    select(sql::<BigInt>(&format!("({query})"))).get_result(connection)
}

fn execute(connection: &mut DbConnection, statement: &str) -> Result<(), DatabaseError> {
    Ok(diesel::sql_query(statement).execute(connection).map(drop)?)
}

fn insert(connection: &mut DbConnection, n: i64) -> Result<(), DatabaseError> {
    execute(connection, &format!("INSERT INTO t VALUES ({n})"))
}

fn count(database: &Database, table: &str) -> i64 {
    number(&mut database.get().unwrap(), &format!("SELECT count(*) FROM {table}")).unwrap()
}

/// Lets the jobs of `queued` wait until all of them are in the queue.
async fn in_one_batch<T>(database: &Database, queued: impl Future<Output = T>) -> T {
    let (release, released) = channel::<()>();
    let (started, has_started) = channel();
    let database = database.clone();
    let first = spawn(async move {
        let first = database.write(move |_| {
            started.send(()).unwrap();
            released.recv().unwrap();
            Ok::<_, DatabaseError>(())
        });
        first.await
    });
    while has_started.try_recv().is_err() {
        sleep(Duration::from_millis(1)).await;
    }
    let release = async {
        sleep(Duration::from_millis(50)).await;
        release.send(()).unwrap();
    };
    let (result, ()) = join(queued, release).await;
    first.await.unwrap().unwrap();
    result
}

fn is_unavailable<T>(result: &Result<T, DatabaseError>) -> bool {
    matches!(result, Err(DatabaseError::Unavailable(_)))
}

/// The result of a job: whether it failed, and how.
fn kind(result: &Result<(), DatabaseError>) -> &'static str {
    match result {
        Ok(()) => "ok",
        Err(DatabaseError::Unavailable(_)) => "unavailable",
        Err(DatabaseError::Query(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _))) => {
            "unique"
        }
        Err(DatabaseError::Query(QueryError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _))) => {
            "foreign key"
        }
        Err(DatabaseError::Query(QueryError::RollbackTransaction)) => "own",
        Err(DatabaseError::Query(_) | DatabaseError::Receiver(_)) => "query",
    }
}

#[actix_web::test]
async fn each_job_of_a_batch_fails_alone() {
    for mode in ["wal", "delete"] {
        let (_folder, database) = open(mode);
        let jobs = (0..60).map(|n| {
            database.write(move |connection| {
                match n % 6 {
                    1 => insert(connection, n - 1)?,
                    2 => {
                        execute(connection, &format!("INSERT INTO child VALUES ({n})"))?;
                        insert(connection, n)?;
                    }
                    3 => {
                        insert(connection, n)?;
                        return Err(DatabaseError::Query(QueryError::RollbackTransaction));
                    }
                    4 => {
                        execute(connection, &format!("INSERT INTO child VALUES ({n})"))?;
                        execute(connection, &format!("INSERT INTO parent VALUES ({n})"))?;
                        insert(connection, n)?;
                    }
                    5 => {
                        insert(connection, n)?;
                        let inner = connection.atomic(|connection| {
                            insert(connection, 1000 + n)?;
                            Err::<(), _>(DatabaseError::Query(QueryError::RollbackTransaction))
                        });
                        assert_eq!(kind(&inner), "own");
                        connection.atomic(|connection| insert(connection, 2000 + n))?;
                    }
                    _ => insert(connection, n)?,
                }
                Ok::<_, DatabaseError>(())
            })
        });
        let results = in_one_batch(&database, join_all(jobs)).await;
        let expected = ["ok", "unique", "foreign key", "own", "ok", "ok"];
        for (n, result) in results.iter().enumerate() {
            assert_eq!(kind(result), expected[n % 6], "{mode}: {n}: {result:?}");
        }
        let rows: Vec<i64> = diesel::sql_query("SELECT n FROM t ORDER BY n")
            .load::<Row>(&mut *database.get().unwrap())
            .unwrap()
            .into_iter()
            .map(|row| row.n)
            .collect();
        let kept = (0..60).filter(|n| [0, 4, 5].contains(&(n % 6)));
        let nested = (0..60).filter(|n| n % 6 == 5).map(|n| 2000 + n);
        assert_eq!(rows, kept.chain(nested).collect::<Vec<_>>());
        assert_eq!((count(&database, "child"), count(&database, "parent")), (10, 10));
    }
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[actix_web::test]
async fn a_panic_fails_one_job() {
    let (_folder, database) = open("wal");
    let jobs = (0..9).map(|n| {
        let job = database.write(move |connection| {
            insert(connection, n)?;
            if n % 3 == 1 {
                connection.atomic(|connection| -> Result<(), DatabaseError> {
                    insert(connection, 100 + n)?;
                    panic!("a test")
                })?;
            }
            Ok::<_, DatabaseError>(())
        });
        std::panic::AssertUnwindSafe(job).catch_unwind()
    });
    let results = in_one_batch(&database, join_all(jobs)).await;
    for (n, result) in results.iter().enumerate() {
        assert_eq!(result.is_err(), n % 3 == 1, "{n}: it panicked");
        assert!(result.as_ref().is_ok_and(Result::is_ok) || n % 3 == 1, "{n}");
    }
    assert_eq!(count(&database, "t"), 6);
}

#[actix_web::test]
async fn a_lost_transaction_fails_all_of_it() {
    let (_folder, database) = open("wal");
    let values = [1, 2, -1, 3];
    let jobs = values.map(|n| database.write(move |connection| insert(connection, n)));
    let results = in_one_batch(&database, join_all(jobs)).await;
    // The culprit gets its own error. The next one began another transaction.
    assert_eq!(results.iter().map(kind).collect::<Vec<_>>(), ["unavailable", "unavailable", "query", "ok"]);
    assert_eq!(count(&database, "t"), 1);
}

#[actix_web::test]
async fn a_failed_commit_fails_all_of_the_batch() {
    // In rollback mode a commit waits for readers, here in vain.
    let (folder, database) = open("delete");
    let path = folder.path().join("db").to_str().unwrap().to_owned();
    let mut reader = SqliteConnection::establish(&path).unwrap();
    let jobs = (0..3).map(|n| {
        database.write(move |connection| {
            insert(connection, n)?;
            if n == 1 {
                return Err(DatabaseError::Query(QueryError::RollbackTransaction));
            }
            Ok(())
        })
    });
    reader.batch_execute("BEGIN; SELECT * FROM t").unwrap();
    let batch = join_all(jobs);
    let results = batch.await;
    assert!(results.iter().any(is_unavailable), "{results:?}");
    assert!(results.iter().all(Result::is_err), "{results:?}");
    reader.batch_execute("COMMIT").unwrap();
    assert_eq!(count(&database, "t"), 0);
    database.write(|connection| insert(connection, 5)).await.unwrap();
    assert_eq!(count(&database, "t"), 1);
}

#[actix_web::test]
async fn a_lock_of_another_process_is_waited_for() {
    for mode in ["wal", "delete"] {
        let (folder, database) = open(mode);
        let mut other = OtherProcess::start(folder.path().join("db").to_str().unwrap());
        other.run("BEGIN IMMEDIATE; INSERT INTO t VALUES (100)").unwrap();
        let started = Instant::now();
        let jobs = (0..5).map(|n| database.write(move |connection| insert(connection, n)));
        let results = join_all(jobs).await;
        // Counted from the request, not from the begin of each transaction.
        let waited = started.elapsed();
        assert!(results.iter().all(is_unavailable), "{mode}: {results:?}");
        assert!((900..1600).contains(&waited.as_millis()), "{mode}: {waited:?}");
        let jobs = join_all((0..5).map(|n| database.write(move |connection| insert(connection, n))));
        let release = async {
            sleep(Duration::from_millis(300)).await;
            other.run("COMMIT").unwrap();
        };
        let (results, ()) = join(jobs, release).await;
        assert!(results.iter().all(Result::is_ok), "{mode}: {results:?}");
        assert_eq!(count(&database, "t"), 6, "what timed out was not written");
    }
}

#[actix_web::test]
async fn a_waiting_job_is_withdrawn_with_its_request() {
    let (_folder, database) = open("wal");
    let queued = async {
        let dropped = database.write(|connection| insert(connection, 1));
        assert!(dropped.now_or_never().is_none());
        database.write(|connection| insert(connection, 2)).await
    };
    in_one_batch(&database, queued).await.unwrap();
    assert_eq!(count(&database, "t"), 1);
}

#[actix_web::test]
async fn a_job_that_has_begun_is_waited_for() {
    let (_folder, database) = open("wal");
    let slow = database.write(|connection| {
        thread::sleep(Duration::from_millis(1300));
        insert(connection, 1)
    });
    let other = async {
        sleep(Duration::from_millis(50)).await;
        database.write(|connection| insert(connection, 2)).await
    };
    let (slow, other) = join(slow, other).await;
    assert!(slow.is_ok() && is_unavailable(&other));
    assert_eq!(count(&database, "t"), 1);
}

#[actix_web::test]
async fn jobs_beyond_the_queue_are_rejected() {
    let (_folder, database) = open("wal");
    let jobs = (0..QUEUE + 100).map(|n| {
        let n = i64::try_from(n).unwrap();
        database.write(move |connection| insert(connection, n))
    });
    let results = in_one_batch(&database, join_all(jobs)).await;
    let rejected = results.iter().filter(|result| is_unavailable(result)).count();
    assert_eq!(rejected, 100);
    assert_eq!(count(&database, "t"), i64::try_from(QUEUE).unwrap());
}

#[actix_web::test]
async fn quick_jobs_do_not_wait_for_a_known_slow_one() {
    fn slow(database: &Database) -> impl Future<Output = Result<(), DatabaseError>> {
        database.write(|_| {
            thread::sleep(Duration::from_millis(200));
            Ok::<_, DatabaseError>(())
        })
    }
    let (_folder, database) = open("wal");
    slow(&database).await.unwrap();
    let queued = async {
        let quick = database.write(|connection| insert(connection, 1));
        let started = Instant::now();
        let quick = async { quick.await.map(|()| started.elapsed()) };
        let slow = async { slow(&database).await.map(|()| started.elapsed()) };
        join(quick, slow).await
    };
    let (quick, slow) = in_one_batch(&database, queued).await;
    let (quick, slow) = (quick.unwrap(), slow.unwrap());
    assert!(slow - quick > Duration::from_millis(150), "{quick:?}, {slow:?}");
}

#[actix_web::test]
async fn a_replaced_file_is_written() {
    let (folder, database) = open("wal");
    database.write(|connection| insert(connection, 1)).await.unwrap();
    for name in ["db", "db-wal", "db-shm"] {
        let _ = std::fs::remove_file(folder.path().join(name));
    }
    database.get().unwrap().batch_execute(TABLES).unwrap();
    database.write(|connection| insert(connection, 2)).await.unwrap();
    assert_eq!(number(&mut database.get().unwrap(), "SELECT n FROM t").unwrap(), 2);
}

#[actix_web::test]
async fn the_request_is_known_to_its_job() {
    let (_folder, database) = open("wal");
    let id = Some(uuid::Uuid::from_u128(7));
    let job = request_id::scope(id, || {
        let mut job = Box::pin(database.write(|_| Ok::<_, DatabaseError>(request_id::current())));
        assert!(job.as_mut().now_or_never().is_none());
        job
    });
    assert_eq!(job.await.unwrap(), id);
}

#[actix_web::test]
async fn the_thread_ends_with_the_database() {
    let (_folder, database) = open("wal");
    let (ended, has_ended) = channel::<()>();
    // Lives as long as the thread.
    struct Ended(#[expect(dead_code, reason = "its drop is seen")] std::sync::mpsc::Sender<()>);
    thread_local!(static ENDED: std::cell::RefCell<Option<Ended>> = const { std::cell::RefCell::new(None) });
    let write = database.write(move |_| {
        ENDED.set(Some(Ended(ended)));
        Ok::<_, DatabaseError>(())
    });
    write.await.unwrap();
    drop(database);
    let ended = has_ended.recv_timeout(Duration::from_secs(5));
    assert_eq!(ended, Err(std::sync::mpsc::RecvTimeoutError::Disconnected));
}

/// Requests of several threads and another process write: what was acknowledged is there, and nothing else.
#[test]
fn exactly_the_acknowledged_writes_are_kept() {
    for mode in ["wal", "delete"] {
        let (folder, database) = open(mode);
        database
            .get()
            .unwrap()
            .batch_execute("CREATE TABLE total (n INTEGER); INSERT INTO total VALUES (0)")
            .unwrap();
        let add = "UPDATE total SET n = n + 1";
        let written = std::sync::atomic::AtomicI64::new(0);
        let count = |result: &Result<(), DatabaseError>| {
            if result.is_ok() {
                written.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        };
        thread::scope(|threads| {
            for worker in 0..3 {
                let database = database.clone();
                threads.spawn(move || {
                    let requests = (0..8).map(async |request| {
                        for turn in 0..20 {
                            let result = database.write(move |connection| {
                                execute(connection, add)?;
                                match (worker + request + turn) % 5 {
                                    0 => execute(connection, "INSERT INTO child VALUES (7)"),
                                    1 => Err(DatabaseError::Query(QueryError::RollbackTransaction)),
                                    _ => Ok(()),
                                }
                            });
                            count(&result.await);
                        }
                    });
                    actix_web::rt::System::new().block_on(join_all(requests));
                });
            }
            threads.spawn(|| {
                let mut other = OtherProcess::start(folder.path().join("db").to_str().unwrap());
                for _ in 0..50 {
                    count(&other.run(add).map_err(DatabaseError::Unavailable));
                }
            });
        });
        let written = written.into_inner();
        assert!(written > 150, "{mode}: {written}");
        assert_eq!(number(&mut database.get().unwrap(), "SELECT n FROM total").unwrap(), written, "{mode}");
        assert_eq!(super::tests::count(&database, "child"), 0);
    }
}

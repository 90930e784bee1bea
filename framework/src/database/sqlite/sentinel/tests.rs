//! Uses real files, connections, threads and processes.

mod changes;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use tempfile::TempDir;

use super::*;

const MODES: [&str; 4] = ["WAL", "DELETE", "TRUNCATE", "PERSIST"];
/// Longer than the interval in which the path is checked.
const A_WHILE: Duration = Duration::from_millis(15);

struct Fixture(TempDir);

impl Fixture {
    fn new(mode: &str) -> Self {
        let fixture = Self(tempfile::tempdir().unwrap());
        fixture.make("db", mode);
        fixture
    }

    fn make(&self, name: &str, mode: &str) {
        let mut connection = connect(&self.path(name));
        let sql =
            format!("PRAGMA journal_mode = {mode}; CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (0)");
        connection.batch_execute(&sql).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn connect(&self) -> SqliteConnection {
        connect(&self.path("db"))
    }

    fn sentinel(&self) -> Sentinel {
        Sentinel::open(&self.path("db")).unwrap()
    }
}

fn connect(path: &str) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(path).unwrap();
    connection.batch_execute("PRAGMA busy_timeout = 20000; PRAGMA synchronous = OFF").unwrap();
    connection
}

fn value(connection: &mut SqliteConnection) -> diesel::QueryResult<i64> {
    #[derive(QueryableByName)]
    struct NumberRow {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    sql_query("SELECT n FROM t").get_result::<NumberRow>(connection).map(|row| row.n)
}

fn stamp(sentinel: &mut Sentinel) -> Stamp {
    sentinel.read(|| ()).1.expect("there is no writer")
}

/// Another process, which runs SQL from its standard input.
pub(in crate::database) struct OtherProcess {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl OtherProcess {
    pub(in crate::database) fn start(path: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "database::sqlite::sentinel::tests::the_other_process"])
            .args(["--ignored", "--nocapture"])
            .env("SENTINEL_TEST_DATABASE", path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    pub(in crate::database) fn run(&mut self, sql: &str) -> Result<(), String> {
        writeln!(self.input, "{sql}").unwrap();
        for line in (&mut self.output).lines() {
            let line = line.unwrap();
            if let Some((_, reply)) = line.split_once("reply:") {
                return if reply == "ok" { Ok(()) } else { Err(reply.to_owned()) };
            }
        }
        panic!("the other process ended");
    }
}

impl Drop for OtherProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "started by the other tests"]
fn the_other_process() {
    let Ok(path) = std::env::var("SENTINEL_TEST_DATABASE") else { return };
    let mut connection = connect(&path);
    for sql in std::io::stdin().lines() {
        let reply = connection.batch_execute(&sql.unwrap());
        println!("reply:{}", reply.map_or_else(|error| error.to_string(), |()| "ok".to_owned()));
    }
}

#[test]
fn only_commits_are_detected() {
    for mode in MODES {
        let fixture = Fixture::new(mode);
        let mut sentinel = fixture.sentinel();
        let mut here = fixture.connect();
        let mut other = OtherProcess::start(&fixture.path("db"));
        for turn in 0..100 {
            let before = stamp(&mut sentinel);
            assert!(sentinel.is_unchanged(&before), "{mode}: nothing happened");
            here.batch_execute("SELECT * FROM t; BEGIN; SELECT * FROM t; COMMIT").unwrap();
            assert!(sentinel.is_unchanged(&before), "{mode}: a read");
            let sql = if turn % 2 == 0 { "UPDATE t SET n = n + 1" } else { "PRAGMA user_version = 7" };
            if turn % 4 < 2 {
                here.batch_execute(sql).unwrap()
            } else {
                other.run(sql).unwrap()
            }
            assert!(!sentinel.is_unchanged(&before), "{mode}: commit {turn}");
        }
    }
}

#[test]
fn a_rolled_back_state_matches_no_stamp() {
    for mode in MODES {
        let fixture = Fixture::new(mode);
        let mut sentinel = fixture.sentinel();
        let (mut writer, mut reader) = (fixture.connect(), fixture.connect());
        let before = stamp(&mut sentinel);
        // A cache so small that pages are written to the file before the commit.
        let begin = "PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE t SET n = n + 1; CREATE TABLE filler AS
            WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 500)
            SELECT randomblob(1000) AS x FROM c";
        writer.batch_execute(begin).unwrap();
        let (_, during) = sentinel.read(|| ());
        writer.batch_execute("ROLLBACK").unwrap();
        // The next commit gets the change counter of the one rolled back.
        writer.batch_execute("UPDATE t SET n = n + 10").unwrap();
        for stamp in [Some(before), during].iter().flatten() {
            assert!(!sentinel.is_unchanged(stamp), "{mode}");
        }
        let (seen, after) = sentinel.read(|| value(&mut reader));
        assert_eq!(seen, Ok(10));
        assert!(sentinel.is_unchanged(&after.unwrap()), "{mode}");
    }
}

#[test]
fn commits_after_a_checkpoint_or_vacuum_are_detected() {
    for mode in MODES {
        let fixture = Fixture::new(mode);
        let mut sentinel = fixture.sentinel();
        let mut other = OtherProcess::start(&fixture.path("db"));
        let checkpoints = ["PASSIVE", "FULL", "RESTART", "TRUNCATE"];
        let checkpoints = checkpoints.map(|kind| format!("PRAGMA wal_checkpoint({kind})"));
        let maintenance = ["VACUUM", "PRAGMA auto_vacuum = FULL; VACUUM", "REINDEX", "ANALYZE"];
        for sql in checkpoints.iter().map(String::as_str).chain(maintenance) {
            for commits in 1..4 {
                let before = stamp(&mut sentinel);
                other.run(sql).unwrap();
                let between = stamp(&mut sentinel);
                other.run(&"UPDATE t SET n = n + 1;".repeat(commits)).unwrap();
                assert!(!sentinel.is_unchanged(&before), "{mode}: {sql}");
                assert!(!sentinel.is_unchanged(&between), "{mode}: {sql}");
            }
        }
    }
}

#[test]
fn a_switch_to_wal_is_detected() {
    let fixture = Fixture::new("DELETE");
    let mut sentinel = fixture.sentinel();
    let before = stamp(&mut sentinel);
    let mut other = OtherProcess::start(&fixture.path("db"));
    other.run("PRAGMA journal_mode = WAL").unwrap();
    assert!(!sentinel.is_unchanged(&before));
    // A sentinel for rollback mode does not see commits in WAL mode, so it returns no stamp.
    assert!(sentinel.read(|| ()).1.is_none());
    assert!(sentinel.is_lost());
    let mut sentinel = fixture.sentinel();
    let before = stamp(&mut sentinel);
    other.run("UPDATE t SET n = 1").unwrap();
    assert!(!sentinel.is_unchanged(&before));
}

#[test]
fn a_sentinel_prevents_leaving_wal_mode() {
    let fixture = Fixture::new("WAL");
    let mut sentinel = fixture.sentinel();
    let mut other = OtherProcess::start(&fixture.path("db"));
    let before = stamp(&mut sentinel);
    assert!(other.run("PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE").is_err());
    // The last connection of another process removes neither the log nor the index.
    other.run("UPDATE t SET n = 1").unwrap();
    drop(other);
    assert!(!sentinel.is_unchanged(&before));
    let before = stamp(&mut sentinel);
    OtherProcess::start(&fixture.path("db")).run("UPDATE t SET n = 2").unwrap();
    assert!(!sentinel.is_unchanged(&before));
    drop(sentinel);
    OtherProcess::start(&fixture.path("db")).run("PRAGMA journal_mode = DELETE").unwrap();
    let mut sentinel = fixture.sentinel();
    let before = stamp(&mut sentinel);
    fixture.connect().batch_execute("UPDATE t SET n = 3").unwrap();
    assert!(!sentinel.is_unchanged(&before));
}

#[test]
fn a_replaced_file_is_detected() {
    for mode in MODES {
        let fixture = Fixture::new(mode);
        fixture.make("new", mode);
        let mut sentinel = fixture.sentinel();
        let before = stamp(&mut sentinel);
        std::fs::rename(fixture.path("new"), fixture.path("db")).unwrap();
        thread::sleep(A_WHILE);
        assert!(!sentinel.is_unchanged(&before), "{mode}");
        assert!(sentinel.is_lost() && sentinel.read(|| ()).1.is_none());
        let mut sentinel = fixture.sentinel();
        std::fs::remove_file(fixture.path("db")).unwrap();
        assert!(sentinel.check_path(), "{mode}: no file at all");
    }
}

#[test]
fn a_removed_index_is_detected() {
    let fixture = Fixture::new("WAL");
    let mut sentinel = fixture.sentinel();
    let before = stamp(&mut sentinel);
    std::fs::remove_file(fixture.path("db-shm")).unwrap();
    thread::sleep(A_WHILE);
    assert!(!sentinel.is_unchanged(&before));
}

#[test]
fn a_truncated_or_overwritten_file_is_detected() {
    let fixture = Fixture::new("DELETE");
    let bytes = std::fs::read(fixture.path("db")).unwrap();
    let mut sentinel = fixture.sentinel();
    let before = stamp(&mut sentinel);
    // Written in place, without a lock. This drops the process's locks, but there are none now.
    std::fs::write(fixture.path("db"), [0; 10]).unwrap();
    assert!(!sentinel.is_unchanged(&before));
    std::fs::write(fixture.path("db"), bytes).unwrap();
    assert!(sentinel.is_unchanged(&before), "the very same content");
}

#[test]
fn unsuitable_files_are_rejected() {
    let fixture = Fixture::new("DELETE");
    std::fs::write(fixture.path("empty"), []).unwrap();
    std::fs::write(fixture.path("text"), "no database ".repeat(100)).unwrap();
    for name in ["empty", "text", "missing"] {
        assert!(Sentinel::open(&fixture.path(name)).is_err(), "{name}");
    }
    assert!(!std::fs::exists(fixture.path("missing")).unwrap());
    let uri = format!("file:{}?nolock=1", fixture.path("db"));
    assert!(matches!(Sentinel::open(&uri), Err(SentinelError::Unsuitable(_))));
    let mut writer = fixture.connect();
    writer.batch_execute("BEGIN EXCLUSIVE").unwrap();
    assert!(matches!(Sentinel::open(&fixture.path("db")), Err(SentinelError::Sqlite(5))));
}

#[test]
fn there_is_no_stamp_during_a_write() {
    let fixture = Fixture::new("DELETE");
    let mut sentinel = fixture.sentinel();
    let mut writer = fixture.connect();
    let before = stamp(&mut sentinel);
    writer.batch_execute("BEGIN EXCLUSIVE; UPDATE t SET n = 1").unwrap();
    assert!(sentinel.read(|| ()).1.is_none());
    // Nothing is committed yet: cached values are still valid.
    assert!(sentinel.is_unchanged(&before));
    writer.batch_execute("COMMIT").unwrap();
    assert!(!sentinel.is_unchanged(&before));
}

/// A writer counts up in a tight loop. A reader's cached value is never older than the last commit that had returned
/// before the read.
fn assert_never_outdated(mode: &str, commits: u64) {
    let fixture = Fixture::new(mode);
    let committed = AtomicU64::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut writer = fixture.connect();
            for n in 1..=commits {
                sql_query(format!("UPDATE t SET n = {n}")).execute(&mut writer).unwrap();
                committed.store(n, Ordering::SeqCst);
                if n % 100 == 0 {
                    writer.batch_execute("PRAGMA wal_checkpoint(RESTART)").unwrap();
                }
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                let path = fixture.path("db");
                let mut sentinel =
                    std::iter::repeat_with(|| Sentinel::open(&path)).find_map(Result::ok).unwrap();
                let mut reader = fixture.connect();
                reader.batch_execute("PRAGMA busy_timeout = 0").unwrap();
                let mut cached: Option<(u64, Stamp)> = None;
                let mut hits = 0_u64;
                loop {
                    let least = committed.load(Ordering::SeqCst);
                    let found = match &cached {
                        Some((n, stamp)) if sentinel.is_unchanged(stamp) => {
                            hits += 1;
                            *n
                        }
                        _ => {
                            let (read, stamp) = sentinel.read(|| value(&mut reader));
                            // The database is locked: retry.
                            let Ok(n) = read.map(i64::unsigned_abs) else { continue };
                            cached = stamp.map(|stamp| (n, stamp));
                            n
                        }
                    };
                    assert!(found >= least, "{mode}: {found} was read, {least} was committed before");
                    if least == commits && hits > 0 {
                        break;
                    }
                }
            });
        }
    });
}

#[test]
fn an_old_value_is_never_used_after_a_commit() {
    for mode in MODES {
        assert_never_outdated(mode, 2_000);
    }
}

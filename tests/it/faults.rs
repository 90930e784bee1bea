//! The database, its disk or its server fails under a running server: 503 with Retry-After in time, never a 500 and never a
//! false 401; what can be read is served; the cause is in the log, once; and it works again within a second.

#[cfg(feature = "postgres")]
mod postgres;

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Integer;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use insta::assert_snapshot;
use rustix::process::{Resource, Rlimit, prlimit};

use crate::support::*;

/// The latest response, plus the time that a busy machine takes for the request.
const BOUND: Duration = Duration::from_millis(2500 + 500);
/// The latest recovery, the same.
const HEALED: Duration = Duration::from_millis(1000 + 500);

/// A database with a user who has a token and one who has none, and a server. The hash of a password takes a few
/// milliseconds.
fn prepare(database: &TestDatabase) -> String {
    database.migrate().create_user("Pepe", "aaaa").create_user("New", "bbbb");
    database.token("Pepe")
}

fn known(server: &LiveServer, key: &str) -> TestResponse {
    server.token(key).get("/auth/")
}

fn unknown(server: &LiveServer) -> TestResponse {
    server.token(&"0".repeat(40)).get("/auth/")
}

fn log_in(server: &LiveServer, name: &str, password: &str) -> TestResponse {
    server.anonymous().post("/", [("user", name), ("password", password)])
}

/// The request is answered 503 in time, with a body and headers of Django REST framework's form.
#[track_caller]
fn assert_unavailable(request: impl FnOnce() -> TestResponse) {
    let since = Instant::now();
    let response = request();
    let elapsed = since.elapsed();
    assert_eq!(response.status, 503, "{}", response.body);
    assert!(elapsed < BOUND, "{elapsed:?}");
    assert_eq!(response.header("retry-after"), "1");
    assert_eq!(response.body, r#"{"detail":"Service temporarily unavailable, try again later."}"#);
}

/// Within a second the request succeeds.
#[track_caller]
fn assert_healed(request: impl Fn() -> TestResponse) {
    let since = Instant::now();
    loop {
        let status = request().status;
        let elapsed = since.elapsed();
        if status == 200 {
            assert!(elapsed < HEALED, "{elapsed:?}");
            return;
        }
        assert_eq!(status, 503);
        assert!(elapsed < HEALED, "still 503 after {elapsed:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The cause is in the log, once.
#[track_caller]
fn assert_logged(server: &LiveServer, cause: &str) {
    let log = server.wait_for_log(cause);
    let lines = log.lines().filter(|line| line.contains("Answered 503") && line.contains(cause)).count();
    assert!((1..=2).contains(&lines), "{lines} lines of {cause}:\n{log}");
    assert!(!log.contains("Answered 500"), "{log}");
}

#[test]
fn a_removed_file_is_not_replaced() {
    let database = TestDatabase::sqlite();
    let key = prepare(&database);
    let server = database.serve();
    assert_eq!((known(&server, &key).status, log_in(&server, "Pepe", "aaaa").status), (200, 200));
    let (path, away) = (PathBuf::from(database.url()), format!("{}.away", database.url()));
    for time in 0..2 {
        fs::rename(&path, &away).unwrap();
        // Lookups notice it within ten milliseconds.
        thread::sleep(Duration::from_millis(20));
        for _ in 0..10 {
            assert_unavailable(|| known(&server, &key));
            assert_unavailable(|| unknown(&server));
            assert_unavailable(|| log_in(&server, "Pepe", "aaaa"));
            assert_unavailable(|| log_in(&server, "New", "bbbb"));
        }
        assert_eq!(server.anonymous().get("/").status, 200, "it needs no database");
        assert!(!path.exists(), "it was created, the {time}th time");
        fs::rename(&away, &path).unwrap();
        assert_healed(|| known(&server, &key));
        assert_healed(|| log_in(&server, "Pepe", "aaaa"));
        assert_healed(|| log_in(&server, "New", "bbbb"));
        assert_eq!(unknown(&server).status, 401);
    }
    assert_logged(&server, "unable to open database file");
}

#[test]
fn only_migrate_creates_a_file() {
    let database = TestDatabase::sqlite();
    let files = || {
        let names = names_in(Path::new(database.url()).parent().unwrap());
        names.into_iter().filter(|name| name.contains("sqlite3")).collect::<Vec<_>>()
    };
    for command in [
        &["check"][..],
        &["doctor"],
        &["showmigrations"],
        &["migrate", "--plan"],
        &["drf_create_token", "Pepe"],
        &["createsuperuser", "--noinput", "--username", "Pepe"],
        &["changepassword", "Pepe"],
        &["runserver", "127.0.0.1:0"],
    ] {
        let output = database.manage(command).env("DJANGO_SUPERUSER_PASSWORD", "aaaa").run();
        assert_eq!(files(), [""; 0], "{command:?}: {}", output.report());
        let needs_none = ["check", "showmigrations", "migrate"].contains(&command[0]);
        assert_eq!(output.code, Some(i32::from(!needs_none)), "{command:?}: {}", output.report());
    }
    database.manage(&["migrate"]).run().expect_success();
    assert!(!files().is_empty());
}

/// A file that lost its end, or everything.
#[test]
fn a_truncated_file_gets_503() {
    let database = TestDatabase::sqlite();
    let key = prepare(&database);
    database.connection().batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let whole = fs::read(database.url()).unwrap();
    for length in [0, 5000] {
        let copy = TestDatabase::sqlite();
        fs::write(copy.url(), &whole).unwrap();
        let server = copy.serve();
        assert_eq!(known(&server, &key).status, 200);
        let file = File::options().write(true).open(copy.url()).unwrap();
        file.set_len(length).unwrap();
        thread::sleep(Duration::from_millis(20));
        for _ in 0..5 {
            // What the server has in memory may still be served.
            let status = known(&server, &key).status;
            assert!([200, 503].contains(&status), "{status}");
            assert_unavailable(|| log_in(&server, "New", "bbbb"));
            assert_ne!(log_in(&server, "Pepe", "aaaa").status, 500);
        }
        assert!(!server.log().contains("Answered 500"), "{}", server.log());
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Integer)]
    n: i32,
}

#[test]
fn a_corrupt_page_gets_503_where_it_is_read() {
    let database = TestDatabase::sqlite();
    let key = prepare(&database);
    database.connection().batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let number = |sql: &str| -> i64 {
        sql_query(sql).get_result::<Number>(&mut *database.connection()).unwrap().n.into()
    };
    let size = number("SELECT page_size AS n FROM pragma_page_size");
    let root = number("SELECT rootpage AS n FROM sqlite_schema WHERE name = 'auth_user'");
    let at = u64::try_from((root - 1) * size).unwrap();
    let file = File::options().read(true).write(true).open(database.url()).unwrap();
    let mut page = vec![0; usize::try_from(size).unwrap()];
    file.read_exact_at(&mut page, at).unwrap();
    file.write_all_at(&vec![0xff; page.len()], at).unwrap();
    let server = database.serve();
    for _ in 0..5 {
        assert_unavailable(|| known(&server, &key));
        assert_unavailable(|| log_in(&server, "Pepe", "aaaa"));
        assert_eq!(unknown(&server).status, 401, "no such token");
    }
    assert_logged(&server, "database disk image is malformed");
    file.write_all_at(&page, at).unwrap();
    assert_healed(|| known(&server, &key));
    assert_healed(|| log_in(&server, "Pepe", "aaaa"));
    assert_healed(|| log_in(&server, "New", "bbbb"));
}

/// Also a limit of the files' size, whose signal ends a process by default.
#[test]
fn a_full_disk_serves_what_is_there() {
    let database = TestDatabase::sqlite();
    let key = prepare(&database);
    let server = database.serve();
    assert_eq!(log_in(&server, "Pepe", "aaaa").key(), key);
    // The log keeps some room.
    let limit = |bytes: Option<u64>| {
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(server.pid()), Resource::Fsize, limit).unwrap();
    };
    database.connection().batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    limit(Some(8000));
    for _ in 0..5 {
        assert_eq!(known(&server, &key).status, 200);
        assert_eq!(unknown(&server).status, 401);
        assert_eq!(log_in(&server, "Pepe", "aaaa").key(), key);
        assert_unavailable(|| log_in(&server, "New", "bbbb"));
    }
    limit(None);
    assert_healed(|| log_in(&server, "New", "bbbb"));
    assert_logged(&server, "disk I/O error");
}

/// A file system of one megabyte, which root may mount.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        let mount = mount.args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(folder.path()).output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        eprintln!("SKIPPED: no file system can be mounted here");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_disk_without_space_serves_what_is_there() {
    let database = TestDatabase::sqlite();
    let Some(disk) = SmallDisk::mount() else { return };
    let key = prepare(&database);
    let path = disk.0.path().join("db.sqlite3");
    database.connection().batch_execute(&format!("VACUUM INTO '{}'", path.display())).unwrap();
    let server = database.runserver().env("DATABASE_URL", path.to_str().unwrap()).serve();
    assert_eq!((known(&server, &key).status, log_in(&server, "Pepe", "aaaa").key()), (200, key.clone()));
    let filler = disk.0.path().join("filler");
    let mut file = File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    for _ in 0..5 {
        assert_eq!(known(&server, &key).status, 200);
        assert_eq!(unknown(&server).status, 401);
        assert_eq!(log_in(&server, "Pepe", "aaaa").key(), key);
        assert_unavailable(|| log_in(&server, "New", "bbbb"));
    }
    fs::remove_file(&filler).unwrap();
    drop(file);
    assert_healed(|| log_in(&server, "New", "bbbb"));
    assert_logged(&server, "database or disk is full");
}

/// As an immutable file is, or one on a disk that is mounted for reading.
#[test]
fn a_read_only_file_serves_what_is_there() {
    let database = TestDatabase::sqlite();
    let key = prepare(&database);
    // Its hash is not the preferred one, so its login would store another.
    let pepe = database.user("Pepe").unwrap();
    let uri = format!("file:{}?mode=ro", database.url());
    let server = database
        .runserver()
        .env("DATABASE_URL", &uri)
        .env("PASSWORD_HASHERS", "bcrypt_sha256")
        .env("BCRYPT_ROUNDS", "5")
        .serve();
    for _ in 0..3 {
        assert_eq!(known(&server, &key).status, 200);
        assert_eq!(unknown(&server).status, 401);
        assert_eq!(log_in(&server, "Pepe", "aaaa").key(), key, "a failed rehash fails no login");
        assert_unavailable(|| log_in(&server, "New", "bbbb"));
    }
    assert_logged(&server, "attempt to write a readonly database");
    server.wait_for_log("could not be rehashed");
    assert_eq!(database.user("Pepe").unwrap().password, pepe.password);
}

#[test]
fn a_locked_file_gets_503_in_time() {
    for mode in ["WAL", "DELETE"] {
        let database = TestDatabase::sqlite();
        database.connection().batch_execute(&format!("PRAGMA journal_mode = {mode}")).unwrap();
        let key = prepare(&database);
        // With the default timeout. More requests than the pool has connections.
        let server = database.runserver().env("DATABASE_POOL_SIZE", "2").serve();
        assert_eq!((known(&server, &key).status, log_in(&server, "Pepe", "aaaa").key()), (200, key.clone()));
        let mut other = database.connection();
        other.batch_execute("BEGIN EXCLUSIVE").unwrap();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert_unavailable(|| log_in(&server, "New", "bbbb")));
                if mode == "DELETE" {
                    scope.spawn(|| assert_unavailable(|| log_in(&server, "Pepe", "aaaa")));
                }
            }
        });
        if mode == "WAL" {
            assert_eq!((known(&server, &key).status, unknown(&server).status), (200, 401));
            assert_eq!(log_in(&server, "Pepe", "aaaa").key(), key);
        }
        other.batch_execute("ROLLBACK").unwrap();
        assert_healed(|| log_in(&server, "New", "bbbb"));
        assert!(!server.log().contains("Answered 500"), "{}", server.log());
    }
}

#[test]
fn the_message_of_a_503_is_the_reference_s() {
    let database = TestDatabase::sqlite();
    let key = prepare(&database);
    let server = database.serve();
    assert_eq!(known(&server, &key).status, 200);
    fs::remove_file(database.url()).unwrap();
    thread::sleep(Duration::from_millis(20));
    assert_snapshot!(known(&server, &key).snapshot(), @r#"
    503
    allow: GET, HEAD, OPTIONS
    content-type: application/json
    retry-after: 1

    {"detail":"Service temporarily unavailable, try again later."}
    "#);
}

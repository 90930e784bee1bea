//! Behind pgbouncer, which shares the server's sessions among clients: everything works in either pool mode, and no
//! session keeps state for another client.
//!
//! Skipped if pgbouncer is not installed (Debian: `pgbouncer`), or fails with `REQUIRE_POOLER=1`.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Text;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, sql_query};
use insta::assert_snapshot;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::support::*;

/// Number of sessions between the pool and the server.
const SESSIONS: usize = 4;
const NOTICED: &str = "PostgreSQL is behind a connection pooler.";

struct Pooler {
    child: Child,
    folder: TempDir,
    url: String,
}

impl Pooler {
    /// Starts a pooler for this database, or returns `None` if that is impossible.
    fn start(database: &TestDatabase, pool_mode: &str) -> Option<Self> {
        let program = program()?;
        let Some((server, name)) = unix_socket(database) else {
            eprintln!("SKIPPED: the server of TEST_DATABASE_URL has no Unix socket");
            return None;
        };
        // A socket's path is limited to about a hundred bytes.
        let folder = tempfile::Builder::new().prefix("vitamin-pooler-").tempdir_in("/tmp").unwrap();
        let file = folder.path().join("ini");
        let (server, path) = (server.to_str().unwrap(), folder.path().to_str().unwrap());
        let settings = format!(
            "[databases]\n{name} = host={server} port=5432 user=postgres\n[pgbouncer]\nauth_type = any\n\
             listen_addr =\nlisten_port = 6432\nunix_socket_dir = {path}\npool_mode = {pool_mode}\n\
             default_pool_size = {SESSIONS}\nlogfile = {path}/log\n"
        );
        fs::write(&file, settings).unwrap();
        // Like PostgreSQL, it refuses to run as root.
        let owner = Path::new(server).metadata().unwrap();
        let mut command = Command::new(program);
        command.arg("-q").arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if rustix::process::geteuid().is_root() {
            for path in [folder.path(), &file] {
                chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
            }
            command.uid(owner.uid()).gid(owner.gid());
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let child = command.current_dir("/").spawn().unwrap();
        let url = format!("postgres://postgres@{}:6432/{name}", path.replace('/', "%2F"));
        let pooler = Self { child, folder, url };
        wait_for("pgbouncer", || PgConnection::establish(&pooler.url).ok().map(drop));
        Some(pooler)
    }

    /// Returns these settings of each server session.
    fn sessions(&self) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Session {
            #[diesel(sql_type = Text)]
            settings: String,
        }
        // Each client has its own session while its transaction is open.
        let open = |_| {
            let mut connection = PgConnection::establish(&self.url).unwrap();
            connection.batch_execute("BEGIN").unwrap();
            connection
        };
        let mut connections: Vec<PgConnection> = (0..SESSIONS).map(open).collect();
        let query = "SELECT concat_ws(' ', current_setting('default_transaction_read_only'),
            current_setting('statement_timeout'), current_setting('lock_timeout'),
            (SELECT count(*) FROM pg_prepared_statements)) AS settings";
        let session = |connection| sql_query(query).get_result::<Session>(connection).unwrap().settings;
        connections.iter_mut().map(session).collect()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", fs::read_to_string(self.folder.path().join("log")).unwrap_or_default());
        }
        // Some versions would wait for their clients; they differ in the signal.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Option<PathBuf> {
    // Debian installs it where only root looks.
    let folders = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .chain(["/usr/sbin".into()])
        .collect::<Vec<_>>();
    let found = folders.into_iter().map(|folder| folder.join("pgbouncer")).find(|path| path.is_file());
    if found.is_none() {
        assert!(std::env::var("REQUIRE_POOLER").is_err(), "REQUIRE_POOLER is set, but there is no pgbouncer");
        eprintln!("SKIPPED: there is no pgbouncer");
    }
    found
}

/// Returns a database with a user, its key and a pooler.
fn prepare(pool_mode: &str) -> Option<(TestDatabase, String, Pooler)> {
    let database = TestDatabase::postgres()?;
    database.migrate().create_user("Pepe", "aaaa");
    let key = database.token("Pepe");
    let pooler = Pooler::start(&database, pool_mode)?;
    Some((database, key, pooler))
}

/// Checks logins, tokens and a revocation, from several clients at once.
fn serves(pool_mode: &str) {
    let Some((database, key, pooler)) = prepare(pool_mode) else { return };
    {
        // In session mode each connection occupies a session.
        let server =
            database.runserver().env("DATABASE_URL", &pooler.url).env("DATABASE_POOL_SIZE", "2").serve();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        assert_eq!(server.token(&key).get("/auth/").status, 200);
                        assert_eq!(server.token("other").get("/auth/").status, 401);
                        assert_eq!(server.anonymous().post("/", "user=Pepe&password=aaaa").key(), key);
                    }
                });
            }
        });
        database.connection().batch_execute("UPDATE auth_user SET is_active = false").unwrap();
        assert_eq!(server.token(&key).get("/auth/").status, 401);
        server.wait_for_log(NOTICED);
    }
    assert_eq!(pooler.sessions(), vec!["off 0 0 0"; SESSIONS]);
}

#[test]
fn sessions_are_pooled() {
    serves("session");
}

#[test]
fn transactions_are_pooled() {
    serves("transaction");
}

/// Read-only commands make the server refuse writes while they run.
#[test]
fn read_only_commands_do_not_block_other_writers() {
    let Some((database, key, pooler)) = prepare("transaction") else { return };
    let report = database.manage(&["doctor"]).env("DATABASE_URL", &pooler.url).run().expect_success();
    assert!(report.contains("0 problems"), "{report}");
    assert_eq!(pooler.sessions(), vec!["off 0 0 0"; SESSIONS]);
    let django = database.serve();
    let origin = format!("http://{}", django.address());
    let mut shadow = database
        .manage(&["shadow", "--to", &origin, "127.0.0.1:0"])
        .env("DATABASE_URL", &pooler.url)
        // A login would rehash the password.
        .env("PASSWORD_HASHERS", "pbkdf2_sha256,bcrypt_sha256")
        .env("PBKDF2_ITERATIONS", "1000")
        .serve();
    let hash = database.user("Pepe").unwrap().password;
    for _ in 0..5 {
        assert_eq!(shadow.token(&key).get("/auth/").status, 200);
        // Pepe:aaaa
        let basic = shadow.anonymous().request("GET", "/").header("authorization", "Basic UGVwZTphYWFh");
        assert_eq!(basic.send().status, 200);
    }
    shadow.wait_for_log("could not be rehashed");
    shadow.signal(Signal::INT);
    assert_eq!(shadow.wait().code(), Some(0), "{}", shadow.log());
    assert_eq!(database.user("Pepe").unwrap().password, hash);
    assert_eq!(pooler.sessions(), vec!["off 0 0 0"; SESSIONS]);
}

#[test]
fn tokens_are_not_cached_behind_a_pooler() {
    let Some((database, key, pooler)) = prepare("transaction") else { return };
    database.manage(&["install_token_triggers"]).env("DATABASE_URL", &pooler.url).run().expect_success();
    let server = database
        .runserver()
        .env("DATABASE_URL", &pooler.url)
        .env("TOKEN_CACHE", "bounded")
        .env("RUST_LOG", "vitamin=warn")
        .serve();
    let log = server.wait_for_log("not in force");
    let (_, reason) = log.split_once("lookup::bounded::listener ").unwrap();
    assert_snapshot!(reason.trim(), @"TOKEN_CACHE=bounded is not in force, so each token is looked up in the database: the database is unavailable: a connection pooler in front of the database would hold back the notifications; DATABASE_URL must lead to the server itself");
    assert_eq!(server.token(&key).get("/auth/").status, 200);
    database.connection().batch_execute("DELETE FROM authtoken_token").unwrap();
    assert_eq!(server.token(&key).get("/auth/").status, 401);
}

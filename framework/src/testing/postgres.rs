//! A PostgreSQL server for the tests: the one that `TEST_DATABASE_URL` names, or a throw-away one.
//!
//! The throw-away server runs from the installed server programs, in a temporary directory, and listens only on a Unix
//! socket there. All test processes of a target directory share it, because cargo-nextest starts one process per test.
//! Each holds a shared lock on one file, which the system releases however the process ends. A shell in its own process
//! group waits for that, then stops the server and removes the directory.
//!
//! Without either, `server` is `None` and reports it once on standard error, or panics if `REQUIRE_POSTGRES` is 1.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read as _, Seek as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, fs, process, thread};

/// Runs until the lock on its standard input has been free for two seconds.
///
/// $1: the parent of the directory. Prints `ready DIRECTORY`, or the error.
const SUPERVISOR: &str = r#"
trap '' HUP INT TERM
umask 077
dir=$(mktemp -d "$1/vitamin-postgres.XXXXXX") || exit 1
if {
    ./initdb -D "$dir/data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync &&
    printf '%s\n' "unix_socket_directories = '$dir'" "listen_addresses = ''" 'port = 5432' 'max_connections = 300' \
        'fsync = off' 'full_page_writes = off' 'synchronous_commit = off' >> "$dir/data/postgresql.conf" &&
    ./pg_ctl -D "$dir/data" -l "$dir/log" -w -t 60 start
} < /dev/null > "$dir/out" 2>&1; then
    echo "ready $dir"
    exec > /dev/null
    while :; do
        flock -x 0; flock -u 0; sleep 2
        flock -xn 0 && break
    done
else
    cat "$dir/out" "$dir/log"
fi
./pg_ctl -D "$dir/data" -m immediate -w stop < /dev/null > /dev/null 2>&1
rm -rf "$dir"
"#;

/// A server on which tests create databases.
#[derive(Debug)]
pub(super) struct Server {
    /// The URL of an existing database, from which others are created.
    url: String,
    psql: PathBuf,
    /// A throw-away server is removed with its databases.
    throw_away: bool,
    /// Never read: the server runs while any process holds this lock.
    _lock: Option<File>,
}

/// An empty database for one test, dropped with this value.
#[derive(Debug)]
pub(super) struct Database {
    url: String,
    name: String,
    server: &'static Server,
}

/// Returns the server shared by all tests of this process, starting it at the first call.
///
/// # Panics
/// `REQUIRE_POSTGRES` is 1 and there is no server.
pub(super) fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER
        .get_or_init(|| match connect_or_start() {
            Ok(server) => Some(server),
            Err(why) if env::var("REQUIRE_POSTGRES").is_ok_and(|value| value == "1") => {
                panic!("REQUIRE_POSTGRES is set, but {why}")
            }
            Err(why) => {
                eprintln!("PostgreSQL tests are SKIPPED: {why}");
                None
            }
        })
        .as_ref()
}

impl Server {
    /// Creates an empty database with a unique name.
    ///
    /// # Panics
    /// The server returns an error.
    pub(super) fn create_database(&'static self) -> Database {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let name = format!("test_{}_{now}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        if let Err(why) = self.run(&format!("CREATE DATABASE {name} TEMPLATE template0")) {
            panic!("{why}");
        }
        Database { url: with_database(&self.url, &name), name, server: self }
    }

    fn run(&self, sql: &str) -> Result<(), String> {
        let mut psql = Command::new(&self.psql);
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, &self.url]);
        match psql.output() {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(format!("psql: {}", String::from_utf8_lossy(&output.stderr))),
            Err(error) => Err(format!("{}: {error}", self.psql.display())),
        }
    }
}

impl Database {
    /// The value for `DATABASE_URL`.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.server.throw_away {
            return;
        }
        // No panic, which would hide the test's own.
        if let Err(why) = self.server.run(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)) {
            eprintln!("{} was left behind: {why}", self.name);
        }
    }
}

fn connect_or_start() -> Result<Server, String> {
    if let Ok(url) = env::var("TEST_DATABASE_URL") {
        let folder = folder_with(&["psql"]).ok_or("TEST_DATABASE_URL needs psql, which is not installed")?;
        return Ok(Server { url, psql: folder.join("psql"), throw_away: false, _lock: None });
    }
    let programs = folder_with(&["initdb", "pg_ctl", "pg_isready", "psql"])
        .ok_or("neither TEST_DATABASE_URL nor PostgreSQL's server programs are there")?;
    let (lock, directory) =
        share(&programs).map_err(|error| format!("no server could be started: {error}"))?;
    let url = format!("postgres://postgres@{}:5432/postgres", directory.replace('/', "%2F"));
    Ok(Server { url, psql: programs.join("psql"), throw_away: true, _lock: Some(lock) })
}

/// Returns the directory of the running server, or of a newly started one, and the lock that keeps it running.
fn share(programs: &Path) -> Result<(File, String), std::io::Error> {
    // CARGO_TARGET_TMPDIR, which cargo does not set for unit tests: the program is target/debug/deps/NAME.
    let program = env::current_exe()?;
    let folder = program.ancestors().nth(3).unwrap_or(&program).join("tmp");
    fs::create_dir_all(&folder)?;
    let open = || {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join("postgres.lock"))
    };
    let mut lock = open()?;
    loop {
        // Waits while another process starts or stops the server.
        lock.lock_shared()?;
        if let Some(directory) = running(&mut lock, programs)? {
            return Ok((lock, directory));
        }
        lock.unlock()?;
        if lock.try_lock().is_err() {
            thread::sleep(Duration::from_millis(20));
            continue;
        }
        if running(&mut lock, programs)?.is_none() {
            let directory = start(programs, open()?)?;
            lock.set_len(0)?;
            lock.rewind()?;
            lock.write_all(directory.as_bytes())?;
        }
        lock.unlock()?;
    }
}

/// Returns the directory named in the lock file, if a server answers there.
fn running(lock: &mut File, programs: &Path) -> Result<Option<String>, std::io::Error> {
    let mut directory = String::new();
    lock.rewind()?;
    lock.read_to_string(&mut directory)?;
    if directory.is_empty() {
        return Ok(None);
    }
    let ready =
        Command::new(programs.join("pg_isready")).args(["-q", "-p", "5432", "-h", &directory]).status()?;
    Ok(ready.success().then_some(directory))
}

/// Starts the supervising shell, and returns when the server answers.
fn start(programs: &Path, lock: File) -> Result<String, std::io::Error> {
    let mut shell = Command::new("sh");
    shell.args(["-c", SUPERVISOR, "sh"]);
    if id("-u", None) == Some(0) {
        // The server refuses to run as root.
        let user = ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Some((id("-u", Some(name))?, id("-g", Some(name))?)));
        let (uid, gid) = user.ok_or_else(|| std::io::Error::other("root needs a user postgres or nobody"))?;
        shell.uid(uid).gid(gid).arg("/tmp");
    } else {
        shell.arg(env::temp_dir());
    }
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        shell.env_remove(name);
    }
    let mut child = shell
        .env("LC_ALL", "C")
        .current_dir(programs)
        .process_group(0)
        .stdin(lock)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut output = String::new();
    for line in child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines) {
        let line = line?;
        if let Some(directory) = line.strip_prefix("ready ") {
            return Ok(directory.to_owned());
        }
        output = format!("{output}{line}\n");
    }
    child.wait()?;
    Err(std::io::Error::other(output))
}

/// Finds a folder that has all of these programs.
fn folder_with(wanted: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let pg_config = Command::new("pg_config").arg("--bindir").output().ok();
    let pg_config = pg_config.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end()));
    let mut releases: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|releases| releases.flatten().map(|release| release.path().join("bin")).collect())
        .unwrap_or_default();
    releases.sort();
    env::split_paths(&path)
        .chain(pg_config)
        .chain(releases.into_iter().rev())
        .find(|folder| wanted.iter().all(|name| folder.join(name).is_file()))
}

fn id(what: &str, user: Option<&str>) -> Option<u32> {
    let output = Command::new("id").arg(what).args(user).stderr(Stdio::null()).output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

/// Replaces the database in `url`.
fn with_database(url: &str, name: &str) -> String {
    let (rest, query) =
        url.split_once('?').map_or((url, String::new()), |(rest, query)| (rest, format!("?{query}")));
    let authority = rest.find("://").map_or(0, |at| at + 3);
    let end = rest.get(authority..).and_then(|rest| rest.find('/')).map_or(rest.len(), |at| authority + at);
    format!("{}/{name}{query}", rest.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn only_the_database_of_a_url_is_replaced() {
        for (url, want) in [
            ("postgres://u:p@h:1/old?sslmode=disable", "postgres://u:p@h:1/new?sslmode=disable"),
            ("postgres://h", "postgres://h/new"),
            ("postgres://u@%2Ftmp%2Fx:5432/old", "postgres://u@%2Ftmp%2Fx:5432/new"),
        ] {
            assert_eq!(with_database(url, "new"), want);
        }
    }
}

//! How to reach the database, from the environment.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::{DatabaseUrl, Names};
use crate::conf::{Env, ImproperlyConfigured, Setting};
use crate::models::signals::Signals;
use crate::server;
use crate::timezone::TimeZone;

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "DATABASE_URL",
        "The database, as dj-database-url reads it: `sqlite:///PATH` (with four slashes if it is absolute) or \
         `postgres://USER:PASSWORD@HOST/NAME` (cargo feature `postgres`); or a SQLite file's path alone.",
    )
    .default("db.sqlite3")
    .url(),
    Setting::new(
        "DATABASE_POOL_SIZE",
        "The maximum number of connections that all workers share. On PostgreSQL each worker has \
         `DATABASE_READ_CONNECTIONS` and `DATABASE_WRITE_CONNECTIONS` more.",
    )
    .default("10"),
    Setting::new(
        "DATABASE_READ_CONNECTIONS",
        "The maximum number of connections to PostgreSQL that each worker opens for the reads of its requests. `0`: they \
         use the shared connections, as they do behind a connection pooler and over TLS.",
    )
    .default("2"),
    Setting::new(
        "DATABASE_WRITE_CONNECTIONS",
        "The maximum number of connections to PostgreSQL that each worker opens for requests that write one row. `0`: as \
         above.",
    )
    .default_description("eight; fewer with more than four workers"),
    Setting::new("DATABASE_TIMEOUT", "Seconds to wait for a connection or a lock before the answer is 503.")
        .default("2"),
    Setting::new(
        "DATABASE_STATEMENT_TIMEOUT",
        "Seconds that a statement may take on PostgreSQL. Behind a connection pooler the database role's \
         own limits apply instead, to statements and locks.",
    )
    .default("30"),
    Setting::new(
        "SQLITE_JOURNAL_MODE",
        "SQLite's journal mode: `wal` or `delete`. Unset: new databases use WAL, existing ones keep their \
         mode.",
    ),
];

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// Which database (`DATABASE_URL`, default `db.sqlite3`).
    pub url: DatabaseUrl,
    /// Connections in the pool (`DATABASE_POOL_SIZE`, default 10).
    pub pool_size: u32,
    /// `DATABASE_READ_CONNECTIONS` (default 2): connections that each worker opens to PostgreSQL for reads.
    pub read_connections: u32,
    /// `DATABASE_WRITE_CONNECTIONS` (default: eight, or 32 divided by `WORKERS` if that is less): connections that each
    /// worker opens to PostgreSQL for writes of one row.
    pub write_connections: u32,
    /// `DATABASE_TIMEOUT` (seconds, default 2): how long to wait for a connection or a lock before answering 503.
    pub timeout: Duration,
    /// `DATABASE_STATEMENT_TIMEOUT` (seconds, default 30): how long one statement may run on PostgreSQL.
    pub statement_timeout: Duration,
    /// `SQLITE_JOURNAL_MODE` (`wal` or `delete`): SQLite's journal mode. Unset: new databases use WAL, existing ones
    /// keep their mode, since backups may depend on it.
    pub journal_mode: Option<JournalMode>,
    /// The database's table and column names. Not from the environment: the installed apps set them
    /// ([`App::names`](crate::app::App::names)).
    pub names: Names,
    /// The receivers of signals. Not from the environment: the installed apps connect them
    /// ([`App::connect`](crate::app::App::connect)).
    pub signals: Signals,
    /// `TIME_ZONE` and `USE_TZ`: the meaning of times in SQLite.
    pub time_zone: TimeZone,
    /// Whether connections reject writes, for commands that only read. Not from the environment.
    pub read_only: bool,
    /// Whether a missing SQLite file is created, for `migrate`. Elsewhere a file that is gone must not be replaced by an
    /// empty one, in which no token is valid. Not from the environment.
    pub creates_file: bool,
}

/// A journal mode of SQLite that several processes can share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalMode {
    /// Write-ahead log: readers and the writer don't block each other.
    Wal,
    /// Rollback journal, SQLite's and Django's default.
    Delete,
}

impl std::str::FromStr for JournalMode {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        match value.to_ascii_lowercase().as_str() {
            "wal" => Ok(Self::Wal),
            "delete" => Ok(Self::Delete),
            _ => Err("it is neither wal nor delete"),
        }
    }
}

impl DatabaseSettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// An unknown URL scheme, PostgreSQL without the cargo feature, or an invalid number.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        // A URL may contain a password, so the error does not quote it.
        let url = env.text("DATABASE_URL").unwrap_or("db.sqlite3").parse();
        let pool_size = env.parse("DATABASE_POOL_SIZE", 10)?;
        if pool_size == 0 {
            return Err(ImproperlyConfigured::new("DATABASE_POOL_SIZE: it must be at least one."));
        }
        Ok(Self {
            url: url.map_err(|reason| ImproperlyConfigured::new(format!("DATABASE_URL: {reason}")))?,
            pool_size,
            read_connections: env.parse("DATABASE_READ_CONNECTIONS", 2)?,
            write_connections: env
                .parse("DATABASE_WRITE_CONNECTIONS", default_write_connections(server::workers(env)?))?,
            timeout: seconds(env, "DATABASE_TIMEOUT", 2)?,
            statement_timeout: seconds(env, "DATABASE_STATEMENT_TIMEOUT", 30)?,
            journal_mode: env.optional("SQLITE_JOURNAL_MODE")?,
            names: Names::default(),
            signals: Signals::default(),
            time_zone: TimeZone::from_env(env)?,
            read_only: false,
            creates_file: false,
        })
    }
}

/// Up to here, more connections took less processor time for a write (docs/performance.md).
const MAX_WRITE_CONNECTIONS: u32 = 8;

/// Commits wait for the disk, so that a worker keeps several connections busy. All workers together open no more than 32,
/// since PostgreSQL accepts 100 by default.
fn default_write_connections(workers: NonZeroUsize) -> u32 {
    u32::try_from(32 / workers.get()).map_or(1, |connections| connections.clamp(1, MAX_WRITE_CONNECTIONS))
}

fn seconds(env: &Env, name: &str, default: u32) -> Result<Duration, ImproperlyConfigured> {
    match env.parse::<u32>(name, default)? {
        0 => Err(ImproperlyConfigured::new(format!("{name}: it must be at least one second."))),
        seconds => Ok(Duration::from_secs(seconds.into())),
    }
}

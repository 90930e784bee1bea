//! The database, SQLite, or PostgreSQL with the cargo feature `postgres`, with one connection type and one pool.
//!
//! A query is ordinary diesel on a [`DbConnection`]. A request runs its queries in one of:
//!
//! - [`QuerySet::fetch`](crate::models::QuerySet::fetch) and the like: rows of a model, read on the request's thread;
//! - [`Database::read`]: what only reads, and is short, such as one page of a list;
//! - [`Database::write`]: what writes, in a transaction;
//! - [`Database::run`]: anything, on a connection of the pool within one blocking call, so that no request thread waits
//!   for a disk or a socket. [`Database::atomic`] is the same in a transaction.
//!
//! For what diesel's `MultiConnection` can't express (see `#[derive(MultiConnection)]`), match on the variant.

mod clock;
mod executors;
mod failures;
pub mod inspection;
#[cfg(test)]
mod internals;
mod late_transactions;
mod manager;
pub mod migrations;
mod named;
mod names;
pub mod needs;
mod on_commit;
mod pool;
#[cfg(feature = "postgres")]
pub mod postgres;
mod prepared;
mod returning;
pub mod sqlite;
mod statements;
mod timestamp;
mod tokens;
mod url;
mod user_id;

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::r2d2::ManageConnection;
use diesel::result::Error as QueryError;

pub use self::clock::now;
pub use self::manager::on_variant;
pub use self::manager::{DbConnection, Manager};
pub use self::named::RenamingConnection;
pub(crate) use self::named::builds_sql;
pub use self::names::Names;
use self::pool::Pool;
pub use self::pool::PooledConnection;
pub use self::prepared::Prepared;
#[doc(hidden)]
pub use self::returning::first_row;
pub use self::returning::{insert_returning, update_returning};
use self::sqlite::opening::waiting_until;
use self::sqlite::watched::Watched;
use self::sqlite::writer::Writer;
pub use self::timestamp::{Moment, OptionalMoment};
pub use self::url::DatabaseUrl;
pub use self::user_id::{KeyType, UserId, UserKey, UuidKey};
use super::conf::{Env, ImproperlyConfigured, Setting};
use super::models::signals::Signals;
use super::request_id;
use super::timezone::TimeZone;

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
         `DATABASE_READ_CONNECTIONS` more.",
    )
    .default("10"),
    Setting::new(
        "DATABASE_READ_CONNECTIONS",
        "The maximum number of connections to PostgreSQL that each worker opens for the reads of its requests. `0`: they \
         use the shared connections, as they do behind a connection pooler and over TLS.",
    )
    .default("2"),
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
    /// `DATABASE_TIMEOUT` (seconds, default 2): how long to wait for a connection or a lock before answering 503.
    pub timeout: Duration,
    /// `DATABASE_STATEMENT_TIMEOUT` (seconds, default 30): how long one statement may run on PostgreSQL.
    pub statement_timeout: Duration,
    /// `SQLITE_JOURNAL_MODE` (`wal` or `delete`): SQLite's journal mode. Unset: new databases use WAL, existing ones
    /// keep their mode, since backups may depend on it.
    pub journal_mode: Option<JournalMode>,
    /// The database's table and column names. Not from the environment: the installed apps set them
    /// ([`App::names`](super::app::App::names)).
    pub names: Names,
    /// The receivers of signals. Not from the environment: the installed apps connect them
    /// ([`App::connect`](super::app::App::connect)).
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

fn seconds(env: &Env, name: &str, default: u32) -> Result<Duration, ImproperlyConfigured> {
    match env.parse::<u32>(name, default)? {
        0 => Err(ImproperlyConfigured::new(format!("{name}: it must be at least one second."))),
        seconds => Ok(Duration::from_secs(seconds.into())),
    }
}

/// Why a query failed.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The database is temporarily unavailable: no connection in time, a lock held for too long, a lost connection, or a
    /// disk that is full or broken. A retry may succeed; a client gets 503 with `Retry-After`.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The query itself failed.
    #[error(transparent)]
    Query(QueryError),
    /// A receiver of a signal refused the write ([`signals`](super::models::signals)).
    #[error(transparent)]
    Receiver(Box<dyn std::error::Error + Send + Sync>),
}

impl From<QueryError> for DatabaseError {
    fn from(error: QueryError) -> Self {
        if failures::is_transient(&error) { Self::Unavailable(error.to_string()) } else { Self::Query(error) }
    }
}

/// The connection pool; clones share it.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    settings: Arc<DatabaseSettings>,
    /// Tells a PostgreSQL server that stopped answering from a slow statement.
    #[cfg(feature = "postgres")]
    pulse: Arc<postgres::pulse::Pulse>,
    /// SQLite's writer, started at the first [`Database::write`].
    writer: Arc<Writer>,
}

impl Database {
    /// Creates a pool that connects at first use.
    #[must_use]
    pub fn new(settings: &DatabaseSettings) -> Self {
        let pool = Pool::new(settings);
        let settings = Arc::new(settings.clone());
        let writer = Arc::new(Writer::new(&settings));
        Self {
            pool,
            #[cfg(feature = "postgres")]
            pulse: postgres::pulse::Pulse::new(&settings),
            settings,
            writer,
        }
    }

    /// Returns the same database, for a command that creates its SQLite file if there is none.
    #[must_use]
    pub fn creating_file(&self) -> Self {
        Self::new(&DatabaseSettings { creates_file: true, ..self.settings.as_ref().clone() })
    }

    /// Returns the settings.
    #[must_use]
    pub fn settings(&self) -> &DatabaseSettings {
        &self.settings
    }

    /// Returns whether it is PostgreSQL.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        !matches!(self.settings.url, DatabaseUrl::Sqlite(_))
    }

    /// Opens a connection outside of the pool, for a thread that keeps it.
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] if it can't be opened.
    pub fn connect(&self) -> Result<DbConnection, DatabaseError> {
        connect(self.settings.as_ref().clone())
    }

    /// Opens the database for reading on this thread, and watches it for commits. SQLite only.
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] if it can't be watched, now or ever; use [`Database::run`] instead.
    pub fn watch(&self) -> Result<Watched, DatabaseError> {
        Watched::open(&self.settings)
    }

    /// Opens a connection that receives notifications. PostgreSQL only.
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] if it can't be opened.
    #[cfg(feature = "postgres")]
    pub fn listen(&self) -> Result<postgres::notifications::Listener, DatabaseError> {
        postgres::notifications::Listener::connect(&self.settings)
    }

    /// Returns the worker's own connection for a read on PostgreSQL. `None`: it must run on the pool. Requires actix-web's
    /// runtime. `kind` tells reads from different places in the code from each other.
    #[cfg(feature = "postgres")]
    pub(crate) fn lease(&self, kind: std::any::TypeId) -> Option<postgres::pipeline::Lease> {
        if self.settings.url.is_sqlite() {
            return None;
        }
        postgres::pipeline::lease(&self.settings, &self.pulse, kind)
    }

    /// Waits for a result from the database, but not for a PostgreSQL server that does not answer any more.
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] about a second and a half after the server stopped answering. The work may still be
    /// done later.
    pub async fn answered<T>(&self, work: impl Future<Output = T>) -> Result<T, DatabaseError> {
        #[cfg(feature = "postgres")]
        if !self.settings.url.is_sqlite() {
            return self.pulse.answered(work).await;
        }
        Ok(work.await)
    }

    /// Creates a pool of read-only connections to the same database.
    #[must_use]
    pub fn read_only(settings: &DatabaseSettings) -> Self {
        Self::new(&DatabaseSettings { read_only: true, ..settings.clone() })
    }

    /// Opens one read-only connection outside of any pool, without retries.
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] if it can't be opened.
    pub fn open_read_only(settings: &DatabaseSettings) -> Result<DbConnection, DatabaseError> {
        connect(DatabaseSettings { read_only: true, ..settings.clone() })
    }

    /// Takes a connection from the pool. This may block; requests use [`Database::run`].
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] if there is none within the timeout.
    pub fn get(&self) -> Result<PooledConnection, DatabaseError> {
        self.pool.get(self.settings.timeout)
    }

    /// Runs queries on a pooled connection, off the request's thread. Waiting for a thread, a connection and locks is
    /// limited by one timeout: otherwise thousands of requests would queue for minutes while all threads are blocked.
    ///
    /// If the future is dropped before the queries have begun, they don't run; later they run to their end.
    ///
    /// # Errors
    /// Errors of the queries and of [`Database::get`]. [`DatabaseError::Unavailable`] if PostgreSQL does not
    /// answer ([`answered`](Self::answered)); then it is not known whether the queries will still run.
    pub async fn run<T, E, F>(&self, queries: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let database = self.clone();
        let id = request_id::current();
        let until = Instant::now() + self.settings.timeout;
        let waits = Arc::new(());
        let is_waiting = Arc::downgrade(&waits);
        let work = move || {
            let work = || {
                let connection = &mut *database.pool.get(until.saturating_duration_since(Instant::now()))?;
                if is_waiting.strong_count() == 0 {
                    return Err(DatabaseError::Unavailable("nobody waits for it".to_owned()).into());
                }
                queries(connection)
            };
            request_id::scope(id, || waiting_until(until, work))
        };
        let done = self.answered(actix_web::web::block(work)).await;
        drop(waits);
        match done? {
            Ok(result) => result,
            // The closure panicked, or the runtime is shutting down.
            Err(error) => Err(DatabaseError::Unavailable(error.to_string()).into()),
        }
    }
}

/// Opens a connection outside of any pool.
fn connect(settings: DatabaseSettings) -> Result<DbConnection, DatabaseError> {
    Manager::new(settings).connect().map_err(|error| DatabaseError::Unavailable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    /// More requests than threads, all waiting for the only connection.
    #[actix_web::test]
    async fn waiting_for_a_thread_counts_against_the_timeout() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db").to_str().unwrap().to_owned();
        let env = [("DATABASE_URL", path.as_str()), ("DATABASE_POOL_SIZE", "1"), ("DATABASE_TIMEOUT", "2")];
        let database =
            Database::new(&DatabaseSettings::from_env(&Env::from_iter(env)).unwrap()).creating_file();
        let held = database.get().unwrap();
        let started = Instant::now();
        let results = join_all((0..2000).map(|_| database.run(|_| Ok::<_, DatabaseError>(())))).await;
        assert!(results.iter().all(|result| matches!(result, Err(DatabaseError::Unavailable(_)))));
        // Without the shared limit, each of 512 threads would block for four timeouts.
        assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
        drop(held);
        assert!(database.run(|_| Ok::<_, DatabaseError>(())).await.is_ok());
    }
}

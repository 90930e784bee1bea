//! The database: SQLite, or PostgreSQL with the cargo feature `postgres`, behind one connection type and one pool.
//!
//! A query is ordinary diesel on a [`DbConnection`]. A request runs its queries in [`Database::run`], which checks a
//! connection out and uses it inside one blocking call, so that no request thread ever waits for a disk or a socket.
//! What diesel's `MultiConnection` can't express (see `#[derive(MultiConnection)]`) matches on the variant.

mod clock;
pub mod inspection;
mod manager;
pub mod migrations;
mod named;
mod names;
pub mod needs;
#[cfg(feature = "postgres")]
pub mod postgres;
mod prepared;
pub mod sqlite;
mod timestamp;
mod url;
mod user_id;

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::r2d2::{ManageConnection, Pool, PooledConnection};
use diesel::result::{DatabaseErrorKind, Error as QueryError};

pub use self::clock::now;
pub(crate) use self::manager::on_variant;
pub use self::manager::{DbConnection, Manager};
pub use self::named::RenamingConnection;
pub use self::names::Names;
pub use self::prepared::Prepared;
use self::sqlite::watched::Watched;
pub use self::timestamp::{Moment, OptionalMoment};
pub use self::url::DatabaseUrl;
pub use self::user_id::{KeyType, UserId, UserKey};
use super::conf::{Env, ImproperlyConfigured};
use super::request_id;
use super::timezone::TimeZone;

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// Which database (`DATABASE_URL`, default `db.sqlite3`).
    pub url: DatabaseUrl,
    /// Connections in the pool (`DATABASE_POOL_SIZE`, default 10).
    pub pool_size: u32,
    /// How long a connection, or a lock that another holds, is waited for (`DATABASE_TIMEOUT`, seconds, default 5).
    /// Then the client gets 503.
    pub timeout: Duration,
    /// How long one statement may run on PostgreSQL (`DATABASE_STATEMENT_TIMEOUT`, seconds, default 30).
    pub statement_timeout: Duration,
    /// SQLite's journal mode (`SQLITE_JOURNAL_MODE`: `wal` or `delete`). Unset: a database that vitamin creates is in
    /// WAL mode, and one that is already there stays as it is, since somebody else's backups may count on it.
    pub journal_mode: Option<JournalMode>,
    /// What the database calls its tables. Not a variable of the environment: the installed apps say it
    /// ([`App::names`](super::app::App::names)).
    pub names: Names,
    /// `TIME_ZONE` and `USE_TZ`: what a time in SQLite means.
    pub time_zone: TimeZone,
    /// Whether the database refuses every write and is never made, for a command that only looks. Not a variable of the
    /// environment.
    pub read_only: bool,
}

/// A journal mode of SQLite that several processes can share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalMode {
    /// Write-ahead log: readers and the writer don't wait for each other.
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
    /// A URL of an unknown scheme, or of PostgreSQL without the cargo feature; a number that is none.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        // A URL may hold a password, so the error doesn't show it.
        let url = env.get("DATABASE_URL").unwrap_or("db.sqlite3").parse();
        let pool_size = env.parse("DATABASE_POOL_SIZE", 10)?;
        if pool_size == 0 {
            return Err(ImproperlyConfigured::new("DATABASE_POOL_SIZE: at least one connection is needed."));
        }
        Ok(Self {
            url: url.map_err(|reason| ImproperlyConfigured::new(format!("DATABASE_URL: {reason}")))?,
            pool_size,
            timeout: seconds(env, "DATABASE_TIMEOUT", 5)?,
            statement_timeout: seconds(env, "DATABASE_STATEMENT_TIMEOUT", 30)?,
            journal_mode: env.optional("SQLITE_JOURNAL_MODE")?,
            names: Names::default(),
            time_zone: TimeZone::from_env(env)?,
            read_only: false,
        })
    }
}

fn seconds(env: &Env, name: &str, default: u32) -> Result<Duration, ImproperlyConfigured> {
    match env.parse::<u32>(name, default)? {
        0 => Err(ImproperlyConfigured::new(format!("{name}: at least one second is needed."))),
        seconds => Ok(Duration::from_secs(seconds.into())),
    }
}

/// Why a query gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The database can't be had right now: no connection in time, a lock held for too long, a connection lost. It is
    /// worth trying again; a client gets 503 with `Retry-After`.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The query itself failed.
    #[error(transparent)]
    Query(QueryError),
}

/// Parts of messages, SQLite's and PostgreSQL's own, of errors that diesel has no kind for.
const TRANSIENT: [&str; 6] = [
    "database is locked",
    "database table is locked",
    "statement timeout",
    "lock timeout",
    "deadlock detected",
    named::OUTDATED_PLAN,
];

impl From<QueryError> for DatabaseError {
    fn from(error: QueryError) -> Self {
        let transient = match &error {
            // The transaction that only reads is that of a server which was the primary one, or is not yet.
            QueryError::DatabaseError(DatabaseErrorKind::ClosedConnection, _)
            | QueryError::DatabaseError(DatabaseErrorKind::UnableToSendCommand, _)
            | QueryError::DatabaseError(DatabaseErrorKind::SerializationFailure, _)
            | QueryError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _)
            | QueryError::BrokenTransactionManager => true,
            QueryError::DatabaseError(DatabaseErrorKind::Unknown, info) => {
                let message = info.message();
                TRANSIENT.iter().any(|text| message.contains(text))
            }
            _ => false,
        };
        if transient { Self::Unavailable(error.to_string()) } else { Self::Query(error) }
    }
}

/// The pool of connections; clones share it.
#[derive(Clone)]
pub struct Database {
    pool: Pool<Manager>,
    settings: Arc<DatabaseSettings>,
}

impl Database {
    /// Makes a pool that connects when it is first asked to.
    #[must_use]
    pub fn new(settings: &DatabaseSettings) -> Self {
        let pool = Pool::builder()
            .max_size(settings.pool_size)
            .min_idle(Some(0))
            .connection_timeout(settings.timeout)
            .test_on_check_out(true)
            .build_unchecked(Manager::new(settings.clone()));
        Self { pool, settings: Arc::new(settings.clone()) }
    }

    /// How it was set up.
    #[must_use]
    pub fn settings(&self) -> &DatabaseSettings {
        &self.settings
    }

    /// A new connection outside of the pool, for a thread that keeps it.
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] when it can't be had.
    pub fn connect(&self) -> Result<DbConnection, DatabaseError> {
        connect(self.settings.as_ref().clone())
    }

    /// The database as one thread reads and watches it; SQLite only.
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] when it can't be watched, now or at all; then [`Database::run`] is the way.
    pub fn watch(&self) -> Result<Watched, DatabaseError> {
        Watched::open(&self.settings)
    }

    /// A new connection that waits for notifications; PostgreSQL only.
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] when it can't be had.
    #[cfg(feature = "postgres")]
    pub fn listen(&self) -> Result<postgres::notifications::Listener, DatabaseError> {
        postgres::notifications::Listener::connect(&self.settings)
    }

    /// A pool of the same database whose connections refuse to write.
    #[must_use]
    pub fn read_only(settings: &DatabaseSettings) -> Self {
        Self::new(&DatabaseSettings { read_only: true, ..settings.clone() })
    }

    /// One connection that refuses to write, outside of any pool. It is not tried again.
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] when it can't be opened; a SQLite file that is not there is not made.
    pub fn open_read_only(settings: &DatabaseSettings) -> Result<DbConnection, DatabaseError> {
        connect(DatabaseSettings { read_only: true, ..settings.clone() })
    }

    /// A connection of the pool. It may wait, so a request uses [`Database::run`].
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] when none could be had within the timeout.
    pub fn get(&self) -> Result<PooledConnection<Manager>, DatabaseError> {
        self.pool.get().map_err(|error| DatabaseError::Unavailable(error.to_string()))
    }

    /// Runs queries on a connection of the pool, off the request's thread. Who waits for a thread waits no longer than for a
    /// connection: where all threads are held up, thousands would else wait for their turn, and that for minutes.
    ///
    /// # Errors
    /// Those of the queries, and those of [`Database::get`].
    pub async fn run<T, E, F>(&self, queries: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let database = self.clone();
        let id = request_id::current();
        let since = Instant::now();
        let work = move || {
            request_id::scope(id, || {
                let left = database.settings.timeout.saturating_sub(since.elapsed());
                let connection = database.pool.get_timeout(left);
                queries(&mut *connection.map_err(|error| DatabaseError::Unavailable(error.to_string()))?)
            })
        };
        match actix_web::web::block(work).await {
            Ok(result) => result,
            // The closure panicked, or the runtime is being shut down.
            Err(error) => Err(DatabaseError::Unavailable(error.to_string()).into()),
        }
    }
}

/// A connection outside of any pool.
fn connect(settings: DatabaseSettings) -> Result<DbConnection, DatabaseError> {
    Manager::new(settings).connect().map_err(|error| DatabaseError::Unavailable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    /// More than there are threads, which all wait for the one connection.
    #[actix_web::test]
    async fn who_waits_for_a_thread_waits_no_longer_than_for_a_connection() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db").to_str().unwrap().to_owned();
        let env = [("DATABASE_URL", path.as_str()), ("DATABASE_POOL_SIZE", "1"), ("DATABASE_TIMEOUT", "2")];
        let database = Database::new(&DatabaseSettings::from_env(&Env::from_iter(env)).unwrap());
        let held = database.get().unwrap();
        let begun = Instant::now();
        let answers = join_all((0..2000).map(|_| database.run(|_| Ok::<_, DatabaseError>(())))).await;
        assert!(answers.iter().all(|answer| matches!(answer, Err(DatabaseError::Unavailable(_)))));
        // Of 512 threads each would have held some up four times.
        assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
        drop(held);
        assert!(database.run(|_| Ok::<_, DatabaseError>(())).await.is_ok());
    }
}

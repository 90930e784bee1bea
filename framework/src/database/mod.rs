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
mod coerced;
mod executors;
mod failures;
mod inferred;
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
mod renamed_query;
mod returning;
mod settings;
pub mod sqlite;
mod statements;
mod timestamp;
mod tokens;
mod url;
mod user_id;

use std::sync::Arc;
use std::time::Instant;

use diesel::r2d2::ManageConnection;
use diesel::result::Error as QueryError;

pub use self::clock::now;
#[cfg(feature = "postgres")]
pub(crate) use self::coerced::is_true_in_postgres;
pub(crate) use self::coerced::is_true_in_sqlite;
pub use self::coerced::{TextOrEmpty, Truth};
pub use self::inferred::Inferred;
pub use self::manager::on_variant;
pub use self::manager::{DbConnection, Manager};
pub use self::named::RenamingConnection;
pub use self::names::{Constant, Names};
pub use self::pool::PooledConnection;
use self::pool::{Pool, PoolUsage};
pub use self::prepared::Prepared;
pub(crate) use self::renamed_query::builds_sql;
#[doc(hidden)]
pub use self::returning::first_row;
pub use self::returning::{insert_returning, update_returning};
pub(crate) use self::settings::SETTINGS;
pub use self::settings::{DatabaseSettings, JournalMode};
use self::sqlite::opening::waiting_until;
use self::sqlite::watched::Watched;
use self::sqlite::writer::Writer;
pub use self::timestamp::{Moment, OptionalMoment};
pub use self::url::DatabaseUrl;
pub use self::user_id::{KeyType, TextKey, TooLong, UserId, UserKey, UuidKey};
use super::metrics::Snapshot;
use super::request_scope::RequestScope;

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
    /// SQLite's writer, started at the first [`Database::write`].
    writer: Arc<Writer>,
    #[cfg(feature = "postgres")]
    heartbeat: Arc<postgres::heartbeat::Heartbeat>,
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
            settings,
            writer,
            #[cfg(feature = "postgres")]
            heartbeat: Arc::default(),
        }
    }

    /// Returns the same database, for a command that creates its SQLite file if there is none.
    #[must_use]
    pub fn creating_file(&self) -> Self {
        Self::new(&DatabaseSettings { creates_file: true, ..self.settings.as_ref().clone() })
    }

    /// Opens a connection that only reads, for a plan of what would be done. If the SQLite file is missing, it is not created:
    /// the connection is to an empty database in memory.
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] if it can't be opened.
    pub(crate) fn preview(&self) -> Result<DbConnection, DatabaseError> {
        let settings = self.settings.as_ref().clone();
        match settings.url.sqlite_file() {
            Some(path) if !std::path::Path::new(path).exists() => {
                connect(DatabaseSettings { url: DatabaseUrl::in_memory(), ..settings })
            }
            _ => connect(settings),
        }
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
    pub(crate) fn lease(&self, kind: std::any::TypeId) -> Option<postgres::lease::Lease> {
        if self.settings.url.is_sqlite() {
            return None;
        }
        postgres::pipeline::lease(&self.settings, &self.heartbeat, kind)
    }

    /// Returns the worker's own connection for one statement that writes on PostgreSQL. `None`: it must run on the pool.
    /// Requires actix-web's runtime.
    #[cfg(feature = "postgres")]
    pub(crate) async fn lease_for_write(&self, kind: std::any::TypeId) -> Option<postgres::lease::Lease> {
        if self.settings.url.is_sqlite() {
            return None;
        }
        postgres::pipeline::lease_for_write(&self.settings, &self.heartbeat, kind).await
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

    /// Adds the use of the pool to the metrics.
    pub(crate) fn collect(&self, snapshot: &mut Snapshot) {
        let PoolUsage { size, used, idle, waiting, timeouts } = self.pool.usage();
        snapshot
            .gauges("vitamin_database_pool_connections", "Open connections of the pool.")
            .sample(&[("state", "used")], used)
            .sample(&[("state", "idle")], idle);
        snapshot.gauge(
            "vitamin_database_pool_limit",
            "Connections of the pool at a time (DATABASE_POOL_SIZE).",
            size,
        );
        snapshot.gauge("vitamin_database_pool_waiting", "Threads that wait for a connection.", waiting);
        snapshot.counter(
            "vitamin_database_pool_timeouts",
            "How often none was free within DATABASE_TIMEOUT.",
            timeouts,
        );
    }

    /// Runs queries on a pooled connection, off the request's thread. Waiting for a thread, a connection and locks is
    /// limited by one timeout: otherwise thousands of requests would queue for minutes while all threads are blocked.
    ///
    /// If the future is dropped before the queries have begun, they don't run; later they run to their end.
    ///
    /// # Errors
    /// Errors of the queries and of [`Database::get`]. [`DatabaseError::Unavailable`] if PostgreSQL does not answer for seven
    /// eighths of `DATABASE_TIMEOUT`; then it is not known whether the queries will still run.
    pub async fn run<T, E, F>(&self, queries: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let database = self.clone();
        let scope = RequestScope::current();
        let until = Instant::now() + self.settings.timeout;
        let waits = Arc::new(());
        let is_waiting = Arc::downgrade(&waits);
        let work = move || {
            let work = || {
                let left = until.saturating_duration_since(Instant::now());
                let connection = &mut *database.pool.get(left)?;
                if is_waiting.strong_count() == 0 {
                    return Err(DatabaseError::Unavailable("nobody waits for it".to_owned()).into());
                }
                queries(connection)
            };
            scope.run(|| waiting_until(until, work))
        };
        let done = self.wait(actix_web::web::block(work)).await;
        drop(waits);
        match done? {
            Ok(result) => result,
            // The closure panicked, or the runtime is shutting down.
            Err(error) => Err(DatabaseError::Unavailable(error.to_string()).into()),
        }
    }
}

impl Database {
    /// Waits for work that another thread does with a connection, as long as the server answers.
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] if PostgreSQL does not answer for seven eighths of `DATABASE_TIMEOUT`.
    pub async fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, DatabaseError> {
        #[cfg(feature = "postgres")]
        if self.is_postgres() {
            return Ok(self.heartbeat.wait(&self.settings, work).await?);
        }
        Ok(work.await)
    }
}

/// Opens a connection outside of any pool.
fn connect(settings: DatabaseSettings) -> Result<DbConnection, DatabaseError> {
    Manager::new(settings).connect().map_err(|error| DatabaseError::Unavailable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::join_all;

    use super::*;
    use crate::conf::Env;

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

//! A SQLite database as one thread sees it: a connection of its own to read with, on the thread itself, and a sentinel
//! that tells whether what was read still holds.
//!
//! Reading takes some ten microseconds, less than handing the query to another thread; so a request thread may do it.
//! It never waits for a lock: the caller then goes by [`Database::run`](super::Database::run), which does.

use super::manager::Manager;
use super::sentinel::{Sentinel, Stamp};
use super::{DatabaseError, DatabaseSettings, DbConnection};

/// See the module. It stays on the thread that opened it.
pub struct Watched {
    sentinel: Sentinel,
    connection: DbConnection,
}

impl Watched {
    pub(super) fn open(settings: &DatabaseSettings) -> Result<Self, DatabaseError> {
        let unavailable = |reason: String| DatabaseError::Unavailable(reason);
        let Some(path) = settings.url.sqlite_path() else {
            return Err(unavailable("only a SQLite database can be watched".to_owned()));
        };
        // First: it makes no file where there is none.
        let mut sentinel = Sentinel::open(path).map_err(|error| unavailable(error.to_string()))?;
        let connection = Manager::sqlite_reader(path, settings.names.clone())
            .map_err(|error| unavailable(error.to_string()))?;
        // Both must have the same file open.
        if sentinel.look_up() {
            return Err(unavailable("the file was replaced".to_owned()));
        }
        Ok(Self { sentinel, connection })
    }

    /// Whether nobody committed since `stamp` was taken; see [`Sentinel::is_unchanged`].
    pub fn is_unchanged(&mut self, stamp: &Stamp) -> bool {
        self.sentinel.is_unchanged(stamp)
    }

    /// Whether it must be opened anew; see [`Sentinel::is_lost`].
    pub fn is_lost(&mut self) -> bool {
        self.sentinel.is_lost()
    }

    /// Runs queries that read, with the stamp of what they read, where there is one. Several queries that must agree
    /// belong in one transaction.
    ///
    /// # Errors
    /// Those of the queries. A lock that another holds is [`DatabaseError::Unavailable`].
    pub fn read<T, E>(
        &mut self,
        queries: impl FnOnce(&mut DbConnection) -> Result<T, E>,
    ) -> Result<(T, Option<Stamp>), E> {
        let Self { sentinel, connection } = self;
        let (result, stamp) = sentinel.read(|| queries(connection));
        Ok((result?, stamp))
    }
}

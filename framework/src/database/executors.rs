//! How a request runs short reads and writes.

#[cfg(feature = "postgres")]
use diesel::{
    deserialize::FromSqlRow,
    pg::Pg,
    query_builder::{Query, QueryFragment, QueryId},
    query_dsl::CompatibleType,
};

use super::sqlite::{reader, writer};
use super::{Database, DatabaseError, DbConnection};

impl Database {
    /// Runs queries that only read, and read a bounded number of rows, such as one page of a list. All of them see the
    /// same state of the database, which includes every write that was acknowledged before.
    ///
    /// On SQLite in WAL mode they run at once on the calling thread, on a connection of its own: that takes less time
    /// than to pass them to another thread. If they meet a lock, or take longer than a few milliseconds, they are
    /// stopped and **run again** on a pooled connection, as they do in all other cases. Therefore they must not change
    /// anything outside of the closure. On SQLite their connection rejects writes, unless it is a pooled one. While reads from
    /// one place in the code take long, they run on pooled connections from the start.
    ///
    /// On PostgreSQL it is [`Database::run`]: each query sees the state at its own start. If the server has closed the
    /// connection, they run again on another one.
    ///
    /// # Errors
    /// Errors of the queries and of [`Database::get`].
    pub async fn read<T, E, F>(&self, queries: F) -> Result<T, E>
    where
        F: Fn(&mut DbConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        if self.settings.url.is_sqlite()
            && let Some(result) = reader::read(&self.settings, &queries)
        {
            return result;
        }
        let (result, again) = self
            .run(move |connection| {
                let result = reader::read_on(connection, &queries);
                // The server has closed it, for example because it restarted.
                let is_lost = result.is_err() && connection.is_postgres() && connection.has_failed();
                Ok::<_, E>((result, is_lost.then_some(queries)))
            })
            .await?;
        match again {
            Some(queries) => self.run(move |connection| reader::read_on(connection, queries)).await,
            None => result,
        }
    }

    /// Runs one query that only reads, on the worker's own connection to PostgreSQL, which takes the queries of several
    /// requests at once. `None` if it must run by [`Database::run`] instead, on any error of the database too. Requires
    /// actix-web's runtime.
    ///
    /// # Errors
    /// The query can't be built, or a row can't be read.
    #[cfg(feature = "postgres")]
    pub async fn load_pipelined<U, S, Q>(&self, query: Q) -> Option<Result<Vec<U>, DatabaseError>>
    where
        Q: Query<SqlType: CompatibleType<U, Pg, SqlType = S>> + QueryFragment<Pg> + QueryId,
        U: FromSqlRow<S, Pg> + 'static,
    {
        // The query's own type may borrow.
        let lease = self.lease(std::any::TypeId::of::<fn() -> U>())?;
        let rows = lease.run(lease.load(query)).await?;
        Some(rows.map_err(DatabaseError::from))
    }

    /// Runs queries in a transaction, which is rolled back if they fail. When this returns, it is committed.
    ///
    /// On SQLite one thread runs the writes of all requests, and commits those together that wait at the same time: a
    /// commit waits for the disk, and there can be only one at a time. Each write still fails or succeeds alone, as it
    /// has a savepoint of its own, but those after it in the transaction see what it wrote. A write that takes long
    /// delays all others: long ones belong into [`Database::atomic`].
    ///
    /// If the future is dropped before the queries have begun, they don't run. If they panic, this panics.
    ///
    /// On PostgreSQL it is [`Database::atomic`], but queries of query sets before the first other statement run before the
    /// transaction begins, if the isolation level is `READ COMMITTED`: there that makes no difference.
    ///
    /// # Errors
    /// Those of the queries, and [`DatabaseError::Unavailable`] if too many writes wait, or one has waited for longer
    /// than `DATABASE_TIMEOUT`. A foreign key that is checked at the end of the transaction is checked at the end of
    /// `queries`.
    pub async fn write<T, E, F>(&self, queries: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        if writer::is_for(&self.settings) {
            self.writer.write(queries).await
        } else {
            self.run(move |connection| connection.atomic_late(queries)).await
        }
    }
}

#[cfg(test)]
mod measurements;

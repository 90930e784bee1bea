//! Reads of query sets in a request to a worker of actix-web: they don't block its thread.

use diesel::result::Error as QueryError;
use futures_util::future::try_join;

use super::execute::{Executor, read};
use super::model::Model;
use super::object::Object;
use super::plan::Plan;
use super::queryset::QuerySet;
use super::select::Output;
use crate::database::{Database, DatabaseError};

/// On SQLite each of these is [`Database::read`]. On PostgreSQL a worker has connections of its own, which take the
/// statements of several requests at once; the statements of one call that don't depend on each other are sent together,
/// and each sees the state at its own start. If that fails, they run again on a pooled connection.
impl<T: Model> QuerySet<T> {
    /// [`load`](Self::load) in a request.
    ///
    /// # Errors
    /// The query fails, the query set was built wrongly, or there is no connection.
    pub async fn fetch(self, database: &Database) -> Result<Vec<Object<T>>, DatabaseError> {
        read(database, async move |executor: &dyn Executor| self.load_with(executor).await).await
    }

    /// [`first`](Self::first) in a request.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub async fn fetch_first(self, database: &Database) -> Result<Option<Object<T>>, DatabaseError> {
        let rows = self.limit(1);
        let found = read(database, async move |executor: &dyn Executor| rows.load_with(executor).await).await;
        Ok(found?.into_iter().next())
    }

    /// [`count`](Self::count) in a request.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub async fn fetch_count(self, database: &Database) -> Result<u64, DatabaseError> {
        read(database, async move |executor: &dyn Executor| self.count_with(executor).await).await
    }

    /// [`exists`](Self::exists) in a request.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub async fn fetch_exists(self, database: &Database) -> Result<bool, DatabaseError> {
        let rows = self.limit(1);
        let exists = async move |executor: &dyn Executor| rows.value_with(Output::Exists, executor).await;
        Ok(read(database, exists).await?.is_some())
    }

    /// The number of all rows, and those after the first `offset`, at most `limit`.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub async fn fetch_page(
        self,
        database: &Database,
        limit: u64,
        offset: u64,
    ) -> Result<(u64, Vec<Object<T>>), DatabaseError> {
        let page = self.window(limit, offset);
        let both = async move |executor: &dyn Executor| {
            try_join(self.count_with(executor), page.load_with(executor)).await
        };
        let (count, mut objects) = read(database, both).await?;
        if offset >= count {
            // Rows that were added between the two.
            objects.clear();
        }
        Ok((count, objects))
    }

    /// [`fetch_page`](Self::fetch_page) if the offset depends on the number of rows.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub async fn fetch_page_by_count(
        self,
        database: &Database,
        limit: u64,
        offset: impl Fn(u64) -> u64 + Send + 'static,
    ) -> Result<(u64, Vec<Object<T>>), DatabaseError> {
        let both = async move |executor: &dyn Executor| {
            let count = self.count_with(executor).await?;
            let offset = offset(count);
            let objects = if offset >= count {
                Vec::new()
            } else {
                self.window(limit, offset).load_with(executor).await?
            };
            Ok((count, objects))
        };
        read(database, both).await
    }

    fn window(&self, limit: u64, offset: u64) -> Self {
        let number = |value| i64::try_from(value).unwrap_or(i64::MAX);
        self.clone().limit(number(limit)).offset(number(offset))
    }
}

impl<T: Model> Object<T> {
    /// [`load`](Self::load) in a request.
    ///
    /// # Errors
    /// The query fails, or the row is gone.
    pub async fn fetch_related(&mut self, database: &Database, plan: &Plan<T>) -> Result<(), DatabaseError> {
        if plan.is_empty() {
            return Ok(());
        }
        let rows = QuerySet::new().find(self.pk().to_owned()).with_plan(plan);
        let found = rows.fetch_first(database).await?;
        self.take_related(found.ok_or(DatabaseError::Query(QueryError::NotFound))?);
        Ok(())
    }
}

#[cfg(test)]
#[cfg(feature = "postgres")]
mod tests;

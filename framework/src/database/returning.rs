//! Rows that come back from an insert or an update, and transactions, in one line.

use diesel::connection::{AnsiTransactionManager, Connection, TransactionManager};
use diesel::result::Error as QueryError;

use super::{Database, DatabaseError, DbConnection};

/// Inserts one row and returns it, on either database: `insert_returning!(connection, table, values, Row)`.
///
/// The value is a `QueryResult<Row>`. `values` is what diesel's `.values(…)` takes; `Row` derives `Selectable`.
///
/// ```
/// use diesel::prelude::*;
/// use vitamin_framework::database::{DbConnection, insert_returning};
///
/// diesel::table! {
///     polls_question (id) {
///         id -> Integer,
///         text -> Text,
///     }
/// }
///
/// #[derive(Queryable, Selectable)]
/// #[diesel(table_name = polls_question)]
/// struct Question {
///     id: i32,
///     text: String,
/// }
///
/// #[derive(Insertable)]
/// #[diesel(table_name = polls_question)]
/// struct NewQuestion<'a> {
///     text: &'a str,
/// }
///
/// fn create(connection: &mut DbConnection, text: &str) -> QueryResult<Question> {
///     insert_returning!(connection, polls_question::table, NewQuestion { text }, Question)
/// }
/// ```
#[macro_export]
macro_rules! insert_returning {
    ($connection:expr, $table:expr, $values:expr, $row:ty $(,)?) => {
        $crate::database::on_variant!($connection, |connection| {
            $crate::__private::first_row($crate::__private::diesel::RunQueryDsl::get_results::<$row>(
                $crate::__private::diesel::insert_into($table)
                    .values($values)
                    .returning(<$row as $crate::__private::diesel::SelectableHelper<_>>::as_returning()),
                connection,
            ))
        })
    };
}
pub use insert_returning;

/// Updates one row and returns it, on either database: `update_returning!(connection, target, changes, Row)`.
///
/// The value is a `QueryResult<Row>`, with `NotFound` if no row matches. `target` is a query such as
/// `table.find(id)`; `changes` is what diesel's `.set(…)` takes. If the changes are empty (each field of an
/// `AsChangeset` is `None`), the row is returned as it is, where diesel alone reports an error.
///
/// ```
/// # use diesel::prelude::*;
/// # use vitamin_framework::database::{DbConnection, update_returning};
/// # diesel::table! {
/// #     polls_question (id) {
/// #         id -> Integer,
/// #         text -> Text,
/// #     }
/// # }
/// # #[derive(Queryable, Selectable)]
/// # #[diesel(table_name = polls_question)]
/// # struct Question {
/// #     id: i32,
/// #     text: String,
/// # }
/// #[derive(AsChangeset)]
/// #[diesel(table_name = polls_question)]
/// struct QuestionChanges {
///     text: Option<String>,
/// }
///
/// fn change(connection: &mut DbConnection, id: i32, changes: &QuestionChanges) -> QueryResult<Question> {
///     update_returning!(connection, polls_question::table.find(id), changes, Question)
/// }
/// ```
#[macro_export]
macro_rules! update_returning {
    ($connection:expr, $target:expr, $changes:expr, $row:ty $(,)?) => {
        $crate::database::on_variant!($connection, |connection| {
            use $crate::__private::diesel::{self, OptionalEmptyChangesetExtension as _, QueryDsl as _};
            let target = $target;
            let updated = $crate::__private::first_row(diesel::RunQueryDsl::get_results::<$row>(
                diesel::update(::core::clone::Clone::clone(&target))
                    .set($changes)
                    .returning(<$row as diesel::SelectableHelper<_>>::as_returning()),
                connection,
            ));
            match updated.optional_empty_changeset() {
                Ok(Some(row)) => Ok(row),
                Ok(None) => diesel::RunQueryDsl::get_result::<$row>(
                    target.select(<$row as diesel::SelectableHelper<_>>::as_select()),
                    connection,
                ),
                Err(error) => Err(error),
            }
        })
    };
}
pub use update_returning;

/// Returns the row of a statement that was run to its end.
///
/// diesel's `get_result` stops after the first row. SQLite commits only then, and diesel ignores the error of that: an
/// insert that a deferred foreign key (Django's are) or a full disk prevents would seem to succeed.
#[doc(hidden)]
pub fn first_row<T>(rows: diesel::QueryResult<Vec<T>>) -> diesel::QueryResult<T> {
    rows?.into_iter().next().ok_or(QueryError::NotFound)
}

/// The error of a transaction's work, or of `BEGIN` and `COMMIT`.
pub(super) enum TransactionError<E> {
    Work(E),
    Query(QueryError),
}

impl<E> From<QueryError> for TransactionError<E> {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl<E: From<DatabaseError>> TransactionError<E> {
    pub(super) fn into_error(self) -> E {
        match self {
            Self::Work(error) => error,
            Self::Query(error) => DatabaseError::from(error).into(),
        }
    }
}

impl DbConnection {
    /// Runs `work` in a transaction, and rolls back if it fails. Inside another transaction it is a savepoint.
    ///
    /// On SQLite the transaction takes the write lock at once. One that reads first and writes later would otherwise fail
    /// if another connection wrote in between, and no time limit would help.
    ///
    /// # Errors
    /// Those of `work`, and of beginning and committing.
    pub fn atomic<T, E: From<DatabaseError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let run = |connection: &mut Self| work(connection).map_err(TransactionError::Work);
        let is_outermost = <Self as Connection>::TransactionManager::transaction_manager_status_mut(self)
            .transaction_depth()
            .is_ok_and(|depth| depth.is_none());
        let result = match self {
            Self::Sqlite(connection) if is_outermost => {
                connection.callbacks().rolled_back(0);
                match AnsiTransactionManager::begin_transaction_sql(connection.raw(), "BEGIN IMMEDIATE") {
                    Ok(()) => {
                        let result = run(self);
                        finish(self, result)
                    }
                    Err(error) => Err(error.into()),
                }
            }
            _ => self.transaction(run),
        };
        result.map_err(TransactionError::into_error)
    }
}

/// Ends a transaction whose work has this result.
pub(super) fn finish<T, E>(
    connection: &mut DbConnection,
    result: Result<T, TransactionError<E>>,
) -> Result<T, TransactionError<E>> {
    type Manager = <DbConnection as Connection>::TransactionManager;
    match result {
        Ok(value) => {
            Manager::commit_transaction(connection)?;
            Ok(value)
        }
        Err(error) => {
            // The work's own error says more than one of the rollback.
            match Manager::rollback_transaction(connection) {
                Ok(()) | Err(_) => Err(error),
            }
        }
    }
}

impl Database {
    /// Runs queries in a transaction on a pooled connection, off the request's thread: [`Database::run`] and
    /// [`DbConnection::atomic`] in one.
    ///
    /// # Errors
    /// Those of the queries, of the transaction, and of [`Database::get`].
    pub async fn atomic<T, E, F>(&self, queries: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        self.run(move |connection| connection.atomic(queries)).await
    }
}

#[cfg(test)]
mod tests;

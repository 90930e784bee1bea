//! Locks rows (Django's `select_for_update`).

use diesel::QueryResult;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::Untyped;

use super::condition::{Condition, Lookup};
use super::dialect::Dialect;
use super::execute::lock_rows;
use super::model::Model;
use super::select::{Output, Select};
use super::value::DbValue;
use crate::database::{DatabaseError, DbConnection};

/// Locks a model's row until the transaction ends, so that it can be read, compared and changed with nobody in between. A row that
/// is gone is no error. On SQLite a transaction that writes is alone anyway.
///
/// # Errors
/// The database is unavailable, or the lock was not to be had in time.
pub fn lock_row<T: Model>(connection: &mut DbConnection, key: DbValue) -> Result<(), DatabaseError> {
    if !connection.is_postgres() {
        return Ok(());
    }
    let column = T::META.primary_key();
    let mut select = Select::new(T::META);
    select.output = Output::Column(column.column);
    select.conditions.push(Condition::compare(column.column, column.kind, Lookup::Exact, key));
    Ok(lock_rows(connection, ForUpdate(select))?)
}

struct ForUpdate(Select);

impl<DB: Dialect> QueryFragment<DB> for ForUpdate {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk(pass.reborrow())?;
        pass.push_sql(" FOR UPDATE");
        Ok(())
    }
}

impl Query for ForUpdate {
    type SqlType = Untyped;
}

impl QueryId for ForUpdate {
    // The connection keeps the statement by its text.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

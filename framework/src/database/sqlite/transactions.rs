//! `BEGIN`, `COMMIT` and savepoints as cached statements, for transactions that a request runs. diesel's own
//! transactions parse the text each time, which takes as long as a short query.
//!
//! diesel's count of nested transactions is kept, so that a transaction within is a savepoint.

use diesel::connection::{
    AnsiTransactionManager, TransactionDepthChange, TransactionManager, TransactionManagerStatus,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::Error as QueryError;
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection, select};

use crate::database::{DbConnection, RenamingConnection};

type Sqlite3 = RenamingConnection<SqliteConnection>;

macro_rules! statements {
    ($($name:ident = $sql:literal),* $(,)?) => {$(
        #[derive(QueryId)]
        struct $name;

        impl QueryFragment<Sqlite> for $name {
            fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
                pass.push_sql($sql);
                Ok(())
            }
        }

        impl RunQueryDsl<SqliteConnection> for $name {}
    )*};
}
statements!(
    Begin = "BEGIN",
    BeginImmediate = "BEGIN IMMEDIATE",
    Commit = "COMMIT",
    Rollback = "ROLLBACK",
    Savepoint = "SAVEPOINT vitamin_job",
    Release = "RELEASE vitamin_job",
    RollbackTo = "ROLLBACK TO vitamin_job",
);

#[diesel::declare_sql_function]
extern "SQL" {
    /// Defined on connections of [`establish`](super::opening::establish).
    fn vitamin_deferred_violations() -> diesel::sql_types::Integer;
}

/// Runs one of the functions below. On PostgreSQL it does nothing.
pub(super) fn on_sqlite<T: Default>(
    connection: &mut DbConnection,
    statement: fn(&mut Sqlite3) -> QueryResult<T>,
) -> QueryResult<T> {
    match connection {
        DbConnection::Sqlite(connection) => statement(connection),
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(_) => Ok(T::default()),
    }
}

/// Returns how deep transactions are nested now.
pub(super) fn depth(connection: &mut Sqlite3) -> QueryResult<u32> {
    let depth =
        AnsiTransactionManager::transaction_manager_status_mut(connection.raw()).transaction_depth()?;
    Ok(depth.map_or(0, std::num::NonZeroU32::get))
}

fn change_depth(connection: &mut Sqlite3, change: TransactionDepthChange) -> QueryResult<()> {
    match AnsiTransactionManager::transaction_manager_status_mut(connection.raw()) {
        TransactionManagerStatus::Valid(status) => status.change_transaction_depth(change),
        TransactionManagerStatus::InError => Err(QueryError::BrokenTransactionManager),
    }
}

/// Ends nested transactions that a panic left behind, in diesel's count only.
fn set_depth(connection: &mut Sqlite3, target: u32) -> QueryResult<()> {
    while depth(connection)? > target {
        change_depth(connection, TransactionDepthChange::DecreaseDepth)?;
    }
    if depth(connection)? == target { Ok(()) } else { Err(QueryError::NotInTransaction) }
}

fn enter(connection: &mut Sqlite3, statement: QueryResult<usize>) -> QueryResult<()> {
    statement?;
    change_depth(connection, TransactionDepthChange::IncreaseDepth)
}

/// Begins a transaction that reads the state at its first query.
pub(super) fn begin(connection: &mut Sqlite3) -> QueryResult<()> {
    connection.callbacks().rolled_back(0);
    let begun = Begin.execute(connection.raw());
    enter(connection, begun)
}

/// Begins a transaction that holds the write lock.
pub(super) fn begin_immediate(connection: &mut Sqlite3) -> QueryResult<()> {
    connection.callbacks().rolled_back(0);
    let begun = BeginImmediate.execute(connection.raw());
    enter(connection, begun)
}

/// Commits the outermost transaction, and runs its callbacks. After an error it is still open.
pub(super) fn commit(connection: &mut Sqlite3) -> QueryResult<()> {
    if depth(connection)? != 1 {
        return Err(QueryError::BrokenTransactionManager);
    }
    Commit.execute(connection.raw())?;
    set_depth(connection, 0)?;
    connection.callbacks().committed(0);
    Ok(())
}

/// Rolls the outermost transaction back.
pub(super) fn rollback(connection: &mut Sqlite3) -> QueryResult<()> {
    connection.callbacks().rolled_back(0);
    Rollback.execute(connection.raw())?;
    set_depth(connection, 0)
}

/// Begins a savepoint within a transaction. They don't nest.
pub(super) fn savepoint(connection: &mut Sqlite3) -> QueryResult<()> {
    let begun = Savepoint.execute(connection.raw());
    enter(connection, begun)
}

/// Keeps what was written since [`savepoint`].
pub(super) fn release(connection: &mut Sqlite3) -> QueryResult<()> {
    if depth(connection)? != 2 {
        return Err(QueryError::BrokenTransactionManager);
    }
    Release.execute(connection.raw())?;
    set_depth(connection, 1)?;
    connection.callbacks().committed(1);
    Ok(())
}

/// Undoes what was written since [`savepoint`], also in transactions within that did not end.
pub(super) fn undo(connection: &mut Sqlite3) -> QueryResult<()> {
    connection.callbacks().rolled_back(1);
    RollbackTo.execute(connection.raw())?;
    Release.execute(connection.raw())?;
    set_depth(connection, 1)
}

/// Returns whether a deferred foreign key is violated, so that the transaction can't be committed.
pub(super) fn has_deferred_violations(connection: &mut Sqlite3) -> QueryResult<bool> {
    Ok(select(vitamin_deferred_violations()).get_result::<i32>(connection.raw())? != 0)
}

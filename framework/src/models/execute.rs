//! Runs query sets, on a connection of either database.

use std::cell::RefCell;

use diesel::connection::LoadConnection;
use diesel::result::Error as QueryError;
use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, ready};

use super::model::Model;
use super::object::Object;
use super::plan::{GROUP, Plan};
use super::row::{Row, SqliteSource};
use super::select::Select;
use crate::database::{DatabaseError, DbConnection, Names};

type Each<'a> = &'a mut dyn FnMut(&mut Row<'_>) -> Result<(), QueryError>;

/// Runs SELECT statements.
pub(crate) trait Executor {
    /// Calls `each` with every row.
    fn rows<'a>(&'a self, select: Select, each: Each<'a>) -> LocalBoxFuture<'a, Result<(), QueryError>>;

    /// The database's names of tables and columns.
    fn names(&self) -> Names;
}

/// A connection that blocks the thread.
pub(crate) struct Blocking<'c>(RefCell<&'c mut DbConnection>);

impl<'c> Blocking<'c> {
    pub(crate) fn new(connection: &'c mut DbConnection) -> Self {
        Self(RefCell::new(connection))
    }
}

impl Executor for Blocking<'_> {
    fn rows<'a>(&'a self, select: Select, each: Each<'a>) -> LocalBoxFuture<'a, Result<(), QueryError>> {
        Box::pin(ready(rows(*self.0.borrow_mut(), select, each)))
    }

    fn names(&self) -> Names {
        self.0.borrow().names().clone()
    }
}

fn rows(connection: &mut DbConnection, select: Select, each: Each<'_>) -> Result<(), QueryError> {
    match connection {
        DbConnection::Sqlite(connection) => {
            for row in connection.load(select)? {
                each(&mut Row::new(&SqliteSource(&row?)))?;
            }
        }
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(connection) => {
            for row in LoadConnection::<diesel::connection::DefaultLoadingMode>::load(connection, select)? {
                each(&mut Row::new(&super::row::PostgresSource(&row?)))?;
            }
        }
    }
    Ok(())
}

/// Runs work that never waits, since its connection blocks.
pub(crate) fn block<T>(
    work: impl Future<Output = Result<T, QueryError>>,
) -> Result<T, DatabaseError> {
    let not_ready = || QueryError::QueryBuilderError("a blocking connection waited".into());
    work.now_or_never().ok_or_else(not_ready).flatten().map_err(DatabaseError::from)
}

/// Reads the rows of a statement, with its annotations and joined rows.
pub(super) async fn read_rows<T: Model>(
    plan: &Plan<T>,
    mut select: Select,
    executor: &dyn Executor,
) -> Result<Vec<Object<T>>, QueryError> {
    if !select.joins.is_empty() {
        select.names = executor.names();
    }
    let is_grouped = select.through.is_some();
    let annotations: Vec<&'static str> = select.annotations.iter().map(|(name, _)| *name).collect();
    let mut objects = Vec::new();
    let each = &mut |row: &mut Row<'_>| {
        let group = if is_grouped { Some(row.read_any()?) } else { None };
        let mut object = Object::new(T::from_row(row)?);
        if let Some(group) = group {
            object.set_annotation(GROUP, group);
        }
        for name in &annotations {
            object.set_annotation(name, row.read_any()?);
        }
        plan.read(row, &mut object)?;
        objects.push(object);
        Ok(())
    };
    executor.rows(select, each).await?;
    Ok(objects)
}

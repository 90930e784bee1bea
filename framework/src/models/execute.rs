//! Runs query sets, on a connection of either database.

use std::cell::RefCell;

use diesel::connection::{Connection as _, LoadConnection};
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::result::Error as QueryError;
use diesel::sql_types::Untyped;
use diesel::sqlite::Sqlite;
use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, ready};

use super::column::{Column, ColumnKind};
use super::condition::{Condition, Lookup};
use super::keys::{Key, Keys};
use super::meta::ModelMeta;
use super::model::Model;
use super::object::Object;
use super::ordering::order_by_default;
use super::parameter::Parameter;
use super::plan::Plan;
use super::row::{Row, SqliteSource};
use super::select::{Output, Select};
use super::statement::Statement;
use super::value::DbValue;
#[cfg(feature = "postgres")]
use crate::database::postgres::lease::Lease;
use crate::database::{Database, DatabaseError, DbConnection, Names, on_variant};

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
        Box::pin(ready(rows(*self.0.borrow_mut(), select, true, each)))
    }

    fn names(&self) -> Names {
        self.0.borrow().names().clone()
    }
}

#[cfg(feature = "postgres")]
impl Executor for Lease {
    fn rows<'a>(&'a self, select: Select, each: Each<'a>) -> LocalBoxFuture<'a, Result<(), QueryError>> {
        Box::pin(self.for_each(select, |row| each(&mut Row::new(&super::row::PostgresSource(row)))))
    }

    fn names(&self) -> Names {
        Self::names(self).clone()
    }
}

/// Reads without blocking the thread for longer than a few milliseconds. On SQLite it is [`Database::read`]. On PostgreSQL
/// the statements are pipelined, or run again on a pooled connection if that fails.
pub(super) async fn read<R, F>(database: &Database, queries: F) -> Result<R, DatabaseError>
where
    F: AsyncFn(&dyn Executor) -> Result<R, QueryError> + Send + 'static,
    R: Send + 'static,
{
    #[cfg(feature = "postgres")]
    if let Some(lease) = database.lease(std::any::TypeId::of::<F>())
        && let Some(result) = lease.run(queries(&lease)).await
    {
        return result.map_err(DatabaseError::from);
    }
    database.read(move |connection| block(queries(&Blocking::new(connection)))).await
}

#[cfg(feature = "postgres")]
pub(super) trait AnyQuery:
    Query<SqlType = Untyped> + QueryId + QueryFragment<Sqlite> + QueryFragment<diesel::pg::Pg>
{
}
#[cfg(feature = "postgres")]
impl<T> AnyQuery for T where
    T: Query<SqlType = Untyped> + QueryId + QueryFragment<Sqlite> + QueryFragment<diesel::pg::Pg>
{
}
#[cfg(not(feature = "postgres"))]
pub(super) trait AnyQuery: Query<SqlType = Untyped> + QueryId + QueryFragment<Sqlite> {}
#[cfg(not(feature = "postgres"))]
impl<T> AnyQuery for T where T: Query<SqlType = Untyped> + QueryId + QueryFragment<Sqlite> {}

/// Runs a statement. `alone` if it needs no [transaction](Database::write).
fn rows(
    connection: &mut DbConnection,
    query: impl AnyQuery,
    #[cfg_attr(
        not(feature = "postgres"),
        expect(unused_variables, reason = "SQLite has no late transactions")
    )]
    alone: bool,
    each: Each<'_>,
) -> Result<(), QueryError> {
    match connection {
        DbConnection::Sqlite(connection) => {
            for row in connection.load(query)? {
                each(&mut Row::new(&SqliteSource(&row?)))?;
            }
        }
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(connection) => {
            let rows = if alone { connection.load_alone(query)? } else { connection.load(query)? };
            for row in rows {
                each(&mut Row::new(&super::row::PostgresSource(&row?)))?;
            }
        }
    }
    Ok(())
}

/// Runs work that never waits, since its connection blocks.
pub(crate) fn block<T>(work: impl Future<Output = Result<T, QueryError>>) -> Result<T, DatabaseError> {
    let not_ready = || QueryError::QueryBuilderError("a blocking connection waited".into());
    work.now_or_never().ok_or_else(not_ready).flatten().map_err(DatabaseError::from)
}

/// The rows of a statement, and if it is grouped, each one's group.
pub(super) struct Rows<T> {
    pub(super) objects: Vec<Object<T>>,
    pub(super) groups: Vec<Key>,
}

/// Reads the rows of a statement, with its annotations and joined rows.
pub(super) async fn read_rows<T: Model>(
    plan: &Plan<T>,
    mut select: Select,
    executor: &dyn Executor,
) -> Result<Rows<T>, QueryError> {
    if select.joins.is_some() {
        select.names = executor.names();
    }
    let group = select.through.as_ref().map(|through| through.kind);
    let annotations: Vec<_> =
        select.annotations.iter().map(|annotated| (annotated.name, annotated.kind)).collect();
    let mut rows = Rows { objects: Vec::new(), groups: Vec::new() };
    let each = &mut |row: &mut Row<'_>| {
        if let Some(kind) = group {
            rows.groups.push(Key::from(&row.read_kind(kind)?));
        }
        let mut object = Object::new(T::from_row(row)?);
        for (name, kind) in &annotations {
            let value = match kind {
                Some(kind) => row.read_kind(*kind)?,
                None => row.read_any()?,
            };
            object.set_annotation(name, value);
        }
        plan.read(row, &mut object)?;
        rows.objects.push(object);
        Ok(())
    };
    executor.rows(select, each).await?;
    Ok(rows)
}

/// Whether a model has a row of this primary key. `None` is never one.
///
/// # Errors
/// The query fails.
pub fn pk_exists(
    connection: &mut DbConnection,
    meta: &'static ModelMeta,
    pk: DbValue,
) -> Result<bool, DatabaseError> {
    value_exists(connection, meta, meta.primary_key(), pk, None)
}

/// The first primary keys of a model, in its order.
///
/// # Errors
/// The query fails.
pub fn first_pks(
    connection: &mut DbConnection,
    meta: &'static ModelMeta,
    limit: i64,
) -> Result<Vec<DbValue>, DatabaseError> {
    let mut select = Select::new(meta);
    select.output = Output::Column(meta.primary_key().column);
    order_by_default(&mut select)?;
    if select.joins.is_some() {
        select.names = connection.names().clone();
    }
    select.limit = Some(Parameter::new(DbValue::Integer(limit), ColumnKind::BigInteger));
    let mut keys = Vec::new();
    let each = &mut |row: &mut Row<'_>| {
        keys.push(row.read_kind(meta.primary_key().kind)?);
        Ok(())
    };
    rows(connection, select, true, each)?;
    Ok(keys)
}

/// Those of these primary keys that a model has, in a request to a worker of actix-web.
///
/// # Errors
/// The query fails, or a value is no key.
pub async fn fetch_pks(
    database: &Database,
    meta: &'static ModelMeta,
    pks: Vec<DbValue>,
) -> Result<Vec<DbValue>, DatabaseError> {
    let key = meta.primary_key();
    let mut select = Select::new(meta);
    select.output = Output::Column(key.column);
    let keys = Keys::new(pks.iter().map(DbValue::as_ref)).map_err(DatabaseError::from)?;
    select.conditions.push(Condition::In { column: key.column, keys });
    let found = async move |executor: &dyn Executor| {
        let mut found = Vec::new();
        let each = &mut |row: &mut Row<'_>| {
            found.push(row.read_kind(key.kind)?);
            Ok(())
        };
        executor.rows(select.clone(), each).await?;
        Ok(found)
    };
    read(database, found).await
}

/// Whether a model has a row with this value in a column, but for the row of one primary key.
///
/// # Errors
/// The query fails.
pub fn value_exists(
    connection: &mut DbConnection,
    meta: &'static ModelMeta,
    column: &'static Column,
    value: DbValue,
    except: Option<DbValue>,
) -> Result<bool, DatabaseError> {
    block(has_row(value_query(meta, column, value, except), &Blocking::new(connection)))
}

fn value_query(
    meta: &'static ModelMeta,
    column: &'static Column,
    value: DbValue,
    except: Option<DbValue>,
) -> Select {
    let mut select = Select::new(meta);
    select.output = Output::Exists;
    select.conditions.push(Condition::compare(column.column, column.kind, Lookup::Exact, value));
    if let Some(pk) = except {
        let key = meta.primary_key();
        let is_key = Condition::compare(key.column, key.kind, Lookup::Exact, pk);
        select.conditions.push(Condition::Not(Box::new(is_key)));
    }
    select
}

async fn has_row(select: Select, executor: &dyn Executor) -> Result<bool, QueryError> {
    let mut exists = false;
    let each = &mut |_: &mut Row<'_>| {
        exists = true;
        Ok(())
    };
    executor.rows(select, each).await?;
    Ok(exists)
}

/// Runs a statement and reads the rows that it returns, to the last one: SQLite commits only then. `stored` are the
/// values that it stores. `is_last` if no statement of this write follows that changes anything.
pub(super) fn returned_rows<T: Model>(
    connection: &mut DbConnection,
    statement: Statement,
    stored: &[(usize, DbValue)],
    is_last: bool,
) -> Result<Vec<T>, DatabaseError> {
    let alone = is_last && connection.is_before_transaction();
    let mut found = Vec::new();
    let each = &mut |row: &mut Row<'_>| {
        found.push(T::from_row(&mut row.reborrow().with_stored(stored))?);
        Ok(())
    };
    rows(connection, statement, alone, each)?;
    Ok(found)
}

/// Runs a statement that returns nothing, and returns the number of rows that it touched.
pub(super) fn execute(connection: &mut DbConnection, statement: &Statement) -> Result<usize, DatabaseError> {
    Ok(on_variant!(connection, |connection| connection.execute_returning_count(statement))?)
}

/// [`execute`] as the last statement of a write: if no other one changed anything, it needs no
/// [transaction](Database::write).
pub(super) fn execute_last(
    connection: &mut DbConnection,
    statement: &Statement,
) -> Result<usize, DatabaseError> {
    if !connection.is_before_transaction() {
        return execute(connection, statement);
    }
    Ok(on_variant!(connection, |connection| connection.execute_alone(statement))?)
}

/// Calls `each` with every row of a SELECT statement.
pub(super) fn select_rows(
    connection: &mut DbConnection,
    select: Select,
    each: Each<'_>,
) -> Result<(), QueryError> {
    rows(connection, select, true, each)
}

/// Calls `each` with every row of a query.
pub(super) fn query_rows(
    connection: &mut DbConnection,
    query: impl AnyQuery,
    each: Each<'_>,
) -> Result<(), QueryError> {
    rows(connection, query, true, each)
}

/// Runs a query that locks rows: its transaction must have begun.
pub(super) fn lock_rows(connection: &mut DbConnection, query: impl AnyQuery) -> Result<(), QueryError> {
    rows(connection, query, false, &mut |_| Ok(()))
}

/// The primary keys of the rows that meet a condition.
pub(super) fn column_values(
    connection: &mut DbConnection,
    meta: &'static ModelMeta,
    condition: Condition,
) -> Result<Vec<DbValue>, DatabaseError> {
    keys_of(connection, Select::new(meta), condition)
}

/// The primary keys of the first rows that meet a condition.
pub(super) fn limited_keys(
    connection: &mut DbConnection,
    meta: &'static ModelMeta,
    condition: Condition,
    limit: usize,
) -> Result<Vec<DbValue>, DatabaseError> {
    let mut select = Select::new(meta);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    select.limit = Some(Parameter::new(DbValue::Integer(limit), ColumnKind::BigInteger));
    keys_of(connection, select, condition)
}

fn keys_of(
    connection: &mut DbConnection,
    mut select: Select,
    condition: Condition,
) -> Result<Vec<DbValue>, DatabaseError> {
    let meta = select.meta;
    select.output = Output::Column(meta.primary_key().column);
    select.conditions.push(condition);
    let (mut values, kind) = (Vec::new(), meta.primary_key().kind);
    let each = &mut |row: &mut Row<'_>| {
        values.push(row.read_kind(kind)?);
        Ok(())
    };
    rows(connection, select, true, each)?;
    Ok(values)
}

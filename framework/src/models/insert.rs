//! Inserts rows.

use chrono::NaiveDateTime;
use diesel::result::Error as QueryError;

use super::column::{Column, ColumnKind};
use super::condition::Lookup;
use super::convert::WrongType;
use super::execute::returned_rows;
use super::model::Model;
use super::object::Object;
use super::parameter::Parameter;
use super::path::Path;
use super::q::Q;
use super::queryset::QuerySet;
#[cfg(feature = "postgres")]
use super::row::{PostgresSource, Row};
use super::save::{Changes, Clock};
use super::signals;
use super::statement::Statement;
use super::value::DbValue;
use crate::database::{Database, DatabaseError, DbConnection, now};
#[cfg(feature = "postgres")]
use crate::timezone::TimeZone;

impl<T: Model> Changes<T> {
    /// Inserts a row with these values, the fields' defaults, and the current time in `auto_now` columns. Sends `pre_save`
    /// and `post_save` ([`signals`]).
    ///
    /// # Errors
    /// The database or a receiver refuses the row, or a default is not of its column's type.
    pub fn insert(&self, connection: &mut DbConnection) -> Result<Object<T>, DatabaseError> {
        self.insert_and_tell(connection, false)
    }

    /// [`insert`](Self::insert) as the last change of a [`Database::write`](crate::database::Database::write): if it is the
    /// only one, it needs no transaction.
    ///
    /// # Errors
    /// As `insert`.
    pub fn insert_last(&self, connection: &mut DbConnection) -> Result<Object<T>, DatabaseError> {
        self.insert_and_tell(connection, true)
    }

    /// The first row with these values, or a new one: then the second is true (`get_or_create` of `django/db/models/query.py`).
    ///
    /// The row is inserted in a transaction of its own, within another one in a savepoint: if a constraint refuses it, the
    /// transaction goes on, and the row is looked up again, since another request may have inserted it.
    ///
    /// # Errors
    /// The query fails, or as [`insert`](Self::insert).
    pub fn get_or_create(&self, connection: &mut DbConnection) -> Result<(Object<T>, bool), DatabaseError> {
        self.get_or_create_with(connection, &Self::new())
    }

    /// [`get_or_create`](Self::get_or_create) of a new row with these values too, by which none is looked up (`defaults=`).
    ///
    /// # Errors
    /// As `get_or_create`.
    pub fn get_or_create_with(
        &self,
        connection: &mut DbConnection,
        defaults: &Self,
    ) -> Result<(Object<T>, bool), DatabaseError> {
        let condition = |(index, value): &(usize, DbValue)| {
            let path = Path::<T>::named(T::META.columns.get(*index)?.column)?;
            Some(if value.is_null() {
                Q::is_null(&path, true)
            } else {
                Q::compare(&path, Lookup::Exact, value.clone())
            })
        };
        let same = QuerySet::<T>::new().filter_q(Q::all(self.values().iter().filter_map(condition)));
        if let Some(found) = same.first(connection)? {
            return Ok((found, false));
        }
        let mut new = self.clone();
        new.merge(defaults);
        match connection.atomic(|connection| new.insert(connection)) {
            Err(error) if is_integrity_error(&error) => match same.first(connection)? {
                Some(found) => Ok((found, false)),
                None => Err(error),
            },
            inserted => Ok((inserted?, true)),
        }
    }

    fn insert_and_tell(
        &self,
        connection: &mut DbConnection,
        is_last: bool,
    ) -> Result<Object<T>, DatabaseError> {
        match connection.signals().of_saves(T::META.table) {
            Some(receivers) => signals::insert(&receivers, connection, self),
            None => self.insert_row(connection, is_last),
        }
    }

    /// [`insert`](Self::insert) without signals.
    pub(super) fn insert_row(
        &self,
        connection: &mut DbConnection,
        is_last: bool,
    ) -> Result<Object<T>, DatabaseError> {
        let insert = self.insert_statement(|| now(connection))?;
        let rows = returned_rows::<T>(connection, insert, self.values(), is_last)?;
        rows.into_iter().next().map(Object::new).ok_or(DatabaseError::Query(QueryError::NotFound))
    }

    /// Whether [`insert_alone`](Self::insert_alone) may work: on PostgreSQL, and if no receiver hears of this model's rows.
    #[must_use]
    pub fn may_insert_alone(database: &Database) -> bool {
        let settings = database.settings();
        cfg!(feature = "postgres")
            && !settings.url.is_sqlite()
            && settings.write_connections > 0
            && settings.signals.of_saves(T::META.table).is_none()
    }

    /// Inserts a row by a statement that is a transaction by itself, on a worker's own connection to PostgreSQL. `None`: it
    /// did not run, or had no effect, and [`insert`](Self::insert) must do it within a
    /// [`Database::write`]. Requires actix-web's runtime.
    ///
    /// # Errors
    /// The connection is lost or the server does not answer: it is not known whether the row is there. A default is not of
    /// its column's type.
    #[cfg(feature = "postgres")]
    pub async fn insert_alone(&self, database: &Database) -> Option<Result<Object<T>, DatabaseError>> {
        if !Self::may_insert_alone(database) {
            return None;
        }
        let lease = database.lease_for_write(std::any::TypeId::of::<T>()).await?;
        let insert = match self.insert_statement(|| Ok(TimeZone::default().now())) {
            Ok(insert) => insert,
            Err(error) => return Some(Err(error)),
        };
        let row = lease.run_write(async {
            let mut found = None;
            let each = &mut |row: &mut Row<'_>| {
                found = Some(T::from_row(&mut row.reborrow().with_stored(self.values()))?);
                Ok(())
            };
            lease.for_each(insert, |row| each(&mut Row::new(&PostgresSource(row)))).await?;
            found.ok_or(QueryError::NotFound)
        });
        Some(row.await?.map(Object::new).map_err(DatabaseError::from))
    }

    /// The statement that inserts the row. `now` is asked at most once.
    fn insert_statement(
        &self,
        mut now: impl FnMut() -> Result<NaiveDateTime, DatabaseError>,
    ) -> Result<Statement, DatabaseError> {
        let mut values = Vec::with_capacity(T::META.columns.len());
        let mut clock = Clock::default();
        for (index, column) in T::META.columns.iter().enumerate() {
            let value = match self.get(index) {
                Some(value) => value.clone(),
                None if column.auto_now || column.auto_now_add || column.default_now => {
                    clock.read(&mut now, column)?
                }
                None => match default_of(column)? {
                    Some(default) => default,
                    // The database assigns it.
                    None if column.primary_key => continue,
                    None if column.null => DbValue::Null,
                    None if column.kind == ColumnKind::Text => DbValue::Text(String::new()),
                    // The database may know a default; otherwise it refuses the row.
                    None => continue,
                },
            };
            values.push((column.column, Parameter::new(value, column.kind)));
        }
        Ok(Statement::Insert { meta: T::META, values })
    }

    /// Sets the defaults of fields that are not set; not the time in `auto_now` columns.
    pub(super) fn set_defaults(&mut self) -> Result<(), DatabaseError> {
        for (index, column) in T::META.columns.iter().enumerate() {
            if self.get(index).is_none()
                && let Some(default) = default_of(column)?
            {
                self.set_index(index, default);
            }
        }
        Ok(())
    }
}

/// The default of a field that is not set. The current time is none.
fn default_of(column: &Column) -> Result<Option<DbValue>, DatabaseError> {
    let value = column.default.map(|default| DbValue::from_validated(&default(), column.kind));
    value.transpose().map_err(wrong_type)
}

fn wrong_type(error: WrongType) -> DatabaseError {
    DatabaseError::Query(QueryError::SerializationError(error.into()))
}

/// Django's IntegrityError.
fn is_integrity_error(error: &DatabaseError) -> bool {
    use diesel::result::DatabaseErrorKind as Kind;
    let DatabaseError::Query(QueryError::DatabaseError(kind, _)) = error else { return false };
    matches!(
        kind,
        Kind::UniqueViolation
            | Kind::ForeignKeyViolation
            | Kind::NotNullViolation
            | Kind::CheckViolation
            | Kind::RestrictViolation
            | Kind::ExclusionViolation
    )
}

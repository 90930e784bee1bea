//! A row of a result, on either database, read column by column.

use diesel::backend::Backend;
use diesel::deserialize;
use diesel::result::Error as QueryError;
use diesel::row::{Field, Row as DieselRow};
use diesel::sqlite::Sqlite;

use super::column::ColumnKind;
use super::field_value::FieldValue;
use super::value::DbValue;

/// A column's value as the database sent it.
pub enum RawValue<'a> {
    /// NULL.
    Null,
    /// A value of SQLite.
    Sqlite(<Sqlite as Backend>::RawValue<'a>),
    /// A value of PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(diesel::pg::PgValue<'a>),
}

/// A row of either database.
pub(crate) trait RowSource {
    /// Calls `read` with the value of a column.
    fn with(
        &self,
        index: usize,
        read: &mut dyn FnMut(RawValue<'_>) -> deserialize::Result<()>,
    ) -> deserialize::Result<()>;
}

/// A row of SQLite.
pub(crate) struct SqliteSource<'r, R>(pub(crate) &'r R);

impl<'a, R: DieselRow<'a, Sqlite>> RowSource for SqliteSource<'_, R> {
    fn with(
        &self,
        index: usize,
        read: &mut dyn FnMut(RawValue<'_>) -> deserialize::Result<()>,
    ) -> deserialize::Result<()> {
        let field = DieselRow::get(self.0, index).ok_or("the row has too few columns")?;
        read(field.value().map_or(RawValue::Null, RawValue::Sqlite))
    }
}

/// A row of PostgreSQL.
#[cfg(feature = "postgres")]
pub(crate) struct PostgresSource<'r, R>(pub(crate) &'r R);

#[cfg(feature = "postgres")]
impl<'a, R: DieselRow<'a, diesel::pg::Pg>> RowSource for PostgresSource<'_, R> {
    fn with(
        &self,
        index: usize,
        read: &mut dyn FnMut(RawValue<'_>) -> deserialize::Result<()>,
    ) -> deserialize::Result<()> {
        let field = DieselRow::get(self.0, index).ok_or("the row has too few columns")?;
        read(field.value().map_or(RawValue::Null, RawValue::Postgres))
    }
}

/// A row that is read from left to right.
pub struct Row<'a> {
    source: &'a dyn RowSource,
    next: usize,
    /// Values that were just stored, by the index of their column.
    stored: &'a [(usize, DbValue)],
}

impl<'a> Row<'a> {
    pub(crate) fn new(source: &'a dyn RowSource) -> Self {
        Self { source, next: 0, stored: &[] }
    }

    /// The same row, from the next column on.
    pub(crate) fn reborrow(&self) -> Row<'a> {
        Row { source: self.source, next: self.next, stored: self.stored }
    }

    /// Reads these values, which were just stored, where the database may have changed them.
    pub(crate) fn with_stored(self, stored: &'a [(usize, DbValue)]) -> Self {
        Self { stored, ..self }
    }

    /// Reads the next column.
    ///
    /// # Errors
    /// The value is not of this type, or there is no further column.
    pub fn read<T: FieldValue>(&mut self) -> Result<T, QueryError> {
        let stored = self.stored.iter().find(|(index, _)| *index == self.next);
        if let Some(value) = stored.and_then(|(_, value)| T::from_stored(value)) {
            self.next += 1;
            return Ok(value);
        }
        let mut value = None;
        let read = self.source.with(self.next, &mut |raw| {
            value = Some(T::from_raw(raw)?);
            Ok(())
        });
        let index = self.next;
        self.next += 1;
        let explain = |error| {
            QueryError::DeserializationError(format!("column {} of the result: {error}", index + 1).into())
        };
        read.map_err(explain)?;
        value.ok_or_else(|| explain("no value".into()))
    }

    /// Reads the next column as whatever the database says it is.
    ///
    /// # Errors
    /// There is no further column.
    pub(crate) fn read_any(&mut self) -> Result<DbValue, QueryError> {
        let mut value = DbValue::Null;
        let read = &mut |raw: RawValue<'_>| {
            value = DbValue::from_raw(raw)?;
            Ok(())
        };
        self.source.with(self.next, read).map_err(QueryError::DeserializationError)?;
        self.next += 1;
        Ok(value)
    }

    /// Reads the next column, whose kind is known.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(crate) fn read_kind(&mut self, kind: ColumnKind) -> Result<DbValue, QueryError> {
        // On SQLite only the column's kind tells what a number or a text means.
        match kind {
            ColumnKind::SmallInteger | ColumnKind::Integer | ColumnKind::BigInteger => self.read_as::<i64>(),
            ColumnKind::Float => self.read_as::<f64>(),
            ColumnKind::Boolean => self.read_as::<bool>(),
            ColumnKind::Text => self.read_as::<String>(),
            ColumnKind::Date => self.read_as::<chrono::NaiveDate>(),
            ColumnKind::Time => self.read_as::<chrono::NaiveTime>(),
            ColumnKind::DateTime => self.read_as::<chrono::NaiveDateTime>(),
            ColumnKind::Duration => self.read_as::<chrono::TimeDelta>(),
            ColumnKind::Uuid => self.read_as::<uuid::Uuid>(),
            ColumnKind::Decimal => self.read_as::<bigdecimal::BigDecimal>(),
            ColumnKind::Json => self.read_as::<super::sql_types::Json>(),
            ColumnKind::Binary => self.read_as::<Vec<u8>>(),
            ColumnKind::UserKey => self.read_as::<crate::database::UserId>(),
        }
    }

    fn read_as<T: FieldValue>(&mut self) -> Result<DbValue, QueryError> {
        Ok(self.read::<Option<T>>()?.map_or(DbValue::Null, |value| value.as_value().to_owned()))
    }

    /// Whether the column at this distance from the next one is NULL.
    ///
    /// # Errors
    /// There is no such column.
    pub(crate) fn is_null(&self, distance: usize) -> Result<bool, QueryError> {
        let mut is_null = false;
        let look = &mut |raw: RawValue<'_>| {
            is_null = matches!(raw, RawValue::Null);
            Ok(())
        };
        self.source.with(self.next + distance, look).map_err(QueryError::DeserializationError)?;
        Ok(is_null)
    }

    /// Leaves out columns.
    pub(crate) fn skip(&mut self, columns: usize) {
        self.next += columns;
    }
}

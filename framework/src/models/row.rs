//! A row of a result, on either database, read column by column.

use diesel::backend::Backend;
use diesel::deserialize;
use diesel::result::Error as QueryError;
use diesel::row::{Field, Row as DieselRow};
use diesel::sqlite::Sqlite;

use super::column::ColumnKind;
use super::field_value::FieldValue;
use super::sql_types::Json;
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

    /// An integer, read without a call back. `None` is NULL.
    fn integer(&self, index: usize) -> deserialize::Result<Option<i64>>;

    /// A text, read without a call back. `None` is NULL.
    fn text(&self, index: usize) -> deserialize::Result<Option<String>>;
}

const TOO_FEW: &str = "the row has too few columns";

/// A row of SQLite.
pub(crate) struct SqliteSource<'r, R>(pub(crate) &'r R);

impl<'a, R: DieselRow<'a, Sqlite>> RowSource for SqliteSource<'_, R> {
    fn with(
        &self,
        index: usize,
        read: &mut dyn FnMut(RawValue<'_>) -> deserialize::Result<()>,
    ) -> deserialize::Result<()> {
        let field = DieselRow::get(self.0, index).ok_or(TOO_FEW)?;
        read(field.value().map_or(RawValue::Null, RawValue::Sqlite))
    }

    fn integer(&self, index: usize) -> deserialize::Result<Option<i64>> {
        let field = DieselRow::get(self.0, index).ok_or(TOO_FEW)?;
        Ok(field.value().map(|mut value| value.read_long()))
    }

    fn text(&self, index: usize) -> deserialize::Result<Option<String>> {
        let field = DieselRow::get(self.0, index).ok_or(TOO_FEW)?;
        Ok(field.value().map(|mut value| value.read_text().to_owned()))
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
        let field = DieselRow::get(self.0, index).ok_or(TOO_FEW)?;
        read(field.value().map_or(RawValue::Null, RawValue::Postgres))
    }

    fn integer(&self, index: usize) -> deserialize::Result<Option<i64>> {
        let field = DieselRow::get(self.0, index).ok_or(TOO_FEW)?;
        field.value().map(super::stored::postgres::integer).transpose()
    }

    fn text(&self, index: usize) -> deserialize::Result<Option<String>> {
        use diesel::{deserialize::FromSql, pg::Pg, sql_types::Text};
        let field = DieselRow::get(self.0, index).ok_or(TOO_FEW)?;
        field.value().map(<String as FromSql<Text, Pg>>::from_sql).transpose()
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
        let index = self.next;
        self.next += 1;
        let value =
            T::from_column(self, index).and_then(|value| value.ok_or_else(|| "unexpected NULL".into()));
        value.map_err(|error| {
            QueryError::DeserializationError(format!("column {} of the result: {error}", index + 1).into())
        })
    }

    /// Reads a column. `None` is NULL.
    pub(crate) fn column<T: FieldValue>(&self, index: usize) -> deserialize::Result<Option<T>> {
        let mut value = None;
        self.source.with(index, &mut |raw| {
            if !matches!(raw, RawValue::Null) {
                value = Some(T::from_raw(raw)?);
            }
            Ok(())
        })?;
        Ok(value)
    }

    /// Reads a column of integers. `None` is NULL.
    pub(crate) fn integer(&self, index: usize) -> deserialize::Result<Option<i64>> {
        self.source.integer(index)
    }

    /// Reads a column of texts. `None` is NULL.
    pub(crate) fn text(&self, index: usize) -> deserialize::Result<Option<String>> {
        self.source.text(index)
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
            ColumnKind::SmallInteger | ColumnKind::Integer | ColumnKind::BigInteger => {
                self.read::<Option<i64>>().map(Into::into)
            }
            ColumnKind::Float => self.read::<Option<f64>>().map(Into::into),
            ColumnKind::Boolean => self.read::<Option<bool>>().map(Into::into),
            ColumnKind::Text => self.read::<Option<String>>().map(Into::into),
            ColumnKind::Date => self.read::<Option<chrono::NaiveDate>>().map(Into::into),
            ColumnKind::Time => self.read::<Option<chrono::NaiveTime>>().map(Into::into),
            ColumnKind::DateTime => self.read::<Option<chrono::NaiveDateTime>>().map(Into::into),
            ColumnKind::Duration => self.read::<Option<chrono::TimeDelta>>().map(Into::into),
            ColumnKind::Uuid => self.read::<Option<uuid::Uuid>>().map(Into::into),
            ColumnKind::UserKey => self.read::<Option<crate::database::UserId>>().map(Into::into),
            ColumnKind::Decimal => self.read::<Option<bigdecimal::BigDecimal>>().map(Into::into),
            ColumnKind::Json => {
                self.read::<Option<Json>>().map(|json| json.map_or(DbValue::Null, |Json(value)| value.into()))
            }
            ColumnKind::Binary => {
                self.read::<Option<Vec<u8>>>().map(|bytes| bytes.map_or(DbValue::Null, DbValue::Binary))
            }
        }
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

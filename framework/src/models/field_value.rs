//! The Rust types of a row struct's fields.

use bigdecimal::BigDecimal;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use diesel::deserialize::{self, FromSql};
use diesel::sql_types::{self, Nullable};
use diesel::sqlite::SqliteType;
use uuid::Uuid;
use vitamin_parsing::data::Value;

use super::column::{ColumnKind, FieldClass};
use super::row::{RawValue, Row};
use super::value::{DbValue, ValueRef};
use super::{sql_types as own, stored};
#[cfg(feature = "postgres")]
use crate::database::is_true_in_postgres;
use crate::database::{Moment, UserId, UserKey, UuidKey, is_true_in_sqlite};

/// A type that a row struct's field may have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the type of a column",
    label = "not a `FieldValue`",
    note = "there are: bool, i16, i32, i64, f64, String, chrono's NaiveDate, NaiveTime, NaiveDateTime and TimeDelta, Uuid, \
            BigDecimal, Json, UserId, Vec<u8>, and an Option of each"
)]
pub trait FieldValue: Sized {
    /// The type of its column in `schema.rs`.
    type SqlType;
    /// How it is stored.
    const KIND: ColumnKind;
    /// Django's class, unless the field says otherwise.
    const CLASS: FieldClass;
    /// Whether it can hold NULL.
    const NULL: bool = false;

    /// Reads a column.
    ///
    /// # Errors
    /// The value is of another type.
    fn from_raw(raw: RawValue<'_>) -> deserialize::Result<Self>;

    /// Reads a column of a row, by its index. `None` is NULL in a column that may not hold it.
    #[doc(hidden)]
    fn from_column(row: &Row<'_>, index: usize) -> deserialize::Result<Option<Self>> {
        row.column(index)
    }

    /// The value that was just stored, if the database may store it in another form: PostgreSQL sorts the keys of JSON, and
    /// SQLite has no negative zero.
    #[doc(hidden)]
    fn from_stored(_value: &DbValue) -> Option<Self> {
        None
    }

    /// The value for serializers.
    fn as_value(&self) -> ValueRef<'_>;
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// NULL in a column that is not nullable.
fn unexpected_null() -> BoxError {
    "unexpected NULL".into()
}

impl<T: FieldValue> FieldValue for Option<T> {
    type SqlType = Nullable<T::SqlType>;
    const KIND: ColumnKind = T::KIND;
    const CLASS: FieldClass = T::CLASS;
    const NULL: bool = true;

    fn from_raw(raw: RawValue<'_>) -> deserialize::Result<Self> {
        match raw {
            RawValue::Null => Ok(None),
            raw => T::from_raw(raw).map(Some),
        }
    }

    fn from_column(row: &Row<'_>, index: usize) -> deserialize::Result<Option<Self>> {
        T::from_column(row, index).map(Some)
    }

    fn from_stored(value: &DbValue) -> Option<Self> {
        T::from_stored(value).map(Some)
    }

    fn as_value(&self) -> ValueRef<'_> {
        self.as_ref().map_or(ValueRef::Null, T::as_value)
    }
}

/// `FieldValue` for one type, with further methods in brackets: how SQLite's value is read, PostgreSQL's, and what serializers see.
macro_rules! field_value {
    ($($type:ty, $sql:ty, $kind:ident, $class:ident: |$sqlite:ident| $read:expr, |$postgres:ident| $read_postgres:expr,
        |$value:ident| $as_value:expr $(, [$($more:item)*])?;)*) => { $(
        impl FieldValue for $type {
            type SqlType = $sql;
            const KIND: ColumnKind = ColumnKind::$kind;
            const CLASS: FieldClass = FieldClass::$class;

            fn from_raw(raw: RawValue<'_>) -> deserialize::Result<Self> {
                match raw {
                    RawValue::Null => Err(unexpected_null()),
                    #[allow(unused_mut, reason = "some readers need it")]
                    RawValue::Sqlite(mut $sqlite) => $read,
                    #[cfg(feature = "postgres")]
                    RawValue::Postgres($postgres) => $read_postgres,
                }
            }

            $($($more)*)?

            fn as_value(&self) -> ValueRef<'_> {
                let $value = self;
                $as_value
            }
        }
    )* };
}

/// Reads integers in fewer steps.
macro_rules! integers {
    () => {
        fn from_column(row: &Row<'_>, index: usize) -> deserialize::Result<Option<Self>> {
            row.integer(index)?.map(narrow).transpose()
        }
    };
}

/// Narrows a 64-bit integer.
fn narrow<T: TryFrom<i64>>(value: i64) -> deserialize::Result<T> {
    T::try_from(value).map_err(|_| format!("{value} is out of range").into())
}

/// diesel's own conversion from PostgreSQL.
#[cfg(feature = "postgres")]
macro_rules! pg {
    ($type:ty, $sql:ty, $value:expr) => {
        <$type as FromSql<$sql, diesel::pg::Pg>>::from_sql($value)
    };
}

field_value! {
    bool, sql_types::Bool, Boolean, Boolean:
        |raw| Ok(is_true_in_sqlite(&mut raw)), |raw| Ok(is_true_in_postgres(&raw)), |value| ValueRef::Bool(*value);
    i16, sql_types::SmallInt, SmallInteger, Integer:
        |raw| narrow(raw.read_long()), |raw| narrow(stored::postgres::integer(raw)?),
        |value| ValueRef::Integer((*value).into()), [integers!();];
    i32, sql_types::Integer, Integer, Integer:
        |raw| narrow(raw.read_long()), |raw| narrow(stored::postgres::integer(raw)?),
        |value| ValueRef::Integer((*value).into()), [integers!();];
    i64, sql_types::BigInt, BigInteger, Integer:
        |raw| Ok(raw.read_long()), |raw| stored::postgres::integer(raw), |value| ValueRef::Integer(*value), [integers!();];
    f64, sql_types::Double, Float, Float:
        |raw| Ok(raw.read_double()), |raw| stored::postgres::float(raw), |value| ValueRef::Float(*value), [
            fn from_stored(value: &DbValue) -> Option<Self> {
                match value {
                    DbValue::Float(value) => Some(*value),
                    _ => None,
                }
            }
        ];
    String, sql_types::Text, Text, Char:
        |raw| Ok(raw.read_text().to_owned()), |raw| pg!(Self, sql_types::Text, raw), |value| ValueRef::Text(value), [
            fn from_column(row: &Row<'_>, index: usize) -> deserialize::Result<Option<Self>> {
                row.text(index)
            }
        ];
    NaiveDate, sql_types::Date, Date, Date:
        |raw| stored::date(raw.read_text()), |raw| pg!(Self, sql_types::Date, raw), |value| ValueRef::Date(*value);
    NaiveTime, sql_types::Time, Time, Time:
        |raw| stored::time(raw.read_text()), |raw| pg!(Self, sql_types::Time, raw), |value| ValueRef::Time(*value);
    NaiveDateTime, sql_types::Timestamp, DateTime, DateTime:
        |raw| <Moment as FromSql<sql_types::Timestamp, diesel::sqlite::Sqlite>>::from_sql(raw).map(Into::into),
        |raw| pg!(Self, sql_types::Timestamp, raw), |value| ValueRef::DateTime(*value);
    TimeDelta, own::Duration, Duration, Duration:
        |raw| Ok(TimeDelta::microseconds(raw.read_long())), |raw| pg!(Self, sql_types::Interval, raw),
        |value| ValueRef::Duration(*value);
    Uuid, UuidKey, Uuid, Uuid:
        |raw| Ok(Self::try_parse(raw.read_text())?), |raw| Ok(Self::from_slice(raw.as_bytes())?),
        |value| ValueRef::Uuid(*value);
    BigDecimal, sql_types::Numeric, Decimal, Decimal:
        |raw| match raw.value_type() {
            Some(SqliteType::Text) => Ok(raw.read_text().parse()?),
            Some(SqliteType::Double | SqliteType::Float) => stored::decimal_from_float(raw.read_double()),
            _ => Ok(raw.read_long().into()),
        },
        |raw| pg!(Self, sql_types::Numeric, raw), |value| ValueRef::Decimal(value);
    own::Json, own::JsonType, Json, Json:
        |raw| stored::json(raw.read_text().as_bytes()), |raw| stored::postgres::json(raw.as_bytes()),
        |value| ValueRef::Json(&value.0), [
            fn from_stored(value: &DbValue) -> Option<Self> {
                match value {
                    DbValue::Json(value) => Some(Self(value.clone())),
                    _ => None,
                }
            }
        ];
    Vec<u8>, sql_types::Binary, Binary, Binary:
        |raw| Ok(raw.read_blob().to_vec()), |raw| Ok(raw.as_bytes().to_vec()), |value| ValueRef::Binary(value);
    UserId, UserKey, UserKey, Auto:
        |raw| <Self as FromSql<UserKey, diesel::sqlite::Sqlite>>::from_sql(raw), |raw| pg!(Self, UserKey, raw),
        |value| match value {
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Uuid(uuid) => ValueRef::Uuid(*uuid),
            Self::Text(text) => ValueRef::Text(text.as_str()),
        };
}

impl DbValue {
    /// Reads a column whose type only the database knows, such as an annotation.
    pub(crate) fn from_raw(raw: RawValue<'_>) -> deserialize::Result<Self> {
        match raw {
            RawValue::Null => Ok(Self::Null),
            RawValue::Sqlite(mut raw) => Ok(match raw.value_type() {
                Some(SqliteType::Text) => Self::Text(raw.read_text().to_owned()),
                Some(SqliteType::Double | SqliteType::Float) => Self::Float(raw.read_double()),
                Some(SqliteType::Binary) => Self::Binary(raw.read_blob().to_vec()),
                None => Self::Null,
                _ => Self::Integer(raw.read_long()),
            }),
            #[cfg(feature = "postgres")]
            RawValue::Postgres(raw) => stored::postgres::any(raw),
        }
    }

    /// A JSON column's value.
    #[must_use]
    pub fn json(value: impl Into<Value>) -> Self {
        Self::Json(value.into())
    }
}

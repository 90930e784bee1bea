//! The value of a column, of any type that Django's model fields have.

use std::fmt;

use bigdecimal::BigDecimal;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use uuid::Uuid;
use vitamin_parsing::data::Value;

use crate::database::UserId;

/// A column's value, borrowed from a row. Serializer fields write it.
#[derive(Clone, Copy, PartialEq)]
pub enum ValueRef<'a> {
    /// NULL.
    Null,
    /// BooleanField.
    Bool(bool),
    /// SmallIntegerField, IntegerField, BigIntegerField and their kin.
    Integer(i64),
    /// FloatField.
    Float(f64),
    /// CharField, TextField and their kin.
    Text(&'a str),
    /// DateField.
    Date(NaiveDate),
    /// TimeField.
    Time(NaiveTime),
    /// DateTimeField: UTC with `USE_TZ`, else the project's time zone, as [`now`](crate::database::now) returns it.
    DateTime(NaiveDateTime),
    /// DurationField.
    Duration(TimeDelta),
    /// UUIDField.
    Uuid(Uuid),
    /// DecimalField, with the field's number of decimal places.
    Decimal(&'a BigDecimal),
    /// JSONField.
    Json(&'a Value),
    /// BinaryField.
    Binary(&'a [u8]),
}

/// A column's value. Its `Debug` shows the type only, because a column may hold a secret.
#[derive(Clone, PartialEq)]
pub enum DbValue {
    /// NULL.
    Null,
    /// BooleanField.
    Bool(bool),
    /// SmallIntegerField, IntegerField, BigIntegerField and their kin.
    Integer(i64),
    /// FloatField.
    Float(f64),
    /// CharField, TextField and their kin.
    Text(String),
    /// DateField.
    Date(NaiveDate),
    /// TimeField.
    Time(NaiveTime),
    /// DateTimeField, as in [`ValueRef::DateTime`].
    DateTime(NaiveDateTime),
    /// DurationField.
    Duration(TimeDelta),
    /// UUIDField.
    Uuid(Uuid),
    /// DecimalField.
    Decimal(BigDecimal),
    /// JSONField.
    Json(Value),
    /// BinaryField.
    Binary(Vec<u8>),
}

impl DbValue {
    /// Borrows the value.
    #[must_use]
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Bool(value) => ValueRef::Bool(*value),
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Float(value) => ValueRef::Float(*value),
            Self::Text(value) => ValueRef::Text(value),
            Self::Date(value) => ValueRef::Date(*value),
            Self::Time(value) => ValueRef::Time(*value),
            Self::DateTime(value) => ValueRef::DateTime(*value),
            Self::Duration(value) => ValueRef::Duration(*value),
            Self::Uuid(value) => ValueRef::Uuid(*value),
            Self::Decimal(value) => ValueRef::Decimal(value),
            Self::Json(value) => ValueRef::Json(value),
            Self::Binary(value) => ValueRef::Binary(value),
        }
    }

    /// Whether it is NULL.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The integer, if it is one.
    #[must_use]
    pub const fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Bool(_) => "bool",
            Self::Integer(_) => "integer",
            Self::Float(_) => "float",
            Self::Text(_) => "text",
            Self::Date(_) => "date",
            Self::Time(_) => "time",
            Self::DateTime(_) => "datetime",
            Self::Duration(_) => "duration",
            Self::Uuid(_) => "uuid",
            Self::Decimal(_) => "decimal",
            Self::Json(_) => "json",
            Self::Binary(_) => "binary",
        }
    }
}

impl fmt::Debug for DbValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name())
    }
}

impl ValueRef<'_> {
    /// A copy that owns its data.
    #[must_use]
    pub fn to_owned(self) -> DbValue {
        match self {
            Self::Null => DbValue::Null,
            Self::Bool(value) => DbValue::Bool(value),
            Self::Integer(value) => DbValue::Integer(value),
            Self::Float(value) => DbValue::Float(value),
            Self::Text(value) => DbValue::Text(value.to_owned()),
            Self::Date(value) => DbValue::Date(value),
            Self::Time(value) => DbValue::Time(value),
            Self::DateTime(value) => DbValue::DateTime(value),
            Self::Duration(value) => DbValue::Duration(value),
            Self::Uuid(value) => DbValue::Uuid(value),
            Self::Decimal(value) => DbValue::Decimal(value.clone()),
            Self::Json(value) => DbValue::Json(value.clone()),
            Self::Binary(value) => DbValue::Binary(value.to_vec()),
        }
    }

    /// Whether it is NULL.
    #[must_use]
    pub const fn is_null(self) -> bool {
        matches!(self, Self::Null)
    }
}

/// Conversions of the values that app code writes.
macro_rules! from {
    ($($type:ty, $value:ident => $converted:expr;)*) => { $(
        impl From<$type> for DbValue {
            fn from($value: $type) -> Self {
                $converted
            }
        }
    )* };
}

from! {
    bool, value => Self::Bool(value);
    i16, value => Self::Integer(value.into());
    i32, value => Self::Integer(value.into());
    i64, value => Self::Integer(value);
    f64, value => Self::Float(value);
    &str, value => Self::Text(value.to_owned());
    String, value => Self::Text(value);
    NaiveDate, value => Self::Date(value);
    NaiveTime, value => Self::Time(value);
    NaiveDateTime, value => Self::DateTime(value);
    TimeDelta, value => Self::Duration(value);
    Uuid, value => Self::Uuid(value);
    BigDecimal, value => Self::Decimal(value);
    Value, value => Self::Json(value);
    UserId, value => match value {
        UserId::Integer(number) => Self::Integer(number),
        UserId::Uuid(uuid) => Self::Uuid(uuid),
        UserId::Text(text) => Self::Text(text.as_str().to_owned()),
    };
}

impl<T: Into<DbValue>> From<Option<T>> for DbValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

//! The value of a column, of any type that Django's model fields have.

use bigdecimal::BigDecimal;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use uuid::Uuid;
use vitamin_parsing::data::Value;

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

//! Converts a serializer's validated value to its column's (`Field.to_python` of `django/db/models/fields/__init__.py`).
//! Dates, times, durations, decimals and UUIDs arrive as text in the canonical form of the serializer's field.

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use uuid::Uuid;
use vitamin_parsing::data::Value;

use super::column::ColumnKind;
use super::value::DbValue;

/// A value does not fit its column: a serializer's field is of another kind than the model's. Shows no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a value of type {found} for a column of kind {kind:?}")]
pub struct WrongType {
    kind: ColumnKind,
    found: &'static str,
}

impl DbValue {
    /// Converts a validated value for a column of this kind.
    ///
    /// # Errors
    /// It is not a value of this kind, or it is out of the kind's range.
    pub fn from_validated(value: &Value, kind: ColumnKind) -> Result<Self, WrongType> {
        let wrong = || WrongType { kind, found: value.type_name() };
        if matches!(value, Value::Null) {
            return Ok(Self::Null);
        }
        let text = || value.as_str().ok_or_else(wrong);
        Ok(match kind {
            ColumnKind::SmallInteger | ColumnKind::Integer | ColumnKind::BigInteger => {
                Self::Integer(integer(value).ok_or_else(wrong)?)
            }
            ColumnKind::UserKey => match integer(value) {
                Some(number) => Self::Integer(number),
                None => match Uuid::try_parse(text()?) {
                    Ok(uuid) => Self::Uuid(uuid),
                    Err(_) => Self::Text(text()?.to_owned()),
                },
            },
            ColumnKind::Float => Self::Float(match value {
                Value::Float(number) => *number,
                Value::Int(number) => number.to_f64().ok_or_else(wrong)?,
                _ => return Err(wrong()),
            }),
            ColumnKind::Boolean => match value {
                Value::Bool(value) => Self::Bool(*value),
                _ => return Err(wrong()),
            },
            ColumnKind::Text => Self::Text(text()?.to_owned()),
            ColumnKind::Date => Self::Date(text()?.parse::<NaiveDate>().map_err(|_| wrong())?),
            ColumnKind::Time => Self::Time(text()?.parse::<NaiveTime>().map_err(|_| wrong())?),
            ColumnKind::DateTime => Self::DateTime(datetime(text()?).ok_or_else(wrong)?),
            ColumnKind::Duration => Self::Duration(duration(text()?).ok_or_else(wrong)?),
            ColumnKind::Uuid => Self::Uuid(Uuid::try_parse(text()?).map_err(|_| wrong())?),
            ColumnKind::Decimal => Self::Decimal(text()?.parse::<BigDecimal>().map_err(|_| wrong())?),
            ColumnKind::Json => Self::Json(value.clone()),
            ColumnKind::Binary => Self::Binary(text()?.as_bytes().to_vec()),
        })
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => number.as_i64(),
        _ => None,
    }
}

/// ISO 8601: with an offset, in UTC; without one as it is.
fn datetime(text: &str) -> Option<NaiveDateTime> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Some(time.naive_utc()),
        Err(_) => text.parse().ok(),
    }
}

/// Django's `duration_string`: `[-]D HH:MM:SS[.ffffff]`, without days if there are none.
fn duration(text: &str) -> Option<TimeDelta> {
    let (days, time) = match text.split_once(' ') {
        Some((days, time)) => (days.parse::<i64>().ok()?, time),
        None => (0, text),
    };
    let time: NaiveTime = time.parse().ok()?;
    let time = time.signed_duration_since(NaiveTime::MIN);
    TimeDelta::try_days(days)?.checked_add(&time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_their_column_s() {
        let text = |text: &str| Value::from(text);
        let at = |text: &str| text.parse::<NaiveDateTime>().unwrap();
        for (value, kind, expected) in [
            (
                text("2026-05-01T10:00:00+02:00"),
                ColumnKind::DateTime,
                DbValue::DateTime(at("2026-05-01T08:00:00")),
            ),
            (
                text("2026-05-01T10:00:00.5Z"),
                ColumnKind::DateTime,
                DbValue::DateTime(at("2026-05-01T10:00:00.5")),
            ),
            (text("2026-05-01T10:00:00"), ColumnKind::DateTime, DbValue::DateTime(at("2026-05-01T10:00:00"))),
            (
                text("3 01:02:03.000004"),
                ColumnKind::Duration,
                DbValue::Duration(TimeDelta::microseconds(262_923_000_004)),
            ),
            (text("-1 23:59:59"), ColumnKind::Duration, DbValue::Duration(TimeDelta::seconds(-1))),
            (text("01:02:03"), ColumnKind::Duration, DbValue::Duration(TimeDelta::seconds(3723))),
            (text("10.50"), ColumnKind::Decimal, DbValue::Decimal("10.50".parse().unwrap())),
            (Value::from(7_i64), ColumnKind::Float, DbValue::Float(7.0)),
            (Value::from(7_i64), ColumnKind::UserKey, DbValue::Integer(7)),
            (Value::Null, ColumnKind::Text, DbValue::Null),
            // Django stores None as NULL, not as JSON's null.
            (Value::Null, ColumnKind::Json, DbValue::Null),
        ] {
            assert!(DbValue::from_validated(&value, kind).unwrap() == expected, "{kind:?}");
        }
        let error = DbValue::from_validated(&text("secret"), ColumnKind::Integer).unwrap_err();
        assert_eq!(error.to_string(), "a value of type str for a column of kind Integer");
    }
}

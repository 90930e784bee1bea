//! Positions in cursors.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use proptest::prelude::*;
use vitamin_framework::models::ValueRef;
use vitamin_framework::timezone::TimeZone;

use super::super::*;
use super::lines;
use crate::filters::{Cleaned, FilterColumn as Column};
use crate::python::codecs::Charset;

#[test]
fn positions_are_python_s_text() {
    for case in lines(include_str!("../fixtures/positions.jsonl")) {
        let given = &case[1];
        let text = given.as_str().unwrap_or_default();
        let expected = case[2].as_str().unwrap();
        let check = |value: ValueRef<'_>, use_tz| assert_eq!(position(value, use_tz), expected, "{case}");
        match case[0].as_str().unwrap() {
            "null" => check(ValueRef::Null, true),
            "bool" => check(ValueRef::Bool(given.as_bool().unwrap()), true),
            "integer" => check(ValueRef::Integer(given.as_i64().unwrap()), true),
            "float" => check(ValueRef::Float(given.as_f64().unwrap()), true),
            "text" => check(ValueRef::Text(text), true),
            "date" => check(ValueRef::Date(text.parse::<NaiveDate>().unwrap()), true),
            "time" => check(ValueRef::Time(text.parse::<NaiveTime>().unwrap()), true),
            kind @ ("datetime" | "naive") => {
                check(ValueRef::DateTime(text.parse::<NaiveDateTime>().unwrap()), kind == "datetime");
            }
            "duration" => check(ValueRef::Duration(TimeDelta::microseconds(given.as_i64().unwrap())), true),
            "uuid" => check(ValueRef::Uuid(text.parse().unwrap()), true),
            "decimal" => check(ValueRef::Decimal(&text.parse().unwrap()), true),
            "json" => check(
                ValueRef::Json(&crate::json::decode(text.as_bytes(), Charset::default()).unwrap()),
                true,
            ),
            "binary" => {
                check(ValueRef::Binary(&serde_json::from_value::<Vec<u8>>(given.clone()).unwrap()), true)
            }
            other => panic!("{other}"),
        }
    }
}

proptest! {
    /// A position finds its own row again.
    #[test]
    fn positions_are_read_back(number: i64, float: f64, micros in -86_399_999_999_999_999_i64..86_399_999_999_999_999, text in "[^\\x00]*") {
        let zone = TimeZone::new("Europe/Berlin", true).unwrap();
        let read = |value: ValueRef<'_>, column| parse_position(&position(value, true), column, &zone);
        let moment = chrono::DateTime::from_timestamp_micros(micros % 60_000_000_000_000_000).unwrap().naive_utc();
        let decimal = bigdecimal::BigDecimal::new(number.into(), 2);
        let uuid = uuid::Uuid::from_u128(u128::from(number.unsigned_abs()) << 17);
        prop_assert_eq!(read(ValueRef::Integer(number), Column::Integer), Some(Cleaned::Integer(number)));
        prop_assert_eq!(read(ValueRef::Float(float), Column::Float), Some(Cleaned::Float(float)).filter(|_| float.is_finite()));
        prop_assert_eq!(read(ValueRef::Text(&text), Column::Char), Some(Cleaned::Text(text.clone())));
        prop_assert_eq!(read(ValueRef::DateTime(moment), Column::DateTime), Some(Cleaned::DateTime(moment)));
        prop_assert_eq!(read(ValueRef::Date(moment.date()), Column::Date), Some(Cleaned::Date(moment.date())));
        prop_assert_eq!(read(ValueRef::Time(moment.time()), Column::Time), Some(Cleaned::Time(moment.time())));
        let span = TimeDelta::microseconds(micros);
        prop_assert_eq!(read(ValueRef::Duration(span), Column::Duration), Some(Cleaned::Duration(span)));
        prop_assert_eq!(read(ValueRef::Decimal(&decimal), Column::Decimal), Some(Cleaned::Decimal(decimal.clone())));
        prop_assert_eq!(read(ValueRef::Uuid(uuid), Column::Uuid), Some(Cleaned::Uuid(uuid)));
        prop_assert_eq!(read(ValueRef::Bool(number > 0), Column::Boolean), Some(Cleaned::Bool(number > 0)));
    }
}

#[test]
fn positions_of_strangers() {
    let zone = TimeZone::default();
    let read = |text, column| parse_position(text, column, &zone);
    assert_eq!(read("99999999999999999999", Column::Integer), Some(Cleaned::Integer(i64::MAX)));
    assert_eq!(read("-99999999999999999999", Column::Integer), Some(Cleaned::Integer(i64::MIN)));
    for (text, column) in [
        ("x", Column::Integer),
        ("", Column::Integer),
        ("1.5", Column::Integer),
        ("None", Column::Integer),
        ("nan", Column::Float),
        ("NaN", Column::Decimal),
        ("x", Column::Uuid),
        ("x", Column::DateTime),
        ("2025-02-30", Column::Date),
        ("a\0", Column::Char),
        ("25:00", Column::Time),
        ("maybe", Column::Boolean),
        ("1", Column::ForeignKey),
        ("1", Column::Other),
    ] {
        assert_eq!(read(text, column), None, "{text} {column:?}");
    }
}

//! Reads the stored forms of values (the converters of `django/db/backends/sqlite3/operations.py`).

use bigdecimal::{BigDecimal, FromPrimitive};
use chrono::{NaiveDate, NaiveTime};
use diesel::deserialize;
use vitamin_parsing::json;
use vitamin_parsing::python::codecs::Charset;

use super::sql_types::Json;

/// `YYYY-MM-DD`.
pub(super) fn date(text: &str) -> deserialize::Result<NaiveDate> {
    Ok(text.parse()?)
}

/// `HH:MM[:SS[.ffffff]]`.
pub(super) fn time(text: &str) -> deserialize::Result<NaiveTime> {
    text.parse().or_else(|_| Ok(NaiveTime::parse_from_str(text, "%H:%M")?))
}

/// A decimal that SQLite stores as a float, with 15 significant digits, as Django reads it.
pub(super) fn decimal_from_float(value: f64) -> deserialize::Result<BigDecimal> {
    let exact = BigDecimal::from_f64(value).ok_or("a decimal column holds an infinite number")?;
    Ok(exact.with_prec(15).normalized())
}

/// A JSON document.
pub(super) fn json(text: &[u8]) -> deserialize::Result<Json> {
    let value = json::decode(text, Charset::Utf8).map_err(|_| "it is not JSON")?;
    Ok(Json(value))
}

#[cfg(feature = "postgres")]
pub(super) mod postgres {
    use diesel::deserialize::{self, FromSql};
    use diesel::pg::{Pg, PgValue};
    use diesel::sql_types;

    use super::super::sql_types::Json;
    use super::super::value::DbValue;

    // PostgreSQL's type ids (src/include/catalog/pg_type.dat).
    const BOOL: u32 = 16;
    const INT8: u32 = 20;
    const INT2: u32 = 21;
    const INT4: u32 = 23;
    const FLOAT4: u32 = 700;
    const FLOAT8: u32 = 701;
    const DATE: u32 = 1082;
    const TIME: u32 = 1083;
    const TIMESTAMP: u32 = 1114;
    const TIMESTAMPTZ: u32 = 1184;
    const INTERVAL: u32 = 1186;
    const NUMERIC: u32 = 1700;
    const UUID: u32 = 2950;
    const JSONB: u32 = 3802;

    /// An integer of any size.
    pub(in super::super) fn integer(raw: PgValue<'_>) -> deserialize::Result<i64> {
        match raw.get_oid().get() {
            INT2 => <i16 as FromSql<sql_types::SmallInt, Pg>>::from_sql(raw).map(Into::into),
            INT4 => <i32 as FromSql<sql_types::Integer, Pg>>::from_sql(raw).map(Into::into),
            INT8 => <i64 as FromSql<sql_types::BigInt, Pg>>::from_sql(raw),
            _ => Err("it is not an integer".into()),
        }
    }

    /// A float of any size.
    pub(in super::super) fn float(raw: PgValue<'_>) -> deserialize::Result<f64> {
        match raw.get_oid().get() {
            FLOAT4 => <f32 as FromSql<sql_types::Float, Pg>>::from_sql(raw).map(Into::into),
            FLOAT8 => <f64 as FromSql<sql_types::Double, Pg>>::from_sql(raw),
            _ => Err("it is not a float".into()),
        }
    }

    /// A `jsonb`: a version byte before the text.
    pub(in super::super) fn json(bytes: &[u8]) -> deserialize::Result<Json> {
        match bytes.split_first() {
            Some((1, text)) => super::json(text),
            // The type `json` has no version.
            _ => super::json(bytes),
        }
    }

    /// A value of any type.
    pub(in super::super) fn any(raw: PgValue<'_>) -> deserialize::Result<DbValue> {
        Ok(match raw.get_oid().get() {
            BOOL => DbValue::Bool(FromSql::<sql_types::Bool, Pg>::from_sql(raw)?),
            INT2 | INT4 | INT8 => DbValue::Integer(integer(raw)?),
            FLOAT4 | FLOAT8 => DbValue::Float(float(raw)?),
            DATE => DbValue::Date(FromSql::<sql_types::Date, Pg>::from_sql(raw)?),
            TIME => DbValue::Time(FromSql::<sql_types::Time, Pg>::from_sql(raw)?),
            TIMESTAMP | TIMESTAMPTZ => DbValue::DateTime(FromSql::<sql_types::Timestamp, Pg>::from_sql(raw)?),
            INTERVAL => DbValue::Duration(FromSql::<sql_types::Interval, Pg>::from_sql(raw)?),
            NUMERIC => DbValue::Decimal(FromSql::<sql_types::Numeric, Pg>::from_sql(raw)?),
            UUID => DbValue::Uuid(uuid::Uuid::from_slice(raw.as_bytes())?),
            JSONB => DbValue::Json(json(raw.as_bytes())?.0),
            _ => DbValue::Text(FromSql::<sql_types::Text, Pg>::from_sql(raw)?),
        })
    }
}

//! Values as parameters of statements, in the form that Django stores (`adapt_*_value` of `django/db/backends`).

use bigdecimal::BigDecimal;
use chrono::{NaiveDateTime, NaiveTime, Timelike};
use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, Double, Text};
use diesel::sqlite::Sqlite;

use super::column::ColumnKind;
use super::value::DbValue;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A value and the kind of its column. PostgreSQL must know the type of a NULL too.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub(crate) value: DbValue,
    pub(crate) kind: ColumnKind,
}

impl Parameter {
    /// A parameter for a column of this kind.
    #[must_use]
    pub const fn new(value: DbValue, kind: ColumnKind) -> Self {
        Self { value, kind }
    }
}

/// Python's `str()` of a time.
pub(crate) fn time_text(time: NaiveTime) -> String {
    let whole = time.format("%H:%M:%S");
    match time.nanosecond() / 1000 % 1_000_000 {
        0 => whole.to_string(),
        micros => format!("{whole}.{micros:06}"),
    }
}

/// Python's `str()` of a datetime without a zone.
pub(crate) fn datetime_text(at: NaiveDateTime) -> String {
    format!("{} {}", at.date(), time_text(at.time()))
}

/// Django writes decimals without an exponent.
fn decimal_text(value: &BigDecimal) -> String {
    value.to_plain_string()
}

/// Python's `json.dumps`.
fn json_text(value: &vitamin_parsing::data::Value) -> Result<String, BoxError> {
    Ok(serde_json::to_string(value)?)
}

/// SQLite's form of a value: NULL, an integer, a float, a text or bytes.
fn to_sqlite<'b>(value: &'b DbValue, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
    match value {
        DbValue::Null => return Ok(IsNull::Yes),
        DbValue::Bool(value) => out.set_value(i64::from(*value)),
        DbValue::Integer(value) => out.set_value(*value),
        // Django stores no negative zero either.
        DbValue::Float(value) => out.set_value(*value + 0.0),
        DbValue::Text(value) => out.set_value(value.as_str()),
        DbValue::Date(value) => out.set_value(value.to_string()),
        DbValue::Time(value) => out.set_value(time_text(*value)),
        DbValue::DateTime(value) => out.set_value(datetime_text(*value)),
        DbValue::Duration(value) => {
            out.set_value(value.num_microseconds().ok_or("the duration is too long")?);
        }
        DbValue::Uuid(value) => out.set_value(value.simple().to_string()),
        DbValue::Decimal(value) => out.set_value(decimal_text(value)),
        DbValue::Json(value) => out.set_value(json_text(value)?),
        DbValue::Binary(value) => out.set_value(value.as_slice()),
    }
    Ok(IsNull::No)
}

/// diesel compares the type of each parameter with its value's.
macro_rules! sqlite {
    ($($sql:ty),*) => { $(
        impl ToSql<$sql, Sqlite> for Parameter {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                to_sqlite(&self.value, out)
            }
        }
    )* };
}

sqlite!(BigInt, Double, Text, Binary);

impl QueryFragment<Sqlite> for Parameter {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        match &self.value {
            DbValue::Bool(_) | DbValue::Integer(_) | DbValue::Duration(_) => {
                pass.push_bind_param::<BigInt, _>(self)
            }
            DbValue::Float(_) => pass.push_bind_param::<Double, _>(self),
            DbValue::Binary(_) => pass.push_bind_param::<Binary, _>(self),
            _ => pass.push_bind_param::<Text, _>(self),
        }
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::io::Write;

    use diesel::pg::Pg;
    use diesel::sql_types::{self, HasSqlType};

    use super::{
        AstPass, BigInt, BoxError, ColumnKind, DbValue, IsNull, Output, Parameter, QueryFragment,
        QueryResult, ToSql, json_text, serialize,
    };
    use crate::database::UuidKey;

    /// The value did not match its column: a mistake of the code that made the parameter.
    fn mismatch(parameter: &Parameter) -> BoxError {
        format!("a parameter of type {:?} for a column of kind {:?}", parameter.value, parameter.kind).into()
    }

    /// `ToSql` for one SQL type: the variants that it takes.
    macro_rules! to_sql {
        ($($sql:ty: $($variant:ident($value:ident) => $write:expr),+;)*) => { $(
            impl ToSql<$sql, Pg> for Parameter {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                    match &self.value {
                        DbValue::Null => Ok(IsNull::Yes),
                        $(DbValue::$variant($value) => $write(out),)+
                        _ => Err(mismatch(self)),
                    }
                }
            }
        )* };
    }

    /// Writes a value by diesel's own conversion.
    fn as_is<'b, T, ST>(value: &'b T) -> impl FnOnce(&mut Output<'b, '_, Pg>) -> serialize::Result
    where
        T: ToSql<ST, Pg>,
        Pg: HasSqlType<ST>,
    {
        move |out| ToSql::<ST, Pg>::to_sql(value, out)
    }

    /// A float. Django's driver writes it as a literal, which makes a negative zero positive.
    fn float(value: f64) -> impl FnOnce(&mut Output<'_, '_, Pg>) -> serialize::Result {
        move |out| {
            out.write_all(&(value + 0.0).to_be_bytes())?;
            Ok(IsNull::No)
        }
    }

    /// Days and microseconds: in microseconds alone, less than 300,000 years fit.
    fn interval(value: chrono::TimeDelta) -> impl FnOnce(&mut Output<'_, '_, Pg>) -> serialize::Result {
        move |out| {
            let days = value.num_days();
            let rest = value - chrono::TimeDelta::days(days);
            let microseconds = rest.num_microseconds().ok_or("the duration is too long")?;
            out.write_all(&microseconds.to_be_bytes())?;
            out.write_all(&i32::try_from(days)?.to_be_bytes())?;
            out.write_all(&0_i32.to_be_bytes())?;
            Ok(IsNull::No)
        }
    }

    fn json(
        value: &vitamin_parsing::data::Value,
    ) -> impl FnOnce(&mut Output<'_, '_, Pg>) -> serialize::Result {
        move |out| {
            // The version of the binary format.
            out.write_all(&[1])?;
            out.write_all(json_text(value)?.as_bytes())?;
            Ok(IsNull::No)
        }
    }

    // Integers are sent with 64 bits, which PostgreSQL compares with and stores in smaller columns too.
    to_sql! {
        BigInt: Integer(value) => as_is::<_, BigInt>(value);
        sql_types::Bool: Bool(value) => as_is::<_, sql_types::Bool>(value);
        sql_types::Double: Float(value) => float(*value);
        sql_types::Text: Text(value) => as_is::<_, sql_types::Text>(value);
        sql_types::Date: Date(value) => as_is::<_, sql_types::Date>(value);
        sql_types::Time: Time(value) => as_is::<_, sql_types::Time>(value);
        sql_types::Timestamptz: DateTime(value) => as_is::<_, sql_types::Timestamptz>(value);
        sql_types::Interval: Duration(value) => interval(*value);
        UuidKey: Uuid(value) => as_is::<_, UuidKey>(value);
        sql_types::Numeric: Decimal(value) => as_is::<_, sql_types::Numeric>(value);
        sql_types::Jsonb: Json(value) => json(value);
        sql_types::Binary: Binary(value) => as_is::<_, sql_types::Binary>(value);
    }

    impl QueryFragment<Pg> for Parameter {
        fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
            match self.kind {
                ColumnKind::SmallInteger | ColumnKind::Integer | ColumnKind::BigInteger => {
                    pass.push_bind_param::<BigInt, _>(self)
                }
                // Its type is that of the project's user model.
                ColumnKind::UserKey if self.value.is_null() => {
                    pass.push_sql("NULL");
                    Ok(())
                }
                ColumnKind::UserKey if matches!(self.value, DbValue::Uuid(_)) => {
                    pass.push_bind_param::<UuidKey, _>(self)
                }
                ColumnKind::UserKey if matches!(self.value, DbValue::Text(_)) => {
                    pass.push_bind_param::<sql_types::Text, _>(self)
                }
                ColumnKind::UserKey => pass.push_bind_param::<BigInt, _>(self),
                ColumnKind::Boolean => pass.push_bind_param::<sql_types::Bool, _>(self),
                ColumnKind::Float => pass.push_bind_param::<sql_types::Double, _>(self),
                ColumnKind::Text => pass.push_bind_param::<sql_types::Text, _>(self),
                ColumnKind::Date => pass.push_bind_param::<sql_types::Date, _>(self),
                ColumnKind::Time => pass.push_bind_param::<sql_types::Time, _>(self),
                ColumnKind::DateTime => pass.push_bind_param::<sql_types::Timestamptz, _>(self),
                ColumnKind::Duration => pass.push_bind_param::<sql_types::Interval, _>(self),
                ColumnKind::Uuid => pass.push_bind_param::<UuidKey, _>(self),
                ColumnKind::Decimal => pass.push_bind_param::<sql_types::Numeric, _>(self),
                ColumnKind::Json => pass.push_bind_param::<sql_types::Jsonb, _>(self),
                ColumnKind::Binary => pass.push_bind_param::<sql_types::Binary, _>(self),
            }
        }
    }
}

//! Values of columns, as JSON shows them. They are written once, without an allocation, when a row is read.

use std::fmt::{Debug, Formatter, Result as FmtResult};

use diesel::deserialize::{FromSql, FromSqlRow, Result};
use diesel::sqlite::{Sqlite, SqliteValue};
use serde::{Serialize, Serializer};

const DAY: i64 = 86_400_000_000;

/// SQL types that both databases have.
pub mod sql {
    use diesel::sql_types::SqlType;

    /// A UUID: 32 hexadecimal digits on SQLite.
    #[derive(SqlType)]
    #[diesel(sqlite_type(name = "Text"), postgres_type(oid = 2950, array_oid = 2951))]
    pub struct Key;
    /// A point in time: text on SQLite.
    #[derive(SqlType)]
    #[diesel(sqlite_type(name = "Text"), postgres_type(oid = 1184, array_oid = 1185))]
    pub struct Moment;
    /// A time of day: text on SQLite.
    #[derive(SqlType)]
    #[diesel(sqlite_type(name = "Text"), postgres_type(oid = 1083, array_oid = 1183))]
    pub struct Time;
    /// A duration: microseconds on SQLite.
    #[derive(SqlType)]
    #[diesel(sqlite_type(name = "Long"), postgres_type(oid = 1186, array_oid = 1187))]
    pub struct Span;
}

/// Up to 39 bytes of ASCII. What does not fit is left out.
#[derive(Clone, Copy)]
pub struct Short {
    length: usize,
    bytes: [u8; 39],
}

impl Short {
    const EMPTY: Self = Self { length: 0, bytes: [0; 39] };

    fn push(&mut self, bytes: &[u8]) {
        if let Some(free) = self.bytes.get_mut(self.length..self.length + bytes.len()) {
            free.copy_from_slice(bytes);
            self.length += bytes.len();
        }
    }

    /// Appends a number with that many digits.
    fn digits<const N: usize>(&mut self, mut number: i64) {
        let mut digits = [b'0'; N];
        for digit in digits.iter_mut().rev() {
            *digit += (number % 10) as u8;
            number /= 10;
        }
        self.push(&digits);
    }

    /// Appends a date: days since 1970.
    fn date(&mut self, days: i64) {
        // Howard Hinnant's algorithm, in eras of 400 years that begin on 1 March.
        let shifted = days + 719_468;
        let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let calendar_month = if month < 10 { month + 3 } else { month - 9 };
        self.digits::<4>(year + era * 400 + i64::from(calendar_month <= 2));
        self.push(b"-");
        self.digits::<2>(calendar_month);
        self.push(b"-");
        self.digits::<2>(day - (153 * month + 2) / 5 + 1);
    }

    /// Appends a time of day: microseconds since midnight. No fraction is written if it is 0.
    fn time(&mut self, microseconds: i64) {
        let seconds = microseconds / 1_000_000;
        self.digits::<2>(seconds / 3600);
        self.push(b":");
        self.digits::<2>(seconds / 60 % 60);
        self.push(b":");
        self.digits::<2>(seconds % 60);
        if microseconds % 1_000_000 != 0 {
            self.push(b".");
            self.digits::<6>(microseconds % 1_000_000);
        }
    }

    /// Appends 32 hexadecimal digits as a UUID.
    fn uuid(&mut self, hexadecimal: &[u8]) {
        let mut rest = hexadecimal;
        for (length, separator) in [(8, "-"), (4, "-"), (4, "-"), (4, "-"), (12, "")] {
            let Some((group, others)) = rest.split_at_checked(length) else { return };
            self.push(group);
            self.push(separator.as_bytes());
            rest = others;
        }
    }

    fn as_str(&self) -> &str {
        // Only ASCII is pushed.
        self.bytes.get(..self.length).and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl Debug for Short {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for Short {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

macro_rules! values {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, FromSqlRow, Serialize)]
        #[serde(transparent)]
        pub struct $name(Short);
    )*};
}
values!(
    /// A UUID.
    Key,
    /// A point in time, in UTC: `2025-03-01T12:00:00.000001Z`.
    Moment,
    /// A time of day.
    Time,
    /// A duration, as Django writes it: `3 04:05:06`.
    Span
);

impl Moment {
    /// `microseconds` since 1970.
    pub fn new(microseconds: i64) -> Self {
        let mut text = Short::EMPTY;
        text.date(microseconds.div_euclid(DAY));
        text.push(b"T");
        text.time(microseconds.rem_euclid(DAY));
        text.push(b"Z");
        Self(text)
    }

    /// As Django stores it on SQLite.
    pub fn stored(&self) -> String {
        self.0.as_str().trim_end_matches('Z').replace('T', " ")
    }
}

impl Span {
    fn new(microseconds: i64) -> Self {
        let mut text = Short::EMPTY;
        let days = microseconds.div_euclid(DAY);
        if days != 0 {
            text.push(days.to_string().as_bytes());
            text.push(b" ");
        }
        text.time(microseconds.rem_euclid(DAY));
        Self(text)
    }
}

impl FromSql<sql::Key, Sqlite> for Key {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> Result<Self> {
        let mut text = Short::EMPTY;
        text.uuid(value.read_text().as_bytes());
        Ok(Self(text))
    }
}

impl FromSql<sql::Moment, Sqlite> for Moment {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> Result<Self> {
        let (date, time) = value.read_text().split_once(' ').ok_or("not a time")?;
        let mut text = Short::EMPTY;
        text.push(date.as_bytes());
        text.push(b"T");
        text.push(time.as_bytes());
        text.push(b"Z");
        Ok(Self(text))
    }
}

impl FromSql<sql::Time, Sqlite> for Time {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> Result<Self> {
        let mut text = Short::EMPTY;
        text.push(value.read_text().as_bytes());
        Ok(Self(text))
    }
}

impl FromSql<sql::Span, Sqlite> for Span {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> Result<Self> {
        Ok(Self::new(value.read_long()))
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use diesel::deserialize::{FromSql, Result};
    use diesel::pg::{Pg, PgValue};

    use super::{DAY, Key, Moment, Short, Span, Time, sql};

    /// Microseconds from 1970 to PostgreSQL's epoch, 2000.
    const EPOCH: i64 = 946_684_800_000_000;

    impl FromSql<sql::Key, Pg> for Key {
        fn from_sql(value: PgValue<'_>) -> Result<Self> {
            let mut digits = Short::EMPTY;
            for byte in value.as_bytes() {
                for half in [byte >> 4, byte & 15] {
                    digits.push(&[if half < 10 { b'0' + half } else { b'a' + half - 10 }]);
                }
            }
            let mut text = Short::EMPTY;
            text.uuid(digits.as_str().as_bytes());
            Ok(Self(text))
        }
    }

    impl FromSql<sql::Moment, Pg> for Moment {
        fn from_sql(value: PgValue<'_>) -> Result<Self> {
            Ok(Self::new(i64::from_be_bytes(value.as_bytes().try_into()?) + EPOCH))
        }
    }

    impl FromSql<sql::Time, Pg> for Time {
        fn from_sql(value: PgValue<'_>) -> Result<Self> {
            let mut text = Short::EMPTY;
            text.time(i64::from_be_bytes(value.as_bytes().try_into()?));
            Ok(Self(text))
        }
    }

    impl FromSql<sql::Span, Pg> for Span {
        fn from_sql(value: PgValue<'_>) -> Result<Self> {
            let (microseconds, rest) = value.as_bytes().split_first_chunk().ok_or("too short")?;
            let (days, rest) = rest.split_first_chunk().ok_or("too short")?;
            let months = i32::from_be_bytes(rest.try_into()?);
            let days = i64::from(months) * 30 + i64::from(i32::from_be_bytes(*days));
            Ok(Self::new(i64::from_be_bytes(*microseconds) + days * DAY))
        }
    }
}

/// A float, as Python writes it.
#[derive(Clone, Copy, Debug)]
pub struct Float(pub f64);

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        if self.0 == 0.0 || (1e-4..1e16).contains(&self.0.abs()) {
            return serializer.serialize_f64(self.0);
        }
        // Python writes at least two digits of an exponent, and its sign.
        let text = format!("{:e}", self.0);
        let text = match text.split_once('e') {
            Some((digits, exponent)) => match exponent.strip_prefix('-') {
                Some(exponent) => format!("{digits}e-{exponent:0>2}"),
                None => format!("{digits}e+{exponent:0>2}"),
            },
            None => text,
        };
        serde_json::value::RawValue::from_string(text)
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

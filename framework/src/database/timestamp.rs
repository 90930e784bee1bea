//! Reads times faster than diesel reads SQLite's, where it tries one text format after the other: that took a quarter
//! of a token's look-up.
//!
//! Django writes `str()` of a datetime without a zone (`adapt_datetimefield_value` of
//! django/db/backends/sqlite3/operations.py); diesel writes the same with another number of digits. This form is parsed
//! here, any other by diesel.
//!
//! SQLite accepts any text as a time, and Django reads an invalid one as None (`parse_datetime` of
//! django/utils/dateparse.py). So a time that was edited by hand or imported does not lock anyone out.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::sql_types::{Nullable, Timestamp};
use diesel::sqlite::{Sqlite, SqliteType};

use super::manager::MultiBackend;

/// For `#[diesel(deserialize_as = Moment)]`: a `NaiveDateTime` of a model, as [`now`](super::now) returns it; 1970 if
/// the text is invalid.
#[derive(Clone, Copy, Debug, FromSqlRow)]
pub struct Moment(Option<NaiveDateTime>);

impl From<Moment> for NaiveDateTime {
    fn from(moment: Moment) -> Self {
        moment.0.unwrap_or_default()
    }
}

/// [`Moment`] for an `Option<NaiveDateTime>`, which is `None` if the text is invalid.
#[derive(Clone, Copy, Debug, FromSqlRow)]
pub struct OptionalMoment(Option<NaiveDateTime>);

impl From<OptionalMoment> for Option<NaiveDateTime> {
    fn from(moment: OptionalMoment) -> Self {
        moment.0
    }
}

impl FromSql<Timestamp, Sqlite> for Moment {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        if value.value_type() == Some(SqliteType::Text)
            && let Some(found) = parse(value.read_text())
        {
            return Ok(Self(Some(found)));
        }
        Ok(Self(<NaiveDateTime as FromSql<Timestamp, Sqlite>>::from_sql(value).ok()))
    }
}

#[cfg(feature = "postgres")]
impl FromSql<Timestamp, diesel::pg::Pg> for Moment {
    fn from_sql(value: diesel::pg::PgValue<'_>) -> deserialize::Result<Self> {
        <NaiveDateTime as FromSql<Timestamp, diesel::pg::Pg>>::from_sql(value).map(Some).map(Self)
    }
}

impl FromSql<Timestamp, MultiBackend> for Moment {
    fn from_sql(value: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, Timestamp>()
    }
}

impl<DB: Backend> FromSql<Nullable<Timestamp>, DB> for OptionalMoment
where
    Moment: FromSql<Timestamp, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Moment::from_sql(value).map(|moment| Self(moment.0))
    }

    fn from_nullable_sql(value: Option<DB::RawValue<'_>>) -> deserialize::Result<Self> {
        value.map_or(Ok(Self(None)), Self::from_sql)
    }
}

/// Parses `YYYY-MM-DD HH:MM:SS` and up to nine digits of a fraction. `None` means another format, not necessarily an
/// invalid time.
fn parse(text: &str) -> Option<NaiveDateTime> {
    let (whole, fraction) = text.as_bytes().split_first_chunk::<19>()?;
    let [c, e, n, y, b'-', mo, nth, b'-', d, ay, b' ', h, ou, b':', mi, nu, b':', s, ec] = *whole else {
        return None;
    };
    let year = 100 * two(c, e)? + two(n, y)?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, two(mo, nth)?, two(d, ay)?)?;
    date.and_hms_nano_opt(two(h, ou)?, two(mi, nu)?, two(s, ec)?, nanoseconds(fraction)?)
}

fn two(tens: u8, ones: u8) -> Option<u32> {
    Some(10 * digit(tens)? + digit(ones)?)
}

fn digit(byte: u8) -> Option<u32> {
    let digit = byte.wrapping_sub(b'0');
    (digit < 10).then_some(digit.into())
}

/// Parses an optional fraction with its point.
fn nanoseconds(fraction: &[u8]) -> Option<u32> {
    let Some((point, digits)) = fraction.split_first() else { return Some(0) };
    if *point != b'.' || digits.is_empty() || digits.len() > 9 {
        return None;
    }
    let value = digits.iter().try_fold(0, |value, byte| Some(10 * value + digit(*byte)?))?;
    Some((digits.len()..9).fold(value, |value, _| 10 * value))
}

#[cfg(test)]
mod tests {
    use diesel::sql_types::Text;
    use diesel::{Connection, IntoSql, RunQueryDsl, SqliteConnection, select};
    use proptest::prelude::*;

    use super::*;

    #[diesel::declare_sql_function]
    extern "SQL" {
        /// Types any value as a time: SQLite's `iif` returns it unchanged.
        #[sql_name = "iif"]
        fn as_it_is(condition: diesel::sql_types::Bool, value: Text, other: Text) -> Nullable<Timestamp>;
    }

    /// Reads a text as the model does and as diesel does; only diesel returns errors.
    fn both(connection: &mut SqliteConnection, text: &str) -> (Option<NaiveDateTime>, Option<NaiveDateTime>) {
        let value = || as_it_is(true, text.into_sql::<Text>(), "");
        let ours = select(value()).get_result::<OptionalMoment>(connection).unwrap();
        (ours.into(), select(value()).get_result(connection).ok().flatten())
    }

    #[test]
    fn the_common_format_is_parsed() {
        for (text, expected) in [
            ("2026-11-24 05:06:07", "2026-11-24T05:06:07"),
            ("2026-11-24 05:06:07.000890", "2026-11-24T05:06:07.000890"),
            ("2026-11-24 05:06:07.123", "2026-11-24T05:06:07.123"),
            ("2024-02-29 23:59:59.999999999", "2024-02-29T23:59:59.999999999"),
            ("0001-01-01 00:00:00", "0001-01-01T00:00:00"),
            ("9999-12-31 23:59:59.999999", "9999-12-31T23:59:59.999999"),
        ] {
            assert_eq!(parse(text), Some(expected.parse().unwrap()), "{text}");
        }
        for text in ["", "2026-11-24", "2023-02-29 00:00:00", "2026-11-24 24:00:00", "2026-11-24 05:06:07."] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn other_formats_are_read_by_diesel() {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        for text in [
            "2026-11-24T05:06:07Z",
            "2026-11-24 05:06:07+02:00",
            "2026-11-24 05:06",
            "2026-11-24 05:06:60",
            "2026-1-2 05:06:07",
            "2026-11-24 05:06:07.1234567891",
            "+12026-11-24 05:06:07",
            "2460000.5",
        ] {
            let (ours, diesels) = both(&mut connection, text);
            assert!(diesels.is_some() && ours == diesels, "{text}");
        }
        assert_eq!(both(&mut connection, "tomorrow"), (None, None));
        for sql in ["NULL", "2460000.5", "2460000"] {
            let value = || diesel::dsl::sql::<Nullable<Timestamp>>(sql);
            let ours: Option<NaiveDateTime> =
                select(value()).get_result::<OptionalMoment>(&mut connection).unwrap().into();
            assert_eq!(Ok(ours), select(value()).get_result(&mut connection), "{sql}");
        }
    }

    proptest! {
        /// Valid times, changed in at most one place.
        #[test]
        fn diesel_reads_the_same_times(
            text in r"(-?[0-9]{4}|2026)-[0-9]{2}-[0-3][0-9][ T][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{0,10})?(Z|[+-]0[0-9]:00)?",
            at in 0..40_usize,
            instead in prop_oneof![Just(None), any::<char>().prop_map(Some)],
        ) {
            let text: String =
                text.chars().enumerate().map(|(n, c)| instead.filter(|_| n == at).unwrap_or(c)).collect();
            let mut connection = SqliteConnection::establish(":memory:").unwrap();
            let (ours, diesels) = both(&mut connection, &text);
            prop_assert_eq!(ours, diesels, "{}", &text);
        }
    }
}

//! Reads columns that hold other values than Django's migrations made them for, as Django reads them.
//!
//! Tables that were copied from another database have numbers for booleans, and a project's own user model may accept NULL
//! where `AbstractUser` has a text.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::{Sqlite, SqliteType};

use super::manager::MultiBackend;

/// For `#[diesel(deserialize_as = Truth)]`: a `bool` of a model.
///
/// On SQLite only what prints as `1` is true, as in the converter of Django (`register_converter("bool", b"1".__eq__)` of
/// django/db/backends/sqlite3/base.py): not 2, nor a text. On PostgreSQL the column may be an integer, of which 0 is
/// false, as in Python. NULL is false.
#[derive(Clone, Copy, Debug, FromSqlRow)]
pub struct Truth(bool);

impl From<Truth> for bool {
    fn from(truth: Truth) -> Self {
        truth.0
    }
}

/// For `#[diesel(deserialize_as = TextOrEmpty)]`: a `String` of a model, which is empty if the column is NULL.
#[derive(Clone, Debug, FromSqlRow)]
pub struct TextOrEmpty(String);

impl From<TextOrEmpty> for String {
    fn from(text: TextOrEmpty) -> Self {
        text.0
    }
}

/// Returns whether a value of SQLite is true.
pub(crate) fn is_true_in_sqlite(value: &mut <Sqlite as Backend>::RawValue<'_>) -> bool {
    match value.value_type() {
        Some(SqliteType::SmallInt | SqliteType::Integer | SqliteType::Long) => value.read_long() == 1,
        Some(SqliteType::Text) => value.read_text() == "1",
        _ => false,
    }
}

/// Returns whether a boolean or an integer of PostgreSQL is true.
#[cfg(feature = "postgres")]
pub(crate) fn is_true_in_postgres(value: &diesel::pg::PgValue<'_>) -> bool {
    value.as_bytes().iter().any(|byte| *byte != 0)
}

impl FromSql<Bool, Sqlite> for Truth {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(is_true_in_sqlite(&mut value)))
    }

    fn from_nullable_sql(value: Option<<Sqlite as Backend>::RawValue<'_>>) -> deserialize::Result<Self> {
        value.map_or(Ok(Self(false)), <Self as FromSql<Bool, Sqlite>>::from_sql)
    }
}

#[cfg(feature = "postgres")]
impl FromSql<Bool, diesel::pg::Pg> for Truth {
    fn from_sql(value: diesel::pg::PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(is_true_in_postgres(&value)))
    }

    fn from_nullable_sql(value: Option<diesel::pg::PgValue<'_>>) -> deserialize::Result<Self> {
        value.map_or(Ok(Self(false)), <Self as FromSql<Bool, diesel::pg::Pg>>::from_sql)
    }
}

impl FromSql<Bool, MultiBackend> for Truth {
    fn from_sql(value: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, Bool>()
    }

    fn from_nullable_sql(
        value: Option<<MultiBackend as Backend>::RawValue<'_>>,
    ) -> deserialize::Result<Self> {
        value.map_or(Ok(Self(false)), <Self as FromSql<Bool, MultiBackend>>::from_sql)
    }
}

impl<DB: Backend> FromSql<Text, DB> for TextOrEmpty
where
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        String::from_sql(value).map(Self)
    }

    fn from_nullable_sql(value: Option<DB::RawValue<'_>>) -> deserialize::Result<Self> {
        value.map_or(Ok(Self(String::new())), <Self as FromSql<Text, DB>>::from_sql)
    }
}

#[cfg(test)]
mod tests {
    use diesel::dsl::sql;
    use diesel::{Connection as _, RunQueryDsl, SqliteConnection, select};

    use super::*;

    /// The answers are Django's (5.2, SQLite).
    #[test]
    fn only_1_is_true_in_sqlite() {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        for (value, expected) in [
            ("1", true),
            ("'1'", true),
            ("0", false),
            ("2", false),
            ("-1", false),
            ("1.0", false),
            ("0.5", false),
            ("'t'", false),
            ("'true'", false),
            ("''", false),
            ("4294967297", false),
            ("NULL", false),
        ] {
            let found: Truth = select(sql::<Bool>(value)).get_result(&mut connection).unwrap();
            assert_eq!(bool::from(found), expected, "{value}");
        }
        for (value, expected) in [("'x'", "x"), ("NULL", "")] {
            let found: TextOrEmpty = select(sql::<Text>(value)).get_result(&mut connection).unwrap();
            assert_eq!(String::from(found), expected, "{value}");
        }
    }
}

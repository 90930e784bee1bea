//! A user's primary key: an integer, a UUID or a text, as in the project's user model (`AutoField`, `BigAutoField`,
//! `UUIDField` and `CharField` of `django/db/models/fields/__init__.py`).
//!
//! A column of `src/schema.rs` that refers to users is a [`UserKey`]. Its type in the database is known from each value
//! read, and from each value bound: an integer is sent with 64 bits, which PostgreSQL also compares with and stores in
//! 32-bit columns. SQLite stores UUIDs as text, so there the connection knows which of the two a text is
//! ([`Names::set_key_type`](super::Names::set_key_type)).

mod text_key;

use std::cell::Cell;
use std::fmt;
use std::str::FromStr;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, HasSqlType, SqlType, Text};
use diesel::sqlite::{Sqlite, SqliteType};
use serde::{Serialize, Serializer};
use uuid::Uuid;

pub use self::text_key::{TextKey, TooLong};

use super::manager::MultiBackend;

/// The SQL type of a column that holds a user's primary key.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Text"))]
pub struct UserKey;

/// The SQL type of a UUID: `uuid` on PostgreSQL, 32 hexadecimal digits on SQLite, as Django's `UUIDField`.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Text"), postgres_type(oid = 2950, array_oid = 2951))]
pub struct UuidKey;

/// A user's primary key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, FromSqlRow)]
pub enum UserId {
    /// `AutoField`, `BigAutoField`, `SmallAutoField`, `IntegerField`.
    Integer(i64),
    /// `UUIDField`.
    Uuid(Uuid),
    /// `CharField`, `SlugField`, `EmailField`.
    Text(TextKey),
}

/// The type of user keys (`AUTH_USER_KEY`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyType {
    /// Integers of 16, 32 or 64 bits, assigned by the database.
    #[default]
    Integer,
    /// UUIDs, assigned by the code that inserts a user.
    Uuid,
    /// Texts, assigned by the code that inserts a user.
    Text,
}

impl FromStr for KeyType {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        match value.to_ascii_lowercase().as_str() {
            "integer"
            | "bigint"
            | "smallint"
            | "autofield"
            | "bigautofield"
            | "smallautofield"
            | "integerfield"
            | "bigintegerfield"
            | "smallintegerfield"
            | "positiveintegerfield"
            | "positivebigintegerfield"
            | "positivesmallintegerfield" => Ok(Self::Integer),
            "uuid" | "uuidfield" => Ok(Self::Uuid),
            "text" | "varchar" | "charfield" | "textfield" | "slugfield" | "emailfield" => Ok(Self::Text),
            _ => Err("it is not integer, bigint, uuid or text"),
        }
    }
}

impl UserId {
    /// Parses a session's user key. Django writes it with `str()` and reads it with the field's `to_python`.
    #[must_use]
    pub fn parse(text: &str, key: KeyType) -> Option<Self> {
        match key {
            KeyType::Integer => text.trim().parse().ok().map(Self::Integer),
            KeyType::Uuid => Uuid::try_parse(text).ok().map(Self::Uuid),
            // PostgreSQL accepts no text with a NUL.
            KeyType::Text if text.contains('\0') => None,
            KeyType::Text => TextKey::new(text).ok().map(Self::Text),
        }
    }
}

thread_local! {
    /// Whether a text that is read from SQLite is a key itself, and no UUID.
    static IS_TEXT: Cell<bool> = const { Cell::new(false) };
}

/// Sets how the row that is read next has its keys. SQLite does not say it, and diesel tells the reader of a value nothing of
/// the connection.
pub(super) fn set_reads_text(is_text: bool) {
    IS_TEXT.set(is_text);
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            // With dashes, like Python's str().
            Self::Uuid(uuid) => uuid.fmt(f),
            Self::Text(text) => f.write_str(text.as_str()),
        }
    }
}

/// A number or a string, as Django REST framework renders the field.
impl Serialize for UserId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Uuid(uuid) => serializer.collect_str(uuid),
            Self::Text(text) => serializer.serialize_str(text.as_str()),
        }
    }
}

impl From<i32> for UserId {
    fn from(number: i32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<i64> for UserId {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<Uuid> for UserId {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

impl TryFrom<&str> for UserId {
    type Error = TooLong;

    fn try_from(text: &str) -> Result<Self, TooLong> {
        TextKey::new(text).map(Self::Text)
    }
}

// In a query, a key is one parameter of its value's type.

impl Expression for UserId {
    type SqlType = UserKey;
}

impl<QS> AppearsOnTable<QS> for UserId {}

impl<QS> SelectableExpression<QS> for UserId {}

impl<GroupBy> ValidGrouping<GroupBy> for UserId {
    type IsAggregate = is_aggregate::Never;
}

impl QueryId for UserId {
    // All keys of a database have one type, so a prepared statement's parameter never changes its type.
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<DB> QueryFragment<DB> for UserId
where
    DB: Backend + HasSqlType<BigInt> + HasSqlType<UuidKey> + HasSqlType<Text>,
    i64: ToSql<BigInt, DB>,
    Uuid: ToSql<UuidKey, DB>,
    str: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> diesel::QueryResult<()> {
        match self {
            Self::Integer(number) => pass.push_bind_param::<BigInt, _>(number),
            Self::Uuid(uuid) => pass.push_bind_param::<UuidKey, _>(uuid),
            Self::Text(text) => pass.push_bind_param::<Text, str>(text.as_str()),
        }
    }
}

impl ToSql<UuidKey, Sqlite> for Uuid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.simple().to_string());
        Ok(IsNull::No)
    }
}

impl FromSql<UserKey, Sqlite> for UserId {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(match value.value_type() {
            Some(SqliteType::Text) if IS_TEXT.get() => Self::try_from(value.read_text())?,
            Some(SqliteType::Text) => Self::Uuid(Uuid::try_parse(value.read_text())?),
            // An integer column converts a numeric text to an integer.
            Some(SqliteType::Integer | SqliteType::Long | SqliteType::SmallInt) => {
                Self::Integer(value.read_long())
            }
            _ => return Err("a user's key is no integer, UUID or text".into()),
        })
    }
}

impl ToSql<UuidKey, MultiBackend> for Uuid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((UuidKey, self));
        Ok(IsNull::No)
    }
}

impl FromSql<UserKey, MultiBackend> for UserId {
    fn from_sql(value: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, UserKey>()
    }
}

impl HasSqlType<UuidKey> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<UuidKey>(lookup)
    }
}

impl HasSqlType<UserKey> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<UserKey>(lookup)
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::io::Write;

    use diesel::pg::{Pg, PgTypeMetadata, PgValue};
    use diesel::sql_types::{Integer, SmallInt};

    use super::{
        BigInt, FromSql, HasSqlType, IsNull, Output, ToSql, UserId, UserKey, Uuid, UuidKey, deserialize,
        serialize,
    };

    // PostgreSQL's type ids (src/include/catalog/pg_type.dat).
    const INT8: u32 = 20;
    const INT2: u32 = 21;
    const INT4: u32 = 23;
    const UUID: u32 = 2950;
    const TEXT: u32 = 25;
    const VARCHAR: u32 = 1043;

    impl HasSqlType<UserKey> for Pg {
        /// Not used for reading, and never sent.
        fn metadata(_lookup: &mut Self::MetadataLookup) -> PgTypeMetadata {
            PgTypeMetadata::new(0, 0)
        }
    }

    impl ToSql<UuidKey, Pg> for Uuid {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
            out.write_all(self.as_bytes())?;
            Ok(IsNull::No)
        }
    }

    impl FromSql<UserKey, Pg> for UserId {
        fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
            Ok(match value.get_oid().get() {
                INT4 => Self::Integer(<i32 as FromSql<Integer, Pg>>::from_sql(value)?.into()),
                INT8 => Self::Integer(<i64 as FromSql<BigInt, Pg>>::from_sql(value)?),
                INT2 => Self::Integer(<i16 as FromSql<SmallInt, Pg>>::from_sql(value)?.into()),
                UUID => Self::Uuid(Uuid::from_slice(value.as_bytes())?),
                // No `citext`: its equal keys differ as texts, and a change of one would not end a cached entry of the other.
                TEXT | VARCHAR => Self::try_from(std::str::from_utf8(value.as_bytes())?)?,
                _ => return Err("a user's key is no integer, UUID or text".into()),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DASHED: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

    #[test]
    fn keys_are_written_like_in_django() {
        let uuid = UserId::from(Uuid::try_parse(DASHED).unwrap());
        assert_eq!((UserId::from(7).to_string(), uuid.to_string()), ("7".to_owned(), DASHED.to_owned()));
        assert_eq!(serde_json::to_string(&[UserId::from(7), uuid]).unwrap(), format!("[7,\"{DASHED}\"]"));
    }

    #[test]
    fn session_keys_are_parsed_like_the_field() {
        let uuid = Uuid::try_parse(DASHED).unwrap();
        for text in [DASHED, "0f8fad5bd9cb469fa16570867728950e", "0F8FAD5B-D9CB-469F-A165-70867728950E"] {
            assert_eq!(UserId::parse(text, KeyType::Uuid), Some(UserId::Uuid(uuid)), "{text}");
            assert_eq!(UserId::parse(text, KeyType::Integer), None);
        }
        assert_eq!(
            UserId::parse("9007199254740993", KeyType::Integer),
            Some(UserId::Integer(9_007_199_254_740_993))
        );
        assert_eq!(UserId::parse("7", KeyType::Uuid), None);
        for text in ["7", DASHED, "é", " x ", ""] {
            assert_eq!(UserId::parse(text, KeyType::Text).unwrap().to_string(), text);
        }
        assert_eq!(UserId::parse("a\0", KeyType::Text), None);
    }

    #[test]
    fn djangos_field_names_are_accepted() {
        for name in
            ["integer", "bigint", "AutoField", "BigAutoField", "SmallAutoField", "PositiveIntegerField"]
        {
            assert_eq!(name.parse(), Ok(KeyType::Integer), "{name}");
        }
        assert_eq!(("uuid".parse(), "UUIDField".parse()), (Ok(KeyType::Uuid), Ok(KeyType::Uuid)));
        assert_eq!(("text".parse(), "CharField".parse()), (Ok(KeyType::Text), Ok(KeyType::Text)));
        assert!("json".parse::<KeyType>().is_err());
    }
}

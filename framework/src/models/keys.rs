//! A list of keys as one parameter, so that a statement is prepared once for any number of them. SQLite compares a single
//! key as it is: a list takes a virtual table and a temporary one.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::Error as QueryError;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use uuid::Uuid;

use super::value::{DbValue, ValueRef};

/// Keys of one type.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    list: List,
    sqlite: SqliteKeys,
}

#[derive(Clone, Debug)]
enum List {
    Integers(Vec<i64>),
    Uuids(Vec<Uuid>),
    Texts(Vec<String>),
}

/// The keys as SQLite's parameter.
#[derive(Clone, Debug)]
enum SqliteKeys {
    /// The only key.
    Integer(i64),
    /// The only key.
    Text(String),
    /// A list for `json_each`.
    Json(String),
}

impl Keys {
    /// The distinct keys, in order of appearance. NULL refers to nothing.
    pub(crate) fn new<'a>(values: impl IntoIterator<Item = ValueRef<'a>>) -> Result<Self, QueryError> {
        let (mut integers, mut uuids, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for value in values {
            match value {
                ValueRef::Integer(number) => integers.push(number),
                ValueRef::Uuid(uuid) => uuids.push(uuid),
                ValueRef::Text(text) => texts.push(text.to_owned()),
                ValueRef::Null => {}
                _ => return Err(QueryError::QueryBuilderError("this type of key is not supported".into())),
            }
        }
        Ok(if !uuids.is_empty() {
            uuids.sort_unstable();
            uuids.dedup();
            let texts: Vec<String> = uuids.iter().map(|uuid| uuid.simple().to_string()).collect();
            Self { sqlite: SqliteKeys::texts(&texts)?, list: List::Uuids(uuids) }
        } else if !texts.is_empty() {
            texts.sort_unstable();
            texts.dedup();
            Self { sqlite: SqliteKeys::texts(&texts)?, list: List::Texts(texts) }
        } else {
            integers.sort_unstable();
            integers.dedup();
            let sqlite = match integers.as_slice() {
                [key] => SqliteKeys::Integer(*key),
                keys => SqliteKeys::json(keys)?,
            };
            Self { sqlite, list: List::Integers(integers) }
        })
    }

    /// Whether SQLite gets a list, rather than the only key.
    pub(crate) const fn is_list(&self) -> bool {
        matches!(self.sqlite, SqliteKeys::Json(_))
    }

    /// Writes a table with a column `value` on SQLite, if there [is a list](Self::is_list).
    pub(super) fn table<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        if let SqliteKeys::Json(keys) = &self.sqlite {
            pass.push_sql("json_each(");
            pass.push_bind_param::<Text, _>(keys)?;
            pass.push_sql(")");
        }
        Ok(())
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.list {
            List::Integers(list) => list.is_empty(),
            List::Uuids(list) => list.is_empty(),
            List::Texts(list) => list.is_empty(),
        }
    }
}

impl SqliteKeys {
    fn texts(keys: &[String]) -> Result<Self, QueryError> {
        match keys {
            [key] => Ok(Self::Text(key.clone())),
            keys => Self::json(keys),
        }
    }

    fn json<T: serde::Serialize>(keys: &[T]) -> Result<Self, QueryError> {
        let json = serde_json::to_string(keys);
        json.map(Self::Json).map_err(|error| QueryError::SerializationError(error.into()))
    }
}

impl QueryFragment<Sqlite> for Keys {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        match &self.sqlite {
            SqliteKeys::Integer(key) => {
                pass.push_sql(" = ");
                pass.push_bind_param::<BigInt, _>(key)
            }
            SqliteKeys::Text(key) => {
                pass.push_sql(" = ");
                pass.push_bind_param::<Text, _>(key)
            }
            SqliteKeys::Json(_) => {
                pass.push_sql(" IN (SELECT value FROM ");
                self.table(pass.reborrow())?;
                pass.push_sql(")");
                Ok(())
            }
        }
    }
}

#[cfg(feature = "postgres")]
impl QueryFragment<diesel::pg::Pg> for Keys {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, diesel::pg::Pg>) -> QueryResult<()> {
        use diesel::sql_types::Array;
        pass.push_sql(" = ANY(");
        match &self.list {
            List::Integers(list) => pass.push_bind_param::<Array<BigInt>, _>(list)?,
            List::Uuids(list) => pass.push_bind_param::<Array<super::sql_types::UuidKey>, _>(list)?,
            List::Texts(list) => pass.push_bind_param::<Array<Text>, _>(list)?,
        }
        pass.push_sql(")");
        Ok(())
    }
}

/// A key that can be looked up in a map.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Integer(i64),
    Uuid(Uuid),
    Text(String),
    Other,
}

impl From<ValueRef<'_>> for Key {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Uuid(uuid) => Self::Uuid(uuid),
            ValueRef::Text(text) => Self::Text(text.to_owned()),
            _ => Self::Other,
        }
    }
}

impl From<&DbValue> for Key {
    fn from(value: &DbValue) -> Self {
        value.as_ref().into()
    }
}

//! SQL types for the columns of `schema.rs` that diesel has no common type for on both databases.

use diesel::query_builder::QueryId;
use diesel::sql_types::SqlType;
use vitamin_parsing::data::Value;

pub use crate::database::{UserKey, UuidKey};

/// DurationField: `interval` on PostgreSQL, microseconds on SQLite.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Long"), postgres_type(oid = 1186, array_oid = 1187))]
pub struct Duration;

/// JSONField: `jsonb` on PostgreSQL, text on SQLite.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Text"), postgres_type(oid = 3802, array_oid = 3807))]
pub struct JsonType;

/// The value of a JSONField: a document as Python's `json` reads it, with integers of any size and the order of keys.
#[derive(Clone, PartialEq, Debug)]
pub struct Json(pub Value);

impl Default for Json {
    /// The empty object.
    fn default() -> Self {
        Self(Value::Dict(vitamin_parsing::data::Dict::new()))
    }
}

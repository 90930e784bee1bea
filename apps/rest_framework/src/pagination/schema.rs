//! Pagination in the schema: the query parameters, and the object around a list.

use serde_json::{Value, json};

/// A query parameter of a list, for the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryParameter {
    /// The name.
    pub name: &'static str,
    /// The description, in Django REST framework's words.
    pub description: &'static str,
    /// The JSON type: `integer` or `string`.
    pub schema_type: &'static str,
}

impl QueryParameter {
    /// A whole number.
    pub(crate) fn integer(name: &'static str, description: &'static str) -> Self {
        Self { name, description, schema_type: "integer" }
    }

    /// Text.
    pub(crate) fn string(name: &'static str, description: &'static str) -> Self {
        Self { name, description, schema_type: "string" }
    }
}

fn link(example: &str) -> Value {
    json!({"type": "string", "nullable": true, "format": "uri", "example": example})
}

/// The schema of a page with a count.
pub(super) fn counted_schema(next: &str, previous: &str, results: Value) -> Value {
    json!({
        "type": "object",
        "required": ["count", "results"],
        "properties": {
            "count": {"type": "integer", "example": 123},
            "next": link(next),
            "previous": link(previous),
            "results": results,
        },
    })
}

/// The schema of a page without a count.
pub(super) fn uncounted_schema(next: &str, previous: &str, results: Value) -> Value {
    json!({
        "type": "object",
        "required": ["results"],
        "properties": {"next": link(next), "previous": link(previous), "results": results},
    })
}

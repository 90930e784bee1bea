//! The limits that validators set (`_insert_field_validators` of `drf_spectacular/openapi.py`).

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::text::{Text, TextSyntax};
use super::types::{Schema, object};
use crate::fields::{BaseField, Choice, FilePath, List};

/// Adds them to the schema of a field.
pub(super) fn insert(field: &dyn BaseField, schema: &mut Schema) {
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => text(field, schema),
        Some("array") => {
            if let Some(list) = field.kind().downcast_ref::<List>() {
                for (key, limit) in [("maxItems", list.max_length()), ("minItems", list.min_length())] {
                    if let Some(limit) = limit {
                        schema.insert(key.to_owned(), limit.into());
                    }
                }
            }
        }
        // Those of numbers are in the schema already.
        _ => {}
    }
}

fn text(field: &dyn BaseField, schema: &mut Schema) {
    for pattern in field.options().patterns() {
        insert_pattern(schema, pattern.as_str());
    }
    let text = Text::of(field);
    if let Some(text) = &text {
        if let Some(max) = text.max_length {
            schema.insert("maxLength".to_owned(), max.into());
        }
        if let Some(min) = text.min_length {
            let other = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0);
            schema.insert("minLength".to_owned(), other.max(min as u64).into());
        }
        match text.syntax {
            TextSyntax::Slug(true) => insert_pattern(schema, r"^[-\w]+$"),
            TextSyntax::Slug(false) => insert_pattern(schema, "^[-a-zA-Z0-9_]+$"),
            TextSyntax::Regex(pattern) => insert_pattern(schema, pattern),
            _ => {}
        }
    }
    let kind = field.kind();
    let allows_blank = match text {
        Some(text) => text.allows_blank,
        None => {
            kind.downcast_ref().is_some_and(Choice::allows_blank)
                || kind.downcast_ref().is_some_and(FilePath::allows_blank)
        }
    };
    if allows_blank && ["format", "pattern", "minLength"].iter().any(|key| schema.contains_key(*key)) {
        or_empty(schema);
    }
}

/// Makes the empty text an alternative, because it has neither the format nor the pattern.
fn or_empty(schema: &mut Schema) {
    const OUTER: [&str; 6] = ["readOnly", "writeOnly", "nullable", "deprecated", "description", "title"];
    let (outer, inner): (Schema, Schema) =
        std::mem::take(schema).into_iter().partition(|(key, _)| OUTER.contains(&key.as_str()));
    *schema = outer;
    schema.extend(object(json!({"oneOf": [inner, {"type": "string", "maxLength": 0}]})));
}

/// Adds a pattern of Python, unless there is one, with the escapes and anchors of ECMAScript.
fn insert_pattern(schema: &mut Schema, pattern: &str) {
    if schema.contains_key("pattern") {
        return;
    }
    let mut ascii = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        match u32::from(character) {
            0..0x80 => ascii.push(character),
            // Writing to text cannot fail.
            code @ 0x80..0x100 => _ = write!(ascii, "\\x{code:02x}"),
            code @ 0x100..0x10000 => _ = write!(ascii, "\\u{code:04x}"),
            code => _ = write!(ascii, "\\U{code:08x}"),
        }
    }
    let ecma = ascii.replace(r"\x", r"\u00").replace(r"\Z", "$").replace(r"\A", "^");
    schema.insert("pattern".to_owned(), ecma.into());
}

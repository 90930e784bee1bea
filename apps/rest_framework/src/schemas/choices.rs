//! Choices as `enum` (`build_choice_field` of `drf_spectacular/plumbing.py`).

use std::cmp::Ordering;
use std::fmt::Write as _;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::SpectacularSettings;
use super::types::Schema;
use crate::data::Value;
use crate::python;

/// A choice and its label.
type Pair = (Value, Value);

/// Identifies equal lists of choices until they are replaced by components.
pub(super) const ENUM_ID: &str = "x-spec-enum-id";

/// The schema of one of the choices.
pub(super) fn choice_schema(
    choices: &[Pair],
    allows_blank: bool,
    allows_null: bool,
    settings: &SpectacularSettings,
) -> Schema {
    let mut values: Vec<&Value> = choices.iter().map(|(value, _)| value).collect();
    let (blank, null) = (Value::from(""), Value::Null);
    if allows_blank && !values.contains(&&blank) {
        values.push(&blank);
    }
    let kind = type_name(&values);
    if allows_null && !values.contains(&&null) {
        values.push(&null);
    }
    let mut schema = Schema::new();
    schema.insert("enum".to_owned(), json!(values));
    if let Some(kind) = kind {
        schema.insert("type".to_owned(), kind.into());
    }
    if settings.enum_generate_choice_description {
        schema.insert("description".to_owned(), description(choices).into());
    }
    schema.insert(ENUM_ID.to_owned(), list_hash(choices).into());
    schema
}

fn type_name(values: &[&Value]) -> Option<&'static str> {
    let all = |test: fn(&Value) -> bool| values.iter().all(|value| test(value));
    // In Python, a bool is an int.
    let is_int = |value: &Value| matches!(value, Value::Bool(_) | Value::Int(_));
    if values.is_empty() {
        None
    } else if all(|value| matches!(value, Value::Bool(_))) {
        Some("boolean")
    } else if values.iter().all(|value| is_int(value)) {
        Some("integer")
    } else if values.iter().all(|value| is_int(value) || matches!(value, Value::Float(_))) {
        Some("number")
    } else if all(|value| value.as_str().is_some()) {
        Some("string")
    } else {
        None
    }
}

/// The choices as a list in Markdown.
pub(super) fn description(choices: &[Pair]) -> String {
    let lines: Vec<_> = choices
        .iter()
        .map(|(value, label)| format!("* `{}` - {}", python::str(value), python::str(label)))
        .collect();
    lines.join("\n")
}

/// The first 16 digits of the SHA-256 of the sorted choices, without the empty ones, as Python writes them as JSON.
pub(super) fn list_hash(choices: &[Pair]) -> String {
    let mut pairs: Vec<&Pair> = choices.iter().filter(|(value, _)| !is_empty(value)).collect();
    pairs.sort_by(|a, b| compare(&a.0, &b.0).then_with(|| compare(&a.1, &b.1)));
    let pairs: Vec<_> =
        pairs.iter().map(|(value, label)| format!("[{}, {}]", ascii(value), ascii(label))).collect();
    let digest = Sha256::digest(format!("[{}]", pairs.join(", ")));
    digest.iter().take(8).fold(String::with_capacity(16), |mut text, byte| {
        // Writing to text cannot fail.
        _ = write!(text, "{byte:02x}");
        text
    })
}

fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Null) || value.as_str() == Some("")
}

/// Python's order. It has none between text and numbers.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => python::str(a).cmp(&python::str(b)),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Int(value) => value.to_f64(),
        Value::Float(value) => Some(*value),
        _ => None,
    }
}

/// Python's `json.dumps`, which escapes all that is not ASCII.
fn ascii(value: &Value) -> String {
    let text = crate::json::to_bytes(value, None).unwrap_or_default();
    let mut escaped = String::with_capacity(text.len());
    for character in String::from_utf8_lossy(&text).chars() {
        if character.is_ascii() {
            escaped.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            _ = write!(escaped, "\\u{unit:04x}");
        }
    }
    escaped
}

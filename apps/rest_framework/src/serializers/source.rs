//! The option `source`: the attribute that a field reads and writes (`set_value` of rest_framework/serializers.py and
//! `get_attribute` of rest_framework/fields.py).

use crate::data::{Dict, Value};

/// Stores a validated value under its source: a name, names joined by dots, or `*`, whose value is a dict that is merged.
pub(super) fn set_value(values: &mut Dict, source: &str, value: Value) {
    if source == "*" {
        if let Value::Dict(merged) = value {
            values.extend(merged);
        }
        return;
    }
    match source.split_once('.') {
        None => _ = values.insert(source.to_owned(), value),
        Some((first, rest)) => {
            let inner = values.entry(first.to_owned()).or_insert_with(|| Value::Dict(Dict::new()));
            // A field of the same name may have stored another value, where Python fails.
            if let Value::Dict(inner) = inner {
                set_value(inner, rest, value);
            }
        }
    }
}

/// The value of an attribute. `None` if it is missing.
pub(super) fn get_value<'v>(values: &'v Dict, source: &str) -> Option<&'v Value> {
    let mut parts = source.split('.');
    let first = values.get(parts.next()?)?;
    parts.try_fold(first, |value, part| match value {
        Value::Dict(inner) => inner.get(part),
        _ => None,
    })
}

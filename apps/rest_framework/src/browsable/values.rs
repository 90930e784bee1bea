//! The values and errors that a form shows, by the names of its fields.

use serde_json::Value;

use super::encoded::text_of;
use crate::data::{Data, QueryDict};
use crate::error_detail::Detail;

/// Where the values of a form come from.
pub(super) enum Values {
    /// The fields' own.
    Initial,
    /// A form that the client sent.
    Form(QueryDict),
    /// The object, or JSON that the client sent.
    Json(Value),
}

impl Values {
    /// The values of a form or a JSON body, to show them again beside their errors.
    pub(super) fn submitted(data: Data) -> Self {
        match data {
            Data::Form(form) => Self::Form(form),
            Data::Json(value) => Self::Json(to_json(&value)),
        }
    }

    /// The texts of a field below nested objects: several of a list, none of null. `None` if there is no value.
    pub(super) fn texts(&self, path: &[&str]) -> Option<Vec<String>> {
        match self {
            Self::Initial => None,
            Self::Form(form) => {
                let values = form.get_list(&path.join("."));
                // A form does not send a box that is not ticked.
                Some(values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect())
            }
            Self::Json(json) => path.iter().try_fold(json, |json, name| json.get(name)).map(texts),
        }
    }

    /// The text of a field whose text area holds JSON. `None` if there is no value.
    pub(super) fn json(&self, path: &[&str]) -> Option<String> {
        match self {
            Self::Initial => None,
            Self::Form(form) => {
                let value = form.get(&path.join("."))?;
                Some(value.as_str().map_or_else(|| text_of(&to_json(value)), str::to_owned))
            }
            Self::Json(json) => path.iter().try_fold(json, |json, name| json.get(name)).map(text_of),
        }
    }
}

fn to_json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The texts of a value in a form.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(items) if !items.iter().any(|item| item.is_object() || item.is_array()) => {
            items.iter().flat_map(texts).collect()
        }
        other => vec![other.to_string()],
    }
}

/// The messages of a field, or of `non_field_errors`.
pub(super) fn messages(errors: Option<&Detail>, path: &[&str]) -> Vec<String> {
    fn below<'d>(detail: &'d Detail, name: &&str) -> Option<&'d Detail> {
        match detail {
            Detail::Dict(errors) => errors.get(*name),
            _ => None,
        }
    }
    let mut found = Vec::new();
    if let Some(detail) = errors.and_then(|errors| path.iter().try_fold(errors, below)) {
        collect(detail, &mut found);
    }
    found
}

fn collect(detail: &Detail, found: &mut Vec<String>) {
    match detail {
        Detail::Message(error) => found.push(error.message.clone().into_owned()),
        Detail::List(items) => items.iter().for_each(|item| collect(item, found)),
        // The errors of a list's items, or of an object's values.
        Detail::Dict(items) => {
            for (name, detail) in items {
                let of = name
                    .parse::<usize>()
                    .map_or_else(|_| name.clone(), |index| format!("Item {}", index + 1));
                let mut below = Vec::new();
                collect(detail, &mut below);
                found.extend(below.into_iter().map(|message| format!("{of}: {message}")));
            }
        }
    }
}

//! Values of the pages' forms that HTML has no control for. A hidden field names each of them:
//!
//! - `_json`: a list or an object, as JSON in a text area;
//! - `_lines`: several names or keys, one a line;
//! - `_file`: a file, which stays as it is if none is chosen. Browsers send an empty text then, which would mean null;
//! - `_clear`: a file that is removed, by a box to tick.
//!
//! Only the pages' own forms are decoded, whose CSRF token was checked. A field of a client's form that has such a name is a field.

use serde::Serialize;
use serde_json::Value as Json;

use crate::data::{QueryDict, Value};
use crate::error_detail::Detail;
use crate::json::{self, Limits};
use crate::python::codecs::Charset;
use vitamin_framework::translation::gettext;

/// How a control holds a value that is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// As JSON: a list, an object, or null.
    Json,
    /// One value a line.
    Lines,
    /// A file of an input: nothing if none is chosen.
    File,
}

const JSON: &str = "_json";
const LINES: &str = "_lines";
const FILE: &str = "_file";
const CLEAR: &str = "_clear";

/// A form with its encoded values as a JSON body would have them. Without a text, a list or an object is not sent. What can't be decoded
/// keeps its text, and has an error.
pub(super) fn decode(mut form: QueryDict, max_values: usize) -> (QueryDict, Option<Detail>) {
    let mut errors: Vec<(String, Detail)> = Vec::new();
    for name in names(&form, JSON) {
        let text = form.get(&name).and_then(Value::as_str).unwrap_or_default();
        if text.trim().is_empty() {
            form.remove(&name);
            continue;
        }
        match parse(text, max_values) {
            Ok(value) => form.set_list(name, vec![value]),
            Err(error) => errors.push((name, error)),
        }
    }
    for name in names(&form, LINES) {
        let texts = form.get_list(&name).iter().filter_map(Value::as_str);
        let lines = texts.flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty());
        let lines = lines.map(Value::from).collect();
        form.set_list(name, lines);
    }
    for name in names(&form, FILE) {
        let files: Vec<Value> =
            form.get_list(&name).iter().filter(|value| value.as_str() != Some("")).cloned().collect();
        match files.is_empty() {
            true => form.remove(&name),
            false => form.set_list(name, files),
        }
    }
    for name in names(&form, CLEAR) {
        // A new file wins.
        if !form.contains_key(&name) {
            form.set_list(name, vec![Value::Null]);
        }
    }
    (form, (!errors.is_empty()).then(|| nested(errors)))
}

fn names(form: &QueryDict, field: &str) -> Vec<String> {
    form.get_list(field).iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect()
}

fn parse(text: &str, max_values: usize) -> Result<Value, Detail> {
    let limits = Limits { max_values, reserve: &mut |_| true };
    match json::decode_within(text.as_bytes(), Charset::Utf8, limits) {
        Ok(value @ (Value::List(_) | Value::Dict(_) | Value::Null)) => Ok(value),
        Ok(_) => Err(Detail::list("Write a list or an object in JSON.", "invalid")),
        Err(_) => Err(Detail::list(gettext("Value must be valid JSON."), "invalid")),
    }
}

/// The errors by the names of their fields. That of `owner.tags` is below `owner`.
fn nested(errors: Vec<(String, Detail)>) -> Detail {
    let mut found = indexmap::IndexMap::<String, Detail>::new();
    for (name, error) in errors {
        let mut path = name.split('.').rev();
        let last = path.next().unwrap_or_default().to_owned();
        let mut below = Detail::Dict([(last, error)].into());
        for part in path {
            below = Detail::Dict([(part.to_owned(), below)].into());
        }
        merge(&mut found, below);
    }
    Detail::Dict(found)
}

fn merge(found: &mut indexmap::IndexMap<String, Detail>, new: Detail) {
    let Detail::Dict(new) = new else { return };
    for (name, detail) in new {
        match found.get_mut(&name) {
            Some(Detail::Dict(known)) => merge(known, detail),
            _ => _ = found.insert(name, detail),
        }
    }
}

/// The text of a value in a text area of JSON.
pub(super) fn text_of(value: &Json) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(pairs: &[(&str, &str)]) -> (QueryDict, Option<Detail>) {
        decode(pairs.iter().copied().collect(), 10)
    }

    #[test]
    fn what_a_hidden_field_names_is_decoded() {
        let (form, errors) = decoded(&[
            ("_json", "tags"),
            ("_json", "empty"),
            ("_lines", "labels"),
            ("_clear", "photo"),
            ("tags", "[1, null]"),
            ("empty", " \n"),
            ("labels", "bug\r\n\r\n docs \r\n"),
            ("name", "[1]"),
        ]);
        assert_eq!(errors, None);
        assert_eq!(form.get("tags"), Some(&Value::List(vec![1.into(), Value::Null])));
        assert_eq!(form.get_list("labels"), [Value::from("bug"), Value::from("docs")]);
        assert_eq!((form.contains_key("empty"), form.get("photo")), (false, Some(&Value::Null)));
        assert_eq!(form.get("name").and_then(Value::as_str), Some("[1]"));
    }

    #[test]
    fn what_is_no_list_or_object_keeps_its_text() {
        for text in ["[1", "5", "\"a\"", "true", "[1,2,3,4,5,6,7,8,9,10,11]"] {
            let (form, errors) = decoded(&[("_json", "owner.tags"), ("owner.tags", text)]);
            assert_eq!(form.get("owner.tags").and_then(Value::as_str), Some(text));
            let Some(Detail::Dict(errors)) = errors else { panic!("{text} has no error") };
            assert!(matches!(errors.get("owner"), Some(Detail::Dict(below)) if below.contains_key("tags")));
        }
    }

    #[test]
    fn a_new_file_is_not_cleared() {
        let (form, _) = decoded(&[("_clear", "photo"), ("photo", "a file")]);
        assert_eq!(form.get("photo").and_then(Value::as_str), Some("a file"));
    }

    #[test]
    fn a_file_that_is_not_chosen_is_not_sent() {
        let (form, _) = decoded(&[("_file", "photo"), ("photo", "")]);
        assert!(!form.contains_key("photo"));
        let (form, _) = decoded(&[("_file", "photo"), ("photo", ""), ("_clear", "photo")]);
        assert_eq!(form.get("photo"), Some(&Value::Null));
    }
}

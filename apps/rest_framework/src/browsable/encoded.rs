//! Values of the pages' forms that HTML has no control for. A hidden field names each of them:
//!
//! - `_json`: a list or an object, as JSON in a text area;
//! - `_lines`: several names or keys, one a line;
//! - `_file`: a file, which stays as it is if none is chosen. Browsers send an empty text then, which would mean null;
//! - `_clear`: a file that is removed, by a box to tick.
//!
//! Only the pages' own forms are decoded, whose CSRF token was checked. A field of a client's form that has such a name is a field.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::Value as Json;

use crate::data::{QueryDict, Value};
use crate::error_detail::Detail;
use crate::exceptions::APIException;
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

/// The most parts of a name, `owner.tags`: each is a level of the errors. The pages' forms have fewer.
const MAX_PARTS: usize = 16;
/// Bytes of memory that a line takes beside its text.
const LINE_MEMORY: usize = 64;

/// The limits of all values of a form together.
pub(super) struct Budget<'a> {
    /// The values that may still be made.
    pub(super) values: usize,
    /// Counts the bytes of memory that they take.
    pub(super) reserve: &'a dyn Fn(usize) -> Result<(), APIException>,
}

/// A form with its encoded values as a JSON body would have them. Without a text, a list or an object is not sent. What can't be decoded
/// keeps its text, and has an error.
///
/// # Errors
/// 503: there is no memory for the values.
pub(super) fn decode(
    mut form: QueryDict,
    mut budget: Budget<'_>,
) -> Result<(QueryDict, Option<Detail>), APIException> {
    let mut errors: Vec<(String, Detail)> = Vec::new();
    let mut seen = HashSet::new();
    for name in names(&form, JSON, &mut seen) {
        let text = form.get(&name).and_then(Value::as_str).unwrap_or_default();
        if text.trim().is_empty() {
            form.remove(&name);
            continue;
        }
        match budget.parse(text)? {
            Ok(value) => form.set_list(name, vec![value]),
            Err(error) => errors.push((name, error)),
        }
    }
    for name in names(&form, LINES, &mut seen) {
        match budget.lines(form.get_list(&name))? {
            Ok(lines) => form.set_list(name, lines),
            Err(error) => errors.push((name, error)),
        }
    }
    for name in names(&form, FILE, &mut seen) {
        let files: Vec<Value> =
            form.get_list(&name).iter().filter(|value| value.as_str() != Some("")).cloned().collect();
        match files.is_empty() {
            true => form.remove(&name),
            false => form.set_list(name, files),
        }
    }
    // A file has a box too.
    for name in names(&form, CLEAR, &mut HashSet::new()) {
        // A new file wins.
        if !form.contains_key(&name) {
            form.set_list(name, vec![Value::Null]);
        }
    }
    Ok((form, (!errors.is_empty()).then(|| nested(errors))))
}

/// The names that a hidden field gives, each once: a value that is decoded is not decoded again.
fn names(form: &QueryDict, field: &str, seen: &mut HashSet<String>) -> Vec<String> {
    let names = form.get_list(field).iter().filter_map(Value::as_str);
    let names = names.filter(|name| name.split('.').nth(MAX_PARTS).is_none());
    names.filter(|name| seen.insert((*name).to_owned())).map(str::to_owned).collect()
}

impl Budget<'_> {
    /// A list, an object or null, or the error of a text that is none.
    fn parse(&mut self, text: &str) -> Result<Result<Value, Detail>, APIException> {
        let mut refused = Ok(());
        let mut reserve = |bytes| {
            refused = (self.reserve)(bytes);
            refused.is_ok()
        };
        let limits = Limits { max_values: self.values, reserve: &mut reserve };
        let decoded = json::decode_within(text.as_bytes(), Charset::Utf8, limits);
        refused?;
        Ok(match decoded {
            Ok(value @ (Value::List(_) | Value::Dict(_) | Value::Null)) => {
                self.values = self.values.saturating_sub(count(&value));
                Ok(value)
            }
            Ok(_) => Err(Detail::list("Write a list or an object in JSON.", "invalid")),
            Err(_) => Err(Detail::list(gettext("Value must be valid JSON."), "invalid")),
        })
    }

    /// The lines of texts that are not empty.
    fn lines(&mut self, texts: &[Value]) -> Result<Result<Vec<Value>, Detail>, APIException> {
        let texts = texts.iter().filter_map(Value::as_str);
        let lines = texts.flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty());
        let (count, length) = lines
            .clone()
            .fold((0, 0), |(count, length), line| (count + 1, length + line.len() + LINE_MEMORY));
        if count > self.values {
            return Ok(Err(Detail::list("There are too many lines.", "invalid")));
        }
        (self.reserve)(length)?;
        self.values -= count;
        Ok(Ok(lines.map(Value::from).collect()))
    }
}

/// The number of values in a value, itself included. The parser has bounded their depth.
fn count(value: &Value) -> usize {
    match value {
        Value::List(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Dict(items) => 1 + items.values().map(count).sum::<usize>(),
        _ => 1,
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
        let budget = Budget { values: 10, reserve: &|_| Ok(()) };
        decode(pairs.iter().copied().collect(), budget).unwrap()
    }

    /// It was followed to any depth, which overflowed the stack.
    #[test]
    fn a_name_of_many_parts_is_a_field() {
        let deep = format!("a{}", ".a".repeat(20_000));
        for hidden in ["_json", "_lines", "_file", "_clear"] {
            let (form, errors) = decoded(&[(hidden, &deep), (&deep, "5")]);
            assert_eq!((form.get(&deep).and_then(Value::as_str), errors), (Some("5"), None));
        }
    }

    #[test]
    fn a_name_counts_once() {
        let (form, errors) =
            decoded(&[("_json", "a"), ("_json", "a"), ("_lines", "a"), ("_file", "a"), ("a", "{}")]);
        assert_eq!((form.get("a"), errors), (Some(&Value::Dict(crate::data::Dict::new())), None));
    }

    #[test]
    fn all_values_of_a_form_count_together() {
        let five = "[1, 2, 3, 4]";
        let (_, errors) = decoded(&[("_json", "a"), ("_json", "b"), ("a", five), ("b", five)]);
        assert_eq!(errors, None);
        for (hidden, text) in [("_json", "[]"), ("_lines", "1")] {
            let pairs =
                [("_json", "a"), ("_json", "b"), (hidden, "c"), ("a", five), ("b", five), ("c", text)];
            let (form, errors) = decoded(&pairs);
            assert!(matches!(errors, Some(Detail::Dict(errors)) if errors.contains_key("c")));
            assert_eq!(form.get("c").and_then(Value::as_str), Some(text));
        }
    }

    #[test]
    fn without_memory_nothing_is_decoded() {
        for hidden in ["_json", "_lines"] {
            let no_memory = |_| Err(APIException::not_found());
            let budget = Budget { values: 10, reserve: &no_memory };
            let form = [(hidden, "a"), ("a", "[1]")].into_iter().collect();
            assert!(decode(form, budget).is_err(), "{hidden}");
        }
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

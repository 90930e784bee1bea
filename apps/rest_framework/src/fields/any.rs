//! Fields without validation: DRF's `_UnvalidatedField` and `JSONField`.

use std::fmt::Write as _;

use super::{Context, Field, Input, Kind, Options, Output, OutputError, write_native};
use crate::data::{Dict, Value};
use crate::error_detail::Detail;
use crate::json;
use crate::python::codecs::Charset;
use vitamin_framework::models::ValueRef;
use vitamin_framework::translation::gettext;

/// A field that accepts every value, including null: the default child of lists and dicts.
pub type AnyField = Field<Any>;

/// A field that accepts every JSON value. Forms contain it as JSON text.
pub type JSONField = Field<Json>;

/// The kind of [`AnyField`].
#[derive(Clone, Debug)]
pub struct Any;

/// The kind of [`JSONField`].
#[derive(Clone, Debug)]
pub struct Json {
    binary: bool,
}

impl Field<Any> {
    /// A field that accepts every value.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        Self::of_kind(Any).allow_null()
    }
}

impl Field<Json> {
    /// A field of JSON.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        Self::of_kind(Json { binary: false })
    }

    /// Input and output are JSON text, which contains the value's JSON.
    pub fn binary(mut self) -> Self {
        self.kind.binary = true;
        self
    }
}

impl Json {
    /// Whether input and output are JSON text.
    pub fn is_binary(&self) -> bool {
        self.binary
    }
}

impl Kind for Any {
    const TYPE: &'static str = "field";

    fn allow_blank(&self) -> bool {
        true
    }

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        Ok(plain(value))
    }
}

impl Kind for Json {
    const TYPE: &'static str = "field";

    fn get_value<'d>(
        &self,
        _: &Options,
        name: &str,
        data: &'d Input<'_>,
        _: Context<'_>,
    ) -> Option<Input<'d>> {
        let Input::Form(form) = data else { return data.get(name) };
        let text = form.get(name)?;
        // The list distinguishes the text `null` from a null value. An empty list is malformed JSON.
        let parsed = text.as_str().and_then(parse);
        Some(Input::List(parsed.into_iter().map(Input::from).collect()))
    }

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        let json = match value {
            Input::List(parsed) => parsed.first().map(plain),
            other if self.binary => other.as_value().and_then(Value::as_str).and_then(parse),
            other => Some(plain(other)),
        };
        json.filter(is_json).ok_or_else(|| Detail::list(gettext("Value must be valid JSON."), "invalid"))
    }

    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        if !self.binary {
            return write_native(value, output, out);
        }
        let mut native = Vec::new();
        write_native(value, output, &mut native)?;
        let value = json::decode(&native, Charset::Utf8)
            .map_err(|_| OutputError::new("JSONField: the value is not JSON"))?;
        let mut text = String::new();
        dumps(&mut text, &value);
        json::write_str(out, &text);
        Ok(())
    }
}

fn parse(text: &str) -> Option<Value> {
    json::decode(text.as_bytes(), Charset::Utf8).ok()
}

fn is_json(value: &Value) -> bool {
    match value {
        Value::Float(float) => float.is_finite(),
        Value::File(_) | Value::IllFormed(_) => false,
        Value::List(items) => items.iter().all(is_json),
        Value::Dict(dict) => dict.values().all(is_json),
        _ => true,
    }
}

/// Python's `json.dumps`: spaces after commas and colons, only ASCII.
fn dumps(out: &mut String, value: &Value) {
    let text = |out: &mut String, text: &str| {
        let mut json = Vec::new();
        json::write_str(&mut json, text);
        for c in String::from_utf8_lossy(&json).chars() {
            if matches!(c, ' '..='~') {
                out.push(c);
            } else {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    // Writing to a string cannot fail.
                    _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    };
    match value {
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                dumps(out, item);
            }
            out.push(']');
        }
        Value::Dict(dict) => {
            out.push('{');
            for (index, (key, item)) in dict.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                text(out, key);
                out.push_str(": ");
                dumps(out, item);
            }
            out.push('}');
        }
        Value::String(content) => text(out, content),
        other => {
            let mut json = Vec::new();
            _ = json::write(&mut json, other);
            out.push_str(&String::from_utf8_lossy(&json));
        }
    }
}

/// Converts the input to a plain value.
pub(super) fn plain(input: &Input<'_>) -> Value {
    match input {
        Input::Value(value) => value.as_ref().clone(),
        Input::Form(form) => {
            Value::Dict(form.items().map(|(key, value)| (key.to_owned(), value.clone())).collect::<Dict>())
        }
        Input::List(items) => Value::List(items.iter().map(plain).collect()),
    }
}

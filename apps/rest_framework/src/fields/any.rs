//! Fields without validation: DRF's `_UnvalidatedField` and `JSONField`.

use super::{Context, Field, Input, Kind, Options};
use crate::data::{Dict, Value};
use crate::error_detail::Detail;
use crate::json;
use crate::python::codecs::Charset;

/// A field that accepts every value, including null: the default child of lists and dicts.
pub type AnyField = Field<Any>;

/// A field that accepts every JSON value. Forms contain it as JSON text.
pub type JsonField = Field<Json>;

/// The kind of [`AnyField`].
#[derive(Clone, Debug)]
pub struct Any;

/// The kind of [`JsonField`].
#[derive(Clone, Debug)]
pub struct Json;

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
        Self::of_kind(Json)
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
        let parsed = text.as_str().and_then(|text| json::decode(text.as_bytes(), Charset::Utf8).ok());
        Some(Input::List(parsed.into_iter().map(Input::from).collect()))
    }

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        let json = match value {
            Input::List(parsed) => parsed.first().map(plain),
            other => Some(plain(other)),
        };
        json.filter(is_json).ok_or_else(|| Detail::list("Value must be valid JSON.", "invalid"))
    }
}

fn is_json(value: &Value) -> bool {
    match value {
        Value::Float(float) => float.is_finite(),
        Value::File(_) => false,
        Value::List(items) => items.iter().all(is_json),
        Value::Dict(dict) => dict.values().all(is_json),
        _ => true,
    }
}

/// Converts the input to a plain value.
fn plain(input: &Input<'_>) -> Value {
    match input {
        Input::Value(value) => value.as_ref().clone(),
        Input::Form(form) => {
            Value::Dict(form.items().map(|(key, value)| (key.to_owned(), value.clone())).collect::<Dict>())
        }
        Input::List(items) => Value::List(items.iter().map(plain).collect()),
    }
}

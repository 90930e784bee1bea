//! `ModelField`: a field of a model's column that no other kind fits.

use std::sync::Arc;

use super::any::plain;
use super::limit::describe_limit;
use super::output::quoted;
use super::{Context, Field, Input, Kind, Options, Output, OutputError, text, write_native};
use crate::data::{Dict, Value};
use crate::error_detail::{Detail, ErrorDetail};
use crate::json;
use vitamin_framework::models::ValueRef;
use vitamin_framework::translation::{format, gettext};

/// A field that converts values as a model's field does.
pub type ModelField = Field<ModelValue>;

type ToPython = Arc<dyn Fn(&Value) -> Result<Value, Detail> + Send + Sync>;

/// The kind of [`ModelField`].
#[derive(Clone)]
pub struct ModelValue {
    to_python: ToPython,
    max_length: Option<usize>,
}

impl Field<ModelValue> {
    /// A field whose input is converted by the model field's `to_python`. The value's form is the function's.
    pub fn new(to_python: impl Fn(&Value) -> Result<Value, Detail> + Send + Sync + 'static) -> Self {
        Self::of_kind(ModelValue { to_python: Arc::new(to_python), max_length: None })
    }

    /// The maximum number of characters.
    pub fn max_length(mut self, characters: usize) -> Self {
        self.kind.max_length = Some(characters);
        self
    }
}

impl ModelValue {
    /// The maximum number of characters.
    pub fn max_length(&self) -> Option<usize> {
        self.max_length
    }
}

impl Kind for ModelValue {
    const TYPE: &'static str = "field";

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        (self.to_python)(&plain(value))
    }

    fn validate(&self, value: &Value, errors: &mut Vec<ErrorDetail>) {
        let length = match value {
            Value::String(text) => text.chars().count(),
            Value::List(items) => items.len(),
            Value::Dict(dict) => dict.len(),
            _ => return,
        };
        if let Some(max) = self.max_length.filter(|max| length > *max) {
            let message = format(
                gettext("Ensure this field has no more than {max_length} characters."),
                &[("max_length", &max)],
            );
            errors.push(ErrorDetail::new(message, "max_length"));
        }
    }

    /// Values that Django protects (`is_protected_type`) are written as they are, others as the model field's text.
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        match value {
            ValueRef::Duration(duration) => quoted(out, |out| text::duration(out, duration)),
            ValueRef::Binary(bytes) => json::write_str(out, &crate::python::base64::b64encode(bytes)),
            other => write_native(other, output, out)?,
        }
        Ok(())
    }

    fn describe_limits(&self, info: &mut Dict) {
        describe_limit(info, "max_length", self.max_length);
    }
}

//! `BooleanField`.

use super::{Context, Field, Input, Kind, Options};
use crate::data::Value;
use crate::error_detail::Detail;

/// A boolean field. Accepts booleans, 1 and 0, and words such as `yes` and `off`.
pub type BooleanField = Field<Boolean>;

/// The kind of [`BooleanField`].
#[derive(Clone, Debug)]
pub struct Boolean;

impl Field<Boolean> {
    /// A boolean field. In a form, a missing field is false.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        Self::of_kind(Boolean)
    }
}

impl Kind for Boolean {
    const TYPE: &'static str = "boolean";

    fn empty_html(&self, options: &Options) -> Option<Value> {
        let empty = if options.allow_null { Value::Null } else { Value::Bool(false) };
        Some(options.default_value().unwrap_or(empty))
    }

    fn to_internal_value(
        &self,
        value: &Input<'_>,
        options: &Options,
        _: Context<'_>,
    ) -> Result<Value, Detail> {
        let boolean = match value.as_value() {
            Some(Value::Bool(value)) => Some(*value),
            Some(Value::Int(value)) => number(value.as_i64().map(|value| value as f64)),
            Some(Value::Float(value)) => number(Some(*value)),
            Some(Value::String(text)) => match text.to_lowercase().as_str() {
                "t" | "y" | "yes" | "true" | "on" | "1" => Some(true),
                "f" | "n" | "no" | "false" | "off" | "0" => Some(false),
                "null" | "" if options.allow_null => return Ok(Value::Null),
                _ => None,
            },
            _ => None,
        };
        boolean.map(Value::Bool).ok_or_else(|| Detail::list("Must be a valid boolean.", "invalid"))
    }
}

fn number(value: Option<f64>) -> Option<bool> {
    match value {
        Some(1.0) => Some(true),
        Some(0.0) => Some(false),
        _ => None,
    }
}

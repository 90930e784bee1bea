//! `BooleanField`.

use super::output::write_bool;
use super::{Context, Field, Input, Kind, Options, Output, OutputError};
use crate::data::Value;
use crate::error_detail::Detail;
use vitamin_framework::models::ValueRef;
use vitamin_framework::translation::gettext;

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

    fn empty_html(&self, options: &Options, context: Context<'_>) -> Option<Value> {
        Some(options.default_value(context).unwrap_or_else(|| self.initial(options)))
    }

    fn initial(&self, options: &Options) -> Value {
        if options.allow_null { Value::Null } else { Value::Bool(false) }
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
            Some(Value::String(text)) => match word(text) {
                Word::Boolean(value) => Some(value),
                Word::Null if options.allow_null => return Ok(Value::Null),
                _ => None,
            },
            _ => None,
        };
        boolean.map(Value::Bool).ok_or_else(|| Detail::list(gettext("Must be a valid boolean."), "invalid"))
    }

    /// Other values are true if Python's `bool()` of them is.
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        options: &Options,
        _: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        let boolean = match value {
            ValueRef::Bool(value) => value,
            ValueRef::Integer(value) => value != 0,
            ValueRef::Float(value) => value != 0.0,
            ValueRef::Text(text) => match word(text) {
                Word::Boolean(value) => value,
                Word::Null if options.allow_null => {
                    out.extend_from_slice(b"null");
                    return Ok(());
                }
                _ => !text.is_empty(),
            },
            ValueRef::Decimal(value) => value.sign() != bigdecimal::num_bigint::Sign::NoSign,
            ValueRef::Duration(value) => !value.is_zero(),
            ValueRef::Binary(bytes) => !bytes.is_empty(),
            ValueRef::Json(Value::List(items)) => !items.is_empty(),
            ValueRef::Json(Value::Dict(dict)) => !dict.is_empty(),
            ValueRef::Null => false,
            _ => true,
        };
        write_bool(out, boolean);
        Ok(())
    }
}

/// The value that a text stands for.
enum Word {
    Boolean(bool),
    Null,
    Other,
}

fn word(text: &str) -> Word {
    match text.to_lowercase().as_str() {
        "t" | "y" | "yes" | "true" | "on" | "1" => Word::Boolean(true),
        "f" | "n" | "no" | "false" | "off" | "0" => Word::Boolean(false),
        "null" | "" => Word::Null,
        _ => Word::Other,
    }
}

fn number(value: Option<f64>) -> Option<bool> {
    match value {
        Some(1.0) => Some(true),
        Some(0.0) => Some(false),
        _ => None,
    }
}

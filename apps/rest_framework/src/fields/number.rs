//! `IntegerField`, `BigIntegerField` and `FloatField`.

use std::io::Write as _;

use super::limit::{Bounds, Limit};
use super::output::{float, write_int};
use super::{Context, Field, Input, Kind, Options, Output, OutputError, digits, text};
use crate::data::{Dict, Integer, Value};
use crate::error_detail::{Detail, ErrorDetail};
use crate::{json, python};
use vitamin_framework::models::ValueRef;
use vitamin_framework::translation::gettext;

/// The maximum characters of text that is parsed as a number.
pub(super) const MAX_STRING_LENGTH: usize = 1000;

/// A field of integers of any size. Accepts `1`, `"1"` and `1.0`.
pub type IntegerField = Field<Int>;

/// The same, with a message of its own. Its output may be text, for clients whose numbers are floats.
pub type BigIntegerField = Field<BigInt>;

/// A field of finite floats. Accepts text too.
pub type FloatField = Field<Float>;

/// The kind of [`IntegerField`].
#[derive(Clone, Debug, Default)]
pub struct Int {
    bounds: Bounds,
}

/// The kind of [`BigIntegerField`].
#[derive(Clone, Debug, Default)]
pub struct BigInt {
    bounds: Bounds,
    coerce_to_string: Option<bool>,
}

/// The kind of [`FloatField`].
#[derive(Clone, Debug, Default)]
pub struct Float {
    bounds: Bounds,
}

macro_rules! bounded {
    ($($kind:ty),+) => {
        $(
            impl Field<$kind> {
                /// A field without bounds.
                #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
                pub fn new() -> Self {
                    Self::of_kind(<$kind>::default())
                }

                /// The maximum.
                pub fn max_value(mut self, max: impl Into<Limit>) -> Self {
                    self.kind.bounds.max = Some(max.into());
                    self
                }

                /// The minimum.
                pub fn min_value(mut self, min: impl Into<Limit>) -> Self {
                    self.kind.bounds.min = Some(min.into());
                    self
                }
            }

            impl $kind {
                /// The maximum.
                pub fn max_value(&self) -> Option<Limit> {
                    self.bounds.max
                }

                /// The minimum.
                pub fn min_value(&self) -> Option<Limit> {
                    self.bounds.min
                }
            }
        )+
    };
}

bounded!(Int, BigInt, Float);

impl Field<BigInt> {
    /// Whether output is text. By default the project decides ([`OutputSettings::coerce_bigint_to_string`](super::OutputSettings::coerce_bigint_to_string)).
    pub fn coerce_to_string(mut self, coerce: bool) -> Self {
        self.kind.coerce_to_string = Some(coerce);
        self
    }
}

impl BigInt {
    /// Whether output is text, if the field decides.
    pub fn coerce_to_string(&self) -> Option<bool> {
        self.coerce_to_string
    }
}

/// Rejects text that is too long to be parsed as a number.
pub(super) fn check_length(text: &str) -> Result<(), Detail> {
    // Text has at most as many characters as bytes.
    if text.len() > MAX_STRING_LENGTH && text.chars().count() > MAX_STRING_LENGTH {
        return Err(Detail::list(gettext("String value too large."), "max_string_length"));
    }
    Ok(())
}

impl Kind for Int {
    const TYPE: &'static str = "integer";

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        integer(value, "A valid integer is required.")
    }

    fn validate(&self, value: &Value, errors: &mut Vec<ErrorDetail>) {
        self.bounds.check_integer(value, errors);
    }

    #[inline]
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        _: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        write_integer(value, out)
    }

    fn describe_limits(&self, info: &mut Dict) {
        self.bounds.describe(info);
    }
}

impl Kind for BigInt {
    const TYPE: &'static str = "integer";

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        integer(value, "A valid biginteger is required.")
    }

    fn validate(&self, value: &Value, errors: &mut Vec<ErrorDetail>) {
        self.bounds.check_integer(value, errors);
    }

    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        if self.coerce_to_string.unwrap_or(output.settings.coerce_bigint_to_string) {
            json::write_str(out, &text::str(value, output.time_zone.use_tz()));
            return Ok(());
        }
        write_integer(value, out)
    }

    fn describe_limits(&self, info: &mut Dict) {
        self.bounds.describe(info);
    }
}

/// Reads an integer, or returns the error.
fn integer(value: &Input<'_>, message: &'static str) -> Result<Value, Detail> {
    let invalid = || Detail::list(gettext(message), "invalid");
    let text = match value.as_value() {
        Some(Value::Int(int)) => return Ok(Value::Int(int.clone())),
        Some(value @ (Value::String(_) | Value::Float(_))) => python::str(value),
        // In Python, the text of a file is its name. Its length is not checked.
        Some(Value::File(file)) => return int_text(&file.name).map(Value::Int).ok_or_else(invalid),
        _ => return Err(invalid()),
    };
    check_length(&text)?;
    int_text(&text).map(Value::Int).ok_or_else(invalid)
}

/// Python's `int(text)`, of a whole number that may have a decimal point.
fn int_text(text: &str) -> Option<Integer> {
    let end = text.trim_end_matches(python::is_space);
    let whole = end.trim_end_matches('0').strip_suffix('.').unwrap_or(text);
    digits::int_text(whole).and_then(|text| Integer::parse(&text))
}

/// Python's `int(value)`.
#[inline]
fn write_integer(value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<(), OutputError> {
    match value {
        ValueRef::Integer(int) => write_int(out, int),
        ValueRef::Bool(value) => write_int(out, value.into()),
        ValueRef::Float(float) if float.is_finite() => _ = write!(out, "{:.0}", float.trunc() + 0.0),
        ValueRef::Decimal(decimal) => _ = write!(out, "{}", decimal.with_scale(0).to_plain_string()),
        ValueRef::Json(Value::Int(int)) => _ = write!(out, "{int}"),
        ValueRef::Text(text) => match digits::int_text(text).and_then(|text| Integer::parse(&text)) {
            Some(int) => _ = write!(out, "{int}"),
            None => return Err(OutputError::unexpected("IntegerField", value)),
        },
        other => return Err(OutputError::unexpected("IntegerField", other)),
    }
    Ok(())
}

impl Kind for Float {
    const TYPE: &'static str = "float";

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        let float = match value.as_value() {
            Some(Value::Int(int)) => match int.to_f64() {
                None => {
                    return Err(Detail::list(
                        gettext("Integer value too large to convert to float"),
                        "overflow",
                    ));
                }
                float => float,
            },
            Some(Value::Bool(value)) => Some(f64::from(u8::from(*value))),
            Some(Value::Float(float)) => Some(*float),
            Some(Value::String(text)) => {
                check_length(text)?;
                digits::float(text)
            }
            _ => None,
        };
        let finite = float.filter(|float| float.is_finite()).map(Value::Float);
        finite.ok_or_else(|| Detail::list(gettext("A valid number is required."), "invalid"))
    }

    fn validate(&self, value: &Value, errors: &mut Vec<ErrorDetail>) {
        let Value::Float(float) = value else { return };
        self.bounds.check(|limit| float.partial_cmp(&limit.to_f64()), errors);
    }

    #[inline]
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        _: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        let unexpected = || OutputError::unexpected("FloatField", value);
        let float = match value {
            ValueRef::Float(float) => float,
            ValueRef::Integer(int) => int as f64,
            ValueRef::Bool(value) => f64::from(u8::from(value)),
            ValueRef::Decimal(decimal) => float(decimal),
            ValueRef::Json(Value::Int(int)) => int.to_f64().ok_or_else(unexpected)?,
            ValueRef::Text(text) => digits::float(text).ok_or_else(unexpected)?,
            _ => return Err(unexpected()),
        };
        Ok(json::write_float(out, float)?)
    }

    fn describe_limits(&self, info: &mut Dict) {
        self.bounds.describe(info);
    }
}

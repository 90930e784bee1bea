//! `IntegerField` and `FloatField`.

use std::cmp::Ordering;
use std::fmt;

use super::{Context, Field, Input, Kind, Options, digits};
use crate::data::{Dict, Integer, Value};
use crate::error_detail::{Detail, ErrorDetail};
use crate::python;

/// The maximum characters of text that is parsed as a number.
pub(super) const MAX_STRING_LENGTH: usize = 1000;

/// A field of integers of any size. Accepts `1`, `"1"` and `1.0`.
pub type IntegerField = Field<Int>;

/// A field of finite floats. Accepts text too.
pub type FloatField = Field<Float>;

/// The kind of [`IntegerField`].
#[derive(Clone, Debug, Default)]
pub struct Int {
    bounds: Bounds,
}

/// The kind of [`FloatField`].
#[derive(Clone, Debug, Default)]
pub struct Float {
    bounds: Bounds,
}

/// The limit of a number. Messages show it as Python prints it: 10 or 10.0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// An `int`.
    Int(i64),
    /// A `float`.
    Float(f64),
}

/// The minimum and maximum of a number.
#[derive(Clone, Debug, Default)]
pub(super) struct Bounds {
    pub(super) max: Option<Limit>,
    pub(super) min: Option<Limit>,
}

impl From<i64> for Limit {
    fn from(limit: i64) -> Self {
        Self::Int(limit)
    }
}

impl From<i32> for Limit {
    fn from(limit: i32) -> Self {
        Self::Int(limit.into())
    }
}

impl From<f64> for Limit {
    fn from(limit: f64) -> Self {
        Self::Float(limit)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(limit) => limit.fmt(f),
            Self::Float(limit) => f.write_str(&python::float_repr(*limit)),
        }
    }
}

impl Bounds {
    /// Collects the errors of a value. `compare` compares it with a limit.
    pub(super) fn check(&self, compare: impl Fn(Limit) -> Option<Ordering>, errors: &mut Vec<ErrorDetail>) {
        if let Some(max) = self.max.filter(|max| compare(*max) == Some(Ordering::Greater)) {
            let message = format!("Ensure this value is less than or equal to {max}.");
            errors.push(ErrorDetail::new(message, "max_value"));
        }
        if let Some(min) = self.min.filter(|min| compare(*min) == Some(Ordering::Less)) {
            let message = format!("Ensure this value is greater than or equal to {min}.");
            errors.push(ErrorDetail::new(message, "min_value"));
        }
    }

    pub(super) fn describe(&self, info: &mut Dict) {
        for (key, limit) in [("min_value", self.min), ("max_value", self.max)] {
            let value = match limit {
                Some(Limit::Int(limit)) => limit.into(),
                Some(Limit::Float(limit)) => limit.into(),
                None => continue,
            };
            info.insert(key.to_owned(), value);
        }
    }
}

/// Adds a limit on a length or number of digits to a field's description.
pub(crate) fn describe_limit(info: &mut Dict, key: &str, length: Option<usize>) {
    if let Some(length) = length.and_then(|length| i64::try_from(length).ok()) {
        info.insert(key.to_owned(), length.into());
    }
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
        )+
    };
}

bounded!(Int, Float);

/// Rejects text that is too long to be parsed as a number.
pub(super) fn check_length(text: &str) -> Result<(), Detail> {
    // Text has at most as many characters as bytes.
    if text.len() > MAX_STRING_LENGTH && text.chars().count() > MAX_STRING_LENGTH {
        return Err(Detail::list("String value too large.", "max_string_length"));
    }
    Ok(())
}

impl Kind for Int {
    const TYPE: &'static str = "integer";

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        let invalid = || Detail::list("A valid integer is required.", "invalid");
        let text = match value.as_value() {
            Some(Value::Int(int)) => return Ok(Value::Int(int.clone())),
            Some(value @ (Value::String(_) | Value::Float(_))) => python::str(value),
            _ => return Err(invalid()),
        };
        check_length(&text)?;
        let end = text.trim_end_matches(python::is_space);
        let whole = end.trim_end_matches('0').strip_suffix('.').unwrap_or(&text);
        let int = digits::int_text(whole).and_then(|text| Integer::parse(&text));
        int.map(Value::Int).ok_or_else(invalid)
    }

    fn validate(&self, value: &Value, errors: &mut Vec<ErrorDetail>) {
        let Value::Int(int) = value else { return };
        let compare = |limit| match limit {
            Limit::Int(limit) => Some(int.cmp(&limit.into())),
            Limit::Float(limit) => int.to_f64().unwrap_or(f64::INFINITY).partial_cmp(&limit),
        };
        self.bounds.check(compare, errors);
    }

    fn describe_limits(&self, info: &mut Dict) {
        self.bounds.describe(info);
    }
}

impl Kind for Float {
    const TYPE: &'static str = "float";

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        let float = match value.as_value() {
            Some(Value::Int(int)) => match int.to_f64() {
                None => return Err(Detail::list("Integer value too large to convert to float", "overflow")),
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
        finite.ok_or_else(|| Detail::list("A valid number is required.", "invalid"))
    }

    fn validate(&self, value: &Value, errors: &mut Vec<ErrorDetail>) {
        let Value::Float(float) = value else { return };
        let compare = |limit| match limit {
            Limit::Int(limit) => float.partial_cmp(&(limit as f64)),
            Limit::Float(limit) => float.partial_cmp(&limit),
        };
        self.bounds.check(compare, errors);
    }

    fn describe_limits(&self, info: &mut Dict) {
        self.bounds.describe(info);
    }
}

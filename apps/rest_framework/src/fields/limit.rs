//! The minimum and maximum of a number.

use std::cmp::Ordering;
use std::fmt;

use crate::data::{Dict, Value};
use crate::error_detail::ErrorDetail;
use crate::python;
use vitamin_framework::translation::{format, gettext};

/// The limit of a number. Messages show it as Python prints it: 10, 10.0 or 10.00.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// An `int`.
    Int(i64),
    /// A `float`.
    Float(f64),
    /// The text of a `Decimal`, such as `9.99`.
    Decimal(&'static str),
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

impl From<&'static str> for Limit {
    fn from(limit: &'static str) -> Self {
        Self::Decimal(limit)
    }
}

impl Limit {
    /// The limit as the nearest float.
    pub fn to_f64(self) -> f64 {
        match self {
            Self::Int(limit) => limit as f64,
            Self::Float(limit) => limit,
            Self::Decimal(limit) => limit.parse().unwrap_or(f64::NAN),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(limit) => limit.fmt(f),
            Self::Float(limit) => f.write_str(&python::float_repr(*limit)),
            Self::Decimal(limit) => f.write_str(limit),
        }
    }
}

impl Bounds {
    /// Collects the errors of a value. `compare` compares it with a limit.
    pub(super) fn check(&self, compare: impl Fn(Limit) -> Option<Ordering>, errors: &mut Vec<ErrorDetail>) {
        if let Some(max) = self.max.filter(|max| compare(*max) == Some(Ordering::Greater)) {
            let message = format(
                gettext("Ensure this value is less than or equal to {max_value}."),
                &[("max_value", &max)],
            );
            errors.push(ErrorDetail::new(message, "max_value"));
        }
        if let Some(min) = self.min.filter(|min| compare(*min) == Some(Ordering::Less)) {
            let message = format(
                gettext("Ensure this value is greater than or equal to {min_value}."),
                &[("min_value", &min)],
            );
            errors.push(ErrorDetail::new(message, "min_value"));
        }
    }

    pub(super) fn check_integer(&self, value: &Value, errors: &mut Vec<ErrorDetail>) {
        let Value::Int(int) = value else { return };
        let compare = |limit| match limit {
            Limit::Int(limit) => Some(int.cmp(&limit.into())),
            limit => int.to_f64().unwrap_or(f64::INFINITY).partial_cmp(&limit.to_f64()),
        };
        self.check(compare, errors);
    }

    pub(super) fn describe(&self, info: &mut Dict) {
        for (key, limit) in [("min_value", self.min), ("max_value", self.max)] {
            let value = match limit {
                Some(Limit::Int(limit)) => limit.into(),
                Some(limit) => limit.to_f64().into(),
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

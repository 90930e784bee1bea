//! `DecimalField`: exact decimal numbers.

use std::cmp::Ordering;

use super::number::{Bounds, Limit, check_length, describe_limit};
use super::{Context, Field, Input, Kind, Options, digits};
use crate::data::{Dict, Value};
use crate::error_detail::{Detail, ErrorDetail};
use crate::python;

/// A field of decimal numbers. Accepts text too. The value is text such as `10.50`, with all of the field's places.
pub type DecimalField = Field<Decimal>;

/// The kind of [`DecimalField`].
#[derive(Clone, Debug)]
pub struct Decimal {
    max_digits: Option<usize>,
    decimal_places: Option<usize>,
    bounds: Bounds,
}

impl Field<Decimal> {
    /// A field with these maximum numbers of digits, in total and after the decimal point. `None` is no limit.
    pub fn new(max_digits: impl Into<Option<usize>>, decimal_places: impl Into<Option<usize>>) -> Self {
        let (max_digits, decimal_places) = (max_digits.into(), decimal_places.into());
        Self::of_kind(Decimal { max_digits, decimal_places, bounds: Bounds::default() })
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

impl Kind for Decimal {
    const TYPE: &'static str = "decimal";

    fn validate_blank(&self, options: &Options, value: &Input<'_>) -> Option<Result<Value, Detail>> {
        let text = value.as_value()?.as_str()?;
        (options.allow_null && python::strip(text).is_empty()).then_some(Ok(Value::Null))
    }

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        let invalid = || Detail::list("A valid number is required.", "invalid");
        let text = match value.as_value() {
            Some(value @ (Value::String(_) | Value::Int(_) | Value::Float(_))) => python::str(value),
            _ => return Err(invalid()),
        };
        let text = python::strip(&text);
        check_length(text)?;
        let number = Number::parse(text).ok_or_else(invalid)?;
        self.check_precision(&number)?;
        Ok(number.print(self.decimal_places).into())
    }

    fn validate(&self, value: &Value, errors: &mut Vec<ErrorDetail>) {
        let Some(number) = value.as_str().and_then(Number::parse) else { return };
        let compare = |limit: Limit| Number::parse(&limit.to_string()).map(|limit| number.compare(&limit));
        self.bounds.check(compare, errors);
    }

    fn describe_limits(&self, info: &mut Dict) {
        self.bounds.describe(info);
        describe_limit(info, "max_digits", self.max_digits);
        describe_limit(info, "decimal_places", self.decimal_places);
    }
}

impl Decimal {
    fn check_precision(&self, number: &Number) -> Result<(), Detail> {
        let length = i64::try_from(number.digits.len()).unwrap_or(i64::MAX);
        let places = number.exponent.min(0).saturating_neg();
        let total =
            if number.exponent >= 0 { length.saturating_add(number.exponent) } else { length.max(places) };
        let exceeds = |count: i64, limit: Option<usize>| {
            limit.filter(|limit| count > i64::try_from(*limit).unwrap_or(i64::MAX))
        };
        if let Some(max) = exceeds(total, self.max_digits) {
            let message = format!("Ensure that there are no more than {max} digits in total.");
            return Err(Detail::list(message, "max_digits"));
        }
        if let Some(max) = exceeds(places, self.decimal_places) {
            let message = format!("Ensure that there are no more than {max} decimal places.");
            return Err(Detail::list(message, "max_decimal_places"));
        }
        let max_whole =
            self.max_digits.zip(self.decimal_places).map(|(all, places)| all.saturating_sub(places));
        if let Some(max) = exceeds(total - places, max_whole) {
            let message =
                format!("Ensure that there are no more than {max} digits before the decimal point.");
            return Err(Detail::list(message, "max_whole_digits"));
        }
        Ok(())
    }
}

/// A number as digits times a power of ten.
pub(crate) struct Number {
    pub(crate) negative: bool,
    /// ASCII, without leading zeros; `0` for zero.
    pub(crate) digits: String,
    pub(crate) exponent: i64,
}

/// Numbers with a larger exponent are printed with an exponent, so that `1e999999999` stays short.
const MAX_WRITTEN: i64 = 4300;

/// Python's largest exponent (`decimal.MAX_EMAX`).
const MAX_EXPONENT: i64 = 999_999_999_999_999_999;

impl Number {
    /// Parses what Python's `Decimal(text)` accepts, except infinities and NaN.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let ascii = digits::to_ascii(text).replace('_', "");
        let (sign, number) = digits::split_sign(&ascii);
        let (mantissa, exponent) = match number.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
            None => (number, 0i64),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        let significant = all.trim_start_matches('0');
        let digits = if significant.is_empty() { "0" } else { significant }.to_owned();
        let number = Self { negative: sign == "-", digits, exponent };
        (number.magnitude().abs() <= MAX_EXPONENT).then_some(number)
    }

    /// The decimal exponent of the first digit.
    pub(crate) fn magnitude(&self) -> i64 {
        self.exponent.saturating_add(i64::try_from(self.digits.len()).unwrap_or(i64::MAX)).saturating_sub(1)
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.digits == "0"
    }

    /// Prints the number, with at least this many decimal places.
    fn print(&self, places: Option<usize>) -> String {
        let sign = if self.negative { "-" } else { "" };
        if self.exponent.abs() > MAX_WRITTEN {
            return format!("{sign}{}E{:+}", self.digits, self.exponent);
        }
        let own_places = usize::try_from(self.exponent.min(0).saturating_neg()).unwrap_or(0);
        let zeros = usize::try_from(self.exponent.max(0)).unwrap_or(0);
        let zeros = if self.is_zero() { 0 } else { zeros };
        // At least one digit precedes the decimal point.
        let padded = format!("{:0>width$}{:0<zeros$}", self.digits, "", width = own_places + 1);
        let (whole, fraction) = padded.split_at_checked(padded.len() - own_places).unwrap_or((&padded, ""));
        let places = places.unwrap_or(own_places);
        let dot = if places > 0 { "." } else { "" };
        format!("{sign}{whole}{dot}{fraction:0<places$}")
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.is_zero(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let by_sign = sign(self).cmp(&sign(other));
        if by_sign != Ordering::Equal || self.is_zero() {
            return by_sign;
        }
        let digits = |number: &Self| number.digits.trim_end_matches('0').to_owned();
        let by_size = self.magnitude().cmp(&other.magnitude()).then_with(|| digits(self).cmp(&digits(other)));
        if self.negative { by_size.reverse() } else { by_size }
    }
}

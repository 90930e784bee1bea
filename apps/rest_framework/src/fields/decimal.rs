//! `DecimalField`: exact decimal numbers.

use std::io::Write as _;

use bigdecimal::{BigDecimal, ToPrimitive as _};

use super::limit::{Bounds, Limit, describe_limit};
use super::number::check_length;
use super::quantize::{Number, Rounding};
use super::{Context, Field, Input, Kind, Options, Output, OutputError, text};
use crate::data::{Dict, Value};
use crate::error_detail::{Detail, ErrorDetail};
use crate::{json, python};
use vitamin_framework::models::ValueRef;
use vitamin_framework::translation::{format, gettext};

/// A field of decimal numbers. Accepts text too. The value is text such as `10.50`, with all of the field's places.
pub type DecimalField = Field<Decimal>;

/// The kind of [`DecimalField`].
#[derive(Clone, Debug)]
pub struct Decimal {
    max_digits: Option<usize>,
    decimal_places: Option<usize>,
    bounds: Bounds,
    coerce_to_string: Option<bool>,
    rounding: Rounding,
    normalize_output: bool,
}

impl Field<Decimal> {
    /// A field with these maximum numbers of digits, in total and after the decimal point. `None` is no limit.
    pub fn new(max_digits: impl Into<Option<usize>>, decimal_places: impl Into<Option<usize>>) -> Self {
        let (max_digits, decimal_places) = (max_digits.into(), decimal_places.into());
        Self::of_kind(Decimal {
            max_digits,
            decimal_places,
            bounds: Bounds::default(),
            coerce_to_string: None,
            rounding: Rounding::default(),
            normalize_output: false,
        })
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

    /// Whether output is text, such as `"10.50"`, or a number. By default the project decides
    /// ([`OutputSettings::coerce_decimal_to_string`](super::OutputSettings::coerce_decimal_to_string)).
    pub fn coerce_to_string(mut self, coerce: bool) -> Self {
        self.kind.coerce_to_string = Some(coerce);
        self
    }

    /// How output is rounded to the field's places.
    pub fn rounding(mut self, rounding: Rounding) -> Self {
        self.kind.rounding = rounding;
        self
    }

    /// Removes trailing zeros from output.
    pub fn normalize_output(mut self) -> Self {
        self.kind.normalize_output = true;
        self
    }
}

impl Kind for Decimal {
    const TYPE: &'static str = "decimal";

    fn validate_blank(&self, options: &Options, value: &Input<'_>) -> Option<Result<Value, Detail>> {
        if !options.allow_null {
            return None;
        }
        let blank = match value.as_value()? {
            Value::String(text) => python::strip(text).is_empty(),
            Value::File(file) => python::strip(&file.name).is_empty(),
            _ => false,
        };
        blank.then_some(Ok(Value::Null))
    }

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        let invalid = || Detail::list(gettext("A valid number is required."), "invalid");
        // As in Python, any value is text, and its length is checked first.
        let text = value.text();
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

    #[inline]
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        let coerce = self.coerce_to_string.unwrap_or(output.settings.coerce_decimal_to_string);
        if let ValueRef::Decimal(decimal) = value
            && coerce
            && !self.normalize_output
            && self.write_column(decimal, out)
        {
            return Ok(());
        }
        let number = match value {
            ValueRef::Decimal(decimal) => Some(Number::from_column(decimal)),
            other => Number::parse(python::strip(&text::str(other, output.time_zone.use_tz()))),
        };
        let number = number.ok_or_else(|| OutputError::unexpected("DecimalField", value))?;
        let number = match self.decimal_places {
            Some(places) => number.quantize(places, self.rounding, self.max_digits).ok_or_else(|| {
                OutputError::new("DecimalField: the number has more digits than max_digits")
            })?,
            None => number,
        };
        let number = if self.normalize_output { number.normalize() } else { number };
        if coerce {
            json::write_str(out, &number.print(None));
            return Ok(());
        }
        Ok(json::write_float(out, number.to_f64())?)
    }

    fn describe_limits(&self, info: &mut Dict) {
        self.bounds.describe(info);
        describe_limit(info, "max_digits", self.max_digits);
        describe_limit(info, "decimal_places", self.decimal_places);
    }
}

impl Decimal {
    /// The maximum number of digits.
    pub fn max_digits(&self) -> Option<usize> {
        self.max_digits
    }

    /// The number of decimal places.
    pub fn decimal_places(&self) -> Option<usize> {
        self.decimal_places
    }

    /// The maximum.
    pub fn max_value(&self) -> Option<Limit> {
        self.bounds.max
    }

    /// The minimum.
    pub fn min_value(&self) -> Option<Limit> {
        self.bounds.min
    }

    /// Whether output is text, if the field decides.
    pub fn coerce_to_string(&self) -> Option<bool> {
        self.coerce_to_string
    }

    /// How output is rounded.
    pub fn rounding(&self) -> Rounding {
        self.rounding
    }

    /// Whether trailing zeros are removed from output.
    pub fn normalizes_output(&self) -> bool {
        self.normalize_output
    }

    /// Writes a number that has the field's places already, without an allocation. False if nothing was written.
    fn write_column(&self, decimal: &BigDecimal, out: &mut Vec<u8>) -> bool {
        let (int, scale) = decimal.as_bigint_and_scale();
        let places = self.decimal_places.filter(|places| i64::try_from(*places) == Ok(scale));
        let power = |digits: usize| u32::try_from(digits).ok().and_then(|digits| 10_u128.checked_pow(digits));
        let (Some(places), Some(int)) = (places, int.to_i128()) else { return false };
        let (Some(one), Some(limit)) = (power(places), power(self.max_digits.unwrap_or(28))) else {
            return false;
        };
        let digits = int.unsigned_abs();
        if digits >= limit {
            return false;
        }
        let sign = if int < 0 { "-" } else { "" };
        // Writing to a vector cannot fail.
        _ = match places {
            0 => write!(out, "\"{sign}{digits}\""),
            _ => write!(out, "\"{sign}{}.{:0places$}\"", digits / one, digits % one),
        };
        true
    }

    fn check_precision(&self, number: &Number) -> Result<(), Detail> {
        let length = i64::try_from(number.digits.len()).unwrap_or(i64::MAX);
        let places = number.exponent.min(0).saturating_neg();
        let total =
            if number.exponent >= 0 { length.saturating_add(number.exponent) } else { length.max(places) };
        let exceeds = |count: i64, limit: Option<usize>| {
            limit.filter(|limit| count > i64::try_from(*limit).unwrap_or(i64::MAX))
        };
        if let Some(max) = exceeds(total, self.max_digits) {
            let message = format(
                gettext("Ensure that there are no more than {max_digits} digits in total."),
                &[("max_digits", &max)],
            );
            return Err(Detail::list(message, "max_digits"));
        }
        if let Some(max) = exceeds(places, self.decimal_places) {
            let message = format(
                gettext("Ensure that there are no more than {max_decimal_places} decimal places."),
                &[("max_decimal_places", &max)],
            );
            return Err(Detail::list(message, "max_decimal_places"));
        }
        let max_whole =
            self.max_digits.zip(self.decimal_places).map(|(all, places)| all.saturating_sub(places));
        if let Some(max) = exceeds(total - places, max_whole) {
            let message = format(
                gettext(
                    "Ensure that there are no more than {max_whole_digits} digits before the decimal point.",
                ),
                &[("max_whole_digits", &max)],
            );
            return Err(Detail::list(message, "max_whole_digits"));
        }
        Ok(())
    }
}

/// Python's `str(Decimal)`.
pub(super) fn python_str(value: &BigDecimal) -> String {
    Number::from_column(value).python_str()
}

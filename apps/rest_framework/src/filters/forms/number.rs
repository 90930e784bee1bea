//! `DecimalField` of django/forms/fields.py, as NumberFilter uses it.

use std::sync::LazyLock;

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::BigInt;

use super::super::error::Invalid;
use crate::fields::quantize::Number;
use crate::python;
use vitamin_framework::translation::{gettext, percent_format};

/// The largest number that NumberFilter accepts: the float 1e50.
static MAX: LazyLock<Option<Number>> =
    LazyLock::new(|| Number::parse("100000000000000007629769841091887003294964970946560"));

/// Larger and smaller exponents are cut off. No column has such values, and nobody may make the server write out all their
/// zeros.
const MAX_MAGNITUDE: i64 = 400;

/// A number; infinities and NaN are errors. `limited`: at most 1e50.
pub(crate) fn clean(text: &str, limited: bool) -> Result<BigDecimal, Invalid> {
    let number =
        Number::parse(python::strip(text)).ok_or_else(|| Invalid::invalid(gettext("Enter a number.")))?;
    if limited && MAX.as_ref().is_some_and(|max| number.compare(max).is_gt()) {
        let message = percent_format(
            gettext("Ensure this value is less than or equal to %(limit_value)s."),
            &[("limit_value", &"1e+50")],
        );
        return Err(Invalid::new(message, "max_value"));
    }
    let sign = if number.negative { -1 } else { 1 };
    if number.is_zero() || number.magnitude() < -MAX_MAGNITUDE {
        // The sign remains: no row has a value between this number and zero.
        let tiny = if number.is_zero() { 0 } else { sign };
        return Ok(BigDecimal::new(BigInt::from(tiny), if tiny == 0 { 0 } else { MAX_MAGNITUDE }));
    }
    if number.magnitude() > MAX_MAGNITUDE {
        return Ok(BigDecimal::new(BigInt::from(sign), -MAX_MAGNITUDE));
    }
    let digits: BigInt = number.digits.parse().map_err(|_| Invalid::invalid(gettext("Enter a number.")))?;
    Ok(BigDecimal::new(digits * sign, number.exponent.saturating_neg()))
}

/// Whether two invalid texts have different errors in Python, though the same words: the error of an infinity contains the
/// number, and no NaN equals another.
pub(super) fn are_distinct(one: &str, other: &str) -> bool {
    let special = |text: &str| {
        let text = python::strip(text).to_lowercase();
        let (sign, name) =
            text.strip_prefix('-').map_or((1, text.trim_start_matches('+')), |rest| (-1, rest));
        match name {
            "inf" | "infinity" => Some(sign),
            _ => name
                .strip_prefix("nan")
                .or_else(|| name.strip_prefix("snan"))
                .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
                .map(|_| 0),
        }
    };
    match (special(one), special(other)) {
        (None, None) => false,
        (one, other) => one != other || one == Some(0),
    }
}

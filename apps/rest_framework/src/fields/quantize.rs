//! Decimal numbers as Python's `decimal` has them: digits, an exponent, and rounding.

use std::cmp::Ordering;

use bigdecimal::BigDecimal;

use super::digits;

/// How digits are dropped (the constants of Python's `decimal`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rounding {
    /// `ROUND_CEILING`: towards infinity.
    Ceiling,
    /// `ROUND_DOWN`: towards zero.
    Down,
    /// `ROUND_FLOOR`: towards negative infinity.
    Floor,
    /// `ROUND_HALF_DOWN`: to the nearest, ties towards zero.
    HalfDown,
    /// `ROUND_HALF_EVEN`: to the nearest, ties to an even digit. The default.
    #[default]
    HalfEven,
    /// `ROUND_HALF_UP`: to the nearest, ties away from zero.
    HalfUp,
    /// `ROUND_UP`: away from zero.
    Up,
    /// `ROUND_05UP`: away from zero if the last digit would be 0 or 5, else towards zero.
    ZeroFiveUp,
}

/// The precision of Python's default context.
const PRECISION: usize = 28;

/// A number as digits times a power of ten.
#[derive(Clone)]
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

    /// The number of a column.
    pub(crate) fn from_column(value: &BigDecimal) -> Self {
        let (int, scale) = value.as_bigint_and_exponent();
        let text = int.to_string();
        let (sign, digits) = digits::split_sign(&text);
        Self { negative: sign == "-", digits: digits.to_owned(), exponent: scale.saturating_neg() }
    }

    /// Rounds to this many decimal places, or appends zeros. `None` if the result has more digits than the precision,
    /// where Python raises InvalidOperation.
    pub(crate) fn quantize(
        mut self,
        places: usize,
        rounding: Rounding,
        precision: Option<usize>,
    ) -> Option<Self> {
        let exponent = i64::try_from(places).ok()?.checked_neg()?;
        let missing = self.exponent.checked_sub(exponent)?;
        if missing < 0 {
            self.round(usize::try_from(missing.unsigned_abs()).unwrap_or(usize::MAX), rounding);
        } else if !self.is_zero() {
            let missing = usize::try_from(missing).ok().filter(|missing| *missing <= 10_000)?;
            self.digits.extend(std::iter::repeat_n('0', missing));
        }
        self.exponent = exponent;
        (self.digits.len() <= precision.unwrap_or(PRECISION)).then_some(self)
    }

    /// Removes trailing zeros (`Decimal.normalize()`).
    pub(crate) fn normalize(mut self) -> Self {
        let excess = self.digits.len().saturating_sub(PRECISION);
        if excess > 0 {
            self.round(excess, Rounding::HalfEven);
        }
        if self.is_zero() {
            self.exponent = 0;
            return self;
        }
        let length = self.digits.trim_end_matches('0').len();
        self.exponent += i64::try_from(self.digits.len() - length).unwrap_or_default();
        self.digits.truncate(length);
        self
    }

    /// Drops the last digits.
    fn round(&mut self, count: usize, rounding: Rounding) {
        let kept_length = self.digits.len().saturating_sub(count);
        let dropped = self.digits.split_off(kept_length);
        let last = self.digits.bytes().last().unwrap_or(b'0');
        let is_nonzero = dropped.bytes().any(|digit| digit != b'0');
        // Fewer digits than are dropped: the first dropped one is a zero.
        let half = if dropped.len() < count { Ordering::Less } else { compare_with_half(&dropped) };
        let away = match rounding {
            Rounding::Ceiling => is_nonzero && !self.negative,
            Rounding::Down => false,
            Rounding::Floor => is_nonzero && self.negative,
            Rounding::HalfDown => half.is_gt(),
            Rounding::HalfEven => half.is_gt() || half.is_eq() && (last - b'0') % 2 == 1,
            Rounding::HalfUp => half.is_ge(),
            Rounding::Up => is_nonzero,
            Rounding::ZeroFiveUp => is_nonzero && matches!(last, b'0' | b'5'),
        };
        self.exponent = self.exponent.saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
        if away {
            let nines = self.digits.len() - self.digits.trim_end_matches('9').len();
            self.digits.truncate(self.digits.len() - nines);
            let next = self.digits.pop().map_or('1', |digit| char::from(digit as u8 + 1));
            self.digits.push(next);
            self.digits.extend(std::iter::repeat_n('0', nines));
        }
        if self.digits.is_empty() {
            self.digits.push('0');
        }
    }

    /// Python's `str()`, which has an exponent for large and small numbers.
    pub(crate) fn python_str(&self) -> String {
        let length = i64::try_from(self.digits.len()).unwrap_or(i64::MAX);
        let left = self.exponent.saturating_add(length);
        if self.exponent <= 0 && left > -6 {
            return self.print(None);
        }
        let sign = if self.negative { "-" } else { "" };
        let (first, rest) = self.digits.split_at_checked(1).unwrap_or_default();
        let dot = if rest.is_empty() { "" } else { "." };
        format!("{sign}{first}{dot}{rest}E{:+}", left - 1)
    }

    /// The nearest float.
    pub(crate) fn to_f64(&self) -> f64 {
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{}e{}", self.digits, self.exponent).parse().unwrap_or(f64::NAN)
    }

    /// The decimal exponent of the first digit.
    pub(crate) fn magnitude(&self) -> i64 {
        self.exponent.saturating_add(i64::try_from(self.digits.len()).unwrap_or(i64::MAX)).saturating_sub(1)
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.digits == "0"
    }

    /// Prints the number, with at least this many decimal places.
    pub(crate) fn print(&self, places: Option<usize>) -> String {
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

/// Compares dropped digits with a half.
fn compare_with_half(dropped: &str) -> Ordering {
    let (first, rest) = dropped.split_at_checked(1).unwrap_or_default();
    let is_more = rest.bytes().any(|digit| digit != b'0');
    first.cmp("5").then(if is_more { Ordering::Greater } else { Ordering::Equal })
}

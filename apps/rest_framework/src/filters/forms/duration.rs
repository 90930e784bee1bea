//! `parse_duration` of django/utils/dateparse.py, and `DurationField` of django/forms/fields.py.

use chrono::TimeDelta;

use super::super::error::Invalid;
use crate::fields::digits;
use vitamin_framework::translation::{format, gettext};

const DAY: i128 = 86_400_000_000;

/// Python's largest `timedelta`, in days.
const MAX_DAYS: i128 = 999_999_999;

pub(crate) fn clean(text: &str) -> Result<TimeDelta, Invalid> {
    let ascii = digits::to_ascii(text);
    // Python's `$` also matches before a line feed at the end.
    let ascii = ascii.strip_suffix('\n').unwrap_or(&ascii);
    let parts = standard(ascii).or_else(|| iso8601(ascii)).or_else(|| postgres(ascii));
    let parts = parts.ok_or_else(|| Invalid::invalid(gettext("Enter a valid duration.")))?;
    parts.sum().ok_or_else(|| {
        let message = format(
            gettext("The number of days must be between {min_days} and {max_days}."),
            &[("min_days", &-MAX_DAYS), ("max_days", &MAX_DAYS)],
        );
        Invalid::new(message, "overflow")
    })
}

/// The texts of the numbers. Empty: 0.
#[derive(Default)]
struct Parts<'a> {
    days: &'a str,
    /// Whether a sign before everything counts for the days too.
    signs_days: bool,
    negative: bool,
    hours: &'a str,
    minutes: &'a str,
    seconds: &'a str,
    micros: &'a str,
}

impl Parts<'_> {
    fn sum(&self) -> Option<TimeDelta> {
        let days = exact(&[(self.days, DAY)])?;
        let (hour, minute, second) = (DAY / 24, DAY / 24 / 60, 1_000_000);
        let micros = format!("{:0<6}", self.micros);
        let clock =
            exact(&[(&micros, 1), (self.seconds, second), (self.minutes, minute), (self.hours, hour)])?;
        let sign = |value: i128, negative: bool| if negative { -value } else { value };
        let total = sign(days, self.negative && self.signs_days) + sign(clock, self.negative);
        in_range(total)?;
        in_range(days)?;
        let nanos = u32::try_from(total.rem_euclid(1_000_000)).ok()? * 1000;
        TimeDelta::new(total.div_euclid(1_000_000).try_into().ok()?, nanos)
    }
}

fn in_range(micros: i128) -> Option<()> {
    (-MAX_DAYS..=MAX_DAYS).contains(&micros.div_euclid(DAY)).then_some(())
}

/// The sum in microseconds, as CPython's `timedelta` computes it from floats: the fractions are added up, and rounded once,
/// ties to even.
fn exact(parts: &[(&str, i128)]) -> Option<i128> {
    let (mut sum, mut left) = (0_i128, 0.0_f64);
    for (text, factor) in parts.iter().filter(|(text, _)| !text.is_empty()) {
        let number: f64 = text.replace(',', ".").parse().ok()?;
        // No valid duration has larger parts. Infinity too ends here.
        if number.abs() > 1e16 {
            return None;
        }
        sum += number.trunc() as i128 * factor;
        let product = number.fract() * *factor as f64;
        sum += product.trunc() as i128;
        left += product.fract();
    }
    in_range(sum)?;
    let mut whole = left.round();
    if (whole - left).abs() == 0.5 {
        let odd = if sum % 2 == 0 { 0.0 } else { 1.0 };
        whole = 2.0 * ((left + odd) * 0.5).round() - odd;
    }
    sum += whole as i128;
    in_range(sum)?;
    Some(sum)
}

fn take_digits<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())?;
    *rest = after;
    Some(digits)
}

fn take(rest: &mut &str, prefix: &str) -> bool {
    rest.strip_prefix(prefix).map(|after| *rest = after).is_some()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Splits off days: an optional minus and digits.
fn split_days(text: &str) -> Option<(&str, &str)> {
    let mut rest = text.strip_prefix('-').unwrap_or(text);
    take_digits(&mut rest)?;
    text.split_at_checked(text.len() - rest.len())
}

/// `[days [day[s], ]][-][[hours:]minutes:]seconds[.micros]`
fn standard(text: &str) -> Option<Parts<'_>> {
    let clock = |text| standard_clock(text, "");
    let with_days = || {
        let (days, rest) = split_days(text)?;
        let rest = rest.strip_prefix(' ')?;
        let named = rest.strip_prefix("days, ").or_else(|| rest.strip_prefix("day, "));
        let found = named.and_then(|rest| standard_clock(rest, days));
        found.or_else(|| standard_clock(rest, days))
    };
    with_days().or_else(|| clock(text))
}

fn standard_clock<'a>(text: &'a str, days: &'a str) -> Option<Parts<'a>> {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (clock, micros) = match rest.split_once(['.', ',']) {
        Some((clock, micros)) if is_digits(micros) && micros.len() <= 12 => {
            (clock, micros.get(..6).unwrap_or(micros))
        }
        Some(_) => return None,
        None => (rest, ""),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let (hours, minutes, seconds) = match parts[..] {
        [hours, minutes, seconds] => (hours, minutes, seconds),
        [minutes, seconds] => ("0", minutes, seconds),
        [seconds] => ("0", "0", seconds),
        _ => return None,
    };
    let valid = [hours, minutes, seconds].into_iter().all(is_digits);
    valid.then_some(Parts { days, negative, hours, minutes, seconds, micros, ..Parts::default() })
}

/// `[-]P[nD][T[nH][nM][nS]]`, with decimal fractions.
fn iso8601(text: &str) -> Option<Parts<'_>> {
    let negative = text.starts_with('-');
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text).strip_prefix('P')?;
    let (days, clock) = match rest.split_once('T') {
        Some((days, clock)) => (days, clock),
        None => (rest, ""),
    };
    let mut parts = Parts { negative, signs_days: true, ..Parts::default() };
    let mut days = days;
    take_unit(&mut days, 'D', &mut parts.days);
    let mut rest = clock;
    take_unit(&mut rest, 'H', &mut parts.hours);
    take_unit(&mut rest, 'M', &mut parts.minutes);
    take_unit(&mut rest, 'S', &mut parts.seconds);
    (days.is_empty() && rest.is_empty()).then_some(parts)
}

/// Splits off a number with a unit, if it comes first.
fn take_unit<'a>(rest: &mut &'a str, unit: char, number: &mut &'a str) {
    let Some((value, after)) = rest.split_once(unit) else { return };
    let valid = match value.split_once(['.', ',']) {
        Some((whole, fraction)) => is_digits(whole) && is_digits(fraction),
        None => is_digits(value),
    };
    if valid {
        (*rest, *number) = (after, value);
    }
}

/// `[days day[s] ][[±]hours:MM:SS[.micros]]`
fn postgres(text: &str) -> Option<Parts<'_>> {
    let with_days = || {
        let (days, rest) = split_days(text)?;
        let mut rest = rest.strip_prefix(" day")?;
        take(&mut rest, "s");
        take(&mut rest, " ");
        postgres_clock(rest, days)
    };
    with_days().or_else(|| postgres_clock(text, ""))
}

fn postgres_clock<'a>(text: &'a str, days: &'a str) -> Option<Parts<'a>> {
    let mut parts = Parts { days, ..Parts::default() };
    if text.is_empty() {
        return Some(parts);
    }
    parts.negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    parts.hours = take_digits(&mut rest)?;
    parts.minutes = take_digits(take(&mut rest, ":").then_some(&mut rest)?).filter(|text| text.len() == 2)?;
    parts.seconds = take_digits(take(&mut rest, ":").then_some(&mut rest)?).filter(|text| text.len() == 2)?;
    if take(&mut rest, ".") {
        parts.micros = take_digits(&mut rest).filter(|text| text.len() <= 6)?;
    }
    rest.is_empty().then_some(parts)
}

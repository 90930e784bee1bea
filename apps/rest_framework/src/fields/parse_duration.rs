//! Durations in text (`parse_duration` of django/utils/dateparse.py).

use chrono::TimeDelta;

use super::{digits, text};

/// Python's OverflowError: the duration has too many days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overflow;

/// Parses Django's format, ISO 8601 or PostgreSQL's format of intervals. `None` if it is none of them.
pub(crate) fn parse_duration(text: &str) -> Result<Option<TimeDelta>, Overflow> {
    let ascii = digits::to_ascii(text);
    // Python's `$` also matches before a trailing newline.
    let text = ascii.strip_suffix('\n').unwrap_or(&ascii);
    let Some(parts) = standard(text).or_else(|| iso8601(text)).or_else(|| postgres(text)) else {
        return Ok(None);
    };
    let days = timedelta([None, None, None, None, parts.days])? * parts.days_sign;
    let rest = timedelta([parts.micros, parts.seconds, parts.minutes, parts.hours, None])? * parts.sign;
    text::from_microseconds(days + rest).map(Some).ok_or(Overflow)
}

/// The parts of a duration. Python converts each of them to a float.
#[derive(Default)]
struct Parts {
    days: Option<f64>,
    days_sign: i128,
    sign: i128,
    hours: Option<f64>,
    minutes: Option<f64>,
    seconds: Option<f64>,
    micros: Option<f64>,
}

fn sign(is_negative: bool) -> i128 {
    if is_negative { -1 } else { 1 }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `\d+`
fn whole(text: &str) -> Option<f64> {
    if is_digits(text) { text.parse().ok() } else { None }
}

/// `-?\d+`
fn signed(text: &str) -> Option<f64> {
    if is_digits(text.strip_prefix('-').unwrap_or(text)) { text.parse().ok() } else { None }
}

/// `\d{1,6}`, as microseconds.
fn fraction(text: &str) -> Option<f64> {
    if is_digits(text) && text.len() <= 6 { format!("{text:0<6}").parse().ok() } else { None }
}

/// `[DD[ days,] ][HH:]MM:]ss[.uuuuuu]`
fn standard(text: &str) -> Option<Parts> {
    let (days, rest) = match text.split_once(' ') {
        Some((days, rest)) => {
            let rest = rest.strip_prefix("days, ").or_else(|| rest.strip_prefix("day, ")).unwrap_or(rest);
            (Some(signed(days)?), rest)
        }
        None => (None, text),
    };
    let unsigned = rest.strip_prefix('-').unwrap_or(rest);
    let (clock, micros) = match unsigned.split_once(['.', ',']) {
        Some((clock, digits)) => {
            let (read, ignored) = digits.split_at_checked(6).unwrap_or((digits, ""));
            if ignored.len() > 6 || !ignored.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            (clock, Some(fraction(read)?))
        }
        None => (unsigned, None),
    };
    let mut parts = clock.rsplit(':');
    let seconds = Some(whole(parts.next()?)?);
    let minutes = parts.next().map(|minutes| whole(minutes).ok_or(())).transpose().ok()?;
    let hours = parts.next().map(|hours| whole(hours).ok_or(())).transpose().ok()?;
    let sign = sign(unsigned.len() < rest.len());
    parts.next().is_none().then_some(Parts { days, days_sign: 1, sign, hours, minutes, seconds, micros })
}

/// `[+-]PnDTnHnMnS`
fn iso8601(text: &str) -> Option<Parts> {
    let sign = sign(text.starts_with('-'));
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text).strip_prefix('P')?;
    let unit = |designator: char, rest: &mut &str| -> Option<Option<f64>> {
        let Some((number, after)) = rest.split_once(designator) else { return Some(None) };
        let (whole_part, fraction) = number.split_once(['.', ',']).unwrap_or((number, "0"));
        // The designator may belong to a later part.
        if !is_digits(whole_part) || !is_digits(fraction) {
            return Some(None);
        }
        *rest = after;
        Some(Some(number.replace(',', ".").parse().ok()?))
    };
    let days = unit('D', &mut rest)?;
    let mut parts = Parts { days, days_sign: sign, sign, ..Parts::default() };
    if let Some(time) = rest.strip_prefix('T') {
        rest = time;
        parts.hours = unit('H', &mut rest)?;
        parts.minutes = unit('M', &mut rest)?;
        parts.seconds = unit('S', &mut rest)?;
    }
    rest.is_empty().then_some(parts)
}

/// `[N days][ ][+-]HH:MM:SS[.uuuuuu]`. All of it may be missing: empty text is no time at all.
fn postgres(text: &str) -> Option<Parts> {
    let (days, rest) = match text.split_once(" day") {
        Some((days, rest)) => {
            let rest = rest.strip_prefix('s').unwrap_or(rest);
            (Some(signed(days)?), rest.strip_prefix(' ').unwrap_or(rest))
        }
        None => (None, text),
    };
    let mut parts = Parts { days, days_sign: 1, sign: sign(rest.starts_with('-')), ..Parts::default() };
    if rest.is_empty() {
        return Some(parts);
    }
    let clock = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    let (clock, micros) = match clock.split_once('.') {
        Some((clock, digits)) => (clock, Some(fraction(digits)?)),
        None => (clock, None),
    };
    let (hours, rest) = clock.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':').filter(|(m, s)| m.len() == 2 && s.len() == 2)?;
    parts.hours = Some(whole(hours)?);
    parts.minutes = Some(whole(minutes)?);
    parts.seconds = Some(whole(seconds)?);
    parts.micros = micros;
    Some(parts)
}

/// Microseconds of Python's `timedelta` of floats, in the order in which CPython adds them: microseconds, seconds, minutes,
/// hours, days. Fractions of a microsecond are added up, and rounded half to even.
fn timedelta(parts: [Option<f64>; 5]) -> Result<i128, Overflow> {
    const FACTORS: [u32; 4] = [1, 1_000_000, 60_000_000, 3_600_000_000];
    let factors = FACTORS.into_iter().map(f64::from).chain([86_400_000_000.0]);
    let (mut total, mut leftover) = (0_i128, 0.0_f64);
    for (part, factor) in parts.into_iter().zip(factors) {
        let Some(part) = part else { continue };
        let (whole, fraction) = (part.trunc(), part.fract());
        // No valid duration has more microseconds than this.
        if whole.is_nan() || whole.abs() >= 1e21 {
            return Err(Overflow);
        }
        total += whole as i128 * factor as i128;
        if fraction != 0.0 {
            let product = factor * fraction;
            total += product.trunc() as i128;
            leftover += product.fract();
        }
    }
    if leftover != 0.0 {
        let mut rounded = leftover.round();
        if (rounded - leftover).abs() == 0.5 {
            let odd = if total % 2 == 0 { 0.0 } else { 1.0 };
            rounded = 2.0 * ((leftover + odd) * 0.5).round() - odd;
        }
        total += rounded as i128;
    }
    text::from_microseconds(total).map(|_| total).ok_or(Overflow)
}

//! The text of dates, times, durations and other values, as Python's `isoformat()` and `str()` and as Django write them.

use std::borrow::Cow;
use std::io::Write as _;

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike as _};
use vitamin_framework::models::ValueRef;

use crate::python;

/// The days of Python's shortest and longest `timedelta`, without its sign.
pub(super) const MAX_DAYS: i64 = 999_999_999;

const SECONDS_A_DAY: i64 = 86_400;

/// Appends a number with leading zeros.
#[inline]
fn digits<const WIDTH: usize>(out: &mut Vec<u8>, mut value: u32) {
    let mut text = [b'0'; WIDTH];
    for digit in text.iter_mut().rev() {
        *digit += u8::try_from(value % 10).unwrap_or_default();
        value /= 10;
    }
    out.extend_from_slice(&text);
}

/// `date.isoformat()`.
pub(super) fn date(out: &mut Vec<u8>, date: NaiveDate) {
    digits::<4>(out, date.year().unsigned_abs());
    out.push(b'-');
    digits::<2>(out, date.month());
    out.push(b'-');
    digits::<2>(out, date.day());
}

/// `time.isoformat()`: with six digits of microseconds, or none if they are zero.
pub(super) fn time(out: &mut Vec<u8>, time: NaiveTime) {
    clock(out, time.hour(), time.minute(), time.second(), time.nanosecond() / 1000 % 1_000_000);
}

fn clock(out: &mut Vec<u8>, hour: u32, minute: u32, second: u32, micro: u32) {
    digits::<2>(out, hour);
    out.push(b':');
    digits::<2>(out, minute);
    out.push(b':');
    digits::<2>(out, second);
    if micro != 0 {
        out.push(b'.');
        digits::<6>(out, micro);
    }
}

/// `datetime.isoformat()` of a local time, with `Z` for UTC. `None` is a naive time.
pub(super) fn datetime(out: &mut Vec<u8>, local: NaiveDateTime, offset: Option<TimeDelta>) {
    // Once, instead of as the parts are added.
    out.reserve(32);
    date(out, local.date());
    out.push(b'T');
    time(out, local.time());
    match offset {
        Some(offset) if offset.is_zero() => out.push(b'Z'),
        Some(offset) => self::offset(out, offset, true),
        None => {}
    }
}

/// `+01:00`, or `+0100` without colons. Seconds are written if they are not zero.
pub(super) fn offset(out: &mut Vec<u8>, offset: TimeDelta, colons: bool) {
    let seconds = offset.num_seconds();
    out.push(if seconds < 0 { b'-' } else { b'+' });
    let all = u32::try_from(seconds.unsigned_abs()).unwrap_or_default();
    digits::<2>(out, all / 3600);
    out.extend_from_slice(if colons { b":" } else { b"" });
    digits::<2>(out, all / 60 % 60);
    if all % 60 != 0 {
        out.extend_from_slice(if colons { b":" } else { b"" });
        digits::<2>(out, all % 60);
    }
}

/// The microseconds of a duration.
fn microseconds(duration: TimeDelta) -> i128 {
    i128::from(duration.num_seconds()) * 1_000_000 + i128::from(duration.subsec_nanos() / 1000)
}

/// The duration of so many microseconds. `None` if Python's `timedelta` raises OverflowError.
pub(super) fn from_microseconds(micros: i128) -> Option<TimeDelta> {
    let seconds = i64::try_from(micros.div_euclid(1_000_000)).ok()?;
    let nanos = u32::try_from(micros.rem_euclid(1_000_000)).ok()? * 1000;
    let in_range = (-MAX_DAYS..=MAX_DAYS).contains(&seconds.div_euclid(SECONDS_A_DAY));
    TimeDelta::new(seconds, nanos).filter(|_| in_range)
}

/// `timedelta.total_seconds()`.
pub(super) fn total_seconds(duration: TimeDelta) -> f64 {
    let micros = microseconds(duration);
    let sign = if micros < 0 { "-" } else { "" };
    let all = micros.unsigned_abs();
    // Text is rounded once, as Python's division of integers is.
    format!("{sign}{}.{:06}", all / 1_000_000, all % 1_000_000).parse().unwrap_or_default()
}

/// The days, the seconds of the day, and the microseconds. Only the days may be negative.
fn parts(micros: i128) -> (i128, u32, u32) {
    let seconds = micros.div_euclid(1_000_000);
    let of_day = u32::try_from(seconds.rem_euclid(i128::from(SECONDS_A_DAY))).unwrap_or_default();
    let micro = u32::try_from(micros.rem_euclid(1_000_000)).unwrap_or_default();
    (seconds.div_euclid(i128::from(SECONDS_A_DAY)), of_day, micro)
}

/// Django's `duration_string`: `3 01:02:03.000004`.
pub(super) fn duration(out: &mut Vec<u8>, duration: TimeDelta) {
    let (days, seconds, micro) = parts(microseconds(duration));
    if days != 0 {
        // Writing to a vector cannot fail.
        _ = write!(out, "{days} ");
    }
    clock(out, seconds / 3600, seconds / 60 % 60, seconds % 60, micro);
}

/// Django's `duration_iso_string`: `P3DT01H02M03.000004S`.
pub(super) fn iso_duration(out: &mut Vec<u8>, duration: TimeDelta) {
    let micros = microseconds(duration);
    let (days, seconds, micro) = parts(micros.abs());
    let sign = if micros < 0 { "-" } else { "" };
    _ = write!(out, "{sign}P{days}DT{:02}H{:02}M{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if micro != 0 {
        _ = write!(out, ".{micro:06}");
    }
    out.push(b'S');
}

/// Python's `str(timedelta)`: `3 days, 1:02:03.000004`.
pub(super) fn timedelta(duration: TimeDelta) -> String {
    let (days, seconds, micro) = parts(microseconds(duration));
    let days = match days {
        0 => String::new(),
        1 | -1 => format!("{days} day, "),
        _ => format!("{days} days, "),
    };
    let fraction = if micro == 0 { String::new() } else { format!(".{micro:06}") };
    format!("{days}{}:{:02}:{:02}{fraction}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Text as a `String`.
pub(super) fn string(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::with_capacity(32);
    write(&mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Python's `str()` of a column's value. A time is aware with `USE_TZ`.
pub(super) fn str(value: ValueRef<'_>, use_tz: bool) -> Cow<'_, str> {
    let text = match value {
        ValueRef::Text(text) => return Cow::Borrowed(text),
        ValueRef::Json(value) => return python::str(value),
        ValueRef::Null => return Cow::Borrowed("None"),
        ValueRef::Bool(value) => return Cow::Borrowed(if value { "True" } else { "False" }),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Float(value) => python::float_repr(value),
        ValueRef::Date(value) => string(|out| date(out, value)),
        ValueRef::Time(value) => string(|out| time(out, value)),
        ValueRef::DateTime(value) => string(|out| {
            date(out, value.date());
            out.push(b' ');
            time(out, value.time());
            out.extend_from_slice(if use_tz { b"+00:00" } else { b"" });
        }),
        ValueRef::Duration(value) => timedelta(value),
        ValueRef::Uuid(value) => value.to_string(),
        ValueRef::Decimal(value) => super::decimal::python_str(value),
        ValueRef::Binary(bytes) => {
            let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
            let escaped = bytes.iter().map(|byte| match byte {
                b'\\' => "\\\\".to_owned(),
                b'\'' if quote == '\'' => "\\'".to_owned(),
                b'\n' => "\\n".to_owned(),
                b'\r' => "\\r".to_owned(),
                b'\t' => "\\t".to_owned(),
                b' '..=b'~' => char::from(*byte).to_string(),
                other => format!("\\x{other:02x}"),
            });
            format!("b{quote}{}{quote}", escaped.collect::<String>())
        }
    };
    Cow::Owned(text)
}

//! Positions of rows in cursors: Python's `str()` of a column's value.

use std::borrow::Cow;

use bigdecimal::BigDecimal;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike as _};

use crate::data::Integer;
use crate::fields::digits;
use crate::fields::iso8601::{in_range, parse_date, parse_datetime};
use crate::fields::uuid;
use crate::filters::forms::{duration, number};
use crate::filters::{Cleaned, FilterColumn};
use crate::python;
use vitamin_framework::models::ValueRef;
use vitamin_framework::timezone::TimeZone;

/// Returns Python's `str()` of a column's value, as Django reads it. `use_tz` is `USE_TZ` of the project: a date and time
/// is then printed with its offset, `+00:00`.
#[must_use]
pub fn position(value: ValueRef<'_>, use_tz: bool) -> String {
    match value {
        ValueRef::Null => "None".to_owned(),
        ValueRef::Bool(true) => "True".to_owned(),
        ValueRef::Bool(false) => "False".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Float(number) => python::float_repr(number),
        ValueRef::Text(text) => text.to_owned(),
        ValueRef::Date(date) => iso_date(date),
        ValueRef::Time(time) => iso_time(time),
        ValueRef::DateTime(moment) => datetime(moment, use_tz),
        ValueRef::Duration(duration) => timedelta(duration),
        ValueRef::Uuid(uuid) => uuid.to_string(),
        ValueRef::Decimal(number) => decimal(number),
        ValueRef::Json(value) => match python::str(value) {
            Cow::Borrowed(text) => text.to_owned(),
            Cow::Owned(text) => text,
        },
        ValueRef::Binary(bytes) => bytes_repr(bytes),
    }
}

/// Reads the position of a cursor as a value of a column, as Django's model fields do. `None`: it is none, and the caller
/// answers [`invalid_cursor`](super::CursorPagination::invalid_cursor).
#[must_use]
pub fn parse_position(text: &str, column: FilterColumn, zone: &TimeZone) -> Option<Cleaned> {
    match column {
        FilterColumn::Boolean => match text {
            "True" | "t" | "1" => Some(Cleaned::Bool(true)),
            "False" | "f" | "0" => Some(Cleaned::Bool(false)),
            _ => None,
        },
        FilterColumn::Char => (!text.contains('\0')).then(|| Cleaned::Text(text.to_owned())),
        FilterColumn::Date => parse_date(text).map(Cleaned::Date),
        FilterColumn::DateTime => parse_moment(text, zone).map(Cleaned::DateTime),
        FilterColumn::Time => text.parse().ok().map(Cleaned::Time),
        FilterColumn::Duration => duration::clean(text).ok().map(Cleaned::Duration),
        FilterColumn::Integer => {
            let number = digits::int(text)?;
            // No row is beyond the limits.
            let limit = if number < Integer::from(0) { i64::MIN } else { i64::MAX };
            Some(Cleaned::Integer(number.as_i64().unwrap_or(limit)))
        }
        FilterColumn::Float => digits::float(text).map(Cleaned::Float),
        FilterColumn::Decimal => number::clean(text, false).ok().map(Cleaned::Decimal),
        FilterColumn::Uuid => uuid::parse(text).map(|number| Cleaned::Uuid(::uuid::Uuid::from_u128(number))),
        FilterColumn::ForeignKey | FilterColumn::ManyToMany | FilterColumn::Other => None,
    }
}

/// A moment in UTC; without `USE_TZ` the local time.
fn parse_moment(text: &str, zone: &TimeZone) -> Option<NaiveDateTime> {
    let day = || Some((parse_date(text)?.and_time(NaiveTime::MIN), None));
    let (local, offset) = parse_datetime(text).or_else(day)?;
    let offset = match offset {
        Some(offset) => offset,
        None if zone.use_tz() => zone.offset_of_local(local)?,
        None => TimeDelta::zero(),
    };
    local.checked_sub_signed(offset).filter(|utc| in_range(utc.date()))
}

fn iso_date(date: NaiveDate) -> String {
    date.format("%Y-%m-%d").to_string()
}

fn iso_time(time: NaiveTime) -> String {
    time.format(if time.nanosecond() == 0 { "%H:%M:%S" } else { "%H:%M:%S%.6f" }).to_string()
}

fn datetime(moment: NaiveDateTime, use_tz: bool) -> String {
    let offset = if use_tz { "+00:00" } else { "" };
    format!("{} {}{offset}", iso_date(moment.date()), iso_time(moment.time()))
}

/// `str(timedelta)`: only the days are negative.
fn timedelta(duration: TimeDelta) -> String {
    const DAY: i64 = 86_400;
    let seconds = duration.num_seconds();
    let micros = i64::from(duration.subsec_nanos()) / 1000;
    // Both have the sign of the duration.
    let (seconds, micros) = if micros < 0 { (seconds - 1, micros + 1_000_000) } else { (seconds, micros) };
    let (days, of_day) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let days = match days {
        0 => String::new(),
        1 | -1 => format!("{days} day, "),
        days => format!("{days} days, "),
    };
    let micros = if micros == 0 { String::new() } else { format!(".{micros:06}") };
    format!("{days}{}:{:02}:{:02}{micros}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// `str(Decimal)`: with an exponent if the number is large or small (`Decimal.__str__`).
fn decimal(number: &BigDecimal) -> String {
    let (digits, scale) = number.as_bigint_and_exponent();
    let text = digits.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    // The exponent of the first digit.
    let leading = length.saturating_sub(1).saturating_sub(scale);
    if scale >= 0 && leading >= -6 {
        let places = usize::try_from(scale).unwrap_or(0);
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = padded.split_at_checked(padded.len() - places).unwrap_or((&padded, ""));
        let dot = if fraction.is_empty() { "" } else { "." };
        return format!("{sign}{whole}{dot}{fraction}");
    }
    let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
    let dot = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{dot}{rest}E{leading:+}")
}

/// `str(bytes)`: `b'\x00a'`.
fn bytes_repr(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut text = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\t' => text.push_str("\\t"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b' '..=b'~' => {
                let c = char::from(*byte);
                if c == quote || c == '\\' {
                    text.push('\\');
                }
                text.push(c);
            }
            byte => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text.push(quote);
    text
}

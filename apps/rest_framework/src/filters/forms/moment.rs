//! `DateField`, `TimeField` and `DateTimeField` of django/forms/fields.py, and `IsoDateTimeField` of django-filter.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike as _};

use super::super::error::Invalid;
use super::strptime;
use crate::fields::iso8601::{in_range, parse_datetime};
use crate::python;
use vitamin_framework::timezone::TimeZone;
use vitamin_framework::translation::{gettext, percent_format};

/// The first and the last moment of Python's range.
const FIRST: Option<NaiveDateTime> = match NaiveDate::from_ymd_opt(1, 1, 1) {
    Some(date) => date.and_hms_opt(0, 0, 0),
    None => None,
};
const LAST: Option<NaiveDateTime> = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(date) => date.and_hms_micro_opt(23, 59, 59, 999_999),
    None => None,
};

pub(super) fn date(text: &str) -> Result<NaiveDate, Invalid> {
    strptime::date(python::strip(text)).ok_or_else(|| Invalid::invalid(gettext("Enter a valid date.")))
}

pub(super) fn time(text: &str) -> Result<NaiveTime, Invalid> {
    strptime::time(python::strip(text)).ok_or_else(|| Invalid::invalid(gettext("Enter a valid time.")))
}

/// A moment in UTC; without `USE_TZ` the local time. `iso`: only ISO 8601, not the formats of the locale.
///
/// A moment that is out of range in UTC is the first or the last one of the range. PostgreSQL compares with it, as Django sends it;
/// on SQLite Django crashes.
pub(super) fn datetime(text: &str, iso: bool, zone: &TimeZone) -> Result<NaiveDateTime, Invalid> {
    let text = python::strip(text);
    let local = || if iso { None } else { strptime::datetime(text).map(|local| (local, None)) };
    let (moment, offset) = parse_datetime(text).or_else(local).ok_or_else(invalid_datetime)?;
    if !zone.use_tz() {
        return Ok(shift(moment, offset.unwrap_or_default()));
    }
    let offset = match offset {
        Some(offset) => Some(offset),
        None if zone.is_ambiguous_or_imaginary(moment) => return Err(ambiguous(moment, zone)),
        None => zone.offset_of_local(moment),
    };
    offset.map(|offset| shift(moment, offset)).ok_or_else(invalid_datetime)
}

/// The first or the last moment of a day, in UTC; without `USE_TZ` the local time.
pub(in super::super) fn day(
    date: NaiveDate,
    is_end: bool,
    zone: &TimeZone,
) -> Result<NaiveDateTime, Invalid> {
    let end = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap_or_default();
    let local = date.and_time(if is_end { end } else { NaiveTime::MIN });
    let offset = if zone.use_tz() { zone.offset_of_local(local) } else { Some(TimeDelta::zero()) };
    let moment = offset.map(|offset| shift(local, offset));
    moment.ok_or_else(|| Invalid::invalid(gettext("Enter a valid date.")))
}

fn shift(local: NaiveDateTime, offset: TimeDelta) -> NaiveDateTime {
    let moment = local.checked_sub_signed(offset).filter(|utc| in_range(utc.date()));
    let end = if offset > TimeDelta::zero() { FIRST } else { LAST };
    moment.or(end).unwrap_or(local)
}

fn invalid_datetime() -> Invalid {
    Invalid::invalid(gettext("Enter a valid date/time."))
}

fn ambiguous(local: NaiveDateTime, zone: &TimeZone) -> Invalid {
    let format = if local.nanosecond() == 0 { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M:%S%.6f" };
    let message = percent_format(
        gettext(
            "%(datetime)s couldn’t be interpreted in time zone %(current_timezone)s; it may be ambiguous or it may not \
             exist.",
        ),
        &[("datetime", &local.format(format)), ("current_timezone", &zone.name())],
    );
    Invalid::new(message, "ambiguous_timezone")
}

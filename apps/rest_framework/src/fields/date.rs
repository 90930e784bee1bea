//! `DateTimeField` and `DateField`, in ISO 8601.

use chrono::{NaiveDateTime, TimeDelta};

use super::iso8601::{in_range, parse_date, parse_datetime};
use super::{Context, Field, Input, Kind, Options};
use crate::data::Value;
use crate::error_detail::Detail;
use vitamin_framework::timezone::{TimeZone, isoformat};

/// A field of a date and time. Input without an offset is in the project's time zone. The value is in that zone too, such
/// as `2026-11-23T20:40:50.123456+01:00` or, in UTC, `2026-11-23T20:40:50Z`. A fraction of zero is omitted. Without
/// `USE_TZ` the value has no offset, and input with an offset is converted to UTC, as in Django REST framework.
///
/// A time that a change of the offset skips or repeats gets the offset before the change, as in Django REST framework.
pub type DateTimeField = Field<DateTime>;

/// A field of a date. The value is `2026-11-23`.
pub type DateField = Field<Date>;

/// The kind of [`DateTimeField`].
#[derive(Clone, Debug)]
pub struct DateTime;

/// The kind of [`DateField`].
#[derive(Clone, Debug)]
pub struct Date;

impl Field<DateTime> {
    /// A field of a date and time.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        Self::of_kind(DateTime)
    }
}

impl Field<Date> {
    /// A field of a date.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        Self::of_kind(Date)
    }
}

impl Kind for DateTime {
    const TYPE: &'static str = "datetime";

    fn to_internal_value(
        &self,
        value: &Input<'_>,
        _: &Options,
        context: Context<'_>,
    ) -> Result<Value, Detail> {
        let Some((time, offset)) = value.as_value().and_then(Value::as_str).and_then(parse_datetime) else {
            let format = "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]";
            let message = format!("Datetime has wrong format. Use one of these formats instead: {format}.");
            return Err(Detail::list(message, "invalid"));
        };
        let value = enforce_timezone(time, offset, context.time_zone);
        value.map(Into::into).ok_or_else(|| Detail::list("Datetime value out of range.", "overflow"))
    }
}

impl Kind for Date {
    const TYPE: &'static str = "date";

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        let date = value.as_value().and_then(Value::as_str).and_then(parse_date);
        date.map(|date| date.format("%Y-%m-%d").to_string().into()).ok_or_else(|| {
            let message = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.";
            Detail::list(message, "invalid")
        })
    }
}

/// `DateTimeField.enforce_timezone`, as text. `None` if the year is out of range in UTC or in the zone. (In UTC, Django
/// REST framework crashes, which is a 500.)
fn enforce_timezone(time: NaiveDateTime, offset: Option<TimeDelta>, zone: &TimeZone) -> Option<String> {
    let has_valid_year = |time: &NaiveDateTime| in_range(time.date());
    if !zone.use_tz() {
        let naive = time.checked_sub_signed(offset.unwrap_or_default()).filter(has_valid_year)?;
        return Some(isoformat(naive, None));
    }
    let offset_from_utc = match offset {
        Some(offset) => offset,
        None => zone.offset_of_local(time)?,
    };
    let utc = time.checked_sub_signed(offset_from_utc).filter(has_valid_year)?;
    let offset_from_utc = if offset.is_some() { zone.offset_at(utc) } else { offset_from_utc };
    let local = utc.checked_add_signed(offset_from_utc).filter(has_valid_year)?;
    // Before there was railway time offsets have seconds, which RFC 3339 and so chrono lack.
    let whole = offset_from_utc.num_seconds() % 60 == 0;
    Some(if whole {
        isoformat(local, Some(offset_from_utc))
    } else {
        isoformat(utc, Some(TimeDelta::zero()))
    })
}

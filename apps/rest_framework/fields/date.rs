//! `DateTimeField` and `DateField`, in ISO 8601.

use chrono::{NaiveDateTime, TimeDelta};

use super::iso8601::{in_range, parse_date, parse_datetime};
use super::{Context, Field, Input, Kind, Options};
use crate::apps::rest_framework::data::Value;
use crate::apps::rest_framework::error_detail::Detail;
use crate::framework::timezone::{TimeZone, isoformat};

/// A field of a date and time; without an offset it is in the project's time zone. The value is in that zone too, such as
/// `2026-11-23T20:40:50.123456+01:00` or, in UTC, `2026-11-23T20:40:50Z`; the fraction is only there where there is one.
/// Without `USE_TZ` the value has no offset, and what came with one is in UTC, as in Django REST framework.
///
/// As there, a time that the clocks skip or say twice is taken, with the offset that they had until then.
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

/// `DateTimeField.enforce_timezone`, as text; `None` for what has no year in UTC or in the zone. (There, the first is a
/// crash and so a 500.)
fn enforce_timezone(time: NaiveDateTime, offset: Option<TimeDelta>, zone: &TimeZone) -> Option<String> {
    let known = |time: &NaiveDateTime| in_range(time.date());
    if !zone.use_tz() {
        let naive = time.checked_sub_signed(offset.unwrap_or_default()).filter(known)?;
        return Some(isoformat(naive, None));
    }
    let ahead = match offset {
        Some(offset) => offset,
        None => zone.offset_of_local(time)?,
    };
    let utc = time.checked_sub_signed(ahead).filter(known)?;
    let ahead = if offset.is_some() { zone.offset_at(utc) } else { ahead };
    let local = utc.checked_add_signed(ahead).filter(known)?;
    // Before there was railway time offsets have seconds, which RFC 3339 and so chrono lack.
    let whole = ahead.num_seconds() % 60 == 0;
    Some(if whole { isoformat(local, Some(ahead)) } else { isoformat(utc, Some(TimeDelta::zero())) })
}

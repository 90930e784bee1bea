//! `DateTimeField` and `DateField`, in ISO 8601 and in UTC (`USE_TZ` with the time zone `UTC`).

use chrono::{NaiveDateTime, Timelike as _};

use super::iso8601::{in_range, parse_date, parse_datetime};
use super::{Context, Field, Input, Kind, Options};
use crate::apps::rest_framework::data::Value;
use crate::apps::rest_framework::error_detail::Detail;

/// A field of a date and time; without an offset it is in UTC. The value is `2026-11-23T20:40:50.123456Z`, the
/// fraction only where there is one.
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

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context) -> Result<Value, Detail> {
        let Some((local, offset)) = value.as_value().and_then(Value::as_str).and_then(parse_datetime) else {
            let format = "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]";
            let message = format!("Datetime has wrong format. Use one of these formats instead: {format}.");
            return Err(Detail::list(message, "invalid"));
        };
        let utc = local.checked_sub_signed(offset.unwrap_or_default());
        let Some(utc) = utc.filter(|utc| in_range(utc.date())) else {
            return Err(Detail::list("Datetime value out of range.", "overflow"));
        };
        Ok(isoformat(utc).into())
    }
}

impl Kind for Date {
    const TYPE: &'static str = "date";

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context) -> Result<Value, Detail> {
        let date = value.as_value().and_then(Value::as_str).and_then(parse_date);
        date.map(|date| date.format("%Y-%m-%d").to_string().into()).ok_or_else(|| {
            let message = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.";
            Detail::list(message, "invalid")
        })
    }
}

fn isoformat(utc: NaiveDateTime) -> String {
    let format = if utc.nanosecond() == 0 { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S%.6fZ" };
    utc.format(format).to_string()
}

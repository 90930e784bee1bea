//! `DateTimeField` and `DateField`.

use std::borrow::Cow;

use chrono::{NaiveDateTime, TimeDelta};

use super::formats::{Format, InputFormats};
use super::iso8601::{Moment, in_range, parse_date, parse_datetime};
use super::output::quoted;
use super::strftime::{strftime, strftime_date};
use super::strptime::strptime;
use super::{Context, Field, Input, Kind, Options, Output, OutputError, text, write_native};
use crate::data::Value;
use crate::error_detail::Detail;
use crate::json;
use vitamin_framework::models::ValueRef;
use vitamin_framework::timezone::{TimeZone, isoformat};
use vitamin_framework::translation::{format, gettext};

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
pub struct DateTime {
    format: Option<Format>,
    input_formats: InputFormats,
    default_timezone: Option<TimeZone>,
}

/// The kind of [`DateField`].
#[derive(Clone, Debug)]
pub struct Date {
    format: Option<Format>,
    input_formats: InputFormats,
}

impl Field<DateTime> {
    /// A field of a date and time.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        let (format, input_formats) = (None, InputFormats::iso());
        Self::of_kind(DateTime { format, input_formats, default_timezone: None })
    }

    /// The time zone of the field's values, in place of the project's. Values then have an offset, even without `USE_TZ`.
    pub fn default_timezone(mut self, zone: TimeZone) -> Self {
        self.kind.default_timezone = Some(zone);
        self
    }
}

macro_rules! formats {
    ($($kind:ty),+) => {
        $(
            impl Field<$kind> {
                /// The format of output: `"iso-8601"`, a format of Python's `strftime`, or `None`. By default the project decides.
                pub fn format(mut self, format: impl Into<Format>) -> Self {
                    self.kind.format = Some(format.into());
                    self
                }

                /// The formats of input: `"iso-8601"` and formats of Python's `strptime`.
                pub fn input_formats(
                    mut self,
                    formats: impl IntoIterator<Item = impl Into<Cow<'static, str>>>,
                ) -> Self {
                    self.kind.input_formats = InputFormats::new(formats);
                    self
                }
            }

            impl $kind {
                /// The format of output. `None`: the project's.
                pub fn format(&self) -> Option<&Format> {
                    self.format.as_ref()
                }

                /// The formats of input.
                pub fn input_formats(&self) -> impl Iterator<Item = &str> {
                    self.input_formats.names()
                }
            }
        )+
    };
}

formats!(DateTime, Date);

impl DateTime {
    /// The time zone of the field's values, if it is not the project's.
    pub fn default_timezone(&self) -> Option<&TimeZone> {
        self.default_timezone.as_ref()
    }

    /// The time zone of the field's values, and whether they have an offset.
    fn zone<'z>(&'z self, project: &'z TimeZone) -> (&'z TimeZone, bool) {
        match &self.default_timezone {
            Some(zone) => (zone, true),
            None => (project, project.use_tz()),
        }
    }
}

impl Field<Date> {
    /// A field of a date.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        Self::of_kind(Date { format: None, input_formats: InputFormats::iso() })
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
        let parse =
            |text: &str| self.input_formats.first(|| parse_datetime(text), |format| strptime(text, format));
        let Some((time, offset)) = value.as_value().and_then(Value::as_str).and_then(parse) else {
            let formats = self.input_formats.humanize("YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]");
            let message = format(
                gettext("Datetime has wrong format. Use one of these formats instead: {format}."),
                &[("format", &formats)],
            );
            return Err(Detail::list(message, "invalid"));
        };
        let (zone, use_tz) = self.zone(context.time_zone);
        let value = enforce_timezone(time, offset, zone, use_tz);
        value.map(Into::into).ok_or_else(|| Detail::list(gettext(OUT_OF_RANGE), "overflow"))
    }

    #[inline]
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        let format = self.format.as_ref().unwrap_or(&output.settings.datetime_format);
        if *format == Format::Native {
            return write_native(value, output, out);
        }
        let (zone, use_tz) = self.zone(output.time_zone);
        // A column's time is in UTC with `USE_TZ`, else local, as a naive time is.
        let (time, offset) = match value {
            ValueRef::DateTime(time) => (time, output.time_zone.use_tz().then(TimeDelta::zero)),
            ValueRef::Text("") => {
                out.extend_from_slice(b"null");
                return Ok(());
            }
            ValueRef::Text(text) => match parse_datetime(text) {
                Some(moment) => moment,
                None => return write_native(value, output, out),
            },
            other => return Err(OutputError::unexpected("DateTimeField", other)),
        };
        let (local, offset) =
            localize(time, offset, zone, use_tz).ok_or_else(|| OutputError::new(OUT_OF_RANGE))?;
        match format {
            Format::Pattern(format) => {
                let name = offset.map(|offset| zone.abbreviation_at(local - offset));
                let zone = offset.zip(name.as_deref());
                json::write_str(out, &strftime(local, zone, format));
            }
            _ => quoted(out, |out| text::datetime(out, local, offset)),
        }
        Ok(())
    }
}

impl Kind for Date {
    const TYPE: &'static str = "date";

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        let parse = |text: &str| {
            let strptime = |format: &str| strptime(text, format).map(|(time, _)| time.date());
            self.input_formats.first(|| parse_date(text), strptime)
        };
        let date = value.as_value().and_then(Value::as_str).and_then(parse);
        date.map(|date| text::string(|out| text::date(out, date)).into()).ok_or_else(|| {
            let formats = self.input_formats.humanize("YYYY-MM-DD");
            let message = format(
                gettext("Date has wrong format. Use one of these formats instead: {format}."),
                &[("format", &formats)],
            );
            Detail::list(message, "invalid")
        })
    }

    #[inline]
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        let date = match value {
            ValueRef::Date(date) => Some(date),
            ValueRef::Text("") => {
                out.extend_from_slice(b"null");
                return Ok(());
            }
            ValueRef::Text(text) => parse_date(text),
            other => return Err(OutputError::unexpected("DateField", other)),
        };
        match (date, self.format.as_ref().unwrap_or(&output.settings.date_format)) {
            (Some(date), Format::Iso8601) => quoted(out, |out| text::date(out, date)),
            (Some(date), Format::Pattern(format)) => json::write_str(out, &strftime_date(date, format)),
            _ => write_native(value, output, out)?,
        }
        Ok(())
    }
}

const OUT_OF_RANGE: &str = "Datetime value out of range.";

/// The canonical text of [`localize`]'s result.
fn enforce_timezone(
    time: NaiveDateTime,
    offset: Option<TimeDelta>,
    zone: &TimeZone,
    use_tz: bool,
) -> Option<String> {
    let (local, offset) = localize(time, offset, zone, use_tz)?;
    // Before there was railway time offsets have seconds, which RFC 3339 and so chrono lack.
    Some(match offset.filter(|offset| offset.num_seconds() % 60 != 0) {
        Some(offset) => isoformat(local.checked_sub_signed(offset)?, Some(TimeDelta::zero())),
        None => isoformat(local, offset),
    })
}

/// `DateTimeField.enforce_timezone`: the local time in the zone, and its offset if `use_tz`. `None` if the year is out of
/// range in UTC or in the zone. (In UTC, Django REST framework crashes, which is a 500.)
fn localize(time: NaiveDateTime, offset: Option<TimeDelta>, zone: &TimeZone, use_tz: bool) -> Option<Moment> {
    let has_valid_year = |time: &NaiveDateTime| in_range(time.date());
    if !use_tz {
        let naive = time.checked_sub_signed(offset.unwrap_or_default()).filter(has_valid_year)?;
        return Some((naive, None));
    }
    let offset_from_utc = match offset {
        Some(offset) => offset,
        None => zone.offset_of_local(time)?,
    };
    // Most times are in UTC, and most zones are.
    let shifted = |time: NaiveDateTime, offset: TimeDelta| {
        let shifted = if offset.is_zero() { Some(time) } else { time.checked_add_signed(offset) };
        shifted.filter(has_valid_year)
    };
    let utc = shifted(time, -offset_from_utc)?;
    let offset_from_utc = if offset.is_some() { zone.offset_at(utc) } else { offset_from_utc };
    let local = shifted(utc, offset_from_utc)?;
    Some((local, Some(offset_from_utc)))
}

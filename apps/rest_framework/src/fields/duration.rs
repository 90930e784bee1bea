//! `DurationField`.

use chrono::TimeDelta;

use super::output::quoted;
use super::parse_duration::{Overflow, parse_duration};
use super::text::{self, MAX_DAYS};
use super::{Context, Field, Input, Kind, Options, Output, OutputError, write_native};
use crate::data::{Dict, Value};
use crate::error_detail::{Detail, ErrorDetail};
use vitamin_framework::models::ValueRef;
use vitamin_framework::translation::{format, gettext};

/// A field of a duration: `[DD] [HH:[MM:]]ss[.uuuuuu]`, ISO 8601 or PostgreSQL's text of an interval. The value is
/// Django's `duration_string`, such as `3 01:02:03.000004` or, for a second less than nothing, `-1 23:59:59`.
pub type DurationField = Field<Duration>;

/// The kind of [`DurationField`].
#[derive(Clone, Debug)]
pub struct Duration {
    format: DurationFormat,
    max_value: Option<TimeDelta>,
    min_value: Option<TimeDelta>,
}

/// The format of durations in responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationFormat {
    /// Django's, the default: `3 01:02:03.000004`.
    Django,
    /// ISO 8601: `P3DT01H02M03.000004S`.
    Iso8601,
    /// No format (Python's `None`): the seconds as text, `262923.000004`.
    Native,
}

impl Field<Duration> {
    /// A field of a duration.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        Self::of_kind(Duration { format: DurationFormat::Django, max_value: None, min_value: None })
    }

    /// The format of output.
    pub fn format(mut self, format: DurationFormat) -> Self {
        self.kind.format = format;
        self
    }

    /// The longest duration.
    pub fn max_value(mut self, max: TimeDelta) -> Self {
        self.kind.max_value = Some(max);
        self
    }

    /// The shortest duration.
    pub fn min_value(mut self, min: TimeDelta) -> Self {
        self.kind.min_value = Some(min);
        self
    }
}

impl Duration {
    /// The format of output.
    pub fn format(&self) -> DurationFormat {
        self.format
    }

    /// The longest duration.
    pub fn max_value(&self) -> Option<TimeDelta> {
        self.max_value
    }

    /// The shortest duration.
    pub fn min_value(&self) -> Option<TimeDelta> {
        self.min_value
    }
}

impl Kind for Duration {
    const TYPE: &'static str = "duration";

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        match parse_duration(&value.text()) {
            Ok(Some(duration)) => Ok(text::string(|out| text::duration(out, duration)).into()),
            Ok(None) => {
                let message = format(
                    gettext("Duration has wrong format. Use one of these formats instead: {format}."),
                    &[("format", &"[DD] [HH:[MM:]]ss[.uuuuuu]")],
                );
                Err(Detail::list(message, "invalid"))
            }
            Err(Overflow) => {
                let message = format(
                    gettext("The number of days must be between {min_days} and {max_days}."),
                    &[("min_days", &-MAX_DAYS), ("max_days", &MAX_DAYS)],
                );
                Err(Detail::list(message, "overflow"))
            }
        }
    }

    fn validate(&self, value: &Value, errors: &mut Vec<ErrorDetail>) {
        let Some(Ok(Some(duration))) = value.as_str().map(parse_duration) else { return };
        if let Some(max) = self.max_value.filter(|max| duration > *max) {
            let message = format(
                gettext("Ensure this value is less than or equal to {max_value}."),
                &[("max_value", &text::timedelta(max))],
            );
            errors.push(ErrorDetail::new(message, "max_value"));
        }
        if let Some(min) = self.min_value.filter(|min| duration < *min) {
            let message = format(
                gettext("Ensure this value is greater than or equal to {min_value}."),
                &[("min_value", &text::timedelta(min))],
            );
            errors.push(ErrorDetail::new(message, "min_value"));
        }
    }

    #[inline]
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        let duration = match value {
            ValueRef::Duration(duration) => duration,
            ValueRef::Text(text) => match parse_duration(text) {
                Ok(Some(duration)) => duration,
                _ => return Err(OutputError::unexpected("DurationField", value)),
            },
            other => return Err(OutputError::unexpected("DurationField", other)),
        };
        match self.format {
            DurationFormat::Django => quoted(out, |out| text::duration(out, duration)),
            DurationFormat::Iso8601 => quoted(out, |out| text::iso_duration(out, duration)),
            DurationFormat::Native => write_native(ValueRef::Duration(duration), output, out)?,
        }
        Ok(())
    }

    fn describe_limits(&self, info: &mut Dict) {
        for (key, limit) in [("min_value", self.min_value), ("max_value", self.max_value)] {
            if let Some(limit) = limit {
                info.insert(key.to_owned(), text::timedelta(limit).into());
            }
        }
    }
}

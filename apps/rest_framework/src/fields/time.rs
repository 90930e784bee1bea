//! `TimeField`.

use chrono::NaiveTime;

use super::formats::{Format, InputFormats};
use super::iso8601::parse_time;
use super::output::quoted;
use super::strftime::strftime_time;
use super::strptime::strptime;
use super::{Context, Field, Input, Kind, Options, Output, OutputError, text, write_native};
use crate::data::Value;
use crate::error_detail::Detail;
use crate::json;
use std::borrow::Cow;
use vitamin_framework::models::ValueRef;
use vitamin_framework::translation::{format, gettext};

/// A field of a time of day. The value is `20:40:50`, or `20:40:50.123456` if it has microseconds. An offset is ignored.
pub type TimeField = Field<Time>;

/// The kind of [`TimeField`].
#[derive(Clone, Debug)]
pub struct Time {
    format: Option<Format>,
    input_formats: InputFormats,
}

impl Field<Time> {
    /// A field of a time, in ISO 8601.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        Self::of_kind(Time { format: None, input_formats: InputFormats::iso() })
    }

    /// The format of output: `"iso-8601"`, a format of Python's `strftime`, or `None`. By default the project decides.
    pub fn format(mut self, format: impl Into<Format>) -> Self {
        self.kind.format = Some(format.into());
        self
    }

    /// The formats of input: `"iso-8601"` and formats of Python's `strptime`.
    pub fn input_formats(mut self, formats: impl IntoIterator<Item = impl Into<Cow<'static, str>>>) -> Self {
        self.kind.input_formats = InputFormats::new(formats);
        self
    }
}

impl Time {
    /// The format of output. `None`: the project's.
    pub fn format(&self) -> Option<&Format> {
        self.format.as_ref()
    }

    /// The formats of input.
    pub fn input_formats(&self) -> impl Iterator<Item = &str> {
        self.input_formats.names()
    }

    fn parse(&self, text: &str) -> Option<NaiveTime> {
        let strptime = |format: &str| strptime(text, format).map(|(time, _)| time.time());
        self.input_formats.first(|| parse_time(text), strptime)
    }
}

impl Kind for Time {
    const TYPE: &'static str = "time";

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        let time = value.as_value().and_then(Value::as_str).and_then(|text| self.parse(text));
        time.map(|time| text::string(|out| text::time(out, time)).into()).ok_or_else(|| {
            let formats = self.input_formats.humanize("hh:mm[:ss[.uuuuuu]]");
            let message = format(
                gettext("Time has wrong format. Use one of these formats instead: {format}."),
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
        let time = match value {
            ValueRef::Time(time) => Some(time),
            ValueRef::Text("") => {
                out.extend_from_slice(b"null");
                return Ok(());
            }
            ValueRef::Text(text) => parse_time(text),
            other => return Err(OutputError::unexpected("TimeField", other)),
        };
        match (time, self.format.as_ref().unwrap_or(&output.settings.time_format)) {
            (Some(time), Format::Iso8601) => quoted(out, |out| text::time(out, time)),
            (Some(time), Format::Pattern(format)) => json::write_str(out, &strftime_time(time, format)),
            _ => write_native(value, output, out)?,
        }
        Ok(())
    }
}

//! The output of fields: a column's value as JSON text, appended to the response's buffer.

use std::borrow::Cow;
use std::fmt;

use bigdecimal::BigDecimal;
use vitamin_framework::models::ValueRef;
use vitamin_framework::timezone::TimeZone;

use super::formats::Format;
use super::text;
use crate::data::Value;
use crate::exceptions::APIException;
use crate::json;
use crate::request::Request;

/// The project's formats of output, for fields without an option of their own (rest_framework/settings.py).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputSettings {
    /// Whether decimals are text (`COERCE_DECIMAL_TO_STRING`), by default true.
    pub coerce_decimal_to_string: bool,
    /// Whether the numbers of a `BigIntegerField` are text (`COERCE_BIGINT_TO_STRING`), by default false.
    pub coerce_bigint_to_string: bool,
    /// The format of a `DateTimeField` (`DATETIME_FORMAT`), by default ISO 8601.
    pub datetime_format: Format,
    /// The format of a `DateField` (`DATE_FORMAT`), by default ISO 8601.
    pub date_format: Format,
    /// The format of a `TimeField` (`TIME_FORMAT`), by default ISO 8601.
    pub time_format: Format,
}

impl OutputSettings {
    /// Django REST framework's defaults.
    pub(crate) const DEFAULT: Self = Self {
        coerce_decimal_to_string: true,
        coerce_bigint_to_string: false,
        datetime_format: Format::Iso8601,
        date_format: Format::Iso8601,
        time_format: Format::Iso8601,
    };
}

impl Default for OutputSettings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The request's share in the text of a value: its time zone, its host for URLs of files, and the project's formats.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a> {
    /// The project's time zone. Times are written in it.
    pub time_zone: &'a TimeZone,
    /// The request's scheme and host, such as `https://example.com`, which URLs of files begin with. `None` if there is no
    /// request: they are then paths.
    pub base_url: Option<&'a str>,
    /// The URL below which uploaded files are (`MEDIA_URL`), by default `/`.
    pub media_url: &'a str,
    /// The request, whose project knows the URLs of files, instead of the two above.
    pub(crate) request: Option<FileUrls<'a>>,
    /// The project's formats.
    pub settings: &'a OutputSettings,
    /// Whether the serializer is partial: a value that is missing is left out, even if its field has a default.
    pub partial: bool,
}

impl<'a> Output<'a> {
    /// Output in a time zone, with Django's and Django REST framework's defaults.
    #[must_use]
    pub fn new(time_zone: &'a TimeZone) -> Self {
        Self {
            time_zone,
            base_url: None,
            media_url: "/",
            request: None,
            settings: &OutputSettings::DEFAULT,
            partial: false,
        }
    }

    /// Output for a request, as the project's settings say.
    #[must_use]
    pub fn of(request: &'a Request) -> Self {
        let (request, settings, zone) =
            (Some(FileUrls(request)), request.output_settings(), request.time_zone());
        Self { request, settings, ..Self::new(zone) }
    }

    /// Sets the request's scheme and host: URLs are absolute.
    #[must_use]
    pub fn base_url(mut self, base_url: &'a str) -> Self {
        self.base_url = Some(base_url);
        self
    }
}

/// Makes the URLs of files for a request.
#[derive(Clone, Copy)]
pub(crate) struct FileUrls<'a>(&'a Request);

impl FileUrls<'_> {
    /// The URL of a file by its escaped path below `MEDIA_ROOT`.
    pub(super) fn url(self, path: &str) -> String {
        self.0.file_url(path)
    }
}

impl fmt::Debug for FileUrls<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileUrls")
    }
}

/// Why a value cannot be written: it does not fit the field. A bug of the app, answered with 500.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputError(Cow<'static, str>);

impl OutputError {
    /// An error with this text, which is logged.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(message.into())
    }

    /// The field has no output for values of this type.
    pub(super) fn unexpected(field: &'static str, value: ValueRef<'_>) -> Self {
        Self(format!("{field} cannot write a value of the type {}", type_name(value)).into())
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OutputError {}

impl From<serde_json::Error> for OutputError {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string().into())
    }
}

impl From<OutputError> for APIException {
    /// 500: a mistake in the app.
    fn from(error: OutputError) -> Self {
        Self::server_error(error)
    }
}

/// A validated value as a column's value. Text in a field's canonical form stays text; fields parse it.
pub fn value_ref(value: &Value) -> ValueRef<'_> {
    match value {
        Value::Null => ValueRef::Null,
        Value::Bool(value) => ValueRef::Bool(*value),
        Value::Float(value) => ValueRef::Float(*value),
        Value::String(text) => ValueRef::Text(text),
        Value::Int(int) => int.as_i64().map_or(ValueRef::Json(value), ValueRef::Integer),
        other => ValueRef::Json(other),
    }
}

/// Writes a value as `JSONRenderer` does when no field has converted it (rest_framework/utils/encoders.py): times are
/// not converted to the project's time zone, a decimal is a float, a duration its seconds as text.
///
/// # Errors
/// A float that is not finite, or bytes that are not UTF-8.
pub fn write_native(value: ValueRef<'_>, output: &Output<'_>, out: &mut Vec<u8>) -> Result<(), OutputError> {
    match value {
        ValueRef::Null => out.extend_from_slice(b"null"),
        ValueRef::Bool(value) => write_bool(out, value),
        ValueRef::Integer(value) => write_int(out, value),
        ValueRef::Float(value) => json::write_float(out, value)?,
        ValueRef::Text(text) => json::write_str(out, text),
        ValueRef::Date(date) => quoted(out, |out| text::date(out, date)),
        ValueRef::Time(time) => quoted(out, |out| text::time(out, time)),
        ValueRef::DateTime(time) => {
            let offset = output.time_zone.use_tz().then(chrono::TimeDelta::zero);
            quoted(out, |out| text::datetime(out, time, offset));
        }
        ValueRef::Duration(duration) => {
            let seconds = text::total_seconds(duration);
            out.push(b'"');
            json::write_float(out, seconds)?;
            out.push(b'"');
        }
        ValueRef::Uuid(uuid) => write_uuid(out, uuid),
        ValueRef::Decimal(decimal) => json::write_float(out, float(decimal))?,
        ValueRef::Json(value) => json::write(out, value)?,
        ValueRef::Binary(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => json::write_str(out, text),
            Err(error) => return Err(OutputError(error.to_string().into())),
        },
    }
    Ok(())
}

/// Python's `float(decimal)`.
pub(super) fn float(decimal: &BigDecimal) -> f64 {
    decimal.to_string().parse().unwrap_or(f64::NAN)
}

/// `true` or `false`.
pub(super) fn write_bool(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

/// A number.
pub(super) fn write_int(out: &mut Vec<u8>, value: i64) {
    // Writing to a vector cannot fail.
    _ = serde_json::to_writer(out, &value);
}

/// A UUID with hyphens, in quotes.
pub(super) fn write_uuid(out: &mut Vec<u8>, uuid: uuid::Uuid) {
    let mut buffer = uuid::Uuid::encode_buffer();
    let text = uuid.hyphenated().encode_lower(&mut buffer);
    quoted(out, |out| out.extend_from_slice(text.as_bytes()));
}

/// Text that needs no escapes, in quotes.
pub(super) fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

fn type_name(value: ValueRef<'_>) -> &'static str {
    match value {
        ValueRef::Null => "NoneType",
        ValueRef::Bool(_) => "bool",
        ValueRef::Integer(_) => "int",
        ValueRef::Float(_) => "float",
        ValueRef::Text(_) => "str",
        ValueRef::Date(_) => "date",
        ValueRef::Time(_) => "time",
        ValueRef::DateTime(_) => "datetime",
        ValueRef::Duration(_) => "timedelta",
        ValueRef::Uuid(_) => "UUID",
        ValueRef::Decimal(_) => "Decimal",
        ValueRef::Json(value) => value.type_name(),
        ValueRef::Binary(_) => "bytes",
    }
}

/// Appends a JSON list: `write` appends each item.
///
/// # Errors
/// Those of `write`.
pub(crate) fn write_items<I, E>(
    items: impl IntoIterator<Item = I>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(I, &mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, out)?;
    }
    out.push(b']');
    Ok(())
}

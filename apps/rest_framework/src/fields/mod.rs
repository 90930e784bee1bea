//! Serializer fields: they validate and convert the values of a request (rest_framework/fields.py).
//!
//! A [`Field`] is a kind, such as [`CharField`]'s, with the options that all kinds share.
//!
//! Validated values of these kinds are text in one canonical form, which chrono, decimal crates and uuid parse:
//!
//! | kind | form |
//! |---|---|
//! | [`DateField`] | `2026-11-23` |
//! | [`TimeField`] | `20:40:50` or `20:40:50.123456` |
//! | [`DateTimeField`] | `2026-11-23T20:40:50.123456+01:00`, `…Z` in UTC, without an offset if `USE_TZ` is false |
//! | [`DurationField`] | Django's `duration_string`: `3 01:02:03.000004`, `-1 23:59:59` |
//! | [`DecimalField`] | `10.50`, with all of the field's places |
//! | [`UUIDField`] | `12345678-1234-5678-1234-567812345678` |
//! | [`IPAddressField`] | `192.0.2.1` or the shortest form of IPv6, `2001:db8::1` |
//!
//! Fields write values too, as JSON text: those of columns ([`ValueRef`]), and validated ones.

mod any;
mod base;
mod boolean;
mod char;
mod choice;
mod composite;
mod context;
mod date;
pub(crate) mod decimal;
pub(crate) mod digits;
mod duration;
mod file;
mod file_path;
mod formats;
mod hidden;
mod image;
pub(super) mod input;
mod ip_address;
pub(crate) mod iso8601;
pub(super) mod limit;
mod model;
mod number;
mod options;
mod output;
pub(crate) mod parse_duration;
pub(crate) mod quantize;
mod regex;
mod strftime;
pub(crate) mod strptime;
mod text;
mod time;
mod url;
pub(crate) mod uuid;

use crate::data::{Dict, Value};
use crate::error_detail::{Detail, ErrorDetail};
use crate::schemas::FieldShape;
use vitamin_framework::models::ValueRef;
use vitamin_framework::translation::gettext;

pub use self::any::{Any, AnyField, JSONField, Json};
pub use self::base::BaseField;
pub use self::boolean::{Boolean, BooleanField};
pub use self::char::{Char, CharField, Email, EmailField, Slug, SlugField, Syntax, URLField, Url};
pub use self::choice::{Choice, ChoiceField, ChoiceGroup, MultipleChoice, MultipleChoiceField};
pub use self::composite::{DictField, HStoreField, List, ListField, Mapping};
pub use self::context::{Context, Lookups};
pub use self::date::{Date, DateField, DateTime, DateTimeField};
pub use self::decimal::{Decimal, DecimalField};
pub(crate) use self::digits::to_ascii;
pub use self::duration::{Duration, DurationField, DurationFormat};
pub use self::file::{File, FileField};
pub use self::file_path::{FilePath, FilePathField};
pub use self::formats::Format;
pub use self::hidden::{Hidden, HiddenField, ReadOnly, ReadOnlyField};
pub use self::image::{Image, ImageField};
pub use self::input::Input;
pub use self::ip_address::{IPAddressField, IpAddress, Protocol};
pub use self::limit::Limit;
pub use self::model::{ModelField, ModelValue};
pub use self::number::{BigInt, BigIntegerField, Float, FloatField, Int, IntegerField};
pub use self::options::Options;
pub(crate) use self::output::write_items;
pub use self::output::{Output, OutputError, OutputSettings, value_ref, write_native};
pub use self::quantize::Rounding;
pub use self::regex::{Pattern, Regex, RegexField};
pub use self::time::{Time, TimeField};
pub(crate) use self::uuid::parse as parse_uuid;
pub use self::uuid::{UUIDField, Uuid, UuidFormat};

/// A field of a serializer.
#[derive(Clone)]
pub struct Field<K> {
    pub(super) options: Options,
    pub(super) kind: K,
}

/// The behaviour of a kind of field. The defaults are those of DRF's `Field`: a new kind needs only `TYPE` and
/// `to_internal_value`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a kind of field",
    label = "not a `Kind`",
    note = "implement `Kind` for it: only `TYPE` and `to_internal_value` are required, then `Field<{Self}>` is a field"
)]
pub trait Kind: Send + Sync {
    /// The type in the response to OPTIONS (`SimpleMetadata.label_lookup`).
    const TYPE: &'static str;

    /// The type in the response to OPTIONS, if it depends on the options.
    fn type_name(&self) -> &'static str {
        Self::TYPE
    }

    /// The message for a missing value, which is translated.
    const REQUIRED: &'static str = "This field is required.";

    /// Whether empty text in a form is a value.
    fn allow_blank(&self) -> bool {
        false
    }

    /// The value of a field that a form does not contain. `None` means that it is missing.
    fn empty_html(&self, _options: &Options, _context: Context<'_>) -> Option<Value> {
        None
    }

    /// The value that a form for a new object shows, unless the option `initial` is set.
    fn initial(&self, _options: &Options) -> Value {
        Value::Null
    }

    /// Whether the field is left out of descriptions, as `HiddenField` is.
    fn is_hidden(&self) -> bool {
        false
    }

    /// Returns the field's value from the whole input. `None` if it is missing.
    fn get_value<'d>(
        &self,
        options: &Options,
        name: &str,
        data: &'d Input<'_>,
        context: Context<'_>,
    ) -> Option<Input<'d>> {
        let form = match data {
            Input::Form(form) => form,
            other => return other.get(name),
        };
        let Some(value) = form.get(name) else {
            return if context.partial { None } else { self.empty_html(options, context).map(Input::from) };
        };
        if value.as_str() == Some("") && !self.allow_blank() {
            if options.allow_null {
                return Some(Value::Null.into());
            }
            if !options.is_required() {
                return None;
            }
        }
        Some(value.into())
    }

    /// Validates blank values before the check for null. `None` for all other values.
    fn validate_blank(&self, _options: &Options, _value: &Input<'_>) -> Option<Result<Value, Detail>> {
        None
    }

    /// Converts the input to the value, or returns its errors.
    fn to_internal_value(
        &self,
        value: &Input<'_>,
        options: &Options,
        context: Context<'_>,
    ) -> Result<Value, Detail>;

    /// Collects the errors of the converted value. Runs after the field's validators.
    fn validate(&self, _value: &Value, _errors: &mut Vec<ErrorDetail>) {}

    /// Checks a whole object, after its fields.
    fn validate_object(&self, value: Value) -> Result<Value, Detail> {
        Ok(value)
    }

    /// Nests the errors of `validate` and `validate_object` as the kind requires.
    fn wrap_errors(&self, errors: Detail) -> Detail {
        errors
    }

    /// Appends a value, which is not null, as compact JSON. By default as the renderer writes it.
    ///
    /// A validated value is text in the kind's canonical form, or [`ValueRef::Json`].
    ///
    /// # Errors
    /// The value does not fit the field: a bug of the app.
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _options: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        write_native(value, output, out)
    }

    /// Adds limits such as `max_length` to the description.
    fn describe_limits(&self, _info: &mut Dict) {}

    /// Adds `child`, `children` or `choices` to the description.
    fn describe_children(&self, _options: &Options, _info: &mut Dict) {}

    /// The field's type in the OpenAPI document. Kinds of an app's own override it; without it they are text. The kinds of
    /// this module are described by `schemas`. Ranges of integers depend on the database.
    fn shape(&self, _is_postgres: bool) -> Option<FieldShape> {
        None
    }
}

impl<K: Kind> Field<K> {
    /// A field of this kind with the default options.
    pub fn of_kind(kind: K) -> Self {
        Self { options: Options::default(), kind }
    }

    pub(super) fn validation(
        &self,
        value: Option<&Input<'_>>,
        context: Context<'_>,
    ) -> Result<Option<Value>, Detail> {
        let options = &self.options;
        let default = || if context.partial { None } else { options.default_value(context) };
        if options.read_only {
            return Ok(default());
        }
        let Some(value) = value else {
            if context.partial {
                return Ok(None);
            }
            if options.is_required() {
                return Err(Detail::list(gettext(K::REQUIRED), "required"));
            }
            return Ok(default());
        };
        if let Some(result) = self.kind.validate_blank(options, value) {
            return result.map(Some);
        }
        if value.is_null() {
            if options.allow_null {
                return Ok(Some(Value::Null));
            }
            return Err(Detail::list(gettext("This field may not be null."), "null"));
        }
        let value = self.kind.to_internal_value(value, options, context)?;
        let mut errors = options.run_validators(&value, context);
        self.kind.validate(&value, &mut errors);
        if !errors.is_empty() {
            return Err(self.kind.wrap_errors(errors.into()));
        }
        self.kind.validate_object(value).map(Some).map_err(|detail| self.kind.wrap_errors(detail))
    }
}

#[cfg(test)]
mod tests;

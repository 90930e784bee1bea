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
//! | [`UuidField`] | `12345678-1234-5678-1234-567812345678` |
//! | [`IpAddressField`] | `192.0.2.1` or the shortest form of IPv6, `2001:db8::1` |
//!
//! Fields write values too, as JSON text: those of columns ([`ValueRef`]), and validated ones.

mod any;
mod boolean;
mod char;
mod choice;
mod composite;
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
mod model;
pub(super) mod number;
mod options;
mod output;
mod parse_duration;
pub(crate) mod quantize;
mod regex;
mod strftime;
mod strptime;
mod text;
mod time;
mod url;
pub(crate) mod uuid;

use std::any::Any as AnyType;
use std::fmt;
use std::sync::Arc;

use crate::data::{Dict, Value};
use crate::error_detail::{Detail, ErrorDetail};
use crate::exceptions::APIException;
use crate::request::RequestInfo;
use vitamin_framework::database::DbConnection;
use vitamin_framework::models::{DbValue, ValueRef};
use vitamin_framework::timezone::TimeZone;

pub use self::any::{Any, AnyField, Json, JsonField};
pub use self::boolean::{Boolean, BooleanField};
pub use self::char::{Char, CharField, Email, EmailField, Slug, SlugField, Syntax, Url, UrlField};
pub use self::choice::{Choice, ChoiceField, ChoiceGroup, MultipleChoice, MultipleChoiceField};
pub use self::composite::{DictField, HStoreField, List, ListField, Mapping};
pub use self::date::{Date, DateField, DateTime, DateTimeField};
pub use self::decimal::{Decimal, DecimalField};
pub use self::duration::{Duration, DurationField, DurationFormat};
pub use self::file::{File, FileField};
pub use self::file_path::{FilePath, FilePathField};
pub use self::formats::Format;
pub use self::hidden::{Hidden, HiddenField, ReadOnly, ReadOnlyField};
pub use self::image::{Image, ImageField};
pub use self::input::Input;
pub use self::ip_address::{IpAddress, IpAddressField, Protocol};
pub use self::model::{ModelField, ModelValue};
pub use self::number::{BigInt, BigIntegerField, Float, FloatField, Int, IntegerField, Limit};
pub use self::options::Options;
pub use self::output::{Output, OutputError, value_ref, write_native};
pub use self::quantize::Rounding;
pub use self::regex::{Pattern, Regex, RegexField};
pub use self::time::{Time, TimeField};
pub(crate) use self::digits::to_ascii;
pub(crate) use self::uuid::parse as parse_uuid;
pub use self::uuid::{Uuid, UuidField, UuidFormat};

/// The parameters of a validation.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Whether missing fields are ignored, as for PATCH.
    pub partial: bool,
    /// The project's time zone.
    pub time_zone: &'a TimeZone,
    /// The request. Defaults may depend on it.
    pub request: Option<&'a RequestInfo>,
    /// Whether an existing object is updated (the serializer has an `instance`).
    pub is_update: bool,
    /// The database, for fields that look their value up.
    pub database: Option<&'a dyn Lookups>,
}

/// What a validation looks up in the database.
pub trait Lookups {
    /// Runs queries. An error ends the validation, and is the response.
    fn with(&self, queries: &mut dyn FnMut(&mut DbConnection) -> Result<(), APIException>);

    /// The primary key of the object that is updated.
    fn instance_pk(&self) -> Option<DbValue>;

    /// Whether the database is PostgreSQL.
    fn is_postgres(&self) -> bool;

    /// Keeps an object that a field found, for the serializer's hooks.
    fn keep(&self, object: Arc<dyn AnyType + Send + Sync>);

    /// The objects that fields found.
    fn kept(&self) -> Vec<Arc<dyn AnyType + Send + Sync>>;
}

impl<'a> Context<'a> {
    /// The validation of a new, whole object without a request.
    #[must_use]
    pub fn new(time_zone: &'a TimeZone) -> Self {
        Self { partial: false, time_zone, request: None, is_update: false, database: None }
    }

    /// Sets whether missing fields are ignored.
    #[must_use]
    pub fn partial(mut self, partial: bool) -> Self {
        self.partial = partial;
        self
    }

    /// Sets the request.
    #[must_use]
    pub fn request(mut self, request: &'a RequestInfo) -> Self {
        self.request = Some(request);
        self
    }

    /// Sets whether an existing object is updated.
    #[must_use]
    pub fn update(mut self, is_update: bool) -> Self {
        self.is_update = is_update;
        self
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("partial", &self.partial)
            .field("time_zone", &self.time_zone)
            .field("is_update", &self.is_update)
            .finish_non_exhaustive()
    }
}

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

    /// The message for a missing value.
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
}

/// A field of any kind.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a field",
    label = "not a `BaseField`",
    note = "use a field of `vitamin::rest_framework::fields`, such as `CharField::new()`",
    note = "a field of one's own implements `Kind`, and is a `Field<…>` of it"
)]
pub trait BaseField: Send + Sync {
    /// Its options.
    fn options(&self) -> &Options;

    /// Its kind, to be downcast: `field.kind().downcast_ref::<Decimal>()`. Schemas read the kind's settings.
    fn kind(&self) -> &dyn AnyType;

    /// Whether input for it is ignored.
    fn is_read_only(&self) -> bool {
        self.options().is_read_only()
    }

    /// Whether the field is left out of descriptions, as `HiddenField` is.
    fn is_hidden(&self) -> bool;

    /// The value that a form for a new object shows.
    fn initial(&self) -> Value;

    /// Returns its value from the whole input. `None` if it is missing.
    fn get_value<'d>(&self, name: &str, data: &'d Input<'_>, context: Context<'_>) -> Option<Input<'d>>;

    /// Validates a value, or a missing one. `Ok(None)` omits the field.
    fn run_validation(
        &self,
        value: Option<&Input<'_>>,
        context: Context<'_>,
    ) -> Result<Option<Value>, Detail>;

    /// Appends the value of a column as compact JSON. Null is `null`.
    ///
    /// # Errors
    /// The value does not fit the field: a bug of the app. A part of it may have been appended.
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError>;

    /// Appends a validated value as compact JSON.
    ///
    /// # Errors
    /// As [`to_representation`](Self::to_representation).
    fn represent_value(
        &self,
        value: &Value,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        self.to_representation(value_ref(value), output, out)
    }

    /// Describes the field for OPTIONS (`SimpleMetadata.get_field_info`). The child of a list has an empty name.
    fn info(&self, name: &str) -> Dict;
}

impl<K: Kind + 'static> BaseField for Field<K> {
    fn options(&self) -> &Options {
        &self.options
    }

    fn kind(&self) -> &dyn AnyType {
        &self.kind
    }

    fn is_hidden(&self) -> bool {
        self.kind.is_hidden()
    }

    fn initial(&self) -> Value {
        self.options.initial().cloned().unwrap_or_else(|| self.kind.initial(&self.options))
    }

    #[inline]
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        if matches!(value, ValueRef::Null) {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        self.kind.to_representation(value, &self.options, output, out)
    }

    fn get_value<'d>(&self, name: &str, data: &'d Input<'_>, context: Context<'_>) -> Option<Input<'d>> {
        self.kind.get_value(&self.options, name, data, context)
    }

    fn run_validation(
        &self,
        value: Option<&Input<'_>>,
        context: Context<'_>,
    ) -> Result<Option<Value>, Detail> {
        self.validation(value, context).map_err(|detail| self.options.replace_messages(detail))
    }

    fn info(&self, name: &str) -> Dict {
        let mut info = Dict::new();
        info.insert("type".to_owned(), self.kind.type_name().into());
        self.options.describe(name, &mut info);
        self.kind.describe_limits(&mut info);
        self.kind.describe_children(&self.options, &mut info);
        info
    }
}

/// A field of a kind that is known only at run time, such as an `Arc<dyn BaseField>`.
impl<F: BaseField + ?Sized> BaseField for Arc<F> {
    fn options(&self) -> &Options {
        (**self).options()
    }

    fn kind(&self) -> &dyn AnyType {
        (**self).kind()
    }

    fn is_hidden(&self) -> bool {
        (**self).is_hidden()
    }

    fn initial(&self) -> Value {
        (**self).initial()
    }

    fn to_representation(
        &self,
        value: ValueRef<'_>,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        (**self).to_representation(value, output, out)
    }

    fn get_value<'d>(&self, name: &str, data: &'d Input<'_>, context: Context<'_>) -> Option<Input<'d>> {
        (**self).get_value(name, data, context)
    }

    fn run_validation(
        &self,
        value: Option<&Input<'_>>,
        context: Context<'_>,
    ) -> Result<Option<Value>, Detail> {
        (**self).run_validation(value, context)
    }

    fn info(&self, name: &str) -> Dict {
        (**self).info(name)
    }
}

impl<K: Kind> Field<K> {
    /// A field of this kind with the default options.
    pub fn of_kind(kind: K) -> Self {
        Self { options: Options::default(), kind }
    }

    fn validation(&self, value: Option<&Input<'_>>, context: Context<'_>) -> Result<Option<Value>, Detail> {
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
                return Err(Detail::list(K::REQUIRED, "required"));
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
            return Err(Detail::list("This field may not be null.", "null"));
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

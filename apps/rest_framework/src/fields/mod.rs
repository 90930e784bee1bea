//! Serializer fields: they validate and convert the values of a request (rest_framework/fields.py).
//!
//! A [`Field`] is a kind, such as [`CharField`]'s, with the options that all kinds share. Dates, decimals and UUIDs become
//! text in one canonical form, which chrono, decimal crates and uuid parse.

mod any;
mod boolean;
mod char;
mod choice;
mod composite;
mod date;
pub(crate) mod decimal;
pub(crate) mod digits;
mod file;
pub(super) mod input;
pub(crate) mod iso8601;
pub(super) mod number;
mod options;
mod url;
pub(crate) mod uuid;

use std::sync::Arc;

use crate::data::{Dict, Value};
use crate::error_detail::{Detail, ErrorDetail};
use vitamin_framework::timezone::TimeZone;

pub use self::any::{AnyField, JsonField};
pub use self::boolean::BooleanField;
pub use self::char::{CharField, EmailField, SlugField, UrlField};
pub use self::choice::{ChoiceField, MultipleChoiceField};
pub use self::composite::{DictField, ListField};
pub use self::date::{DateField, DateTimeField};
pub use self::decimal::DecimalField;
pub use self::file::FileField;
pub use self::input::Input;
pub use self::number::{FloatField, IntegerField, Limit};
pub use self::options::Options;
pub use self::uuid::UuidField;

/// The parameters of a validation.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Whether missing fields are ignored, as for PATCH.
    pub partial: bool,
    /// The project's time zone.
    pub time_zone: &'a TimeZone,
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

    /// The message for a missing value.
    const REQUIRED: &'static str = "This field is required.";

    /// Whether empty text in a form is a value.
    fn allow_blank(&self) -> bool {
        false
    }

    /// The value of a field that a form does not contain. `None` means that it is missing.
    fn empty_html(&self, _options: &Options) -> Option<Value> {
        None
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
            return if context.partial { None } else { self.empty_html(options).map(Input::from) };
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
    /// Whether input for it is ignored.
    fn is_read_only(&self) -> bool;

    /// Returns its value from the whole input. `None` if it is missing.
    fn get_value<'d>(&self, name: &str, data: &'d Input<'_>, context: Context<'_>) -> Option<Input<'d>>;

    /// Validates a value, or a missing one. `Ok(None)` omits the field.
    fn run_validation(
        &self,
        value: Option<&Input<'_>>,
        context: Context<'_>,
    ) -> Result<Option<Value>, Detail>;

    /// Describes the field for OPTIONS (`SimpleMetadata.get_field_info`). The child of a list has an empty name.
    fn info(&self, name: &str) -> Dict;
}

impl<K: Kind> BaseField for Field<K> {
    fn is_read_only(&self) -> bool {
        self.options.read_only
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
        info.insert("type".to_owned(), K::TYPE.into());
        self.options.describe(name, &mut info);
        self.kind.describe_limits(&mut info);
        self.kind.describe_children(&self.options, &mut info);
        info
    }
}

/// A field of a kind that is known only at run time, such as an `Arc<dyn BaseField>`.
impl<F: BaseField + ?Sized> BaseField for Arc<F> {
    fn is_read_only(&self) -> bool {
        (**self).is_read_only()
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
        let default = || if context.partial { None } else { options.default_value() };
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
        let mut errors = options.run_validators(&value);
        self.kind.validate(&value, &mut errors);
        if !errors.is_empty() {
            return Err(self.kind.wrap_errors(errors.into()));
        }
        self.kind.validate_object(value).map(Some).map_err(|detail| self.kind.wrap_errors(detail))
    }
}

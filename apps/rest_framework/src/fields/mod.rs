//! Serializer fields: what a value of a request must be, and what it becomes (rest_framework/fields.py).
//!
//! A [`Field`] is a kind, such as [`CharField`]'s, with the options that all kinds share. What a kind makes of dates,
//! decimals and UUIDs is text in one canonical form, which chrono, a decimal crate and uuid read.

mod any;
mod boolean;
mod char;
mod choice;
mod composite;
mod date;
mod decimal;
mod digits;
mod file;
pub(super) mod input;
mod iso8601;
pub(super) mod number;
mod options;
mod url;
mod uuid;

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

/// What is true of a whole validation.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Whether absent fields are left alone, as for PATCH.
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

/// What one kind of field does. The defaults are those of DRF's `Field`, so that a new kind is a `TYPE` and
/// `to_internal_value`.
pub trait Kind: Send + Sync {
    /// Its name in the answer to OPTIONS (`SimpleMetadata.label_lookup`).
    const TYPE: &'static str;

    /// The message for a missing value.
    const REQUIRED: &'static str = "This field is required.";

    /// Whether the empty text of a form's field is a value.
    fn allow_blank(&self) -> bool {
        false
    }

    /// The value of a form that does not have the field; None if it is then just missing.
    fn empty_html(&self, _options: &Options) -> Option<Value> {
        None
    }

    /// Takes the field's value out of the whole input; None if it is missing.
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

    /// Decides a value before the checks for null and missing; None to leave it to them.
    fn decide(&self, _options: &Options, _value: &Input<'_>) -> Option<Result<Value, Detail>> {
        None
    }

    /// Turns what was sent into the value, or says what is wrong with it.
    fn to_internal_value(
        &self,
        value: &Input<'_>,
        options: &Options,
        context: Context<'_>,
    ) -> Result<Value, Detail>;

    /// Collects what is wrong with the value itself, after the field's own validators.
    fn validate(&self, _value: &Value, _errors: &mut Vec<ErrorDetail>) {}

    /// The last step, for objects: a check of the whole.
    fn finish(&self, value: Value) -> Result<Value, Detail> {
        Ok(value)
    }

    /// The shape of the errors of `validate` and `finish`.
    fn shape(&self, errors: Detail) -> Detail {
        errors
    }

    /// Adds the numbers that limit the value to its description: `max_length` and its like.
    fn limits(&self, _info: &mut Dict) {}

    /// Adds `child`, `children` or `choices` to its description.
    fn parts(&self, _options: &Options, _info: &mut Dict) {}
}

/// A field of any kind, as serializers hold them.
pub trait BaseField: Send + Sync {
    /// Whether input for it is ignored.
    fn is_read_only(&self) -> bool;

    /// Takes its value out of the whole input; None if it is missing.
    fn get_value<'d>(&self, name: &str, data: &'d Input<'_>, context: Context<'_>) -> Option<Input<'d>>;

    /// Validates a value, or its absence. `Ok(None)` means: leave the field out.
    fn run_validation(
        &self,
        value: Option<&Input<'_>>,
        context: Context<'_>,
    ) -> Result<Option<Value>, Detail>;

    /// Its description for OPTIONS (`SimpleMetadata.get_field_info`). Children of lists have the empty name.
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
        self.validation(value, context).map_err(|detail| self.options.reword(detail))
    }

    fn info(&self, name: &str) -> Dict {
        let mut info = Dict::new();
        info.insert("type".to_owned(), K::TYPE.into());
        self.options.describe(name, &mut info);
        self.kind.limits(&mut info);
        self.kind.parts(&self.options, &mut info);
        info
    }
}

impl<K: Kind> Field<K> {
    /// A field of a kind, with the default options.
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
        if let Some(decided) = self.kind.decide(options, value) {
            return decided.map(Some);
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
            return Err(self.kind.shape(errors.into()));
        }
        self.kind.finish(value).map(Some).map_err(|detail| self.kind.shape(detail))
    }
}

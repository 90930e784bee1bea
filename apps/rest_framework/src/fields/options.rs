//! The options of all kinds of fields.

use std::borrow::Cow;
use std::sync::Arc;

use super::Field;
use crate::data::{Dict, Value};
use crate::error_detail::{Detail, ErrorDetail};

type Validator = Arc<dyn Fn(&Value) -> Result<(), ErrorDetail> + Send + Sync>;

/// The options of a field. They are the arguments of DRF's `Field`.
#[derive(Clone, Default)]
pub struct Options {
    pub(super) read_only: bool,
    pub(super) write_only: bool,
    pub(super) allow_null: bool,
    required: Option<bool>,
    default: Option<Arc<dyn Fn() -> Value + Send + Sync>>,
    label: Option<Cow<'static, str>>,
    help_text: Option<Cow<'static, str>>,
    validators: Vec<Validator>,
    error_messages: Vec<(&'static str, Cow<'static, str>)>,
}

impl<K> Field<K> {
    /// Ignores input for the field.
    pub fn read_only(mut self) -> Self {
        self.options.read_only = true;
        self
    }

    /// Excludes the field from responses.
    pub fn write_only(mut self) -> Self {
        self.options.write_only = true;
        self
    }

    /// Whether the field is required. By default it is, unless it has a default or is read-only.
    pub fn required(mut self, required: bool) -> Self {
        self.options.required = Some(required);
        self
    }

    /// Accepts null.
    pub fn allow_null(mut self) -> Self {
        self.options.allow_null = true;
        self
    }

    /// The value of a missing field.
    pub fn default(self, default: impl Into<Value>) -> Self {
        let default = default.into();
        self.default_with(move || default.clone())
    }

    /// Computes the value of a missing field at each validation.
    pub fn default_with(mut self, default: impl Fn() -> Value + Send + Sync + 'static) -> Self {
        self.options.default = Some(Arc::new(default));
        self
    }

    /// The human-readable name. By default it is derived from the field's name.
    pub fn label(mut self, label: impl Into<Cow<'static, str>>) -> Self {
        self.options.label = Some(label.into());
        self
    }

    /// A human-readable description.
    pub fn help_text(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.options.help_text = Some(text.into());
        self
    }

    /// Adds a check of the converted value. All checks run in order, before the kind's limits are checked.
    pub fn validator(
        mut self,
        validator: impl Fn(&Value) -> Result<(), ErrorDetail> + Send + Sync + 'static,
    ) -> Self {
        self.options.validators.push(Arc::new(validator));
        self
    }

    /// Replaces the message of the field's errors with this code, such as `required`.
    pub fn error_message(mut self, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        self.options.error_messages.push((code, message.into()));
        self
    }
}

impl Options {
    /// Whether a missing value is an error.
    pub fn is_required(&self) -> bool {
        self.required.unwrap_or(self.default.is_none()) && !self.read_only
    }

    /// Whether null is a value.
    pub fn allows_null(&self) -> bool {
        self.allow_null
    }

    /// Whether input for the field is ignored.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Whether the field is excluded from responses.
    pub fn is_write_only(&self) -> bool {
        self.write_only
    }

    /// The options that `many=True` passes to the list (`LIST_SERIALIZER_KWARGS`): all except the validators.
    pub(crate) fn list_options(&self) -> Self {
        Self { validators: Vec::new(), ..self.clone() }
    }

    pub(super) fn default_value(&self) -> Option<Value> {
        self.default.as_ref().map(|default| default())
    }

    pub(super) fn run_validators(&self, value: &Value) -> Vec<ErrorDetail> {
        self.validators.iter().filter_map(|validator| validator(value).err()).collect()
    }

    pub(super) fn replace_messages(&self, mut detail: Detail) -> Detail {
        if let Detail::List(items) = &mut detail {
            for item in items {
                let Detail::Message(error) = item else { continue };
                let replacement = self.error_messages.iter().rev().find(|(code, _)| *code == error.code);
                if let Some((_, message)) = replacement {
                    error.message = message.clone();
                }
            }
        }
        detail
    }

    pub(super) fn describe(&self, name: &str, info: &mut Dict) {
        info.insert("required".to_owned(), self.is_required().into());
        info.insert("read_only".to_owned(), self.read_only.into());
        let label = self.label.clone().unwrap_or_else(|| default_label(name).into());
        for (key, text) in [("label", Some(label)), ("help_text", self.help_text.clone())] {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                info.insert(key.to_owned(), text.into_owned().into());
            }
        }
    }
}

/// Python's `name.replace("_", " ").capitalize()`.
fn default_label(name: &str) -> String {
    let mut chars = name.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars.flat_map(char::to_lowercase)).map(|c| if c == '_' { ' ' } else { c }).collect()
}

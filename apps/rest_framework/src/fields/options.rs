//! The options of all kinds of fields.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Context, Field, Pattern};
use crate::data::{Dict, Value};
use crate::error_detail::{Detail, ErrorDetail};
use vitamin_framework::translation::LazyText;

type Validator = Arc<dyn Fn(&Value, Context<'_>) -> Result<(), ErrorDetail> + Send + Sync>;
type Default = Arc<dyn Fn(Context<'_>) -> Option<Value> + Send + Sync>;

/// The options of a field. They are the arguments of DRF's `Field`.
#[derive(Clone, std::default::Default)]
pub struct Options {
    pub(super) read_only: bool,
    pub(super) write_only: bool,
    pub(super) allow_null: bool,
    required: Option<bool>,
    default: Option<Default>,
    /// The default, if it does not have to be computed.
    constant_default: Option<Value>,
    source: Option<Cow<'static, str>>,
    initial: Option<Value>,
    style: Dict,
    label: Option<LazyText>,
    help_text: Option<LazyText>,
    validators: Vec<Validator>,
    /// The patterns of the validators, for the schema.
    patterns: Vec<Pattern>,
    error_messages: Vec<(&'static str, LazyText)>,
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
        let constant_default = Some(default.clone());
        let mut field = self.default_with(move || default.clone());
        field.options.constant_default = constant_default;
        field
    }

    /// Computes the value of a missing field at each validation.
    pub fn default_with(self, default: impl Fn() -> Value + Send + Sync + 'static) -> Self {
        self.default_from(move |_| default())
    }

    /// Computes the value of a missing field from the validation's context, such as its request (`requires_context`).
    pub fn default_from(mut self, default: impl Fn(Context<'_>) -> Value + Send + Sync + 'static) -> Self {
        self.options.default = Some(Arc::new(move |context| Some(default(context))));
        self.options.constant_default = None;
        self
    }

    /// The same, but an update of an object leaves a missing field as it is (`CreateOnlyDefault`).
    pub fn create_only_default(
        mut self,
        default: impl Fn(Context<'_>) -> Value + Send + Sync + 'static,
    ) -> Self {
        self.options.default = Some(Arc::new(move |context| (!context.is_update).then(|| default(context))));
        self.options.constant_default = None;
        self
    }

    /// The attribute that the field reads and writes: a name, names joined by dots, or `*` for the whole object. By
    /// default it is the field's name.
    pub fn source(mut self, source: impl Into<Cow<'static, str>>) -> Self {
        self.options.source = Some(source.into());
        self
    }

    /// The value that a form for a new object shows.
    pub fn initial(mut self, initial: impl Into<Value>) -> Self {
        self.options.initial = Some(initial.into());
        self
    }

    /// Adds a hint for forms, such as `base_template`. The schema reads `input_type`.
    pub fn style(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.options.style.insert(key.into(), value.into());
        self
    }

    /// The human-readable name. By default it is derived from the field's name.
    pub fn label(mut self, label: impl Into<LazyText>) -> Self {
        self.options.label = Some(label.into());
        self
    }

    /// A human-readable description.
    pub fn help_text(mut self, text: impl Into<LazyText>) -> Self {
        self.options.help_text = Some(text.into());
        self
    }

    /// Adds a check of the converted value. All checks run in order, before the kind's limits are checked.
    pub fn validator(
        self,
        validator: impl Fn(&Value) -> Result<(), ErrorDetail> + Send + Sync + 'static,
    ) -> Self {
        self.validator_with(move |value, _| validator(value))
    }

    /// The same, for a check that depends on the request or the database (`requires_context`).
    pub fn validator_with(
        mut self,
        validator: impl Fn(&Value, Context<'_>) -> Result<(), ErrorDetail> + Send + Sync + 'static,
    ) -> Self {
        self.options.validators.push(Arc::new(validator));
        self
    }

    /// Adds a check that text contains a match of the pattern (`RegexValidator`). The schema shows the pattern.
    pub fn regex_validator(mut self, pattern: Pattern, message: impl Into<LazyText>) -> Self {
        let message = message.into();
        self.options.patterns.push(pattern.clone());
        self.validator(move |value| match value {
            Value::String(text) if pattern.is_match(text) => Ok(()),
            _ => Err(ErrorDetail::new(message.text(), "invalid")),
        })
    }

    /// Replaces the message of the field's errors with this code, such as `required`.
    pub fn error_message(mut self, code: &'static str, message: impl Into<LazyText>) -> Self {
        self.options.error_messages.push((code, message.into()));
        self
    }
}

impl Options {
    /// Whether a missing value is an error.
    pub fn is_required(&self) -> bool {
        self.required.unwrap_or(self.default.is_none()) && !self.read_only
    }

    /// Whether a missing value is an error, if the option was set.
    pub fn explicitly_required(&self) -> Option<bool> {
        self.required
    }

    /// Whether null is a value.
    pub fn allows_null(&self) -> bool {
        self.allow_null
    }

    /// Whether a missing value has a default.
    pub fn has_default(&self) -> bool {
        self.default.is_some()
    }

    /// The default of a missing value. `None` if there is none, or if it leaves the field out.
    pub fn default_value(&self, context: Context<'_>) -> Option<Value> {
        self.default.as_ref().and_then(|default| default(context))
    }

    /// The default of a missing value, if it is the same for all requests.
    pub fn constant_default(&self) -> Option<&Value> {
        self.constant_default.as_ref()
    }

    /// The patterns of [`Field::regex_validator`].
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// The attribute that the field reads and writes, if it is not the field's name.
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// The value that a form for a new object shows, if it was set.
    pub fn initial(&self) -> Option<&Value> {
        self.initial.as_ref()
    }

    /// The hints for forms.
    pub fn style(&self) -> &Dict {
        &self.style
    }

    /// The human-readable name, if it was set.
    pub fn label(&self) -> Option<Cow<'static, str>> {
        self.label.as_ref().map(LazyText::text)
    }

    /// The human-readable description, if it was set.
    pub fn help_text(&self) -> Option<Cow<'static, str>> {
        self.help_text.as_ref().map(LazyText::text)
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
        Self { validators: Vec::new(), patterns: Vec::new(), ..self.clone() }
    }

    pub(super) fn run_validators(&self, value: &Value, context: Context<'_>) -> Vec<ErrorDetail> {
        self.validators.iter().filter_map(|validator| validator(value, context).err()).collect()
    }

    pub(super) fn replace_messages(&self, mut detail: Detail) -> Detail {
        if let Detail::List(items) = &mut detail {
            for item in items {
                let Detail::Message(error) = item else { continue };
                let replacement = self.error_messages.iter().rev().find(|(code, _)| *code == error.code);
                if let Some((_, message)) = replacement {
                    error.message = message.text();
                }
            }
        }
        detail
    }

    pub(super) fn describe(&self, name: &str, info: &mut Dict) {
        info.insert("required".to_owned(), self.is_required().into());
        info.insert("read_only".to_owned(), self.read_only.into());
        let label = self.label().unwrap_or_else(|| default_label(name).into());
        for (key, text) in [("label", Some(label)), ("help_text", self.help_text())] {
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

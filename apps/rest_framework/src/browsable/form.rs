//! The form of a serializer (`HTMLFormRenderer` of rest_framework/renderers.py): a control for each field that a client may
//! write.

use serde::Serialize;

use super::choices::Choices;
use super::encoded::{Encoding, text_of};
use super::values::{Values, messages, texts};
use super::widget::{self, Control, OptionView, Widget};
use crate::error_detail::Detail;
use crate::fields::{BaseField, Json};
use crate::schemas::{FieldShape, SerializerSchema};

/// A field of a form.
#[derive(Debug, Default, Serialize)]
pub struct FieldView {
    /// The name in the form.
    pub name: String,
    /// The control's id.
    pub id: String,
    /// The text that is shown.
    pub label: String,
    /// A sentence about it; may be empty.
    pub help: String,
    /// Whether it must be filled in.
    pub required: bool,
    /// The messages of its errors.
    pub errors: Vec<String>,
    /// The control.
    pub control: Control,
    /// The text of an input.
    pub value: String,
    /// Whether a box is ticked.
    pub checked: bool,
    /// The options of a select.
    pub options: Vec<OptionView>,
    /// The fields of a nested object.
    pub fields: Vec<FieldView>,
    /// The file that the object has; may be empty.
    pub current: String,
    /// Whether the file may be removed.
    pub can_clear: bool,
}

/// The values, errors and choices that the fields of one form are drawn with.
pub(super) struct FormParts<'a> {
    /// The first part of the ids.
    pub(super) prefix: &'a str,
    pub(super) values: &'a Values,
    /// The object as it is, for its files.
    pub(super) object: Option<&'a serde_json::Value>,
    pub(super) errors: Option<&'a Detail>,
    pub(super) choices: &'a Choices,
    pub(super) is_postgres: bool,
}

impl FormParts<'_> {
    /// The fields of a serializer.
    pub(super) fn fields(&self, serializer: &SerializerSchema) -> Vec<FieldView> {
        self.fields_below(serializer, &[])
    }

    fn fields_below(&self, serializer: &SerializerSchema, above: &[&str]) -> Vec<FieldView> {
        let written =
            serializer.fields.iter().filter(|field| !field.field.is_read_only() && !field.field.is_hidden());
        let view = |field: &crate::schemas::FieldSchema| {
            let path: Vec<&str> = above.iter().copied().chain([field.name.as_ref()]).collect();
            self.field(field.field.as_ref(), field.shape.as_ref(), &path)
        };
        written.map(view).collect()
    }

    fn field(&self, field: &dyn BaseField, shape: Option<&FieldShape>, path: &[&str]) -> FieldView {
        let options = field.options();
        let name = path.last().copied().unwrap_or_default();
        let mut view = FieldView {
            name: path.join("."),
            id: format!("{}-{}", self.prefix, path.join("-")),
            label: options.label().map_or_else(|| crate::formatting::pretty_name(name), Into::into),
            help: options.help_text().unwrap_or_default().into_owned(),
            required: options.is_required(),
            errors: messages(self.errors, path),
            ..FieldView::default()
        };
        let own = if shape.is_none() { field.shape(self.is_postgres) } else { None };
        match shape.or(own.as_ref()) {
            Some(FieldShape::Serializer(serializer)) => {
                view.control = Control::of(Widget::Fieldset);
                view.fields = self.fields_below(serializer, path);
                // The nested fields show their own errors.
                view.errors = messages(self.errors, &[path, &["non_field_errors"]].concat());
                return view;
            }
            Some(FieldShape::List(_)) => view.control = Control::encoded(Encoding::Json),
            _ => view.control = widget::control(field),
        }
        if view.control.encoding == Some(Encoding::Json) || field.kind().is::<Json>() {
            view.value = self.json(field, path);
            return view;
        }
        if view.control.input_type == "file" {
            let current =
                self.object.and_then(|json| path.iter().try_fold(json, |json, name| json.get(name)));
            view.current = current.map(texts).unwrap_or_default().join(", ");
            view.can_clear = !view.current.is_empty() && options.allows_null();
            return view;
        }
        let texts = self.values.texts(path).unwrap_or_else(|| {
            let initial = options.initial().or(options.constant_default()).cloned();
            texts(&serde_json::to_value(initial.unwrap_or_else(|| field.initial())).unwrap_or_default())
        });
        view.options = match self.choices.of(&path.join(".")) {
            Some(related) => related.options(&texts, options.allows_null() || !options.is_required()),
            None => widget::options(field, &texts),
        };
        if view.options.is_empty() && view.control.widget == Widget::Select {
            // There are too many objects to list, or none.
            if view.control.multiple {
                view.control = Control::encoded(Encoding::Lines);
                view.value = texts.join("\n");
                return view;
            }
            view.control = Control::of(Widget::Input);
        }
        view.set_value(&texts);
        view
    }

    /// The text of a field whose text area holds JSON: the object's value, or the field's own.
    fn json(&self, field: &dyn BaseField, path: &[&str]) -> String {
        if !matches!(self.values, Values::Initial) {
            return self.values.json(path).unwrap_or_default();
        }
        let options = field.options();
        let initial = options.initial().or(options.constant_default()).cloned();
        let initial = initial.and_then(|value| serde_json::to_value(value).ok());
        initial.map(|value| text_of(&value)).unwrap_or_default()
    }
}

impl FieldView {
    /// Whether its form must be [decoded](super::decode_form).
    pub(super) fn is_encoded(&self) -> bool {
        self.control.encoding.is_some() || self.fields.iter().any(Self::is_encoded)
    }

    fn set_value(&mut self, texts: &[String]) {
        let text = texts.first().map(String::as_str).unwrap_or_default();
        match self.control.widget {
            Widget::Checkbox => self.checked = matches!(text, "true" | "True" | "on" | "1"),
            // A secret is not shown again.
            Widget::Input if self.control.input_type == "password" => {}
            Widget::Input if self.control.input_type == "datetime-local" => {
                match widget::local_datetime(text) {
                    Some(local) => self.value = local,
                    None => {
                        self.control.input_type = "text";
                        text.clone_into(&mut self.value);
                    }
                }
            }
            Widget::Input | Widget::Textarea => text.clone_into(&mut self.value),
            Widget::Select | Widget::Fieldset => {}
        }
    }
}

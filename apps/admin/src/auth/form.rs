//! Forms that no serializer describes.

use minijinja::Value;
use minijinja::value::Serde;
use vitamin_rest_framework::browsable::{Control, FieldView, Widget};
use vitamin_rest_framework::data::Data;

/// The errors of a form: the field and the message.
pub(crate) type Errors = Vec<(&'static str, String)>;

/// A field of a form; empty if it is missing.
pub(crate) fn text<'a>(form: &'a Data, name: &str) -> &'a str {
    form.get(name).and_then(|value| value.as_str()).unwrap_or_default()
}

/// An input of a line of text.
pub(crate) fn field(name: &'static str, label: &str, help: String, errors: &Errors) -> FieldView {
    let own = errors.iter().filter(|(known, _)| *known == name).map(|(_, message)| message.clone());
    FieldView {
        name: name.to_owned(),
        id: format!("id_{name}"),
        label: label.to_owned(),
        help,
        errors: own.collect(),
        control: Control::of(Widget::Input),
        ..FieldView::default()
    }
}

/// Fields for a template.
pub(crate) fn context(fields: &[FieldView]) -> Value {
    Value::from(Serde(fields))
}

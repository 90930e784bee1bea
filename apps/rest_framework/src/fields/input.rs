//! The input of a field: a value, or part of an HTML form (rest_framework/utils/html.py).

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::data::{Data, Integer, QueryDict, Value};
use crate::python;

/// The input of a field. In forms, the names of the fields encode nested objects and lists.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// A value of a JSON document or a form.
    Value(Cow<'a, Value>),
    /// A form, or the fields of a form that encode one object.
    Form(Cow<'a, QueryDict>),
    /// A list in a form.
    List(Vec<Input<'a>>),
}

impl Input<'_> {
    /// The value of a key of an object.
    pub fn get(&self, key: &str) -> Option<Input<'_>> {
        match self {
            Self::Value(value) => match value.as_ref() {
                Value::Dict(dict) => dict.get(key).map(Input::from),
                _ => None,
            },
            Self::Form(form) => form.get(key).map(Input::from),
            Self::List(_) => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        self.as_value() == Some(&Value::Null)
    }

    /// The value, if it is a single value.
    pub fn as_value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::Form(_) | Self::List(_) => None,
        }
    }

    /// The name of the Python type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Value(value) => value.type_name(),
            Self::Form(_) => "MultiValueDict",
            Self::List(_) => "list",
        }
    }

    /// Python's `str()` of it.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Value(value) => python::str(value),
            Self::Form(_) | Self::List(_) => Cow::Owned(self.repr()),
        }
    }

    fn repr(&self) -> String {
        match self {
            Self::Value(value) => python::repr(value),
            Self::Form(form) => {
                let lists = form.lists().map(|(key, values)| (key.to_owned(), Value::List(values.to_vec())));
                format!("<MultiValueDict: {}>", python::repr(&Value::Dict(lists.collect())))
            }
            Self::List(items) => {
                format!("[{}]", items.iter().map(Input::repr).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// The items, if it is a list or a form. In a form they are the fields `[0]`, `[1]key`.
    pub fn items(&self) -> Option<Vec<Input<'_>>> {
        match self {
            Self::Value(value) => match value.as_ref() {
                Value::List(items) => Some(items.iter().map(Input::from).collect()),
                _ => None,
            },
            Self::Form(form) => Some(parse_html_list(form, "").unwrap_or_default()),
            Self::List(items) => Some(items.iter().map(Input::reborrow).collect()),
        }
    }

    /// The entries, if it is an object or a form.
    pub fn entries(&self) -> Option<Vec<(&str, Input<'_>)>> {
        match self {
            Self::Value(value) => match value.as_ref() {
                Value::Dict(dict) => {
                    Some(dict.iter().map(|(key, value)| (key.as_str(), value.into())).collect())
                }
                _ => None,
            },
            Self::Form(form) => Some(form.items().map(|(key, value)| (key, value.into())).collect()),
            Self::List(_) => None,
        }
    }

    /// Whether it is an object or a form.
    pub fn is_dict(&self) -> bool {
        matches!(self.as_value(), Some(Value::Dict(_))) || matches!(self, Self::Form(_))
    }

    fn reborrow(&self) -> Input<'_> {
        match self {
            Self::Value(value) => Input::Value(Cow::Borrowed(value)),
            Self::Form(form) => Input::Form(Cow::Borrowed(form)),
            Self::List(items) => Input::List(items.iter().map(Input::reborrow).collect()),
        }
    }
}

impl<'a> From<&'a Value> for Input<'a> {
    fn from(value: &'a Value) -> Self {
        Self::Value(Cow::Borrowed(value))
    }
}

impl From<Value> for Input<'_> {
    fn from(value: Value) -> Self {
        Self::Value(Cow::Owned(value))
    }
}

impl<'a> From<&'a Data> for Input<'a> {
    fn from(data: &'a Data) -> Self {
        match data {
            Data::Json(value) => value.into(),
            Data::Form(form) => Self::Form(Cow::Borrowed(form)),
        }
    }
}

/// The value of a field that a page's form held as JSON. The parsers of forms make texts and files only.
pub(crate) fn decoded<'d>(form: &'d QueryDict, name: &str) -> Option<Input<'d>> {
    form.get(name)
        .filter(|value| matches!(value, Value::Null | Value::List(_) | Value::Dict(_)))
        .map(Input::from)
}

/// The fields `name[0]`, `name[1]key` of a form, in the order of their indexes. `None` if there are none.
pub(crate) fn parse_html_list<'d>(form: &'d QueryDict, prefix: &str) -> Option<Vec<Input<'d>>> {
    let mut items = BTreeMap::new();
    for (field, value) in form.items() {
        let indexed = field.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('[')?.split_once(']'));
        let Some((index, key)) = indexed else { continue };
        if index.starts_with('-') || key.contains('\n') {
            continue;
        }
        let Some(index) = Integer::parse(index) else { continue };
        if key.is_empty() {
            items.insert(index, Input::from(value));
        } else if let Some(Input::Form(object)) = items.get_mut(&index) {
            object.to_mut().set_list(key, vec![value.clone()]);
        } else {
            let object = QueryDict::from_iter([(key, value.clone())]);
            items.insert(index, Input::Form(Cow::Owned(object)));
        }
    }
    (!items.is_empty()).then(|| items.into_values().collect())
}

/// The fields `name.key` of a form as an object. `None` if there are none.
pub(crate) fn parse_html_dict<'d>(form: &'d QueryDict, prefix: &str) -> Option<Input<'d>> {
    let mut object = QueryDict::new();
    for (field, values) in form.lists() {
        match field.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.')) {
            Some(key) if !key.is_empty() && !key.contains('\n') => object.set_list(key, values.to_vec()),
            _ => {}
        }
    }
    (!object.is_empty()).then(|| Input::Form(Cow::Owned(object)))
}

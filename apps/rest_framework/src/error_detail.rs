//! Error details: messages with codes, nested like the data that they describe
//! (`ErrorDetail` and `_get_error_details` of rest_framework/exceptions.py).

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::ser::{Serialize, Serializer};

use crate::data::{Dict, Value};

/// The key of errors that belong to no field (`NON_FIELD_ERRORS_KEY`).
pub const NON_FIELD_ERRORS: &str = "non_field_errors";

/// One message and its code. Only the message is serialized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorDetail {
    /// The text for the client.
    pub message: Cow<'static, str>,
    /// The kind of error, such as `required`. Not sent to the client.
    pub code: Cow<'static, str>,
}

/// The detail of an exception: a message, or a list or dict of details. Only the messages are serialized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// One message.
    Message(ErrorDetail),
    /// Several errors, such as those of one field.
    List(Vec<Detail>),
    /// Errors by field name, or by item index.
    Dict(IndexMap<String, Detail>),
}

impl ErrorDetail {
    /// A message with its code.
    pub fn new(message: impl Into<Cow<'static, str>>, code: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), code: code.into() }
    }

    /// A message with the default code of a ValidationError, `invalid`.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(message, "invalid")
    }
}

impl Detail {
    /// A single message, as in most exceptions.
    pub fn message(message: impl Into<Cow<'static, str>>, code: impl Into<Cow<'static, str>>) -> Self {
        Self::Message(ErrorDetail::new(message, code))
    }

    /// A list of one message, as in a ValidationError.
    pub fn list(message: impl Into<Cow<'static, str>>, code: impl Into<Cow<'static, str>>) -> Self {
        Self::List(vec![Self::message(message, code)])
    }

    /// An error of one field: `{"username": ["…"]}`.
    pub fn field(
        name: impl Into<String>,
        message: impl Into<Cow<'static, str>>,
        code: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Dict(IndexMap::from([(name.into(), Self::list(message, code))]))
    }

    /// An error of the whole object: `{"non_field_errors": ["…"]}`.
    pub fn non_field(message: impl Into<Cow<'static, str>>, code: impl Into<Cow<'static, str>>) -> Self {
        Self::field(NON_FIELD_ERRORS, message, code)
    }

    /// The detail of a ValidationError: a bare message becomes a list.
    pub fn into_validation_error(self) -> Self {
        match self {
            message @ Self::Message(_) => Self::List(vec![message]),
            other => other,
        }
    }

    /// The errors of an object (`as_serializer_error` in rest_framework/serializers.py): a dict of lists. Errors
    /// without a field name become non-field errors.
    pub fn into_serializer_error(self) -> Self {
        match self {
            Self::Dict(errors) => Self::Dict(
                errors.into_iter().map(|(key, value)| (key, value.into_validation_error())).collect(),
            ),
            other => {
                Self::Dict(IndexMap::from([(NON_FIELD_ERRORS.to_owned(), other.into_validation_error())]))
            }
        }
    }

    /// The codes, in the same structure (`APIException.get_codes`).
    pub fn get_codes(&self) -> Value {
        match self {
            Self::Message(detail) => Value::String(detail.code.clone().into_owned()),
            Self::List(items) => Value::List(items.iter().map(Self::get_codes).collect()),
            Self::Dict(items) => {
                Value::Dict(items.iter().map(|(key, value)| (key.clone(), value.get_codes())).collect())
            }
        }
    }

    /// Messages with their codes, in the same structure (`APIException.get_full_details`).
    pub fn get_full_details(&self) -> Value {
        match self {
            Self::Message(detail) => Value::Dict(Dict::from([
                ("message".to_owned(), Value::String(detail.message.clone().into_owned())),
                ("code".to_owned(), Value::String(detail.code.clone().into_owned())),
            ])),
            Self::List(items) => Value::List(items.iter().map(Self::get_full_details).collect()),
            Self::Dict(items) => Value::Dict(
                items.iter().map(|(key, value)| (key.clone(), value.get_full_details())).collect(),
            ),
        }
    }
}

impl Serialize for ErrorDetail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.message)
    }
}

impl Serialize for Detail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Message(detail) => detail.serialize(serializer),
            Self::List(items) => serializer.collect_seq(items),
            Self::Dict(items) => serializer.collect_map(items),
        }
    }
}

impl From<ErrorDetail> for Detail {
    fn from(detail: ErrorDetail) -> Self {
        Self::Message(detail)
    }
}

impl From<&'static str> for Detail {
    /// A message with the code `invalid`.
    fn from(message: &'static str) -> Self {
        ErrorDetail::invalid(message).into()
    }
}

impl From<String> for Detail {
    /// A message with the code `invalid`.
    fn from(message: String) -> Self {
        ErrorDetail::invalid(message).into()
    }
}

impl<const N: usize> From<[(&str, &'static str); N]> for Detail {
    /// A message for each of these fields, with the code `invalid`.
    fn from(messages: [(&str, &'static str); N]) -> Self {
        Self::Dict(
            messages
                .into_iter()
                .map(|(name, message)| (name.to_owned(), vec![ErrorDetail::invalid(message)].into()))
                .collect(),
        )
    }
}

impl From<Vec<ErrorDetail>> for Detail {
    fn from(details: Vec<ErrorDetail>) -> Self {
        Self::List(details.into_iter().map(Self::Message).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(detail: &Detail) -> String {
        serde_json::to_string(detail).unwrap()
    }

    #[test]
    fn only_messages_are_serialized() {
        let detail = Detail::field("name", "This field is required.", "required");
        assert_eq!(json(&detail), r#"{"name":["This field is required."]}"#);
        assert_eq!(serde_json::to_string(&detail.get_codes()).unwrap(), r#"{"name":["required"]}"#);
        let full = r#"{"name":[{"message":"This field is required.","code":"required"}]}"#;
        assert_eq!(serde_json::to_string(&detail.get_full_details()).unwrap(), full);
    }

    #[test]
    fn a_message_becomes_a_list_or_a_non_field_error() {
        let message = Detail::message("No.", "invalid");
        assert_eq!(json(&message.clone().into_validation_error()), r#"["No."]"#);
        assert_eq!(json(&message.clone().into_serializer_error()), r#"{"non_field_errors":["No."]}"#);
        let dict = Detail::Dict(IndexMap::from([("a".to_owned(), message)]));
        assert_eq!(json(&dict.clone().into_validation_error()), r#"{"a":"No."}"#);
        assert_eq!(json(&dict.into_serializer_error()), r#"{"a":["No."]}"#);
    }
}

//! The parsed body of a request: `request.data` of Django REST framework. Its values are those of [`vitamin_parsing`].
//!
//! Bodies contain passwords, so `Debug` of every type here shows names, kinds and structure, but no values.

use std::fmt;

use serde::{Serialize, Serializer};
use zeroize::Zeroize;

pub use vitamin_parsing::data::{
    Dict, IllFormed, Integer, Mismatch, QueryDict, UploadedFile, Value, from_value,
};

/// A request's body as parsed by a [`Parser`](super::parsers::Parser).
#[derive(Clone, PartialEq)]
pub enum Data {
    /// One value, from the JSON parser.
    Json(Value),
    /// A form with its files, from the form and multipart parsers.
    Form(QueryDict),
}

impl Data {
    /// The value of a key, if the body is an object or a form. In a form, the last value wins.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Json(Value::Dict(dict)) => dict.get(key),
            Self::Json(_) => None,
            Self::Form(form) => form.get(key),
        }
    }

    /// The name of the Python type of the whole body.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Json(value) => value.type_name(),
            Self::Form(_) => "QueryDict",
        }
    }
}

/// Overwrites the texts of all values, and leaves them empty: they may be passwords.
impl Zeroize for Data {
    fn zeroize(&mut self) {
        match self {
            Self::Json(value) => value.zeroize(),
            Self::Form(form) => form.zeroize(),
        }
    }
}

impl From<Value> for Data {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}

impl From<QueryDict> for Data {
    fn from(form: QueryDict) -> Self {
        Self::Form(form)
    }
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Json(value) => value.serialize(serializer),
            Self::Form(form) => form.serialize(serializer),
        }
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(value) => value.fmt(f),
            Self::Form(form) => form.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_structure_but_no_value() {
        let value = Value::Dict([("pins".to_owned(), vec![1234.into(), Value::Null].into())].into());
        assert_eq!(format!("{:?}", Data::Json(value)), r#"{"pins": [int, NoneType]}"#);
        let form: QueryDict = [("password", "hunter2")].into_iter().collect();
        assert_eq!(format!("{:?}", Data::Form(form)), r#"{"password": [str]}"#);
    }

    #[test]
    fn a_key_has_its_last_value() {
        let form: QueryDict = [("a", "1"), ("b", "2"), ("a", "3")].into_iter().collect();
        let data = Data::from(form);
        assert_eq!(data.get("a").and_then(Value::as_str), Some("3"));
        assert_eq!((data.get("c"), data.type_name()), (None, "QueryDict"));
        let data = Data::from(Value::Dict([("a".to_owned(), 1.into())].into()));
        assert_eq!((data.get("a"), data.get("c"), data.type_name()), (Some(&1.into()), None, "dict"));
        let data = Data::from(Value::from(vec![1.into()]));
        assert_eq!((data.get("a"), data.type_name()), (None, "list"));
    }
}

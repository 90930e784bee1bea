//! The values of a parsed body, as Python has them.
//!
//! Bodies contain passwords, so `Debug` of every type here shows names, kinds and structure, but no values.

mod deserialize;
mod integer;
mod query_dict;
mod serialize;
mod text;
mod uploaded_file;

use std::fmt;

use indexmap::IndexMap;
use zeroize::Zeroize;

pub use self::deserialize::{Mismatch, from_value};
pub use self::integer::Integer;
pub use self::query_dict::QueryDict;
pub use self::text::IllFormed;
pub use self::uploaded_file::UploadedFile;

/// A Python `dict` with string keys, in insertion order. A duplicate key replaces the value and keeps the position.
pub type Dict = IndexMap<String, Value>;

/// One value of a request's body.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// `None`.
    Null,
    /// `True` or `False`.
    Bool(bool),
    /// An `int`, of any size.
    Int(Integer),
    /// A `float`. JSON such as `1e400` is infinite, as in Python.
    Float(f64),
    /// A `str`.
    String(String),
    /// A `str` with lone surrogates, such as JSON's `"\ud800"`, which a Rust `String` cannot hold.
    IllFormed(IllFormed),
    /// A `list`.
    List(Vec<Value>),
    /// A `dict`.
    Dict(Dict),
    /// A file from a multipart form.
    File(Box<UploadedFile>),
}

impl Value {
    /// The text of a well-formed `str`, else `None`.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a `list`, else `None`.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The name of the Python type, `type(value).__name__`. Error messages show it to the client.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::String(_) | Self::IllFormed(_) => "str",
            Self::List(_) => "list",
            Self::Dict(_) => "dict",
            Self::File(_) => "InMemoryUploadedFile",
        }
    }
}

/// Overwrites all texts, also in lists and dicts. Files stay: their content belongs to the body.
impl Zeroize for Value {
    fn zeroize(&mut self) {
        match self {
            Self::String(text) => text.zeroize(),
            Self::IllFormed(text) => text.zeroize(),
            Self::List(items) => items.iter_mut().for_each(Self::zeroize),
            Self::Dict(dict) => dict.values_mut().for_each(Self::zeroize),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::File(_) => {}
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value.into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl From<Vec<Value>> for Value {
    fn from(value: Vec<Value>) -> Self {
        Self::List(value)
    }
}

impl From<UploadedFile> for Value {
    fn from(value: UploadedFile) -> Self {
        Self::File(Box::new(value))
    }
}

impl From<Dict> for Value {
    fn from(value: Dict) -> Self {
        Self::Dict(value)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(items) => f.debug_list().entries(items).finish(),
            Self::Dict(dict) => f.debug_map().entries(dict).finish(),
            Self::File(file) => file.fmt(f),
            scalar => f.write_str(scalar.type_name()),
        }
    }
}

#[cfg(test)]
mod tests;

//! `Deserializer` for values: conversion to an app's type.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::{UploadedFile, Value};

/// Converts a value to an app's type, for example a struct with a field for each key that it uses. Dates, decimals and
/// UUIDs are text in a value, which their types parse.
///
/// An error is a bug of the app (the serializer's fields do not fit the struct), not an error of the client.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Mismatch> {
    T::deserialize(value)
}

/// A value does not fit the app's type. The message names fields and kinds, but shows no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch(String);

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mismatch {}

/// serde's default messages quote the value, which may be a password.
impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self("the type rejects the value".to_owned())
    }
    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self(format!("invalid type: {}, expected {expected}", kind(&unexpected)))
    }
    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self(format!("invalid value: {}, expected {expected}", kind(&unexpected)))
    }
    fn invalid_length(length: usize, expected: &dyn de::Expected) -> Self {
        Self(format!("invalid length {length}, expected {expected}"))
    }
    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self(format!("unknown variant, expected one of {expected:?}"))
    }
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self(format!("unknown field `{field}`, expected one of {expected:?}"))
    }
    fn missing_field(field: &'static str) -> Self {
        Self(format!("missing field `{field}`"))
    }
    fn duplicate_field(field: &'static str) -> Self {
        Self(format!("duplicate field `{field}`"))
    }
}

fn kind(unexpected: &Unexpected<'_>) -> &'static str {
    match unexpected {
        Unexpected::Bool(_) => "bool",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "int",
        Unexpected::Float(_) => "float",
        Unexpected::Char(_) | Unexpected::Str(_) => "str",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit => "NoneType",
        Unexpected::Seq => "list",
        Unexpected::Map => "dict",
        _ => "another kind",
    }
}

impl<'de> IntoDeserializer<'de, Mismatch> for Value {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Value {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Int(value) => match (value.as_i64(), value.as_u128()) {
                (Some(small), _) => visitor.visit_i64(small),
                (None, Some(large)) => match u64::try_from(large) {
                    Ok(unsigned) => visitor.visit_u64(unsigned),
                    Err(_) => visitor.visit_u128(large),
                },
                (None, None) => match value.to_string().parse() {
                    Ok(negative) => visitor.visit_i128(negative),
                    Err(_) => Err(Mismatch("an int of more than 128 bits".to_owned())),
                },
            },
            Self::Float(value) => visitor.visit_f64(value),
            Self::String(value) => visitor.visit_string(value),
            Self::IllFormed(_) => Err(Mismatch("a str with lone surrogates".to_owned())),
            Self::List(items) => {
                let mut items = SeqDeserializer::new(items.into_iter());
                let list = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(list)
            }
            Self::Dict(dict) => visitor.visit_map(MapDeserializer::new(dict.into_iter())),
            Self::File(file) => visitor.visit_map(MapDeserializer::new(file_members(*file).into_iter())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self {
            Self::Null => visitor.visit_none(),
            some => visitor.visit_some(some),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self {
            Self::String(value) => value.into_deserializer().deserialize_enum(name, variants, visitor),
            Self::Dict(dict) if dict.len() == 1 => visitor
                .visit_enum(de::value::MapAccessDeserializer::new(MapDeserializer::new(dict.into_iter()))),
            other => Err(Mismatch(format!("invalid type: {}, expected enum {name}", other.type_name()))),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

/// A field of `UploadedFile` for deserialization. The content is copied only if it is shared.
enum FileMember {
    Value(Value),
    Content(bytes::Bytes),
}

fn file_members(file: UploadedFile) -> Vec<(&'static str, FileMember)> {
    let extra = file.content_type_extra.into_iter().map(|(key, value)| (key, value.into())).collect();
    vec![
        ("name", FileMember::Value(file.name.into())),
        ("content_type", FileMember::Value(file.content_type.into())),
        ("charset", FileMember::Value(file.charset.map_or(Value::Null, Value::String))),
        ("content_type_extra", FileMember::Value(Value::Dict(extra))),
        ("bytes", FileMember::Content(file.bytes)),
    ]
}

impl<'de> IntoDeserializer<'de, Mismatch> for FileMember {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for FileMember {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self {
            Self::Value(value) => value.deserialize_any(visitor),
            Self::Content(content) => visitor.visit_byte_buf(content.into()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self {
            Self::Value(value) => value.deserialize_option(visitor),
            content => visitor.visit_some(content),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

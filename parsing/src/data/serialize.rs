//! `Serialize` for values, so that they can be part of a response.

use serde::ser::{Error as _, Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;

use super::{Integer, QueryDict, UploadedFile, Value};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => value.serialize(serializer),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::String(value) => serializer.serialize_str(value),
            Self::IllFormed(value) => serializer.serialize_str(&value.to_string_lossy()),
            Self::List(items) => serializer.collect_seq(items),
            Self::Dict(dict) => serializer.collect_map(dict),
            Self::File(file) => file.serialize(serializer),
        }
    }
}

impl Serialize for Integer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(small) = self.as_i64() {
            return serializer.serialize_i64(small);
        }
        // serde's integers have at most 128 bits. Raw JSON has no limit.
        RawValue::from_string(self.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// Serializes the name only: the content is not sent back to the client.
impl Serialize for UploadedFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

/// Serializes the last value of each key, as in Django.
impl Serialize for QueryDict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (key, value) in self.items() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

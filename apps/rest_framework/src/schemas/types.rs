//! The types of OpenAPI (`drf_spectacular/types.py`), and the schema of a Rust type.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

/// A JSON object in the order of its keys: a part of the document.
pub type Schema = Map<String, Value>;

/// The object of a `json!({…})`.
pub(super) fn object(value: Value) -> Schema {
    match value {
        Value::Object(object) => object,
        _ => Schema::new(),
    }
}

macro_rules! types {
    ($($(#[$doc:meta])* $name:ident => $type:literal $(, $format:literal)?;)*) => {
        /// The basic types.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum OpenApiTypes {
            $($(#[$doc])* $name,)*
            /// An object with any keys: `{"type": "object", "additionalProperties": {}}`.
            Object,
            /// No body.
            None,
            /// Anything: `{}`.
            Any,
        }

        impl OpenApiTypes {
            /// The schema. `None` for [`OpenApiTypes::None`].
            #[must_use]
            pub fn schema(self) -> Option<Schema> {
                Some(object(match self {
                    $(Self::$name => json!({"type": $type $(, "format": $format)?}),)*
                    Self::Object => json!({"type": "object", "additionalProperties": {}}),
                    Self::Any => json!({}),
                    Self::None => return None,
                }))
            }
        }
    };
}

types! {
    /// A number.
    Number => "number";
    /// A 32-bit float.
    Float => "number", "float";
    /// A 64-bit float.
    Double => "number", "double";
    /// A boolean.
    Bool => "boolean";
    /// Text.
    Str => "string";
    /// Base64 text.
    Byte => "string", "byte";
    /// Raw bytes.
    Binary => "string", "binary";
    /// Text that is not shown.
    Password => "string", "password";
    /// A whole number.
    Int => "integer";
    /// 32 bits.
    Int32 => "integer", "int32";
    /// 64 bits.
    Int64 => "integer", "int64";
    /// 16 bits, not negative.
    Uint16 => "integer", "uint16";
    /// 32 bits, not negative.
    Uint32 => "integer", "uint32";
    /// 64 bits, not negative.
    Uint64 => "integer", "uint64";
    /// A UUID.
    Uuid => "string", "uuid";
    /// A URI.
    Uri => "string", "uri";
    /// A URI or a relative reference.
    UriRef => "string", "uri-reference";
    /// A template of a URI.
    UriTpl => "string", "uri-template";
    /// An IRI.
    Iri => "string", "iri";
    /// An IRI or a relative reference.
    IriRef => "string", "iri-reference";
    /// An IPv4 address.
    Ip4 => "string", "ipv4";
    /// An IPv6 address.
    Ip6 => "string", "ipv6";
    /// The name of a host.
    Hostname => "string", "hostname";
    /// The name of a host in any script.
    IdnHostname => "string", "idn-hostname";
    /// A decimal as a number.
    Decimal => "number", "double";
    /// A date and time.
    Datetime => "string", "date-time";
    /// A date.
    Date => "string", "date";
    /// A time.
    Time => "string", "time";
    /// A duration in the form of ISO 8601.
    Duration => "string", "duration";
    /// An email address.
    Email => "string", "email";
    /// An email address in any script.
    IdnEmail => "string", "idn-email";
    /// A JSON pointer.
    JsonPtr => "string", "json-pointer";
    /// A relative JSON pointer.
    JsonPtrRel => "string", "relative-json-pointer";
    /// A regular expression.
    Regex => "string", "regex";
}

/// The schema of a Rust type: the result of a [`SerializerMethodField`](crate::serializers::SerializerMethodField)'s
/// closure (`resolve_type_hint`).
///
/// ```
/// use serde::Serialize;
/// use serde_json::{Value, json};
/// use vitamin_rest_framework::schemas::TypeHint;
///
/// #[derive(Serialize)]
/// struct Point { x: i64, y: i64 }
///
/// impl TypeHint for Point {
///     fn schema() -> Value {
///         json!({"type": "object", "properties": {"x": i64::schema(), "y": i64::schema()}, "required": ["x", "y"]})
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the schema does not know the type `{Self}`",
    label = "has no `TypeHint`",
    note = "implement `TypeHint` for it, or return a `serde_json::Value`, which may be anything"
)]
pub trait TypeHint {
    /// The schema, a JSON object.
    fn schema() -> Value;
}

macro_rules! hints {
    ($($type:ident: $($rust:ty),+;)*) => { $($(
        impl TypeHint for $rust {
            fn schema() -> Value {
                Value::Object(OpenApiTypes::$type.schema().unwrap_or_default())
            }
        }
    )+)* };
}

hints! {
    Bool: bool;
    Int: i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize;
    Double: f32, f64;
    Str: String, str, char;
    Decimal: bigdecimal::BigDecimal;
    Uuid: uuid::Uuid;
    Date: chrono::NaiveDate;
    Time: chrono::NaiveTime;
    Datetime: chrono::NaiveDateTime;
    Any: Value, crate::data::Value;
}

impl<Z: chrono::TimeZone> TypeHint for chrono::DateTime<Z> {
    fn schema() -> Value {
        chrono::NaiveDateTime::schema()
    }
}

impl<T: TypeHint + ?Sized> TypeHint for &T {
    fn schema() -> Value {
        T::schema()
    }
}

impl<T: TypeHint + ToOwned + ?Sized> TypeHint for Cow<'_, T> {
    fn schema() -> Value {
        T::schema()
    }
}

impl<T: TypeHint> TypeHint for Option<T> {
    fn schema() -> Value {
        let mut schema = object(T::schema());
        schema.insert("nullable".to_owned(), true.into());
        Value::Object(schema)
    }
}

macro_rules! containers {
    (lists: $($list:ty),+; maps: $($map:ident),+;) => {
        $(impl<T: TypeHint> TypeHint for $list {
            fn schema() -> Value {
                json!({"type": "array", "items": T::schema()})
            }
        })+
        $(impl<K, V: TypeHint> TypeHint for $map<K, V> {
            fn schema() -> Value {
                json!({"type": "object", "additionalProperties": V::schema()})
            }
        })+
    };
}

containers! {
    lists: Vec<T>, [T], HashSet<T>, BTreeSet<T>;
    maps: HashMap, BTreeMap, IndexMap;
}

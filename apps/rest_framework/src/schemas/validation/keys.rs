//! The keys of OpenAPI's objects.

use serde_json::Value;

/// The type of a value.
#[derive(Clone, Copy)]
pub(super) enum Type {
    Text,
    Bool,
    Number,
    /// A whole number that is not negative.
    Count,
    List,
    Object,
    Any,
}

impl Type {
    pub(super) fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Bool => value.is_boolean(),
            Self::Number => value.is_number(),
            Self::Count => value.is_u64(),
            Self::List => value.is_array(),
            Self::Object => value.is_object(),
            Self::Any => true,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::Count => "a whole number",
            Self::List => "a list",
            Self::Object => "an object",
            Self::Any => "a value",
        }
    }
}

/// The keys of an object: name, type, and whether it must be there.
pub(super) type Keys = [(&'static str, Type, bool)];

pub(super) const ROOT: &Keys = &[
    ("openapi", Type::Text, true),
    ("info", Type::Object, true),
    ("paths", Type::Object, true),
    ("components", Type::Object, false),
    ("servers", Type::List, false),
    ("tags", Type::List, false),
    ("security", Type::List, false),
    ("externalDocs", Type::Object, false),
];
pub(super) const INFO: &Keys = &[
    ("title", Type::Text, true),
    ("version", Type::Text, true),
    ("description", Type::Text, false),
    ("termsOfService", Type::Text, false),
    ("contact", Type::Object, false),
    ("license", Type::Object, false),
];
pub(super) const OPERATION: &Keys = &[
    ("responses", Type::Object, true),
    ("operationId", Type::Text, false),
    ("description", Type::Text, false),
    ("summary", Type::Text, false),
    ("externalDocs", Type::Object, false),
    ("parameters", Type::List, false),
    ("tags", Type::List, false),
    ("requestBody", Type::Object, false),
    ("security", Type::List, false),
    ("deprecated", Type::Bool, false),
    ("servers", Type::List, false),
    ("callbacks", Type::Object, false),
];
pub(super) const PARAMETER: &Keys = &[
    ("name", Type::Text, true),
    ("in", Type::Text, true),
    ("schema", Type::Object, true),
    ("description", Type::Text, false),
    ("required", Type::Bool, false),
    ("deprecated", Type::Bool, false),
    ("allowEmptyValue", Type::Bool, false),
    ("explode", Type::Bool, false),
    ("style", Type::Text, false),
    ("example", Type::Any, false),
    ("examples", Type::Object, false),
];
pub(super) const REQUEST_BODY: &Keys =
    &[("content", Type::Object, true), ("description", Type::Text, false), ("required", Type::Bool, false)];
pub(super) const RESPONSE: &Keys = &[
    ("description", Type::Text, true),
    ("content", Type::Object, false),
    ("headers", Type::Object, false),
    ("links", Type::Object, false),
];
pub(super) const MEDIA_TYPE: &Keys = &[
    ("schema", Type::Object, false),
    ("example", Type::Any, false),
    ("examples", Type::Object, false),
    ("encoding", Type::Object, false),
];
pub(super) const SCHEMA: &Keys = &[
    ("title", Type::Text, false),
    ("multipleOf", Type::Number, false),
    ("maximum", Type::Number, false),
    ("exclusiveMaximum", Type::Bool, false),
    ("minimum", Type::Number, false),
    ("exclusiveMinimum", Type::Bool, false),
    ("maxLength", Type::Count, false),
    ("minLength", Type::Count, false),
    ("pattern", Type::Text, false),
    ("maxItems", Type::Count, false),
    ("minItems", Type::Count, false),
    ("uniqueItems", Type::Bool, false),
    ("maxProperties", Type::Count, false),
    ("minProperties", Type::Count, false),
    ("required", Type::List, false),
    ("enum", Type::List, false),
    ("type", Type::Text, false),
    ("not", Type::Object, false),
    ("allOf", Type::List, false),
    ("oneOf", Type::List, false),
    ("anyOf", Type::List, false),
    ("items", Type::Object, false),
    ("properties", Type::Object, false),
    ("additionalProperties", Type::Any, false),
    ("description", Type::Text, false),
    ("format", Type::Text, false),
    ("default", Type::Any, false),
    ("nullable", Type::Bool, false),
    ("discriminator", Type::Object, false),
    ("readOnly", Type::Bool, false),
    ("writeOnly", Type::Bool, false),
    ("example", Type::Any, false),
    ("externalDocs", Type::Object, false),
    ("deprecated", Type::Bool, false),
    ("xml", Type::Object, false),
];
pub(super) const SECURITY_SCHEME: &Keys = &[
    ("type", Type::Text, true),
    ("description", Type::Text, false),
    ("name", Type::Text, false),
    ("in", Type::Text, false),
    ("scheme", Type::Text, false),
    ("bearerFormat", Type::Text, false),
    ("flows", Type::Object, false),
    ("openIdConnectUrl", Type::Text, false),
];
pub(super) const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace"];
pub(super) const TYPES: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];

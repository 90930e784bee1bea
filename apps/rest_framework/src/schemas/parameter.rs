//! A parameter of an operation (`OpenApiParameter` of `drf_spectacular/utils.py`).

use std::borrow::Cow;

use serde_json::Value;

use super::types::{OpenApiTypes, Schema};

/// Where a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// The query string.
    Query,
    /// The path.
    Path,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
}

impl Location {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Path => "path",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }
}

/// A parameter of an operation.
#[derive(Clone, Debug)]
pub struct OpenApiParameter {
    pub(super) name: Cow<'static, str>,
    pub(super) location: Location,
    pub(super) schema: Schema,
    pub(super) required: bool,
    pub(super) deprecated: bool,
    pub(super) description: String,
    pub(super) enumeration: Vec<Value>,
    pub(super) pattern: Option<String>,
    pub(super) style: Option<&'static str>,
    pub(super) explode: Option<bool>,
    pub(super) default: Option<Value>,
    pub(super) exclude: bool,
}

impl OpenApiParameter {
    /// A parameter of this type.
    pub fn new(name: impl Into<Cow<'static, str>>, location: Location, schema: OpenApiTypes) -> Self {
        Self::with_schema(name, location, schema.schema().unwrap_or_default())
    }

    /// A parameter with this schema.
    pub fn with_schema(name: impl Into<Cow<'static, str>>, location: Location, schema: Schema) -> Self {
        Self {
            name: name.into(),
            location,
            schema,
            required: false,
            deprecated: false,
            description: String::new(),
            enumeration: Vec::new(),
            pattern: None,
            style: None,
            explode: None,
            default: None,
            exclude: false,
        }
    }

    /// A parameter of the query string.
    pub fn query(name: impl Into<Cow<'static, str>>, schema: OpenApiTypes) -> Self {
        Self::new(name, Location::Query, schema)
    }

    /// A parameter of the path.
    pub fn path(name: impl Into<Cow<'static, str>>, schema: OpenApiTypes) -> Self {
        Self::new(name, Location::Path, schema)
    }

    /// A list of values of the type.
    #[must_use]
    pub fn many(mut self) -> Self {
        let items = std::mem::take(&mut self.schema);
        self.schema.insert("type".to_owned(), "array".into());
        self.schema.insert("items".to_owned(), Value::Object(items));
        self
    }

    /// Makes it required.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Marks it as one that should not be used any more.
    #[must_use]
    pub fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    /// The description.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// The allowed values.
    #[must_use]
    pub fn enumeration<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.enumeration = values.into_iter().map(Into::into).collect();
        self
    }

    /// The pattern of the text.
    #[must_use]
    pub fn pattern(mut self, pattern: impl Into<String>) -> Self {
        self.pattern = Some(pattern.into());
        self
    }

    /// How several values are written: `form`, for example, and whether each is a parameter.
    #[must_use]
    pub fn style(mut self, style: &'static str, explode: bool) -> Self {
        self.style = Some(style);
        self.explode = Some(explode);
        self
    }

    /// The value of a missing parameter.
    #[must_use]
    pub fn default_value(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// Removes the parameter of this name and place.
    #[must_use]
    pub fn exclude(mut self) -> Self {
        self.exclude = true;
        self
    }

    /// The part of the document (`build_parameter_type`).
    pub(super) fn build(self) -> Schema {
        let irrelevant: &[&str] = match self.location {
            Location::Path => &["readOnly", "writeOnly", "nullable", "default"],
            _ => &["readOnly", "writeOnly"],
        };
        let mut schema = self.schema;
        irrelevant.iter().for_each(|key| _ = schema.shift_remove(*key));
        // Those of a list are of its items.
        let inner = match schema.get_mut("items").and_then(Value::as_object_mut) {
            Some(items) => items,
            None => &mut schema,
        };
        if !self.enumeration.is_empty() {
            let mut values = self.enumeration;
            values.sort_by_key(text);
            inner.insert("enum".to_owned(), values.into());
        }
        if let Some(pattern) = self.pattern {
            inner.insert("pattern".to_owned(), pattern.into());
        }
        if let Some(default) = self.default.filter(|_| self.location != Location::Path) {
            schema.insert("default".to_owned(), default);
        }
        let mut parameter = Schema::new();
        let mut insert = |key: &str, value: Value| _ = parameter.insert(key.to_owned(), value);
        insert("in", self.location.as_str().into());
        insert("name", self.name.into());
        insert("schema", Value::Object(schema));
        if !self.description.is_empty() {
            insert("description", self.description.into());
        }
        if self.required || self.location == Location::Path {
            insert("required", true.into());
        }
        if self.deprecated {
            insert("deprecated", true.into());
        }
        if let Some(explode) = self.explode {
            insert("explode", explode.into());
        }
        if let Some(style) = self.style {
            insert("style", style.into());
        }
        parameter
    }
}

/// Python's `str()` of a value of a parameter.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null => "None".to_owned(),
        other => other.to_string(),
    }
}

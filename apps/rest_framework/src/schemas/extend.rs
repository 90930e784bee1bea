//! `@extend_schema` (`drf_spectacular/utils.py`): what a view's declaration cannot tell.

use std::borrow::Cow;

use serde_json::Value;

use super::serializer::BodySchema;
use super::types::{OpenApiTypes, Schema};

/// Replaces parts of a view's description in the schema.
///
/// ```
/// use vitamin_rest_framework::response::Response;
/// use vitamin_rest_framework::schemas::{ExtendSchema, OpenApiParameter, OpenApiTypes};
/// use vitamin_rest_framework::views::APIView;
///
/// fn stats() -> APIView {
///     let schema = ExtendSchema::new()
///         .parameter(OpenApiParameter::query("year", OpenApiTypes::Int))
///         .response(200, OpenApiTypes::Object);
///     APIView::new("stats").extend_schema(schema).get(async || Response::new([1]))
/// }
/// # stats();
/// ```
#[derive(Clone, Default)]
pub struct ExtendSchema {
    pub(super) operation_id: Option<String>,
    pub(super) parameters: Vec<OpenApiParameter>,
    pub(super) request: Option<BodySchema>,
    pub(super) responses: Option<Responses>,
    pub(super) tags: Option<Vec<String>>,
    pub(super) summary: Option<String>,
    pub(super) description: Option<String>,
    pub(super) deprecated: Option<bool>,
    pub(super) exclude: Option<bool>,
    pub(super) auth: Option<Vec<Value>>,
    pub(super) filters: Option<bool>,
    pub(super) external_docs: Option<Value>,
    pub(super) extensions: Schema,
}

/// The bodies of the responses.
#[derive(Clone)]
pub(super) enum Responses {
    /// One, with the usual status.
    One(BodySchema),
    /// By status, with a description.
    ByStatus(Vec<(u16, BodySchema, String)>),
}

impl ExtendSchema {
    /// Replaces nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The operation's id.
    #[must_use]
    pub fn operation_id(mut self, id: impl Into<String>) -> Self {
        self.operation_id = Some(id.into());
        self
    }

    /// Adds a parameter, or replaces the one of this name and place.
    #[must_use]
    pub fn parameter(mut self, parameter: OpenApiParameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// The body of the request: a serializer, a list of it, an [`OpenApiTypes`], a JSON schema, or `()` for none.
    #[must_use]
    pub fn request(mut self, body: impl Into<BodySchema>) -> Self {
        self.request = Some(body.into());
        self
    }

    /// The body of the response with the usual status: as [`request`](Self::request).
    #[must_use]
    pub fn responses(mut self, body: impl Into<BodySchema>) -> Self {
        self.responses = Some(Responses::One(body.into()));
        self
    }

    /// The body of the response with this status. There are then only the statuses that are named.
    #[must_use]
    pub fn response(self, status: u16, body: impl Into<BodySchema>) -> Self {
        self.open_api_response(status, body, "")
    }

    /// [`response`](Self::response) with a description (`OpenApiResponse`).
    #[must_use]
    pub fn open_api_response(
        mut self,
        status: u16,
        body: impl Into<BodySchema>,
        description: impl Into<String>,
    ) -> Self {
        let mut all = match self.responses.take() {
            Some(Responses::ByStatus(all)) => all,
            _ => Vec::new(),
        };
        all.retain(|(known, ..)| *known != status);
        all.push((status, body.into(), description.into()));
        self.responses = Some(Responses::ByStatus(all));
        self
    }

    /// The tags.
    #[must_use]
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags = Some(tags.into_iter().map(Into::into).collect());
        self
    }

    /// The short description.
    #[must_use]
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = Some(summary.into());
        self
    }

    /// The description.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Marks the operation as one that should not be used any more.
    #[must_use]
    pub fn deprecated(mut self, deprecated: bool) -> Self {
        self.deprecated = Some(deprecated);
        self
    }

    /// Leaves the operation out.
    #[must_use]
    pub fn exclude(mut self, exclude: bool) -> Self {
        self.exclude = Some(exclude);
        self
    }

    /// The security requirements: `[json!({"tokenAuth": []})]`.
    #[must_use]
    pub fn auth(mut self, requirements: impl IntoIterator<Item = Value>) -> Self {
        self.auth = Some(requirements.into_iter().collect());
        self
    }

    /// Whether there are the parameters of the filters, regardless of what the response is.
    #[must_use]
    pub fn filters(mut self, filters: bool) -> Self {
        self.filters = Some(filters);
        self
    }

    /// The URL of further documentation.
    #[must_use]
    pub fn external_docs(mut self, url: &str) -> Self {
        self.external_docs = Some(serde_json::json!({"url": url}));
        self
    }

    /// Adds an extension, whose name begins with `x-`.
    #[must_use]
    pub fn extension(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(name.to_owned(), value.into());
        self
    }

    /// This one, and what `inner` says instead.
    pub(crate) fn with(mut self, inner: &Self) -> Self {
        macro_rules! replace {
            ($($option:ident)*) => { $(
                if inner.$option.is_some() {
                    self.$option.clone_from(&inner.$option);
                }
            )* };
        }
        replace!(operation_id request responses tags summary description deprecated exclude auth filters external_docs);
        self.parameters.extend(inner.parameters.iter().cloned());
        if !inner.extensions.is_empty() {
            self.extensions.clone_from(&inner.extensions);
        }
        self
    }
}

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

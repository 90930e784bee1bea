//! `@extend_schema` (`drf_spectacular/utils.py`): what a view's declaration cannot tell.

use serde_json::Value;

use super::parameter::OpenApiParameter;
use super::serializer::BodySchema;
use super::types::Schema;

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

    /// The body of the request: a serializer, a list of it, an [`OpenApiTypes`](super::OpenApiTypes), a JSON schema, or `()` for none.
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

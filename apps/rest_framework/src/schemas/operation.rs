//! One method of a path (`AutoSchema` of `drf_spectacular/openapi.py`).

use std::sync::Arc;

use actix_web::http::Method;
use serde_json::{Value, json};

use super::builder::{Builder, Direction};
use super::components::{SCHEMAS, SECURITY_SCHEMES, reference};
use super::extend::{ExtendSchema, Responses};
use super::path::{Path, Prefix};
use super::serializer::{BodySchema, DescribeSerializer};
use super::types::{OpenApiTypes, Schema, object};
use super::view::{SchemaRequest, SchemaView};
use crate::pagination::Pagination;
use crate::views::{APIView, DeclaredPolicies};

/// A method of a view at a path.
pub(super) struct Operation<'a> {
    pub(super) path: &'a Path,
    /// What follows the media types of responses: `; version=2`.
    pub(super) media_type_suffix: &'a str,
    pub(super) prefix: &'a Prefix,
    pub(super) api_view: &'a APIView,
    pub(super) view: &'a dyn SchemaView,
    pub(super) policies: &'a DeclaredPolicies,
    pub(super) request: &'a SchemaRequest<'a>,
    pub(super) extended: &'a ExtendSchema,
    pub(super) session_cookie_name: &'a str,
    pub(super) url_format_override: Option<&'static str>,
}

impl Operation<'_> {
    /// The part of the document.
    pub(super) fn build(&self, builder: &mut Builder<'_>) -> Schema {
        let mut operation = Schema::new();
        let mut insert = |key: &str, value: Value| _ = operation.insert(key.to_owned(), value);
        insert("operationId", self.operation_id().into());
        let description =
            self.extended.description.clone().unwrap_or_else(|| self.api_view.view_description().to_owned());
        if !description.is_empty() {
            insert("description", description.into());
        }
        if let Some(summary) = self.extended.summary.clone().filter(|summary| !summary.is_empty()) {
            insert("summary", summary.into());
        }
        if let Some(docs) = &self.extended.external_docs {
            insert("externalDocs", docs.clone());
        }
        let parameters = self.parameters(builder);
        if !parameters.is_empty() {
            insert("parameters", json!(parameters));
        }
        let tags =
            self.extended.tags.clone().unwrap_or_else(|| self.path_tokens().into_iter().take(1).collect());
        if !tags.is_empty() {
            insert("tags", tags.into());
        }
        if let Some(body) = self.request_body(builder) {
            insert("requestBody", Value::Object(body));
        }
        let security = self.security(builder);
        if !security.is_empty() {
            insert("security", security.into());
        }
        if self.extended.deprecated == Some(true) {
            insert("deprecated", true.into());
        }
        insert("responses", Value::Object(self.responses(builder)));
        operation.extend(self.extended.extensions.clone());
        operation
    }

    fn method(&self) -> &Method {
        self.request.method
    }

    fn path_tokens(&self) -> Vec<String> {
        self.path.tokens(self.prefix)
    }

    fn operation_id(&self) -> String {
        if let Some(id) = self.extended.operation_id.clone().filter(|id| !id.is_empty()) {
            return id;
        }
        let mut tokens: Vec<_> =
            self.path_tokens().into_iter().map(|token| token.replace('-', "_")).collect();
        if tokens.is_empty() {
            tokens.push("root".to_owned());
        }
        let action = match self.method().as_str() {
            "GET" if self.is_list() => "list".to_owned(),
            "GET" => "retrieve".to_owned(),
            "POST" => "create".to_owned(),
            "PUT" => "update".to_owned(),
            "PATCH" => "partial_update".to_owned(),
            "DELETE" => "destroy".to_owned(),
            other => other.to_lowercase(),
        };
        tokens.push(action);
        tokens.join("_")
    }

    /// The body of the request, as far as it is known.
    fn declared_request(&self) -> Option<BodySchema> {
        self.extended.request.clone().or_else(|| self.view.request_body(self.request))
    }

    fn declared_responses(&self) -> Option<Responses> {
        let own = || self.view.response_body(self.request).map(Responses::One);
        self.extended.responses.clone().or_else(own)
    }

    /// Whether the response is a list (`_is_list_view`).
    pub(super) fn is_list(&self) -> bool {
        let body = match self.declared_responses() {
            Some(Responses::One(body)) => body,
            // As text: 1000 precedes 200.
            Some(Responses::ByStatus(all)) => {
                let first = all.into_iter().min_by_key(|(status, ..)| status.to_string());
                first.map_or(BodySchema::None, |(_, body, _)| body)
            }
            None => BodySchema::None,
        };
        self.is_list_of(&body)
    }

    fn is_list_of(&self, body: &BodySchema) -> bool {
        match body {
            BodySchema::Many(_) => true,
            BodySchema::None | BodySchema::Type(_) => false,
            BodySchema::Serializer(_) | BodySchema::Raw(_) => match self.request.action {
                Some(action) => action == "list",
                None if self.api_view.view_set().is_some() => false,
                None => *self.method() == Method::GET && self.view.is_list_view(),
            },
        }
    }

    fn is_create(&self) -> bool {
        *self.method() == Method::POST
            && (self.request.action == Some("create") || self.view.is_create_view())
    }

    /// The media types of the renderers, without that of the browsable API.
    pub(super) fn renderers(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let renderers = self.policies.renderer_classes.iter();
        let renderers = renderers.map(|renderer| (renderer.media_type(), renderer.format()));
        renderers.filter(|renderer| *renderer != ("text/html", "api"))
    }

    fn media_types(&self) -> Vec<String> {
        let plain = |(media_type, _): (&'static str, _)| media_type.split(';').next().unwrap_or(media_type);
        let media_types = unique(self.renderers().map(plain));
        media_types.into_iter().map(|media_type| format!("{media_type}{}", self.media_type_suffix)).collect()
    }

    fn request_body(&self, builder: &mut Builder<'_>) -> Option<Schema> {
        if ![Method::PUT, Method::PATCH, Method::POST].contains(self.method()) {
            return None;
        }
        let body = self.declared_request().unwrap_or(BodySchema::None);
        let (schema, is_required) = match &body {
            BodySchema::None => return None,
            BodySchema::Many(serializer) => {
                let serializer = Arc::new(serializer.schema(builder.is_postgres));
                (builder.list(&serializer, Direction::Request)?, true)
            }
            BodySchema::Serializer(serializer) => {
                let mut serializer = serializer.schema(builder.is_postgres);
                serializer.partial |= *self.method() == Method::PATCH;
                let resolved = builder.resolve(&serializer, Direction::Request)?;
                (resolved.reference, requires_any(&resolved.schema))
            }
            BodySchema::Type(basic) => (basic.schema()?, false),
            BodySchema::Raw(schema) => (object(schema.clone()), false),
        };
        let parsers = unique(self.policies.parser_classes.iter().map(|parser| parser.media_type()));
        if parsers.is_empty() {
            return None;
        }
        let mut body = object(json!({"content": content(&parsers, &schema)}));
        if is_required {
            body.insert("required".to_owned(), true.into());
        }
        Some(body)
    }

    fn responses(&self, builder: &mut Builder<'_>) -> Schema {
        let mut responses = Schema::new();
        match self.declared_responses() {
            Some(Responses::ByStatus(all)) => {
                for (status, body, description) in all {
                    let response = self.response(builder, &body, status, &description);
                    responses.insert(status.to_string(), Value::Object(response));
                }
            }
            Some(Responses::One(_)) | None if *self.method() == Method::DELETE => {
                responses.insert("204".to_owned(), json!({"description": NO_BODY}));
            }
            one => {
                if one.is_none() {
                    builder.warn(format!(
                        "unable to guess the serializer of {} {}. Set one, or use extend_schema",
                        self.method(),
                        self.path.text
                    ));
                }
                let body = match one {
                    Some(Responses::One(body)) => body,
                    _ => BodySchema::None,
                };
                let status = if self.is_create() { 201 } else { 200 };
                let response = self.response(builder, &body, status, "");
                responses.insert(status.to_string(), Value::Object(response));
            }
        }
        responses
    }

    /// The response of a status (`_get_response_for_code`).
    fn response(
        &self,
        builder: &mut Builder<'_>,
        body: &BodySchema,
        status: u16,
        description: &str,
    ) -> Schema {
        let no_body = || {
            let description = if description.is_empty() { NO_BODY } else { description };
            object(json!({"description": description}))
        };
        let serializer: Option<&Arc<dyn DescribeSerializer>> = match body {
            BodySchema::Serializer(serializer) | BodySchema::Many(serializer) => Some(serializer),
            _ => None,
        };
        let serializer = serializer.map(|serializer| serializer.schema(builder.is_postgres));
        let schema = match (&serializer, body) {
            (Some(serializer), _) => {
                builder.resolve(serializer, Direction::Response).map(|found| found.reference)
            }
            (None, BodySchema::Type(basic)) => basic.schema(),
            (None, BodySchema::Raw(schema)) => Some(object(schema.clone())),
            _ => None,
        };
        let Some(mut schema) = schema else { return no_body() };
        let is_list = match body {
            BodySchema::Raw(_) => self.is_list(),
            body => self.is_list_of(body),
        };
        if is_list && (200..300).contains(&status) {
            schema = object(json!({"type": "array", "items": schema}));
            if let Some(pagination) = self.view.pagination(self.request) {
                let name =
                    serializer.as_ref().and_then(|serializer| builder.name(serializer, Direction::Response));
                schema = paginated(builder, pagination.as_ref(), name, schema);
            }
        }
        object(json!({"content": content(&self.media_types(), &schema), "description": description}))
    }

    fn security(&self, builder: &mut Builder<'_>) -> Vec<Value> {
        if let Some(auth) = &self.extended.auth {
            return auth.clone();
        }
        let mut requirements = Vec::new();
        for class in &self.policies.authentication_classes {
            let Some(scheme) = class.security_scheme() else {
                builder.warn(format!(
                    "an authentication class of {} has no security_scheme. It is left out",
                    self.api_view.class_name()
                ));
                continue;
            };
            requirements.push(json!({scheme.name(): []}));
            builder
                .components
                .add(SECURITY_SCHEMES, scheme.name(), || scheme.definition(self.session_cookie_name));
        }
        if self.policies.permission_classes.iter().any(|class| class.is_open(self.method())) {
            requirements.push(json!({}));
        }
        requirements
    }
}

const NO_BODY: &str = "No response body";

fn paginated(
    builder: &mut Builder<'_>,
    pagination: &dyn Pagination,
    name: Option<String>,
    list: Schema,
) -> Schema {
    let schema = object(pagination.get_paginated_response_schema(Value::Object(list)));
    let Some(name) = name else { return schema };
    let name = format!("Paginated{name}List");
    builder.components.add(SCHEMAS, &name, || schema);
    reference(&name)
}

/// Whether a property must be in a request.
fn requires_any(schema: &Schema) -> bool {
    let is_read_only = |name: &str| {
        let property = schema.get("properties").and_then(|properties| properties.get(name));
        property.and_then(|property| property.get("readOnly")) == Some(&Value::Bool(true))
    };
    let required = schema.get("required").and_then(Value::as_array);
    required.into_iter().flatten().filter_map(Value::as_str).any(|name| !is_read_only(name))
}

fn content<T: AsRef<str>>(media_types: &[T], schema: &Schema) -> Value {
    let entry = |media_type: &T| (media_type.as_ref().to_owned(), json!({"schema": schema}));
    let entries = media_types.iter().map(entry);
    Value::Object(entries.collect())
}

pub(super) fn unique(values: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut unique = Vec::new();
    for value in values {
        if !unique.contains(&value) {
            unique.push(value);
        }
    }
    unique
}

/// The basic type of text.
pub(super) fn string() -> Schema {
    OpenApiTypes::Str.schema().unwrap_or_default()
}

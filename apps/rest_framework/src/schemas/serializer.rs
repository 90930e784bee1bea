//! What the schema knows of a serializer: a tree without the types of its models.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::OpenApiTypes;
use crate::fields::BaseField;
use crate::serializers::{ListSerializer, Serializer};
use vitamin_framework::models::{Column, ModelMeta};

/// A serializer: a component of the document.
#[derive(Clone, Default)]
pub struct SerializerSchema {
    /// The component's name: `Issue`. Without one, the object is written wherever it is used.
    pub name: Option<Cow<'static, str>>,
    /// The description; may be empty.
    pub description: Cow<'static, str>,
    /// Whether no field is required, as for PATCH.
    pub partial: bool,
    /// The fields in order.
    pub fields: Vec<FieldSchema>,
    /// Why the serializer cannot be described, if it is declared wrongly.
    pub mistake: Option<String>,
}

/// A field of a serializer.
#[derive(Clone)]
pub struct FieldSchema {
    /// The name.
    pub name: Cow<'static, str>,
    /// The field, whose options and kind are described.
    pub field: Arc<dyn BaseField>,
    /// The type, if the field's kind is an app's own.
    pub shape: Option<FieldShape>,
}

/// The type in the OpenAPI document of a field whose kind is an app's own.
#[derive(Clone)]
pub enum FieldShape {
    /// A serializer.
    Serializer(Arc<SerializerSchema>),
    /// A list of what a serializer describes.
    List(Arc<SerializerSchema>),
    /// The value of a model's column.
    Column(&'static ModelMeta, &'static Column),
    /// A schema.
    Schema(Value),
}

/// A serializer that the schema can describe.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a serializer",
    label = "the schema cannot describe it",
    note = "bodies are serializers, lists of serializers (`.many()`), `OpenApiTypes`, JSON values, and `()` for none"
)]
pub trait DescribeSerializer {
    /// The description. Ranges of integers depend on the database.
    fn schema(&self, is_postgres: bool) -> SerializerSchema;
}

impl DescribeSerializer for SerializerSchema {
    fn schema(&self, _: bool) -> Self {
        self.clone()
    }
}

impl<S: DescribeSerializer + ?Sized> DescribeSerializer for Arc<S> {
    fn schema(&self, is_postgres: bool) -> SerializerSchema {
        (**self).schema(is_postgres)
    }
}

/// The body of a request or a response.
#[derive(Clone)]
pub enum BodySchema {
    /// No body.
    None,
    /// An object. In the action `list`, a list of objects.
    Serializer(Arc<dyn DescribeSerializer>),
    /// A list of objects (`many=True`).
    Many(Arc<dyn DescribeSerializer>),
    /// A basic type.
    Type(OpenApiTypes),
    /// A schema.
    Raw(Value),
}

impl BodySchema {
    /// A list of what the serializer describes (`many=True`).
    pub fn many(serializer: impl DescribeSerializer + 'static) -> Self {
        Self::Many(Arc::new(serializer))
    }
}

impl<S: DescribeSerializer + 'static> From<S> for BodySchema {
    fn from(serializer: S) -> Self {
        Self::Serializer(Arc::new(serializer))
    }
}

impl From<ListSerializer> for BodySchema {
    fn from(list: ListSerializer) -> Self {
        Self::many(list.kind.child().clone())
    }
}

impl From<OpenApiTypes> for BodySchema {
    fn from(basic: OpenApiTypes) -> Self {
        match basic {
            OpenApiTypes::None => Self::None,
            basic => Self::Type(basic),
        }
    }
}

impl From<Value> for BodySchema {
    fn from(schema: Value) -> Self {
        Self::Raw(schema)
    }
}

impl From<()> for BodySchema {
    fn from((): ()) -> Self {
        Self::None
    }
}

impl DescribeSerializer for Serializer {
    fn schema(&self, _: bool) -> SerializerSchema {
        self.kind.schema()
    }
}

//! The description of a model serializer for the OpenAPI document.

use std::borrow::Cow;
use std::sync::Arc;

use super::ModelSerializer;
use super::resolved::NamedEntry;
use crate::schemas::{DescribeSerializer, FieldSchema, SerializerSchema};
use vitamin_framework::models::Model;

impl<T: Model> DescribeSerializer for ModelSerializer<T> {
    fn schema(&self, is_postgres: bool) -> SerializerSchema {
        let field = |named: &NamedEntry<T>| FieldSchema {
            name: Cow::Borrowed(named.name),
            field: Arc::clone(&named.entry.field),
            shape: named.entry.shape.clone(),
        };
        let (fields, mistake) = match self.built(is_postgres) {
            Ok(resolved) => (resolved.entries.iter().map(field).collect(), None),
            Err(mistake) => (Vec::new(), Some(format!("the serializer of {}: {mistake}", T::META.name))),
        };
        SerializerSchema {
            name: Some(self.component_name.clone().unwrap_or(Cow::Borrowed(T::META.name))),
            description: self.description.clone(),
            partial: false,
            fields,
            mistake,
        }
    }
}

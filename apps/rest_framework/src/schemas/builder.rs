//! The state of a document in the making, and the components of serializers (`resolve_serializer` and
//! `_map_basic_serializer` of `drf_spectacular/openapi.py`).

use serde_json::{Value, json};

use super::SpectacularSettings;
use super::components::{Components, SCHEMAS, reference, safe_ref};
use super::serializer::SerializerSchema;
use super::types::{Schema, object};
use crate::fields::OutputSettings;
use crate::settings::APISettings;

/// Whether a body is read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Request,
    Response,
}

/// A document in the making.
pub(super) struct Builder<'a> {
    pub(super) settings: &'a SpectacularSettings,
    pub(super) output: &'a OutputSettings,
    pub(super) is_postgres: bool,
    pub(super) components: Components,
    pub(super) warnings: Vec<String>,
}

/// A serializer's component.
pub(super) struct Resolved {
    /// What stands for it where it is used: a reference, or the object itself if it has no name.
    pub(super) reference: Schema,
    /// The object.
    pub(super) schema: Schema,
}

impl<'a> Builder<'a> {
    pub(super) fn new(settings: &'a APISettings, is_postgres: bool) -> Self {
        Self {
            settings: &settings.spectacular_settings,
            output: &settings.output,
            is_postgres,
            components: Components::default(),
            warnings: Vec::new(),
        }
    }

    /// Adds a warning, once.
    pub(super) fn warn(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The component of a serializer. `None` if it has no fields.
    pub(super) fn resolve(
        &mut self,
        serializer: &SerializerSchema,
        direction: Direction,
    ) -> Option<Resolved> {
        if let Some(mistake) = &serializer.mistake {
            self.warn(mistake.clone());
        }
        let schema = self.serializer(serializer, direction);
        if !schema.contains_key("properties") {
            return None;
        }
        let Some(name) = self.name(serializer, direction) else {
            return Some(Resolved { reference: schema.clone(), schema });
        };
        match self.components.get(SCHEMAS, &name) {
            Some(known) if *known != schema => {
                let known = known.clone();
                self.warn(format!(
                    "Encountered 2 different components with the name \"{name}\". This will very likely result in an \
                     incorrect schema. Try renaming one."
                ));
                Some(Resolved { reference: reference(&name), schema: known })
            }
            _ => {
                self.components.add(SCHEMAS, &name, || schema.clone());
                Some(Resolved { reference: reference(&name), schema })
            }
        }
    }

    /// The name of a serializer's component.
    pub(super) fn name(&self, serializer: &SerializerSchema, direction: Direction) -> Option<String> {
        let own = serializer.name.as_deref()?;
        let own = own.strip_suffix("Serializer").filter(|name| !name.is_empty()).unwrap_or(own);
        let patched = if self.is_patched(serializer, direction) { "Patched" } else { "" };
        let is_request = direction == Direction::Request && self.settings.component_split_request;
        Some(format!("{patched}{own}{}", if is_request { "Request" } else { "" }))
    }

    fn is_patched(&self, serializer: &SerializerSchema, direction: Direction) -> bool {
        self.settings.component_split_patch
            && serializer.partial
            && !(self.settings.component_split_request && direction == Direction::Response)
    }

    fn serializer(&mut self, serializer: &SerializerSchema, direction: Direction) -> Schema {
        let mut properties = Schema::new();
        let mut required = Vec::new();
        for field in serializer.fields.iter().filter(|field| !field.field.is_hidden()) {
            let Some(mut schema) = self.field(field, direction) else { continue };
            let is_read_only = schema.get("readOnly") == Some(&Value::Bool(true));
            if field.field.options().is_required()
                || is_read_only && !self.settings.component_no_read_only_required
            {
                required.push(field.name.to_string());
            }
            super::validators::insert(field.field.as_ref(), &mut schema);
            properties.insert(field.name.to_string(), Value::Object(safe_ref(schema)));
        }
        if self.is_patched(serializer, direction) {
            required.clear();
        }
        if self.settings.component_split_request {
            let left_out = match direction {
                Direction::Request => "readOnly",
                Direction::Response => "writeOnly",
            };
            properties.retain(|_, schema| schema.get(left_out) != Some(&Value::Bool(true)));
            required.retain(|name| properties.contains_key(name));
        }
        let mut schema = object(json!({"type": "object"}));
        let description = serializer.description.trim();
        if !description.is_empty() {
            schema.insert("description".to_owned(), description.into());
        }
        if !properties.is_empty() {
            schema.insert("properties".to_owned(), Value::Object(properties));
        }
        if !required.is_empty() {
            required.sort_unstable();
            schema.insert("required".to_owned(), required.into());
        }
        schema
    }
}

//! The components of a document while it is made (`ComponentRegistry` of `drf_spectacular/plumbing.py`).

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::types::{Schema, object};

/// The components, by their section, such as `schemas`, and their name.
#[derive(Default)]
pub(super) struct Components(IndexMap<(&'static str, String), Schema>);

/// The section of objects.
pub(super) const SCHEMAS: &str = "schemas";
/// The section of authentication classes.
pub(super) const SECURITY_SCHEMES: &str = "securitySchemes";

impl Components {
    pub(super) fn get(&self, section: &'static str, name: &str) -> Option<&Schema> {
        self.0.get(&(section, name.to_owned()))
    }

    /// Adds a component, unless there is one of this name.
    pub(super) fn add(&mut self, section: &'static str, name: &str, schema: impl FnOnce() -> Schema) {
        self.0.entry((section, name.to_owned())).or_insert_with(schema);
    }

    /// The names of the objects, sorted.
    pub(super) fn schema_names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            self.0.keys().filter(|(section, _)| *section == SCHEMAS).map(|(_, name)| name.clone()).collect();
        names.sort_unstable();
        names
    }

    pub(super) fn schema_mut(&mut self, name: &str) -> Option<&mut Schema> {
        self.0.get_mut(&(SCHEMAS, name.to_owned()))
    }

    /// The part of the document, sorted by section and name. `extra` is added to it: an object of objects.
    pub(super) fn build(&self, extra: &Value) -> Schema {
        let mut components = Schema::new();
        let mut add = |section: &str, name: &str, schema: Value| {
            let section = components.entry(section).or_insert_with(|| json!({}));
            if let Value::Object(section) = section {
                section.insert(name.to_owned(), schema);
            }
        };
        for ((section, name), schema) in &self.0 {
            add(section, name, Value::Object(schema.clone()));
        }
        for (section, entries) in extra.as_object().into_iter().flatten() {
            for (name, schema) in entries.as_object().into_iter().flatten() {
                add(section, name, schema.clone());
            }
        }
        components.values_mut().filter_map(Value::as_object_mut).for_each(Schema::sort_keys);
        components.sort_keys();
        components
    }
}

/// A reference to an object.
pub(super) fn reference(name: &str) -> Schema {
    object(json!({"$ref": format!("#/components/schemas/{name}")}))
}

/// A reference beside other keys becomes an `allOf`, because a reader ignores what is beside a reference (`safe_ref`).
pub(super) fn safe_ref(mut schema: Schema) -> Schema {
    if schema.len() > 1
        && let Some(reference) = schema.shift_remove("$ref")
    {
        let mut safe = object(json!({"allOf": [{"$ref": reference}]}));
        safe.extend(schema);
        return safe;
    }
    if schema.len() == 1
        && let Some(Value::Array(all)) = schema.get("allOf")
        && let [Value::Object(only)] = all.as_slice()
    {
        return only.clone();
    }
    schema
}

/// Adds the keys of a field's options (`append_meta`).
pub(super) fn append_meta(mut schema: Schema, meta: Schema) -> Schema {
    schema.extend(meta);
    safe_ref(schema)
}

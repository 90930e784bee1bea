//! Choices become components (`postprocess_schema_enums` of `drf_spectacular/hooks.py`).

use indexmap::{IndexMap, IndexSet};
use serde_json::{Value, json};

use super::builder::Builder;
use super::choices::{ENUM_ID, list_hash};
use super::components::{SCHEMAS, reference, safe_ref};
use super::types::{Schema, object};

/// The names of the components, by the choices' hash, and by that and the property.
#[derive(Default)]
struct Names {
    by_hash: IndexMap<String, String>,
    by_property: IndexMap<(String, String), String>,
}

impl Builder<'_> {
    /// Replaces the choices of all properties by references to components.
    pub(super) fn replace_enums(&mut self) {
        let names = self.enum_names();
        for component in self.components.schema_names() {
            let Some(mut schema) = self.components.schema_mut(&component).map(std::mem::take) else {
                continue;
            };
            self.replace_in(&mut schema, &names);
            if let Some(place) = self.components.schema_mut(&component) {
                *place = schema;
            }
        }
    }

    fn enum_names(&mut self) -> Names {
        let mut hashes: IndexMap<String, IndexSet<String>> = IndexMap::new();
        let mut uses: IndexMap<String, IndexSet<(String, String)>> = IndexMap::new();
        for component in self.components.schema_names() {
            let Some(schema) = self.components.get(SCHEMAS, &component) else { continue };
            let mut shown = component.as_str();
            if self.settings.component_split_patch {
                shown = shown.strip_prefix("Patched").filter(|name| !name.is_empty()).unwrap_or(shown);
            }
            if self.settings.component_split_request {
                shown = shown.strip_suffix("Request").filter(|name| !name.is_empty()).unwrap_or(shown);
            }
            each_properties(schema, &mut |properties| {
                for (property, schema) in properties {
                    let Some(choices) = choices(schema) else { continue };
                    let hash = hash(choices);
                    hashes.entry(property.clone()).or_default().insert(hash.clone());
                    uses.entry(hash).or_default().insert((shown.to_owned(), property.clone()));
                }
            });
        }
        let overrides: IndexMap<String, &str> = self
            .settings
            .enum_name_overrides
            .iter()
            .map(|(name, choices)| (list_hash(choices), name.as_str()))
            .collect();
        let suffix = &self.settings.enum_suffix;
        let mut names = Names::default();
        let mut warnings = Vec::new();
        for (property, found) in &hashes {
            for hash in found {
                let users = uses.get(hash);
                let only = users.filter(|users| users.len() == 1).and_then(|users| users.first());
                let name = match (overrides.get(hash), only) {
                    (Some(name), _) => (*name).to_owned(),
                    (None, _) if found.len() == 1 => format!("{}{suffix}", camelize(property)),
                    (None, Some((component, _))) => {
                        format!("{}{}{suffix}", camelize(component), camelize(property))
                    }
                    (None, None) => {
                        let start = hash.get(..3).unwrap_or(hash);
                        let name = format!("{}{}{suffix}", camelize(property), capitalized(start));
                        warnings.push(format!(
                            "the fields named \"{property}\" have several lists of choices in several components. One of \
                             them is now \"{name}\". Add an entry to enum_name_overrides to fix the naming"
                        ));
                        name
                    }
                };
                if names.by_hash.get(hash).is_some_and(|known| *known != name) {
                    warnings.push(format!(
                        "encountered multiple names for the same choices ({name}). Add an entry to enum_name_overrides \
                         to fix the naming"
                    ));
                    names.by_hash.shift_remove(hash);
                } else {
                    names.by_hash.insert(hash.clone(), name.clone());
                }
                names.by_property.insert((hash.clone(), property.clone()), name);
            }
        }
        warnings.into_iter().for_each(|warning| self.warn(warning));
        names
    }

    fn replace_in(&mut self, schema: &mut Schema, names: &Names) {
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            for (property, schema) in properties {
                let is_list = is_list(schema);
                let place = if is_list { schema.get_mut("items") } else { Some(schema) };
                if let Some(Value::Object(schema)) = place
                    && schema.contains_key("enum")
                {
                    *schema = self.replaced(property, std::mem::take(schema), names);
                }
            }
        }
        for key in ["oneOf", "allOf", "anyOf"] {
            for inner in schema.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
                if let Value::Object(inner) = inner {
                    self.replace_in(inner, names);
                }
            }
        }
    }

    /// The schema of a property with references to the components of its choices.
    fn replaced(&mut self, property: &str, mut schema: Schema, names: &Names) -> Schema {
        let hash = hash(&schema);
        let name = names.by_hash.get(&hash).or_else(|| names.by_property.get(&(hash, property.to_owned())));
        let Some(name) = name.cloned() else { return schema };
        let (mut choices, mut rest): (Schema, Schema) = std::mem::take(&mut schema)
            .into_iter()
            .filter(|(key, _)| key != ENUM_ID)
            .partition(|(key, _)| key == "enum" || key == "type");
        let (mut has_blank, mut has_null) = (false, false);
        if let Some(Value::Array(values)) = choices.get_mut("enum") {
            values.retain(|value| {
                has_null |= value.is_null();
                has_blank |= value == "";
                !value.is_null() && value != ""
            });
        }
        if self.settings.enum_generate_choice_description
            && let Some(description) = rest.get("description").and_then(Value::as_str).map(str::to_owned)
        {
            if description.starts_with('*') {
                rest.shift_remove("description");
                choices.insert("description".to_owned(), description.into());
            } else if let Some((_, list)) = description.split_once("\n\n*") {
                choices.insert("description".to_owned(), format!("*{list}").into());
            }
        }
        let suffix = &self.settings.enum_suffix;
        let mut all = vec![(name, choices)];
        if self.settings.enum_add_explicit_blank_null_choice {
            if has_blank {
                all.push((format!("Blank{suffix}"), object(json!({"enum": [""]}))));
            }
            if has_null {
                all.push((format!("Null{suffix}"), object(json!({"enum": [null]}))));
            }
        }
        let references: Vec<_> = all.iter().map(|(name, _)| reference(name)).collect();
        for (name, schema) in all {
            self.components.add(SCHEMAS, &name, || schema);
        }
        match references.as_slice() {
            [only] => rest.extend(only.clone()),
            several => _ = rest.insert("oneOf".to_owned(), json!(several)),
        }
        safe_ref(rest)
    }
}

fn is_list(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("array")
}

/// The choices of a property or of its items.
fn choices(schema: &Value) -> Option<&Schema> {
    let schema = if is_list(schema) { schema.get("items")? } else { schema };
    schema.as_object().filter(|schema| schema.contains_key("enum"))
}

/// Calls the function with the properties of the object and of its alternatives.
fn each_properties(schema: &Schema, found: &mut dyn FnMut(&Schema)) {
    if let Some(Value::Object(properties)) = schema.get("properties") {
        found(properties);
    }
    for key in ["oneOf", "allOf", "anyOf"] {
        for inner in schema.get(key).and_then(Value::as_array).into_iter().flatten() {
            if let Value::Object(inner) = inner {
                each_properties(inner, found);
            }
        }
    }
}

/// The hash of the choices: that of a field's, or that of the values.
fn hash(schema: &Schema) -> String {
    if let Some(Value::String(id)) = schema.get(ENUM_ID) {
        return id.clone();
    }
    let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let pairs: Vec<_> = values
        .filter_map(|value| {
            let text = serde_json::to_vec(value).ok()?;
            let value = crate::json::decode(&text, crate::python::codecs::Charset::Utf8).ok()?;
            Some((value.clone(), value))
        })
        .collect();
    list_hash(&pairs)
}

/// Removes the marks of choices from the whole document.
pub(super) fn remove_ids(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.shift_remove(ENUM_ID);
            object.values_mut().for_each(remove_ids);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_ids),
        _ => {}
    }
}

/// `role_name` becomes `RoleName` (`inflection.camelize`).
pub(super) fn camelize(name: &str) -> String {
    let mut camelized = String::with_capacity(name.len());
    let mut is_start = true;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '_' && letters.peek().is_some() {
            // Only the next character becomes a capital, also if it is another underscore.
            camelized.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        } else if is_start {
            camelized.extend(letter.to_uppercase());
        } else {
            camelized.push(letter);
        }
        is_start = false;
    }
    camelized
}

/// Python's `str.capitalize`.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.flat_map(char::to_lowercase)).collect()
}

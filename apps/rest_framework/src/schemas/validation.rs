//! Checks a document against the structure that OpenAPI 3.0 prescribes (`drf_spectacular/validation`).
//!
//! The validators of JSON schemas on crates.io have more dependencies than this app. The objects that a document of this
//! generator can contain are few, so their keys and types are checked here, and that references and parameters lead
//! somewhere.

mod keys;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use self::keys::{
    INFO, Keys, MEDIA_TYPE, METHODS, OPERATION, PARAMETER, REQUEST_BODY, RESPONSE, ROOT, SCHEMA,
    SECURITY_SCHEME, TYPES,
};

/// Returns the faults of a document; empty if it has none.
#[must_use]
pub fn validate_schema(document: &Value) -> Vec<String> {
    let mut validator = Validator { document, errors: Vec::new() };
    validator.root();
    validator.errors
}

struct Validator<'d> {
    document: &'d Value,
    errors: Vec<String>,
}

/// Calls a method for each item of a list or entry of an object.
fn entries<'v>(object: &'v Map<String, Value>, key: &str) -> Vec<(String, &'v Value)> {
    match object.get(key) {
        Some(Value::Object(entries)) => {
            entries.iter().map(|(name, value)| (format!("{key}.{name}"), value)).collect()
        }
        Some(Value::Array(items)) => {
            items.iter().enumerate().map(|(index, value)| (format!("{key}[{index}]"), value)).collect()
        }
        _ => Vec::new(),
    }
}

impl<'d> Validator<'d> {
    fn error(&mut self, at: &str, message: impl std::fmt::Display) {
        self.errors.push(format!("{at}: {message}"));
    }

    /// The value as an object with these keys, and extensions.
    fn object(&mut self, at: &str, value: &'d Value, keys: &Keys) -> Option<&'d Map<String, Value>> {
        let Value::Object(object) = value else {
            self.error(at, "is not an object");
            return None;
        };
        for (key, _, _) in
            keys.iter().filter(|(key, _, is_required)| *is_required && !object.contains_key(*key))
        {
            self.error(at, format_args!("`{key}` is missing"));
        }
        for (key, value) in object {
            match keys.iter().find(|(known, ..)| known == key) {
                Some((_, kind, _)) if !kind.fits(value) => {
                    self.error(at, format_args!("`{key}` is not {}", kind.name()));
                }
                None if !key.starts_with("x-") => self.error(at, format_args!("`{key}` is unknown")),
                _ => {}
            }
        }
        Some(object)
    }

    fn one_of(&mut self, at: &str, object: &Map<String, Value>, key: &str, values: &[&str]) {
        if let Some(Value::String(value)) = object.get(key)
            && !values.contains(&value.as_str())
        {
            self.error(at, format_args!("`{key}` is \"{value}\""));
        }
    }

    fn root(&mut self) {
        let document = self.document;
        let Some(root) = self.object("the document", document, ROOT) else { return };
        if !root.get("openapi").and_then(Value::as_str).is_some_and(|version| version.starts_with("3.0.")) {
            self.error("openapi", "is not a version 3.0");
        }
        if let Some(info) = root.get("info") {
            self.object("info", info, INFO);
        }
        let mut ids = BTreeSet::new();
        for (at, item) in entries(root, "paths") {
            let path = at.strip_prefix("paths.").unwrap_or(&at);
            if !path.starts_with('/') && !path.starts_with("x-") {
                self.error(&at, "does not begin with a slash");
            }
            for (method, operation) in item.as_object().into_iter().flatten() {
                if METHODS.contains(&method.as_str()) {
                    self.operation(&format!("{method} {path}"), path, operation, &mut ids);
                }
            }
        }
        if let Some(Value::Object(components)) = root.get("components") {
            for (at, schema) in entries(components, "schemas") {
                let name = at.strip_prefix("schemas.").unwrap_or(&at);
                if !name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
                    self.error(&at, "has a name with characters that components may not have");
                }
                self.schema(&at, schema);
            }
            for (at, scheme) in entries(components, "securitySchemes") {
                if let Some(scheme) = self.object(&at, scheme, SECURITY_SCHEME) {
                    self.one_of(&at, scheme, "type", &["apiKey", "http", "oauth2", "openIdConnect"]);
                    self.one_of(&at, scheme, "in", &["cookie", "header", "query"]);
                }
            }
        }
    }

    fn operation(&mut self, at: &str, path: &str, operation: &'d Value, ids: &mut BTreeSet<String>) {
        let Some(object) = self.object(at, operation, OPERATION) else { return };
        if let Some(Value::String(id)) = object.get("operationId")
            && !ids.insert(id.clone())
        {
            self.error(at, format_args!("`operationId` \"{id}\" is used twice"));
        }
        let mut names = BTreeSet::new();
        for (place, parameter) in entries(object, "parameters") {
            self.parameter(&format!("{at} {place}"), path, parameter, &mut names);
        }
        let variables = path.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        for (name, _) in variables {
            if !names.contains(&("path".to_owned(), name.to_owned())) {
                self.error(at, format_args!("the path's parameter `{name}` is not described"));
            }
        }
        if let Some(body) = object.get("requestBody") {
            let at = format!("{at} requestBody");
            if let Some(body) = self.object(&at, body, REQUEST_BODY) {
                self.content(&at, body);
            }
        }
        if object.get("responses").and_then(Value::as_object).is_some_and(Map::is_empty) {
            self.error(at, "has no response");
        }
        for (place, response) in entries(object, "responses") {
            let at = format!("{at} {place}");
            if let Some(response) = self.object(&at, response, RESPONSE) {
                self.content(&at, response);
            }
        }
        for (place, requirement) in entries(object, "security") {
            for name in requirement.as_object().into_iter().flatten().map(|(name, _)| name) {
                let schemes = self.document.pointer("/components/securitySchemes");
                if schemes.and_then(|schemes| schemes.get(name)).is_none() {
                    self.error(at, format_args!("{place} names `{name}`, which is no security scheme"));
                }
            }
        }
    }

    fn parameter(
        &mut self,
        at: &str,
        path: &str,
        parameter: &'d Value,
        names: &mut BTreeSet<(String, String)>,
    ) {
        let Some(parameter) = self.object(at, parameter, PARAMETER) else { return };
        self.one_of(at, parameter, "in", &["query", "header", "path", "cookie"]);
        let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (place, name) = (text("in"), text("name"));
        if place == "path" {
            if parameter.get("required") != Some(&Value::Bool(true)) {
                self.error(at, "a parameter of the path is not required");
            }
            if !path.contains(&format!("{{{name}}}")) {
                self.error(at, format_args!("the path has no parameter `{name}`"));
            }
        }
        if !names.insert((place, name)) {
            self.error(at, "is described twice");
        }
        if let Some(schema) = parameter.get("schema") {
            self.schema(at, schema);
        }
    }

    fn content(&mut self, at: &str, body: &'d Map<String, Value>) {
        for (place, media_type) in entries(body, "content") {
            let at = format!("{at} {place}");
            let media_type = self.object(&at, media_type, MEDIA_TYPE);
            if let Some(schema) = media_type.and_then(|media_type| media_type.get("schema")) {
                self.schema(&at, schema);
            }
        }
    }

    fn schema(&mut self, at: &str, schema: &'d Value) {
        if let Some(reference) = schema.get("$ref") {
            let pointer = reference.as_str().and_then(|reference| reference.strip_prefix('#'));
            if pointer.and_then(|pointer| self.document.pointer(pointer)).is_none() {
                self.error(at, format_args!("{reference} refers to nothing"));
            }
            return;
        }
        let Some(object) = self.object(at, schema, SCHEMA) else { return };
        self.one_of(at, object, "type", TYPES);
        if object.get("type").and_then(Value::as_str) == Some("array") && !object.contains_key("items") {
            self.error(at, "`items` is missing");
        }
        for key in ["enum", "required", "allOf", "oneOf", "anyOf"] {
            if object.get(key).and_then(Value::as_array).is_some_and(Vec::is_empty) {
                self.error(at, format_args!("`{key}` is empty"));
            }
        }
        if let Some(Value::String(pattern)) = object.get("pattern")
            && pattern.contains(r"\Z")
        {
            self.error(at, "`pattern` has an anchor that ECMAScript does not know");
        }
        for key in ["properties", "allOf", "oneOf", "anyOf"] {
            for (place, inner) in entries(object, key) {
                self.schema(&format!("{at} {place}"), inner);
            }
        }
        for key in ["items", "not", "additionalProperties"] {
            if let Some(inner) = object.get(key).filter(|inner| !inner.is_boolean()) {
                self.schema(&format!("{at} {key}"), inner);
            }
        }
    }
}

#[cfg(test)]
mod tests;

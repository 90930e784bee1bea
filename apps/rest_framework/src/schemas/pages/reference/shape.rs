//! Schemas in words.

use minijinja::Value as PageValue;
use serde::Serialize;
use serde_json::Value;

use super::{description, entries, flag, items, text};

/// The type of a value, and the properties if it is an object.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Shape<'d> {
    pub(super) kind: Vec<Word<'d>>,
    pub(super) limits: Vec<String>,
    /// The allowed values, as JSON.
    pub(super) values: Vec<String>,
    pub(super) properties: Vec<Property<'d>>,
}

/// A part of a type's name: text, or the name of a schema of this page.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Word<'d> {
    Text(String),
    Schema(&'d str),
}

/// A property of an object, or a parameter.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Property<'d> {
    name: &'d str,
    /// Where a parameter is: `query`, `path`. Empty for a property.
    place: &'d str,
    required: bool,
    deprecated: bool,
    description: PageValue,
    shape: Shape<'d>,
}

impl<'d> Property<'d> {
    pub(super) fn parameter(parameter: &'d Value) -> Self {
        Self {
            name: text(parameter, "name"),
            place: text(parameter, "in"),
            required: flag(parameter, "required"),
            deprecated: flag(parameter, "deprecated"),
            description: description(parameter),
            shape: Shape::flat(&parameter["schema"]),
        }
    }
}

impl<'d> Shape<'d> {
    /// The shape with its properties. Their own ones are left out: objects within objects are schemas of their own.
    pub(super) fn of(schema: &'d Value) -> Self {
        let is_required = |name: &str| items(schema, "required").any(|required| required == name);
        let properties = entries(&schema["properties"]).map(|(name, property)| Property {
            name,
            place: "",
            required: is_required(name),
            deprecated: flag(property, "deprecated"),
            description: description(property),
            shape: Self::flat(property),
        });
        Self { properties: properties.collect(), ..Self::flat(schema) }
    }

    fn flat(schema: &'d Value) -> Self {
        let mut kind = Vec::new();
        push_kind(schema, &mut kind);
        let values = items(schema, "enum").chain(items(&schema["items"], "enum"));
        Self {
            kind,
            limits: limits(schema),
            values: values.map(Value::to_string).collect(),
            properties: Vec::new(),
        }
    }
}

fn push_kind<'d>(schema: &'d Value, words: &mut Vec<Word<'d>>) {
    let push = |words: &mut Vec<Word<'d>>, text: &str| match words.last_mut() {
        Some(Word::Text(last)) => last.push_str(text),
        _ => words.push(Word::Text(text.to_owned())),
    };
    let alternatives = ["oneOf", "anyOf", "allOf"].into_iter().find(|key| schema[*key].is_array());
    if let Some(name) = text(schema, "$ref").strip_prefix("#/components/schemas/") {
        words.push(Word::Schema(name));
    } else if let Some(key) = alternatives {
        for (index, one) in items(schema, key).enumerate() {
            if index > 0 {
                push(words, if key == "allOf" { " and " } else { " or " });
            }
            push_kind(one, words);
        }
    } else {
        match (text(schema, "type"), text(schema, "format")) {
            ("array", _) => {
                push(words, "array of ");
                push_kind(&schema["items"], words);
            }
            ("object", _)
                if schema["additionalProperties"].as_object().is_some_and(|one| !one.is_empty()) =>
            {
                push(words, "object of ");
                push_kind(&schema["additionalProperties"], words);
            }
            ("", _) => push(words, "any value"),
            (kind, "") => push(words, kind),
            (kind, format) => push(words, &format!("{kind} ({format})")),
        }
    }
    if flag(schema, "nullable") {
        push(words, " or null");
    }
}

/// What a value must be besides its type.
fn limits(schema: &Value) -> Vec<String> {
    let mut limits = Vec::new();
    for (key, word) in
        [("readOnly", "read only"), ("writeOnly", "write only"), ("uniqueItems", "no item twice")]
    {
        if flag(schema, key) {
            limits.push(word.to_owned());
        }
    }
    let above = if flag(schema, "exclusiveMinimum") { "more than" } else { "at least" };
    let below = if flag(schema, "exclusiveMaximum") { "less than" } else { "at most" };
    for (key, start, end) in [
        ("minimum", above, ""),
        ("maximum", below, ""),
        ("minLength", "at least", " characters"),
        ("maxLength", "at most", " characters"),
        ("minItems", "at least", " items"),
        ("maxItems", "at most", " items"),
        ("multipleOf", "a multiple of", ""),
        ("pattern", "matches", ""),
        ("default", "default", ""),
    ] {
        match &schema[key] {
            Value::Null => {}
            Value::String(text) if key == "pattern" => limits.push(format!("{start} {text}{end}")),
            value => limits.push(format!("{start} {value}{end}")),
        }
    }
    limits
}

//! The operations of a document.

use indexmap::IndexMap;
use minijinja::Value as PageValue;
use serde::Serialize;
use serde_json::Value;

use super::shape::{Property, Shape};
use super::{description, entries, flag, items, text};

/// The operations of a tag.
#[derive(Serialize)]
pub(super) struct Group<'d> {
    tag: &'d str,
    description: PageValue,
    operations: Vec<Operation<'d>>,
}

#[derive(Serialize)]
struct Operation<'d> {
    id: &'d str,
    method: String,
    path: &'d str,
    summary: &'d str,
    description: PageValue,
    deprecated: bool,
    /// The names of the schemes that each allow the operation. Empty: it needs no credentials.
    security: Vec<String>,
    parameters: Vec<Property<'d>>,
    body: Option<Body<'d>>,
    responses: Vec<Response<'d>>,
}

#[derive(Serialize)]
struct Body<'d> {
    required: bool,
    contents: Vec<Content<'d>>,
}

#[derive(Serialize)]
struct Response<'d> {
    status: &'d str,
    description: PageValue,
    contents: Vec<Content<'d>>,
}

/// The media types of a body that have one schema.
#[derive(Serialize)]
struct Content<'d> {
    media_types: Vec<&'d str>,
    shape: Shape<'d>,
}

/// The operations by their first tag, in the order of the document.
pub(super) fn groups(document: &Value) -> Vec<Group<'_>> {
    let mut groups: IndexMap<&str, Vec<Operation<'_>>> = IndexMap::new();
    for (path, item) in entries(&document["paths"]) {
        for (method, operation) in entries(item).filter(|(_, operation)| operation.is_object()) {
            let tag = items(operation, "tags").next().and_then(Value::as_str).unwrap_or_default();
            groups.entry(tag).or_default().push(Operation::of(path, method, operation));
        }
    }
    let describe = |tag: &str| {
        let found = items(document, "tags").find(|known| text(known, "name") == tag);
        found.map_or_else(|| PageValue::from(""), description)
    };
    let group = |(tag, operations)| Group { tag, description: describe(tag), operations };
    groups.into_iter().map(group).collect()
}

impl<'d> Operation<'d> {
    fn of(path: &'d str, method: &str, operation: &'d Value) -> Self {
        let body = &operation["requestBody"];
        let responses = entries(&operation["responses"]).map(|(status, response)| Response {
            status,
            description: description(response),
            contents: contents(response),
        });
        Self {
            id: text(operation, "operationId"),
            method: method.to_uppercase(),
            path,
            summary: text(operation, "summary"),
            description: description(operation),
            deprecated: flag(operation, "deprecated"),
            security: security(operation),
            parameters: items(operation, "parameters").map(Property::parameter).collect(),
            body: body
                .is_object()
                .then(|| Body { required: flag(body, "required"), contents: contents(body) }),
            responses: responses.collect(),
        }
    }
}

/// The ways to authenticate. Several schemes of one way are joined by `+`; `{}` is the way without credentials.
fn security(operation: &Value) -> Vec<String> {
    let way = |way: &Value| match entries(way).map(|(name, _)| name).collect::<Vec<_>>() {
        names if names.is_empty() => "none".to_owned(),
        names => names.join(" + "),
    };
    items(operation, "security").map(way).collect()
}

fn contents(body: &Value) -> Vec<Content<'_>> {
    let mut contents: Vec<(&Value, Content<'_>)> = Vec::new();
    for (media_type, content) in entries(&body["content"]) {
        let schema = &content["schema"];
        match contents.iter_mut().find(|(known, _)| *known == schema) {
            Some((_, content)) => content.media_types.push(media_type),
            None => {
                contents.push((schema, Content { media_types: vec![media_type], shape: Shape::of(schema) }))
            }
        }
    }
    contents.into_iter().map(|(_, content)| content).collect()
}

//! The renderers of the document (`drf_spectacular/renderers.py`).

use bytes::Bytes;
use serde_json::{Value, json};

use super::yaml;
use crate::error_detail::Detail;
use crate::negotiation::json_indent;
use crate::renderers::{RenderError, Renderable, Renderer, RendererContext};

/// YAML: `application/vnd.oai.openapi`.
pub struct OpenApiYamlRenderer;

/// YAML: `application/yaml`.
pub struct OpenApiYamlRenderer2;

/// Indented JSON: `application/vnd.oai.openapi+json`.
pub struct OpenApiJsonRenderer;

/// Indented JSON: `application/json`.
pub struct OpenApiJsonRenderer2;

macro_rules! yaml_renderers {
    ($($name:ident: $media_type:literal;)*) => { $(
        impl Renderer for $name {
            fn media_type(&self) -> &'static str {
                $media_type
            }

            fn format(&self) -> &'static str {
                "yaml"
            }

            fn render(&self, data: &dyn Renderable, context: &RendererContext<'_>) -> Result<Bytes, RenderError> {
                let tree = serde_json::to_value(data).map_err(|error| RenderError(error.to_string()))?;
                let tree = match context.exception {
                    Some(exception) => with_codes(tree, exception.detail()),
                    None => tree,
                };
                Ok(yaml::to_string(&tree).into())
            }
        }
    )* };
}

yaml_renderers! {
    OpenApiYamlRenderer: "application/vnd.oai.openapi";
    OpenApiYamlRenderer2: "application/yaml";
}

macro_rules! json_renderers {
    ($($name:ident: $media_type:literal;)*) => { $(
        impl Renderer for $name {
            fn media_type(&self) -> &'static str {
                $media_type
            }

            fn format(&self) -> &'static str {
                "json"
            }

            fn charset(&self) -> Option<&'static str> {
                None
            }

            fn render(&self, data: &dyn Renderable, context: &RendererContext<'_>) -> Result<Bytes, RenderError> {
                let indent = json_indent(context.accepted_media_type).filter(|indent| *indent > 0);
                data.to_json(Some(indent.unwrap_or(4)))
            }
        }
    )* };
}

json_renderers! {
    OpenApiJsonRenderer: "application/vnd.oai.openapi+json";
    OpenApiJsonRenderer2: "application/json";
}

/// The data of an error, whose messages have their codes in YAML. Data of an app's own exception handler stays.
fn with_codes(tree: Value, detail: &Detail) -> Value {
    let message =
        |detail: &Detail| if matches!(detail, Detail::Message(_)) { Some(coded(detail)) } else { None };
    match (message(detail), serde_json::to_value(detail)) {
        (Some(coded), Ok(text)) if tree == json!({"detail": text}) => json!({"detail": coded}),
        (None, Ok(same)) if tree == same => coded(detail),
        _ => tree,
    }
}

fn coded(detail: &Detail) -> Value {
    match detail {
        Detail::Message(error) => json!({"string": error.message, "code": error.code}),
        Detail::List(items) => items.iter().map(coded).collect(),
        Detail::Dict(entries) => {
            Value::Object(entries.iter().map(|(name, detail)| (name.clone(), coded(detail))).collect())
        }
    }
}

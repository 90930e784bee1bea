//! The renderers of the document (`drf_spectacular/renderers.py`).

use bytes::Bytes;

use super::yaml;
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

macro_rules! yaml {
    ($($name:ident: $media_type:literal;)*) => { $(
        impl Renderer for $name {
            fn media_type(&self) -> &'static str {
                $media_type
            }

            fn format(&self) -> &'static str {
                "yaml"
            }

            fn render(&self, data: &dyn Renderable, _: &RendererContext<'_>) -> Result<Bytes, RenderError> {
                let tree = serde_json::to_value(data).map_err(|error| RenderError(error.to_string()))?;
                Ok(yaml::to_string(&tree).into())
            }
        }
    )* };
}

yaml! {
    OpenApiYamlRenderer: "application/vnd.oai.openapi";
    OpenApiYamlRenderer2: "application/yaml";
}

macro_rules! json {
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

json! {
    OpenApiJsonRenderer: "application/vnd.oai.openapi+json";
    OpenApiJsonRenderer2: "application/json";
}

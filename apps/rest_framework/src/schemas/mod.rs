//! The OpenAPI 3.0 document of an API, made from the declarations of its views, as drf-spectacular makes it.
//!
//! ```
//! use vitamin_framework::urls::{Pattern, path};
//! use vitamin_rest_framework::fields::CharField;
//! use vitamin_rest_framework::response::Response;
//! use vitamin_rest_framework::schemas::spectacular_api_view;
//! use vitamin_rest_framework::serializers::Serializer;
//! use vitamin_rest_framework::views::APIView;
//!
//! fn echo() -> APIView {
//!     let serializer = Serializer::new().component_name("Echo").field("text", CharField::new().max_length(80));
//!     APIView::new("EchoView").serializer(serializer).post(async || Response::new("…"))
//! }
//!
//! fn urlpatterns() -> Vec<Pattern> {
//!     vec![path("echo/", echo()), path("schema/", spectacular_api_view())]
//! }
//! # urlpatterns();
//! ```
//!
//! `manage spectacular` writes the document too. What declarations cannot tell is said by [`ExtendSchema`].

mod builder;
mod choices;
mod command;
mod components;
mod documents;
mod enums;
mod extend;
mod field;
mod filters;
mod generator;
mod languages;
mod operation;
#[cfg(feature = "browsable-api")]
mod pages;
mod parameter;
mod parameters;
mod path;
mod renderers;
mod security;
mod serializer;
mod settings;
mod text;
mod types;
mod validation;
mod validators;
mod versions;
mod view;
mod views;
mod yaml;

pub(crate) use self::command::Spectacular;
pub(crate) use self::documents::Documents;
pub use self::extend::ExtendSchema;
pub use self::filters::FilterSchema;
pub use self::generator::{GeneratedSchema, SchemaGenerator};
#[cfg(feature = "browsable-api")]
pub use self::pages::spectacular_reference_view;
#[cfg(feature = "swagger-ui")]
pub use self::pages::spectacular_swagger_view;
#[cfg(feature = "browsable-api")]
pub(crate) use self::pages::{STATIC_FILES, TEMPLATES};
pub use self::parameter::{Location, OpenApiParameter};
pub use self::renderers::{
    OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer, OpenApiYamlRenderer2,
};
pub use self::security::SecurityScheme;
pub use self::serializer::{BodySchema, DescribeSerializer, FieldSchema, FieldShape, SerializerSchema};
pub use self::settings::SpectacularSettings;
pub use self::types::{OpenApiTypes, Schema, TypeHint};
pub use self::validation::validate_schema;
pub use self::versions::SchemaVersioning;
pub use self::view::{ListFilters, SchemaRequest, SchemaView};
pub use self::views::{spectacular_api_view, spectacular_json_api_view, spectacular_yaml_api_view};

#[cfg(test)]
mod tests;

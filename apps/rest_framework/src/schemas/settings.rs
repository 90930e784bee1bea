//! The settings of the schema (`drf_spectacular/settings.py`).

use std::sync::Arc;

use serde_json::{Value, json};

use crate::authentication::Authentication;
use crate::classes;
use crate::permissions::{AllowAny, Permission};

/// The settings of the schema: [`APISettings::spectacular_settings`](crate::APISettings::spectacular_settings). The names
/// and defaults are drf-spectacular's, in lower case.
///
/// ```
/// use vitamin_rest_framework::schemas::SpectacularSettings;
///
/// let settings = SpectacularSettings { title: "Tracker".to_owned(), version: "1.0.0".to_owned(), ..Default::default() };
/// ```
#[derive(Clone)]
pub struct SpectacularSettings {
    /// The title of the API.
    pub title: String,
    /// The description of the API; may be empty.
    pub description: String,
    /// The version of the document. With a version of the API it becomes `0.0.0 (v2)`.
    pub version: String,
    /// The URL of the terms of service.
    pub tos: Option<String>,
    /// `name`, `url`, `email`; null for none.
    pub contact: Value,
    /// `name`, `url`; null for none.
    pub license: Value,
    /// The list of servers; null for none.
    pub servers: Value,
    /// The tags of the whole document; null for none.
    pub tags: Value,
    /// `url`, `description`; null for none.
    pub external_docs: Value,
    /// The start of all paths, a regular expression, which tags and operation ids leave out. `None`: the part that all
    /// paths have in common.
    pub schema_path_prefix: Option<String>,
    /// Removes the prefix from the paths.
    pub schema_path_prefix_trim: bool,
    /// What all paths begin with.
    pub schema_path_prefix_insert: String,
    /// Whether PATCH has components of its own, in which no property is required.
    pub component_split_patch: bool,
    /// Whether requests have components of their own, without read-only properties.
    pub component_split_request: bool,
    /// Whether read-only properties are not required.
    pub component_no_read_only_required: bool,
    /// Whether text that may not be empty has a minimum length.
    pub enforce_non_blank_fields: bool,
    /// Whether the document describes the view that serves it.
    pub serve_include_schema: bool,
    /// The permission classes of the views that serve the document and its pages.
    pub serve_permissions: Vec<Arc<dyn Permission>>,
    /// Their authentication classes. `None`: the project's default.
    pub serve_authentication: Option<Vec<Arc<dyn Authentication>>>,
    /// The settings of Swagger UI, an object ([the list](https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/)).
    pub swagger_ui_settings: Value,
    /// Names of components for lists of choices: pairs of a value and its label.
    pub enum_name_overrides: Vec<(String, Vec<(crate::data::Value, crate::data::Value)>)>,
    /// Whether empty and null choices are components.
    pub enum_add_explicit_blank_null_choice: bool,
    /// Whether descriptions list the choices.
    pub enum_generate_choice_description: bool,
    /// The end of the names of components of choices.
    pub enum_suffix: String,
    /// Whether operations are sorted by path.
    pub sort_operations: bool,
    /// Whether parameters are sorted by name.
    pub sort_operation_parameters: bool,
    /// Paths to add to the document; an object.
    pub append_paths: Value,
    /// Components to add to the document: an object of objects.
    pub append_components: Value,
}

impl Default for SpectacularSettings {
    fn default() -> Self {
        Self {
            title: String::new(),
            description: String::new(),
            version: "0.0.0".to_owned(),
            tos: None,
            contact: Value::Null,
            license: Value::Null,
            servers: Value::Null,
            tags: Value::Null,
            external_docs: Value::Null,
            schema_path_prefix: None,
            schema_path_prefix_trim: false,
            schema_path_prefix_insert: String::new(),
            component_split_patch: true,
            component_split_request: false,
            component_no_read_only_required: false,
            enforce_non_blank_fields: false,
            serve_include_schema: true,
            serve_permissions: classes![AllowAny],
            serve_authentication: None,
            swagger_ui_settings: json!({"deepLinking": true}),
            enum_name_overrides: Vec::new(),
            enum_add_explicit_blank_null_choice: true,
            enum_generate_choice_description: true,
            enum_suffix: "Enum".to_owned(),
            sort_operations: true,
            sort_operation_parameters: true,
            append_paths: Value::Null,
            append_components: Value::Null,
        }
    }
}

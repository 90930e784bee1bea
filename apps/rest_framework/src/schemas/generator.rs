//! The document of a URLconf (`SchemaGenerator` of `drf_spectacular/generators.py`).

use actix_web::http::Method;
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::builder::Builder;
use super::enums::remove_ids;
use super::operation::Operation;
use super::path::{Path, Prefix};
use super::serializer::BodySchema;
use super::types::Schema;
use super::versions::{Versioned, versioned};
use super::view::{PlainView, SchemaRequest, SchemaView};
use crate::settings::APISettings;
use crate::views::APIView;
use vitamin_framework::urls::UrlConf;

/// Makes the OpenAPI document of a project's views.
pub struct SchemaGenerator<'a> {
    settings: &'a APISettings,
    session_cookie_name: &'a str,
    api_version: Option<&'a str>,
    is_postgres: bool,
}

/// A document, and what could not be found out.
#[derive(Clone, Debug)]
pub struct GeneratedSchema {
    /// The document.
    pub document: Value,
    /// What an author should fix, each once.
    pub warnings: Vec<String>,
}

/// A view at a path.
struct Endpoint<'u> {
    path: Path,
    view: &'u APIView,
    schema_view: &'u dyn SchemaView,
    method: Method,
    action: Option<&'static str>,
    namespace: &'u str,
}

impl<'a> SchemaGenerator<'a> {
    /// A generator with the project's settings.
    #[must_use]
    pub fn new(settings: &'a APISettings) -> Self {
        Self { settings, session_cookie_name: "sessionid", api_version: None, is_postgres: false }
    }

    /// The name of the session's cookie (`SESSION_COOKIE_NAME`).
    #[must_use]
    pub fn session_cookie_name(mut self, name: &'a str) -> Self {
        self.session_cookie_name = name;
        self
    }

    /// The version of the API, which the document's version shows.
    #[must_use]
    pub fn api_version(mut self, version: Option<&'a str>) -> Self {
        self.api_version = version.filter(|version| !version.is_empty());
        self
    }

    /// Whether the database is PostgreSQL, whose integers have smaller ranges than SQLite's.
    #[must_use]
    pub fn is_postgres(mut self, is_postgres: bool) -> Self {
        self.is_postgres = is_postgres;
        self
    }

    /// Makes the document.
    #[must_use]
    pub fn get_schema(&self, urlconf: &UrlConf) -> GeneratedSchema {
        let mut builder = Builder::new(self.settings, self.is_postgres);
        let mut paths = self.paths(urlconf, &mut builder);
        resolve_collisions(&mut paths, &mut builder);
        builder.replace_enums();
        let mut document = Value::Object(self.root(paths, &builder));
        remove_ids(&mut document);
        GeneratedSchema { document, warnings: builder.warnings }
    }

    fn paths(&self, urlconf: &UrlConf, builder: &mut Builder<'_>) -> Schema {
        let settings = builder.settings;
        let endpoints = self.endpoints(urlconf);
        let prefix = self.prefix(&endpoints, builder);
        let mut paths = Schema::new();
        for Endpoint { path, view, schema_view, method, action, namespace } in &endpoints {
            let policies = view.policies(self.settings);
            let versioning = policies.versioning_class.as_ref().map(|class| class.in_schema());
            let path = path.clone();
            let Versioned { path, media_type_suffix } = match versioning {
                None => Versioned { path, media_type_suffix: String::new() },
                Some(None) => {
                    let name = view.class_name();
                    builder.warn(format!("the document cannot show the versioning class of {name}"));
                    Versioned { path, media_type_suffix: String::new() }
                }
                Some(Some((place, own))) => {
                    let versions = own.unwrap_or(&self.settings.versions);
                    match versioned(place, versions, self.api_version, namespace, path) {
                        Some(versioned) => versioned,
                        None => continue,
                    }
                }
            };
            let extended = view.extended_schema(method, *action);
            if extended.exclude == Some(true) || view.serves_schema() && !settings.serve_include_schema {
                continue;
            }
            let request = view.mock_request(self.settings, method.clone());
            let operation = Operation {
                path: &path,
                media_type_suffix: &media_type_suffix,
                prefix: &prefix,
                api_view: view,
                view: *schema_view,
                policies: &policies,
                request: &SchemaRequest {
                    request: &request,
                    method,
                    action: *action,
                    serializer: view.plain_serializer(&request).map(BodySchema::from),
                    settings: self.settings,
                },
                extended: &extended,
                session_cookie_name: self.session_cookie_name,
                url_format_override: self.settings.url_format_override,
            };
            let operation = operation.build(builder);
            let trimmed =
                if settings.schema_path_prefix_trim { prefix.strip(&path.text) } else { &path.text };
            let mut shown = format!("{}{trimmed}", settings.schema_path_prefix_insert);
            if !shown.starts_with('/') {
                shown.insert(0, '/');
            }
            if let Value::Object(item) = paths.entry(shown).or_insert_with(|| json!({})) {
                item.insert(method.as_str().to_lowercase(), Value::Object(operation));
            }
        }
        paths
    }

    /// The methods of all views, sorted by path. The first one of a path and method counts.
    fn endpoints<'u>(&self, urlconf: &'u UrlConf) -> Vec<Endpoint<'u>> {
        let mut found: IndexMap<(String, Method), Endpoint<'u>> = IndexMap::new();
        for info in urlconf.endpoints() {
            let view = info.view.describe().and_then(|view| view.downcast_ref::<APIView>());
            let Some(view) = view.filter(|view| !view.is_excluded_from_schema()) else { continue };
            for route in info.routes {
                let path = Path::of_route(route, info.converters);
                if path.has_format_suffix() {
                    continue;
                }
                let unnamed = path.text.clone();
                for method in view.allowed_methods().into_iter().filter(is_described) {
                    let schema_view = view.own_schema_view().unwrap_or(&PlainView);
                    let path = path.clone().coerced(schema_view.model());
                    let actions =
                        view.view_set().map(|view_set| view_set.actions.as_slice()).unwrap_or_default();
                    let action =
                        actions.iter().find(|(known, _)| *known == method).map(|(_, action)| *action);
                    let (key, namespace) = ((unnamed.clone(), method.clone()), info.namespace);
                    found.entry(key).or_insert(Endpoint {
                        path,
                        view,
                        schema_view,
                        method,
                        action,
                        namespace,
                    });
                }
            }
        }
        let mut endpoints: Vec<_> = found.into_iter().collect();
        if self.settings.spectacular_settings.sort_operations {
            let sort_key = |text: &str| Path::of_route(text, &[]).sort_key();
            endpoints.sort_by_cached_key(|((path, method), _)| (sort_key(path), priority(method)));
        }
        endpoints.into_iter().map(|(_, endpoint)| endpoint).collect()
    }

    fn prefix(&self, endpoints: &[Endpoint<'_>], builder: &mut Builder<'_>) -> Prefix {
        if let Some(pattern) = &builder.settings.schema_path_prefix {
            match Prefix::new(pattern) {
                Ok(prefix) => return prefix,
                Err(error) => builder.warn(format!("schema_path_prefix is no regular expression: {error}")),
            }
        }
        let first = endpoints.first().map(|endpoint| endpoint.view.class_name());
        if endpoints.iter().all(|endpoint| Some(endpoint.view.class_name()) == first) {
            return Prefix::common(["/"]);
        }
        Prefix::common(endpoints.iter().map(|endpoint| endpoint.path.text.as_str()))
    }

    /// The document around the paths (`build_root_object`).
    fn root(&self, mut paths: Schema, builder: &Builder<'_>) -> Schema {
        let settings = builder.settings;
        let version = match self.api_version {
            Some(version) if settings.version.is_empty() => version.to_owned(),
            Some(version) => format!("{} ({version})", settings.version),
            None => settings.version.clone(),
        };
        let mut info = Schema::new();
        let mut insert = |key: &str, value: Value| _ = info.insert(key.to_owned(), value);
        insert("title", settings.title.as_str().into());
        insert("version", version.into());
        if !settings.description.is_empty() {
            insert("description", settings.description.as_str().into());
        }
        if let Some(tos) = &settings.tos {
            insert("termsOfService", tos.as_str().into());
        }
        for (key, value) in [("contact", &settings.contact), ("license", &settings.license)] {
            if !value.is_null() {
                insert(key, value.clone());
            }
        }
        paths.extend(settings.append_paths.as_object().cloned().unwrap_or_default());
        let mut root = Schema::new();
        let mut insert = |key: &str, value: Value| _ = root.insert(key.to_owned(), value);
        insert("openapi", "3.0.3".into());
        insert("info", Value::Object(info));
        insert("paths", Value::Object(paths));
        insert("components", Value::Object(builder.components.build(&settings.append_components)));
        for (key, value) in [
            ("servers", &settings.servers),
            ("tags", &settings.tags),
            ("externalDocs", &settings.external_docs),
        ] {
            if !value.is_null() {
                insert(key, value.clone());
            }
        }
        root
    }
}

/// Whether operations of the method are in the document.
fn is_described(method: &Method) -> bool {
    ![Method::OPTIONS, Method::HEAD, Method::TRACE, Method::CONNECT].contains(method)
}

fn priority(method: &Method) -> usize {
    let order = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    order.iter().position(|known| known == method).unwrap_or(order.len())
}

/// Numbers operations of the same id (`sanitize_result_object`).
fn resolve_collisions(paths: &mut Schema, builder: &mut Builder<'_>) {
    let mut ids: IndexMap<String, Vec<(String, String)>> = IndexMap::new();
    for (path, item) in &*paths {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if let Some(id) = operation.get("operationId").and_then(Value::as_str) {
                ids.entry(id.to_owned()).or_default().push((path.clone(), method.clone()));
            }
        }
    }
    for (id, mut uses) in ids {
        if uses.len() == 1 {
            continue;
        }
        uses.sort_unstable();
        builder.warn(format!("operationId \"{id}\" has collisions: {uses:?}. They are numbered"));
        for (index, (path, method)) in uses.iter().enumerate().skip(1) {
            let operation = paths.get_mut(path).and_then(|item| item.get_mut(method));
            if let Some(operation) = operation.and_then(Value::as_object_mut) {
                operation.insert("operationId".to_owned(), format!("{id}_{}", index + 1).into());
            }
        }
    }
}

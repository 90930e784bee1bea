//! The parameters of an operation (`_get_parameters` of `drf_spectacular/openapi.py`).

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::builder::{Builder, Direction};
use super::operation::{Operation, string, unique};
use super::parameter::{Location, OpenApiParameter};
use super::path::{PathParameter, anchored};
use super::types::{OpenApiTypes, Schema, object};
use crate::pagination::QueryParameter;
use vitamin_framework::models::{Column, FieldClass, ModelMeta};
use vitamin_framework::translation::{format, gettext};

/// The parameters by name and place.
type Parameters = IndexMap<(String, String), Schema>;

impl Operation<'_> {
    /// The parameters, sorted by name.
    pub(super) fn parameters(&self, builder: &mut Builder<'_>) -> Vec<Value> {
        let mut parameters = Parameters::new();
        let is_extended = |parameter: &PathParameter| {
            let mut own = self.extended.parameters.iter();
            own.any(|own| own.name == parameter.name && own.location == Location::Path)
        };
        for parameter in self.path.parameters.iter().filter(|parameter| !is_extended(parameter)) {
            add(&mut parameters, self.path_parameter(builder, parameter).build());
        }
        let is_list = self.is_list();
        if self.extended.filters.unwrap_or(is_list) {
            self.filter_parameters(builder, &mut parameters);
        }
        if is_list && let Some(pagination) = self.view.pagination(self.request) {
            for QueryParameter { name, description, schema_type } in
                pagination.get_schema_operation_parameters()
            {
                add(&mut parameters, query(name, description, schema_type));
            }
        }
        if let Some(name) = self.url_format_override {
            let formats = unique(self.renderers().map(|(_, format)| format));
            if formats.len() > 1 {
                let parameter = OpenApiParameter::query(name, OpenApiTypes::Str).enumeration(formats);
                add(&mut parameters, parameter.build());
            }
        }
        for own in &self.extended.parameters {
            if own.exclude {
                parameters.shift_remove(&(own.name.to_string(), own.location.as_str().to_owned()));
            } else {
                add(&mut parameters, own.clone().build());
            }
        }
        if builder.settings.sort_operation_parameters {
            parameters.sort_by(|(a, _), _, (b, _), _| a.cmp(b));
        }
        parameters.into_values().map(Value::Object).collect()
    }

    fn filter_parameters(&self, builder: &mut Builder<'_>, parameters: &mut Parameters) {
        let filters = self.view.filters(self.request);
        for filter in &filters.filters {
            for parameter in builder.filter(filter) {
                add(parameters, parameter.build());
            }
        }
        if let Some(name) = filters.search_param {
            add(parameters, query(name, gettext("A search term."), "string"));
        }
        if let Some(name) = filters.ordering_param {
            add(parameters, query(name, gettext("Which field to use when ordering the results."), "string"));
        }
    }

    fn path_parameter(&self, builder: &mut Builder<'_>, parameter: &PathParameter) -> OpenApiParameter {
        let name = parameter.name.clone();
        let plain = |schema| OpenApiParameter::with_schema(name.clone(), Location::Path, schema);
        if let Some(converter) = parameter.converter {
            let basic = match converter {
                "int" => OpenApiTypes::Int,
                "uuid" => OpenApiTypes::Uuid,
                _ => OpenApiTypes::Str,
            };
            return plain(basic.schema().unwrap_or_default());
        }
        if let Some(pattern) = &parameter.pattern {
            return plain(string()).pattern(anchored(pattern));
        }
        let Some(model) = self.view.model() else {
            builder.warn(format!(
                "could not derive the type of the path parameter \"{}\" of {}, because it is untyped and the view has no \
                 model. Defaulting to \"string\"",
                parameter.name, self.path.text
            ));
            return plain(string());
        };
        let field = match self.api_view.view_set() {
            Some(view_set) if view_set.lookup_url_kwarg == parameter.name => view_set.lookup_field.clone(),
            _ => match parameter.name.strip_suffix("_pk") {
                Some(name) => format!("{name}_id"),
                None => parameter.name.clone(),
            },
        };
        let Some((meta, column)) = follow(model, &field) else {
            builder.warn(format!(
                "could not derive the type of the path parameter \"{}\" of {}, because {} has no such field. Defaulting \
                 to \"string\"",
                parameter.name, self.path.text, model.name
            ));
            return plain(string());
        };
        let mut schema = builder.column(meta, column, Direction::Response);
        let description = match schema.get("description") {
            None if column.primary_key => pk_description(model, column),
            _ => String::new(),
        };
        schema.shift_remove("readOnly");
        plain(schema).description(description)
    }
}

/// The column of a lookup, such as `owner__username`.
fn follow(model: &'static ModelMeta, lookup: &str) -> Option<(&'static ModelMeta, &'static Column)> {
    let (name, rest) = lookup.split_once("__").map_or((lookup, None), |(name, rest)| (name, Some(rest)));
    let (_, column) = model.find(name)?;
    match rest {
        None => Some((model, column)),
        Some(rest) => follow((column.references?.to)(), rest),
    }
}

/// `get_pk_description` of `rest_framework/schemas/utils.py`.
fn pk_description(model: &ModelMeta, column: &Column) -> String {
    let kind = match column.class {
        FieldClass::Auto => gettext("unique integer value"),
        FieldClass::Uuid => gettext("UUID string"),
        _ => gettext("unique value"),
    };
    format(
        gettext("A {value_type} identifying this {name}."),
        &[("value_type", &kind), ("name", &model.verbose_name())],
    )
}

fn query(name: &str, description: &str, schema_type: &str) -> Schema {
    object(json!({
        "name": name,
        "required": false,
        "in": "query",
        "description": description,
        "schema": {"type": schema_type},
    }))
}

fn add(parameters: &mut Parameters, parameter: Schema) {
    let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let key = (text("name"), text("in"));
    parameters.insert(key, parameter);
}

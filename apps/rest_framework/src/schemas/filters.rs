//! The parameters of filters (`drf_spectacular/contrib/django_filters.py`).

use serde_json::{Value, json};

use super::builder::{Builder, Direction};
use super::parameter::{Location, OpenApiParameter};
use super::types::{OpenApiTypes, Schema};
use crate::filters::{Apply, Choices, FilterKind, FilterSet, FormField, RangeOf};
use vitamin_framework::models::{Column, FieldClass, Model, ModelMeta, Path};
use vitamin_framework::translation::gettext;

/// A filter without the type of its model.
#[derive(Clone)]
pub struct FilterSchema {
    /// The parameter.
    pub field: FormField,
    /// The column that is compared, and its model. `None` if a closure makes the condition.
    pub column: Option<(&'static ModelMeta, &'static Column)>,
}

impl<T: Model> FilterSet<T> {
    /// The filters, for the OpenAPI document.
    #[must_use]
    pub fn schema(&self) -> Vec<FilterSchema> {
        let filters = self.filters.iter().map(|filter| FilterSchema {
            field: filter.field.clone(),
            column: match &filter.apply {
                Apply::Column(path, _) | Apply::Method(Some(path), _) => described(path),
                // As django-filter, which takes the filter's name for a field's.
                Apply::Method(None, _) => {
                    T::META.find(&filter.field.name).map(|(_, column)| (T::META, column))
                }
                Apply::Order(_) => None,
            },
        });
        filters.collect()
    }
}

impl Builder<'_> {
    /// The parameters of a filter: one, or two of a range.
    pub(super) fn filter(&mut self, filter: &FilterSchema) -> Vec<OpenApiParameter> {
        let FormField { name, kind, required } = &filter.field;
        let mut schema = self.filter_type(kind, filter);
        schema.shift_remove("readOnly");
        let mut values = match schema.shift_remove("enum") {
            Some(Value::Array(values)) => values,
            _ => Vec::new(),
        };
        let own = match (kind, schema.shift_remove("description")) {
            (FilterKind::In(_) | FilterKind::Between(_), _) => {
                gettext("Multiple values may be separated by commas.").to_owned()
            }
            (_, Some(Value::String(own))) => own,
            _ => String::new(),
        };
        let description = match explicit_choices(kind) {
            Some((own_values, choices)) => {
                values = own_values;
                self.filter_description(&own, &choices)
            }
            None => own,
        };
        let (explode, is_list) = match kind {
            FilterKind::In(_) | FilterKind::Between(_) => (false, true),
            FilterKind::MultipleChoice(_) | FilterKind::ModelMultipleChoice { .. } => (true, true),
            _ => (false, false),
        };
        let names: Vec<String> = match kind {
            FilterKind::Range(of) => of.suffixes().map(|suffix| format!("{name}_{suffix}")).into(),
            _ => vec![name.to_string()],
        };
        let parameter = |name: String| {
            let mut parameter = OpenApiParameter::with_schema(name, Location::Query, schema.clone());
            if is_list {
                parameter = parameter.many().style("form", explode);
            }
            if *required {
                parameter = parameter.required();
            }
            parameter.description(description.clone()).enumeration(values.clone())
        };
        names.into_iter().map(parameter).collect()
    }

    fn filter_type(&mut self, kind: &FilterKind, filter: &FilterSchema) -> Schema {
        let basic = match kind {
            FilterKind::Char => OpenApiTypes::Str,
            FilterKind::Boolean | FilterKind::NullBooleanSelect => OpenApiTypes::Bool,
            FilterKind::Date | FilterKind::Range(RangeOf::Dates) => OpenApiTypes::Date,
            FilterKind::DateTime
            | FilterKind::IsoDateTime
            | FilterKind::Range(RangeOf::DateTimes | RangeOf::IsoDateTimes) => OpenApiTypes::Datetime,
            FilterKind::Time | FilterKind::Range(RangeOf::Times) => OpenApiTypes::Time,
            FilterKind::Duration => OpenApiTypes::Duration,
            FilterKind::Uuid => OpenApiTypes::Uuid,
            FilterKind::Number => match filter.column.map(|(_, column)| target(column).class) {
                Some(FieldClass::Auto | FieldClass::Integer | FieldClass::PositiveInteger) => {
                    OpenApiTypes::Int
                }
                Some(FieldClass::Float) => OpenApiTypes::Float,
                _ => OpenApiTypes::Number,
            },
            FilterKind::In(kind) | FilterKind::Between(kind) => return self.filter_type(kind, filter),
            FilterKind::Choice(_)
            | FilterKind::MultipleChoice(_)
            | FilterKind::ModelChoice { .. }
            | FilterKind::ModelMultipleChoice { .. }
            | FilterKind::DateRange
            | FilterKind::Range(RangeOf::Numbers) => match filter.column {
                Some((meta, column)) => return self.filter_column(meta, column),
                None => OpenApiTypes::Str,
            },
        };
        basic.schema().unwrap_or_default()
    }

    fn filter_column(&mut self, meta: &'static ModelMeta, column: &'static Column) -> Schema {
        match column.references {
            Some(reference) => {
                let to = (reference.to)();
                self.column(to, target(to.primary_key()), Direction::Response)
            }
            None => self.column(meta, column, Direction::Response),
        }
    }

    /// The column's own description with the filter's choices.
    fn filter_description(&self, own: &str, choices: &[Labelled]) -> String {
        if choices.is_empty() || !self.settings.enum_generate_choice_description {
            return own.to_owned();
        }
        let lines: Vec<_> = choices
            .iter()
            .map(|(value, label)| format!("* `{}` - {label}", value.as_str().unwrap_or_default()))
            .collect();
        let lines = lines.join("\n");
        let own = own.split("\n\n*").next().unwrap_or(own);
        if own.is_empty() || own.starts_with("* `") { lines } else { format!("{own}\n\n{lines}") }
    }
}

/// The column that a filter compares; of a many-to-many relation the related rows' primary key.
fn described<T>(path: &Path<T>) -> Option<(&'static ModelMeta, &'static Column)> {
    let key = || (!path.is_local()).then(|| path.meta().primary_key());
    path.column().or_else(key).map(|column| (path.meta(), column))
}

/// The column itself, or the one that its foreign keys lead to.
fn target(column: &'static Column) -> &'static Column {
    let mut column = column;
    while let Some(reference) = column.references {
        column = (reference.to)().primary_key();
    }
    column
}

/// A choice and its label.
type Labelled = (Value, String);

/// The values of a filter with choices, and the choices with their labels.
fn explicit_choices(kind: &FilterKind) -> Option<(Vec<Value>, Vec<Labelled>)> {
    let of = |choices: &Choices| {
        let pairs: Vec<_> =
            choices.labelled().map(|(value, label)| (json!(value), label.to_owned())).collect();
        let mut values: Vec<_> = pairs.iter().map(|(value, _)| value.clone()).collect();
        if choices.has_null() {
            values.push(json!("null"));
        }
        (values, pairs)
    };
    match kind {
        FilterKind::Choice(choices) | FilterKind::MultipleChoice(choices) => Some(of(choices)),
        FilterKind::In(kind) | FilterKind::Between(kind) => explicit_choices(kind),
        FilterKind::DateRange => {
            let periods = [
                ("today", "Today"),
                ("yesterday", "Yesterday"),
                ("week", "Past 7 days"),
                ("month", "This month"),
                ("year", "This year"),
            ];
            let pairs: Vec<_> =
                periods.iter().map(|(value, label)| (json!(value), (*label).to_owned())).collect();
            Some((pairs.iter().map(|(value, _)| value.clone()).collect(), pairs))
        }
        _ => None,
    }
}

//! What the model's uniqueness asks of a serializer: required fields, defaults, hidden fields and validators
//! (`get_uniqueness_extra_kwargs` and `get_validators` of rest_framework/serializers.py).

use std::sync::Arc;

use super::ModelSerializer;
use super::entry::{Entry, Target};
use super::extra::Unique;
use super::resolved::NamedEntry;
use super::unique::UniqueTogetherValidator;
use super::unique_for::{SerializerValidator, UniqueForValidator, now};
use crate::data::Value;
use crate::fields::{Context, Field, HiddenField, Kind};
use vitamin_framework::models::{Column, ColumnKind, Model};

/// A validator, with the sources of its fields.
pub(super) type WithSources = (SerializerValidator, Vec<String>);

impl<T: Model> ModelSerializer<T> {
    /// Whether a field of this source is listed.
    fn has_source(&self, source: &str) -> bool {
        self.names.iter().any(|name| match self.declared.iter().find(|(known, _)| known == name) {
            Some((_, Ok(entry))) => entry.source == source,
            Some((_, Err(_))) => false,
            None => T::META.find(name).is_some_and(|(_, column)| column.name == source),
        })
    }

    /// Whether a listed field is unique for this date field.
    fn is_date_of_unique(&self, column: &Column) -> bool {
        let mut columns = T::META.columns.iter();
        columns.any(|other| {
            other.unique_for.iter().any(|(_, date)| *date == column.name) && self.has_source(other.name)
        })
    }

    /// What a column's field must have, because it is checked together with others that are fields of the serializer too.
    pub(super) fn uniqueness(&self, column: &Column) -> Option<Unique> {
        let mut together = T::META.unique_together.iter();
        let is_checked = together.any(|sources| {
            sources.contains(&column.name) && sources.iter().all(|source| self.has_source(source))
        });
        if self.validators.is_some() || !is_checked && !self.is_date_of_unique(column) {
            return None;
        }
        Some(unique(column))
    }

    /// Fields for dates that are not listed, but by which a listed one is unique.
    pub(super) fn hidden_entries(&self) -> Vec<NamedEntry<T>> {
        if self.validators.is_some() {
            return Vec::new();
        }
        let columns = T::META.columns.iter().enumerate();
        let hidden = columns
            .filter(|(_, column)| !self.has_source(column.name) && self.is_date_of_unique(column))
            .filter(|(_, column)| !matches!(unique(column), Unique::Required));
        hidden
            .map(|(index, column)| {
                let entry = Entry {
                    field: Arc::new(unique(column).default_of(HiddenField::new(Value::Null))),
                    output: None,
                    target: Target::Column(index),
                    source: column.name.to_owned(),
                    shape: None,
                };
                NamedEntry::new(column.name, entry)
            })
            .collect()
    }

    /// The validators of several fields.
    pub(super) fn unique_validators(&self, entries: &[NamedEntry<T>]) -> Result<Vec<WithSources>, String> {
        let Some(own) = &self.validators else {
            return Ok(self.together(entries).chain(unique_for(entries)).collect());
        };
        own.iter()
            .map(|validator| {
                let source = |name: &&'static str| {
                    let found = entries.iter().find(|named| named.name == *name);
                    found.map(|named| named.entry.source.clone()).ok_or_else(|| {
                        format!("a validator of several fields names `{name}`, which is not one of them")
                    })
                };
                let sources = validator.fields().iter().map(source).collect::<Result<Vec<_>, _>>()?;
                Ok((validator.clone(), sources))
            })
            .collect()
    }

    /// The model's unique-together checks.
    fn together(&self, entries: &[NamedEntry<T>]) -> impl Iterator<Item = WithSources> {
        let writable = |source: &str| {
            let found = entries.iter().find(|named| named.entry.source == source);
            found.filter(|named| {
                let field = &named.entry.field;
                let is_written = !field.is_read_only() && !self.without_input.contains(&named.name);
                is_written || field.options().has_default()
            })
        };
        T::META.unique_together.iter().filter_map(move |sources| {
            let fields: Option<Vec<_>> = sources.iter().map(|source| writable(source)).collect();
            let names = fields?.into_iter().map(|named| named.name);
            let sources = sources.iter().map(|source| (*source).to_owned()).collect();
            Some((UniqueTogetherValidator::new(names).into(), sources))
        })
    }
}

/// The model's checks of fields that are unique for a date.
fn unique_for<T: Model>(entries: &[NamedEntry<T>]) -> impl Iterator<Item = WithSources> {
    let is_field = |column: &&Column| entries.iter().any(|named| named.entry.source == column.name);
    T::META.columns.iter().filter(is_field).flat_map(|column| {
        column.unique_for.iter().map(|(unit, date)| {
            let validator = UniqueForValidator::new(*unit, column.name, date);
            (SerializerValidator::For(validator), vec![column.name.to_owned(), (*date).to_owned()])
        })
    })
}

/// What the field of a column must have for a check of several.
fn unique(column: &Column) -> Unique {
    match column.default {
        _ if column.auto_now_add => Unique::Now { kind: column.kind, create_only: true },
        _ if column.auto_now || column.default_now => Unique::Now { kind: column.kind, create_only: false },
        Some(default) => Unique::Default(default),
        None if column.null => Unique::Default(|| Value::Null),
        None if column.blank && column.kind == ColumnKind::Text => Unique::Default(|| "".into()),
        None => Unique::Required,
    }
}

impl Unique {
    /// Gives a field the default.
    pub(super) fn default_of<K: Kind>(self, field: Field<K>) -> Field<K> {
        match self {
            Self::Required => field,
            Self::Default(default) => field.default_with(default),
            Self::Now { kind, create_only } => {
                let default = move |context: Context<'_>| now(kind, context);
                if create_only { field.create_only_default(default) } else { field.default_from(default) }
            }
        }
    }
}

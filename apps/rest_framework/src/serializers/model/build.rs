//! Builds the fields of a serializer from its declaration and its model (`get_fields` of rest_framework/serializers.py).

use std::sync::Arc;

use super::ModelSerializer;
use super::columns::column_field;
use super::entry::{Entry, Target};
use super::extra::Unique;
use super::output::{ColumnOutput, OutputField};
use super::relations::{hyperlinked_entry, many_to_many_entry, url_entry};
use super::resolved::{NamedEntry, Resolved};
use super::unique::UniqueTogetherValidator;
use crate::data::Value;
use vitamin_framework::models::{Column, ColumnKind, Model, Plan};

impl<T: Model> ModelSerializer<T> {
    pub(super) fn build(&self, is_postgres: bool) -> Result<Resolved<T>, String> {
        let mut entries = Vec::with_capacity(self.names.len());
        for name in &self.names {
            let declared = self.declared.iter().find(|(known, _)| known == name);
            let entry = match declared {
                Some((_, entry)) => entry.clone()?,
                None => self.made_entry(name, is_postgres)?,
            };
            entries.push(NamedEntry::new(name, entry));
        }
        let mut plan = Plan::default();
        for named in &entries {
            if let Target::Nested(nested) = &named.entry.target {
                nested.prepare(is_postgres);
            }
            if let Some(output) = &named.entry.output {
                output.plan(&mut plan);
            }
        }
        let validators = self.unique_together(&entries)?;
        let resolved = Resolved { entries, validators, plan };
        let names = resolved.names();
        let declared = self.declared.iter().map(|(name, _)| name);
        let options = self.extra.iter().map(|(name, _)| name).chain(&self.read_only);
        let hooks = self.hooks.fields.iter().map(|(name, _)| name);
        let hooks = hooks.chain(self.hooks.omits.iter().map(|(name, _)| name));
        match declared.chain(options).chain(hooks).find(|name| !names.contains(*name)) {
            Some(name) => Err(format!("`{name}` is declared, but it is not one of the fields")),
            None => Ok(resolved),
        }
    }

    /// The field that is made for a column, a many-to-many relation, or the object's URL.
    fn made_entry(&self, name: &'static str, is_postgres: bool) -> Result<Entry<T>, String> {
        let extra = self.extra.iter().find(|(known, _)| *known == name);
        let mut extra = extra.map(|(_, extra)| extra.clone()).unwrap_or_default();
        let is_read_only = self.read_only.contains(&name);
        let Some((index, column)) = T::META.find(name) else {
            if let Some(entry) = many_to_many_entry(name, self.hyperlinked, is_read_only, &extra) {
                return entry;
            }
            if name == "url" {
                return url_entry(&extra);
            }
            return Err(format!(
                "{} has no field `{name}`: declare it with `.field(\"{name}\", …)`",
                T::META.name
            ));
        };
        extra.unique = self.uniqueness(column);
        let make =
            |related| column_field(column, T::META, name, is_read_only, Some((&extra, is_postgres)), related);
        if self.hyperlinked
            && let Some(entry) = hyperlinked_entry(name, column.name, &extra, &|related| make(Some(related)))
        {
            return entry;
        }
        let field = make(None)?;
        let output: Option<Arc<dyn OutputField<T>>> = if field.options().is_write_only() {
            None
        } else {
            Some(Arc::new(ColumnOutput { index, field: Arc::clone(&field) }))
        };
        let source = column.name.to_owned();
        Ok(Entry { field, output, target: Target::Column(index), source, shape: None })
    }

    /// What a column's field must have, because it is checked together with others that are fields of the serializer too.
    fn uniqueness(&self, column: &Column) -> Option<Unique> {
        let is_field = |source: &&str| {
            let source: &str = source;
            self.names.iter().any(|name| {
                let declared = self.declared.iter().find(|(known, _)| known == name);
                match declared {
                    Some((_, Ok(entry))) => entry.source == source,
                    Some((_, Err(_))) => false,
                    None => T::META.find(name).is_some_and(|(_, column)| column.name == source),
                }
            })
        };
        let mut together = T::META.unique_together.iter();
        if self.validators.is_some()
            || !together.any(|sources| sources.contains(&column.name) && sources.iter().all(is_field))
        {
            return None;
        }
        Some(match column.default {
            Some(default) => Unique::Default(default),
            None if column.null => Unique::Default(|| Value::Null),
            None if column.blank && column.kind == ColumnKind::Text => Unique::Default(|| "".into()),
            None => Unique::Required,
        })
    }

    /// The unique-together checks, with the sources of their fields.
    fn unique_together(
        &self,
        entries: &[NamedEntry<T>],
    ) -> Result<Vec<(UniqueTogetherValidator, Vec<String>)>, String> {
        let writable = |source: &str| {
            let found = entries.iter().find(|named| named.entry.source == source);
            found.filter(|named| {
                !named.entry.field.is_read_only() || named.entry.field.options().has_default()
            })
        };
        let Some(own) = &self.validators else {
            let together = T::META.unique_together.iter().filter_map(|sources| {
                let fields: Option<Vec<_>> = sources.iter().map(|source| writable(source)).collect();
                let names = fields?.into_iter().map(|named| named.name);
                let sources = sources.iter().map(|source| (*source).to_owned()).collect();
                Some((UniqueTogetherValidator::new(names), sources))
            });
            return Ok(together.collect());
        };
        own.iter()
            .map(|validator| {
                let source = |name: &&'static str| {
                    let found = entries.iter().find(|named| named.name == *name);
                    found.map(|named| named.entry.source.clone()).ok_or_else(|| {
                        format!("a UniqueTogetherValidator names `{name}`, which is not one of the fields")
                    })
                };
                let sources = validator.fields.iter().map(source).collect::<Result<Vec<_>, _>>()?;
                Ok((validator.clone(), sources))
            })
            .collect()
    }
}

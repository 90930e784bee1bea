//! Builds the fields of a serializer from its declaration and its model (`get_fields` of rest_framework/serializers.py).

use std::sync::Arc;

use super::ModelSerializer;
use super::columns::column_field;
use super::entry::{Entry, Target};
use super::output::{OutputField, UserKeyOutput, column_output};
use super::relations::{hyperlinked_entry, many_to_many_entry, url_entry};
use super::resolved::{NamedEntry, Resolved};
use super::whole::targets;
use vitamin_framework::models::{ColumnKind, Model, Plan};

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
        entries.extend(self.hidden_entries());
        let mut plan = Plan::default();
        for named in &entries {
            if let Target::Nested(nested) = &named.entry.target {
                nested.prepare(is_postgres);
            }
            if let Some(output) = &named.entry.output {
                output.plan(&mut plan);
            }
        }
        let validators = self.unique_validators(&entries)?;
        let without_input = self.without_input.clone();
        let targets = targets(entries.iter().map(|named| &named.entry), is_postgres)?;
        let resolved = Resolved { entries, targets, without_input, validators, plan };
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
            Some(match column.kind {
                ColumnKind::UserKey if column.references.is_none() => Arc::new(UserKeyOutput { index }),
                _ => column_output(index, Arc::clone(&field)),
            })
        };
        let source = column.name.to_owned();
        Ok(Entry { field, output, target: Target::Column(index), source, shape: None })
    }
}

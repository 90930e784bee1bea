//! Foreign keys that are loaded by a join.

use std::any::Any;
use std::sync::Arc;

use diesel::result::Error as QueryError;

use super::known::{Known, find};
use super::{Attach, LoadOne, Loading, With};
use crate::models::execute::Executor;
use crate::models::model::Model;
use crate::models::object::Object;
use crate::models::relation::ForeignKey;
use crate::models::row::Row;
use crate::models::select::{Join, Source};
use crate::models::value::ValueRef;

/// Some columns of the rows that a foreign key refers to.
pub(super) struct ColumnsOf<A, B> {
    pub(super) key: ForeignKey<A, B>,
    pub(super) columns: Arc<[usize]>,
}

impl<A: Model, B: Model> LoadOne<A> for ColumnsOf<A, B> {
    fn target(&self) -> (&'static str, &'static str) {
        (self.key.name, B::META.name)
    }

    fn boxed(&self) -> Box<dyn LoadOne<A>> {
        Box::new(Self { key: self.key, columns: Arc::clone(&self.columns) })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn merge(&mut self, other: &dyn Any) -> bool {
        let Some(other) = other.downcast_ref::<Self>().filter(|other| other.key.name == self.key.name) else {
            return false;
        };
        let new = other.columns.iter().filter(|column| !self.columns.contains(column));
        self.columns = self.columns.iter().chain(new).copied().collect();
        true
    }

    fn joins(&self, parent: Source, table: &'static str, optional: bool, joins: &mut Vec<Join>) {
        joins.push(Join {
            parent,
            column: (table, self.key.column),
            meta: B::META,
            optional: optional || self.key.optional,
            columns: Some(Arc::clone(&self.columns)),
        });
    }

    fn width(&self) -> usize {
        self.columns.len()
    }

    fn read(&self, row: &mut Row<'_>, object: &mut Object<A>) -> Result<(), QueryError> {
        for index in self.columns.iter() {
            let Some(column) = B::META.columns.get(*index) else { continue };
            let value = row.read_kind(column.kind)?;
            object.set_related_value(self.key.name, *index, value);
        }
        Ok(())
    }

    fn prefetch<'a>(&'a self, _: &'a dyn Executor, _: &[&Object<A>]) -> Option<Loading<'a, A>> {
        None
    }

    fn index(&self) -> usize {
        self.key.index
    }

    fn is_known(&self, key: ValueRef<'_>, known: &Known) -> bool {
        key.is_null() || find::<B>(known, key).is_some()
    }

    fn attach_known(&self, object: &mut Object<A>, known: &Known) -> bool {
        attach(self.key, object, known)
    }
}

impl<A: Model, B: Model> LoadOne<A> for With<ForeignKey<A, B>, B> {
    fn target(&self) -> (&'static str, &'static str) {
        (self.relation.name, B::META.name)
    }

    fn boxed(&self) -> Box<dyn LoadOne<A>> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn merge(&mut self, other: &dyn Any) -> bool {
        let same = other.downcast_ref::<Self>().filter(|other| other.relation.name == self.relation.name);
        same.inspect(|other| self.plan.merge(&other.plan)).is_some()
    }

    fn joins(&self, parent: Source, table: &'static str, optional: bool, joins: &mut Vec<Join>) {
        let optional = optional || self.relation.optional;
        let alias = Source::Joined(joins.len());
        joins.push(Join {
            parent,
            column: (table, self.relation.column),
            meta: B::META,
            optional,
            columns: None,
        });
        self.plan.joins(alias, B::META.table, optional, joins);
    }

    fn width(&self) -> usize {
        B::META.columns.len() + self.plan.width()
    }

    fn read(&self, row: &mut Row<'_>, object: &mut Object<A>) -> Result<(), QueryError> {
        let related = if row.is_null(B::META.primary_key)? {
            row.skip(self.width());
            None
        } else {
            let mut related = Object::new(B::from_row(row)?);
            self.plan.read(row, &mut related)?;
            Some(related)
        };
        object.set_related(self.relation.name, Arc::new(related));
        Ok(())
    }

    fn prefetch<'a>(&'a self, executor: &'a dyn Executor, objects: &[&Object<A>]) -> Option<Loading<'a, A>> {
        let name = self.relation.name;
        let related: Vec<&Object<B>> = objects
            .iter()
            .filter_map(|object| object.related::<Option<Object<B>>>(name).ok()?.as_ref())
            .collect();
        let loading = self.plan.loading(executor, &related)?;
        Some(Box::pin(async move {
            let attach = loading.await?;
            Ok(Box::new(move |objects: Vec<&mut Object<A>>| {
                let related = objects
                    .into_iter()
                    .filter_map(|object| object.related_mut::<Option<Object<B>>>(name)?.as_mut());
                attach(related.collect());
            }) as Attach<A>)
        }))
    }

    fn index(&self) -> usize {
        self.relation.index
    }

    fn is_known(&self, key: ValueRef<'_>, known: &Known) -> bool {
        key.is_null() || self.plan.is_empty() && find::<B>(known, key).is_some()
    }

    fn attach_known(&self, object: &mut Object<A>, known: &Known) -> bool {
        self.is_known(object.value(self.relation.index), known) && attach(self.relation, object, known)
    }
}

fn attach<A: Model, B: Model>(key: ForeignKey<A, B>, object: &mut Object<A>, known: &Known) -> bool {
    let value = object.value(key.index);
    if value.is_null() {
        object.set_related(key.name, Arc::new(None::<Object<B>>));
        return true;
    }
    let found = find::<B>(known, value);
    found.map(|found| object.set_related(key.name, found)).is_some()
}

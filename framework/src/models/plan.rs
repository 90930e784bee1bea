//! What a query loads along with its rows: joined rows for foreign keys (`select_related`), and one more query for each
//! relation to many rows (`prefetch_related`).

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use diesel::result::Error as QueryError;
use futures_util::future::LocalBoxFuture;

use super::execute::{Executor, read_rows};
use super::keys::{Key, Keys};
use super::model::Model;
use super::object::Object;
use super::relation::{ForeignKey, ManyToMany, Relation, Reverse};
use super::row::Row;
use super::select::{Join, OrderBy, Select, Through};

type Loaded<'a> = LocalBoxFuture<'a, Result<(), QueryError>>;

/// The relations that are loaded with the rows of a model.
pub struct Plan<T> {
    one: Vec<Box<dyn LoadOne<T>>>,
    many: Vec<Box<dyn LoadMany<T>>>,
}

impl<T> Default for Plan<T> {
    fn default() -> Self {
        Self { one: Vec::new(), many: Vec::new() }
    }
}

impl<T: 'static> Clone for Plan<T> {
    fn clone(&self) -> Self {
        Self {
            one: self.one.iter().map(|load| load.boxed()).collect(),
            many: self.many.iter().map(|load| load.boxed()).collect(),
        }
    }
}

/// A foreign key that is loaded by a join.
trait LoadOne<T>: Any + Send + Sync {
    fn boxed(&self) -> Box<dyn LoadOne<T>>;
    fn as_any(&self) -> &dyn Any;
    /// Adds what `other` loads, if it is the same relation.
    fn merge(&mut self, other: &dyn Any) -> bool;
    fn joins(&self, parent: &str, table: &'static str, optional: bool, joins: &mut Vec<Join>);
    /// The number of columns, with those of further joins.
    fn width(&self) -> usize;
    fn read(&self, row: &mut Row<'_>, object: &mut Object<T>) -> Result<(), QueryError>;
    fn prefetch<'a>(&'a self, executor: &'a dyn Executor, objects: Vec<&'a mut Object<T>>) -> Loaded<'a>;
}

/// A relation to many rows that is loaded by one query for all objects.
trait LoadMany<T>: Any + Send + Sync {
    fn boxed(&self) -> Box<dyn LoadMany<T>>;
    fn as_any(&self) -> &dyn Any;
    /// Adds what `other` loads, if it is the same relation.
    fn merge(&mut self, other: &dyn Any) -> bool;
    fn load<'a>(&'a self, executor: &'a dyn Executor, objects: Vec<&'a mut Object<T>>) -> Loaded<'a>;
}

impl<T: Model> Plan<T> {
    /// Adds a relation.
    pub fn add(&mut self, relation: impl Relation<T>) {
        relation.add_to(self);
    }

    /// Adds all relations of another plan.
    pub fn merge(&mut self, other: &Self) {
        for load in &other.one {
            self.add_one(load.boxed());
        }
        for load in &other.many {
            self.add_many(load.boxed());
        }
    }

    /// Whether nothing is loaded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.one.is_empty() && self.many.is_empty()
    }

    fn add_one(&mut self, load: Box<dyn LoadOne<T>>) {
        if !self.one.iter_mut().any(|known| known.merge(load.as_any())) {
            self.one.push(load);
        }
    }

    fn add_many(&mut self, load: Box<dyn LoadMany<T>>) {
        if !self.many.iter_mut().any(|known| known.merge(load.as_any())) {
            self.many.push(load);
        }
    }

    pub(super) fn joins(&self, parent: &str, table: &'static str, optional: bool, joins: &mut Vec<Join>) {
        for load in &self.one {
            load.joins(parent, table, optional, joins);
        }
    }

    fn width(&self) -> usize {
        self.one.iter().map(|load| load.width()).sum()
    }

    pub(super) fn read(&self, row: &mut Row<'_>, object: &mut Object<T>) -> Result<(), QueryError> {
        self.one.iter().try_for_each(|load| load.read(row, object))
    }

    /// Loads the relations to many rows, also those of joined rows.
    pub(super) fn prefetch<'a>(
        &'a self,
        executor: &'a dyn Executor,
        mut objects: Vec<&'a mut Object<T>>,
    ) -> Loaded<'a> {
        Box::pin(async move {
            if objects.is_empty() {
                return Ok(());
            }
            for load in &self.one {
                load.prefetch(executor, objects.iter_mut().map(|object| &mut **object).collect()).await?;
            }
            for load in &self.many {
                load.load(executor, objects.iter_mut().map(|object| &mut **object).collect()).await?;
            }
            Ok(())
        })
    }
}

/// A relation, and what is loaded with the rows that it leads to.
pub struct With<R, B> {
    relation: R,
    plan: Plan<B>,
}

impl<R: Clone, B: 'static> Clone for With<R, B> {
    fn clone(&self) -> Self {
        Self { relation: self.relation.clone(), plan: self.plan.clone() }
    }
}

impl<R, B: Model> With<R, B> {
    /// Loads another relation of the rows that this one leads to.
    #[must_use]
    pub fn with(mut self, relation: impl Relation<B>) -> Self {
        self.plan.add(relation);
        self
    }

    pub(crate) const fn new(relation: R, plan: Plan<B>) -> Self {
        Self { relation, plan }
    }
}

/// Relations as they are, and with further relations.
macro_rules! relations {
    ($($type:ident: $add:ident;)*) => { $(
        impl<A: Model, B: Model> $type<A, B> {
            /// Loads another relation of the rows that this one leads to.
            #[must_use]
            pub fn with(self, relation: impl Relation<B>) -> With<Self, B> {
                With::new(self, Plan::default()).with(relation)
            }

            /// Loads the rows that this relation leads to, with these relations.
            #[must_use]
            pub const fn with_plan(self, plan: Plan<B>) -> With<Self, B> {
                With::new(self, plan)
            }
        }

        impl<A: Model, B: Model> Relation<A> for $type<A, B> {
            fn add_to(self, plan: &mut Plan<A>) {
                plan.$add(Box::new(With::new(self, Plan::<B>::default())));
            }
        }

        impl<A: Model, B: Model> Relation<A> for With<$type<A, B>, B> {
            fn add_to(self, plan: &mut Plan<A>) {
                plan.$add(Box::new(self));
            }
        }
    )* };
}

relations! {
    ForeignKey: add_one;
    Reverse: add_many;
    ManyToMany: add_many;
}

impl<A: Model, B: Model> LoadOne<A> for With<ForeignKey<A, B>, B> {
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

    fn joins(&self, parent: &str, table: &'static str, optional: bool, joins: &mut Vec<Join>) {
        let optional = optional || self.relation.optional;
        let alias = format!("t{}", joins.len() + 1);
        joins.push(Join {
            alias: alias.clone(),
            parent: parent.to_owned(),
            column: (table, self.relation.column),
            meta: B::META,
            optional,
        });
        self.plan.joins(&alias, B::META.table, optional, joins);
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
        object.set_related(self.relation.name, related);
        Ok(())
    }

    fn prefetch<'a>(&'a self, executor: &'a dyn Executor, objects: Vec<&'a mut Object<A>>) -> Loaded<'a> {
        let name = self.relation.name;
        let related = objects
            .into_iter()
            .filter_map(|object| object.related_mut::<Option<Object<B>>>(name).and_then(Option::as_mut))
            .collect();
        self.plan.prefetch(executor, related)
    }
}

impl<A: Model, B: Model> LoadMany<A> for With<Reverse<A, B>, B> {
    fn boxed(&self) -> Box<dyn LoadMany<A>> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn merge(&mut self, other: &dyn Any) -> bool {
        let same = other.downcast_ref::<Self>().filter(|other| other.relation.name == self.relation.name);
        same.inspect(|other| self.plan.merge(&other.plan)).is_some()
    }

    fn load<'a>(&'a self, executor: &'a dyn Executor, objects: Vec<&'a mut Object<A>>) -> Loaded<'a> {
        Box::pin(async move {
            let key = self.relation.key;
            let keys = Keys::new(objects.iter().map(|object| object.pk()))?;
            let mut select = Select::new(B::META);
            select.conditions.push(super::condition::Condition::In { column: key.column, keys });
            let rows = children(&self.plan, select, executor).await?;
            attach(self.relation.name, objects, rows, |row: &Object<B>| row.value(key.index).into());
            Ok(())
        })
    }
}

impl<A: Model, B: Model> LoadMany<A> for With<ManyToMany<A, B>, B> {
    fn boxed(&self) -> Box<dyn LoadMany<A>> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn merge(&mut self, other: &dyn Any) -> bool {
        let same = other.downcast_ref::<Self>().filter(|other| other.relation.name == self.relation.name);
        same.inspect(|other| self.plan.merge(&other.plan)).is_some()
    }

    fn load<'a>(&'a self, executor: &'a dyn Executor, objects: Vec<&'a mut Object<A>>) -> Loaded<'a> {
        Box::pin(async move {
            let relation = self.relation;
            let keys = Keys::new(objects.iter().map(|object| object.pk()))?;
            let mut select = Select::new(B::META);
            let through =
                Through { table: relation.table, column: relation.reverse_column, group: relation.column };
            select.through = Some((through, keys));
            let rows = children(&self.plan, select, executor).await?;
            let group = |row: &Object<B>| row.annotation(GROUP).map_or(Key::Other, Key::from);
            attach(relation.name, objects, rows, group);
            Ok(())
        })
    }
}

/// The annotation that holds the other row's key.
pub(super) const GROUP: &str = "\0group";

/// The related rows of all objects, in the model's order.
async fn children<B: Model>(
    plan: &Plan<B>,
    mut select: Select,
    executor: &dyn Executor,
) -> Result<Vec<Object<B>>, QueryError> {
    select.order = order(B::META);
    plan.joins(B::META.table, B::META.table, false, &mut select.joins);
    let mut rows = read_rows(plan, select, executor).await?;
    plan.prefetch(executor, rows.iter_mut().collect()).await?;
    Ok(rows)
}

/// The model's default order.
pub(super) fn order(meta: &'static super::meta::ModelMeta) -> Vec<OrderBy> {
    let term = |(index, descending): &(usize, bool)| {
        let column = meta.columns.get(*index)?;
        Some(OrderBy { column: column.column, descending: *descending })
    };
    meta.ordering.iter().filter_map(term).collect()
}

/// Gives each object its rows, by the object's primary key. An object without rows has an empty list.
fn attach<A: Model, B: Model>(
    name: &'static str,
    objects: Vec<&mut Object<A>>,
    rows: Vec<Object<B>>,
    key: impl Fn(&Object<B>) -> Key,
) {
    let mut groups: HashMap<Key, Vec<Object<B>>> = HashMap::with_capacity(objects.len());
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    // Several objects may be the same row, which several others refer to.
    let groups: HashMap<Key, Arc<[Object<B>]>> =
        groups.into_iter().map(|(key, rows)| (key, rows.into())).collect();
    for object in objects {
        let rows = groups.get(&Key::from(object.pk())).map_or_else(|| Arc::new([]) as Arc<[_]>, Arc::clone);
        object.set_related(name, rows);
    }
}

//! What a query loads along with its rows: joined rows for foreign keys (`select_related`), and one more query for each
//! relation to many rows (`prefetch_related`).

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use diesel::result::Error as QueryError;
use futures_util::future::{LocalBoxFuture, try_join_all};

use super::execute::{Executor, read_rows};
use super::keys::{Key, Keys};
use super::model::Model;
use super::object::Object;
use super::relation::{ForeignKey, ManyToMany, Relation, Reverse};
use super::row::Row;
use super::select::{Join, OrderBy, Select, Through};

/// Gives objects the related rows that were read for them.
type Attach<T> = Box<dyn FnOnce(Vec<&mut Object<T>>)>;

/// The related rows of some objects. It doesn't borrow them, so that several relations can be read at once.
type Loading<'a, T> = LocalBoxFuture<'a, Result<Attach<T>, QueryError>>;

/// How many relations are read at once. `try_join_all` polls more than 30 in another way, which may wait even if nothing
/// does; on a connection that blocks, nothing may.
const AT_ONCE: usize = 16;

/// The relations that are loaded with the rows of a model.
pub struct Plan<T> {
    one: Vec<Box<dyn LoadOne<T>>>,
    /// Foreign keys of which only some columns are needed.
    columns: Vec<Box<dyn LoadOne<T>>>,
    many: Vec<Box<dyn LoadMany<T>>>,
}

impl<T> Default for Plan<T> {
    fn default() -> Self {
        Self { one: Vec::new(), columns: Vec::new(), many: Vec::new() }
    }
}

impl<T: 'static> Clone for Plan<T> {
    fn clone(&self) -> Self {
        Self {
            one: self.one.iter().map(|load| load.boxed()).collect(),
            columns: self.columns.iter().map(|load| load.boxed()).collect(),
            many: self.many.iter().map(|load| load.boxed()).collect(),
        }
    }
}

/// A foreign key that is loaded by a join.
trait LoadOne<T>: Any + Send + Sync {
    /// The relation's name, and the model that it leads to.
    fn target(&self) -> (&'static str, &'static str);
    fn boxed(&self) -> Box<dyn LoadOne<T>>;
    fn as_any(&self) -> &dyn Any;
    /// Adds what `other` loads, if it is the same relation.
    fn merge(&mut self, other: &dyn Any) -> bool;
    fn joins(&self, parent: &str, table: &'static str, optional: bool, joins: &mut Vec<Join>);
    /// The number of columns, with those of further joins.
    fn width(&self) -> usize;
    fn read(&self, row: &mut Row<'_>, object: &mut Object<T>) -> Result<(), QueryError>;
    fn prefetch<'a>(&'a self, executor: &'a dyn Executor, objects: &[&Object<T>]) -> Option<Loading<'a, T>>;
}

/// A relation to many rows that is loaded by one query for all objects.
trait LoadMany<T>: Any + Send + Sync {
    fn boxed(&self) -> Box<dyn LoadMany<T>>;
    fn as_any(&self) -> &dyn Any;
    /// Adds what `other` loads, if it is the same relation.
    fn merge(&mut self, other: &dyn Any) -> bool;
    fn load<'a>(&'a self, executor: &'a dyn Executor, objects: &[&Object<T>]) -> Loading<'a, T>;
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
        for load in &other.columns {
            self.add_column(load.boxed());
        }
        for load in &other.many {
            self.add_many(load.boxed());
        }
    }

    /// Adds a column of the row that a foreign key refers to: less than the whole row. Read it with
    /// [`ForeignKey::value`].
    pub fn add_value<B: Model>(&mut self, key: ForeignKey<T, B>, column: usize) {
        self.add_column(Box::new(ColumnsOf { key, columns: vec![column] }));
    }

    fn add_column(&mut self, load: Box<dyn LoadOne<T>>) {
        if !self.columns.iter_mut().any(|known| known.merge(load.as_any())) {
            self.columns.push(load);
        }
    }

    /// What is joined: whole rows, and columns of rows that are not read whole.
    fn joined(&self) -> impl Iterator<Item = &dyn LoadOne<T>> {
        let is_whole =
            |column: &dyn LoadOne<T>| self.one.iter().any(|whole| whole.target() == column.target());
        let columns = self.columns.iter().map(AsRef::as_ref).filter(move |column| !is_whole(*column));
        self.one.iter().map(AsRef::as_ref).chain(columns)
    }

    /// Whether nothing is loaded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.one.is_empty() && self.columns.is_empty() && self.many.is_empty()
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
        for load in self.joined() {
            load.joins(parent, table, optional, joins);
        }
    }

    fn width(&self) -> usize {
        self.joined().map(LoadOne::width).sum()
    }

    pub(super) fn read(&self, row: &mut Row<'_>, object: &mut Object<T>) -> Result<(), QueryError> {
        self.joined().try_for_each(|load| load.read(row, object))
    }

    /// Loads the relations to many rows, also those of joined rows.
    pub(super) async fn prefetch(
        &self,
        executor: &dyn Executor,
        objects: &mut [Object<T>],
    ) -> Result<(), QueryError> {
        let loading = self.loading(executor, &objects.iter().collect::<Vec<_>>());
        if let Some(loading) = loading {
            loading.await?(objects.iter_mut().collect());
        }
        Ok(())
    }

    /// Asks for the relations to many rows, all at once. `None` if there is nothing to ask for.
    fn loading<'a>(&'a self, executor: &'a dyn Executor, objects: &[&Object<T>]) -> Option<Loading<'a, T>> {
        if objects.is_empty() {
            return None;
        }
        let one = self.one.iter().filter_map(|load| load.prefetch(executor, objects));
        let many = self.many.iter().map(|load| load.load(executor, objects));
        let mut all: Vec<Loading<'a, T>> = one.chain(many).collect();
        if all.len() < 2 {
            return all.pop();
        }
        Some(Box::pin(async move {
            let mut loaded = Vec::with_capacity(all.len());
            while !all.is_empty() {
                let next = all.drain(..all.len().min(AT_ONCE));
                loaded.append(&mut try_join_all(next).await?);
            }
            Ok(Box::new(move |mut objects: Vec<&mut Object<T>>| {
                for attach in loaded {
                    attach(objects.iter_mut().map(|object| &mut **object).collect());
                }
            }) as Attach<T>)
        }))
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

/// Some columns of the rows that a foreign key refers to.
struct ColumnsOf<A, B> {
    key: ForeignKey<A, B>,
    columns: Vec<usize>,
}

impl<A: Model, B: Model> LoadOne<A> for ColumnsOf<A, B> {
    fn target(&self) -> (&'static str, &'static str) {
        (self.key.name, B::META.name)
    }

    fn boxed(&self) -> Box<dyn LoadOne<A>> {
        Box::new(Self { key: self.key, columns: self.columns.clone() })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn merge(&mut self, other: &dyn Any) -> bool {
        let Some(other) = other.downcast_ref::<Self>().filter(|other| other.key.name == self.key.name) else {
            return false;
        };
        for column in &other.columns {
            if !self.columns.contains(column) {
                self.columns.push(*column);
            }
        }
        true
    }

    fn joins(&self, parent: &str, table: &'static str, optional: bool, joins: &mut Vec<Join>) {
        joins.push(Join {
            alias: format!("t{}", joins.len() + 1),
            parent: parent.to_owned(),
            column: (table, self.key.column),
            meta: B::META,
            optional: optional || self.key.optional,
            columns: Some(self.columns.clone()),
        });
    }

    fn width(&self) -> usize {
        self.columns.len()
    }

    fn read(&self, row: &mut Row<'_>, object: &mut Object<A>) -> Result<(), QueryError> {
        for index in &self.columns {
            let Some(column) = B::META.columns.get(*index) else { continue };
            let value = row.read_kind(column.kind)?;
            object.set_related_value(self.key.name, *index, value);
        }
        Ok(())
    }

    fn prefetch<'a>(&'a self, _: &'a dyn Executor, _: &[&Object<A>]) -> Option<Loading<'a, A>> {
        None
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

    fn joins(&self, parent: &str, table: &'static str, optional: bool, joins: &mut Vec<Join>) {
        let optional = optional || self.relation.optional;
        let alias = format!("t{}", joins.len() + 1);
        joins.push(Join {
            alias: alias.clone(),
            parent: parent.to_owned(),
            column: (table, self.relation.column),
            meta: B::META,
            optional,
            columns: None,
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

    fn load<'a>(&'a self, executor: &'a dyn Executor, objects: &[&Object<A>]) -> Loading<'a, A> {
        let keys = Keys::new(objects.iter().map(|object| object.pk()));
        Box::pin(async move {
            let (key, name) = (self.relation.key, self.relation.name);
            let mut select = Select::new(B::META);
            select.conditions.push(super::condition::Condition::In { column: key.column, keys: keys? });
            let rows = children(&self.plan, select, executor).await?;
            Ok(attaching(name, rows, move |row: &Object<B>| row.value(key.index).into()))
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

    fn load<'a>(&'a self, executor: &'a dyn Executor, objects: &[&Object<A>]) -> Loading<'a, A> {
        let keys = Keys::new(objects.iter().map(|object| object.pk()));
        Box::pin(async move {
            let relation = self.relation;
            let mut select = Select::new(B::META);
            let through = Through {
                table: relation.table,
                column: relation.reverse_column,
                group: relation.column,
            };
            select.through = Some((through, keys?));
            let rows = children(&self.plan, select, executor).await?;
            let group = |row: &Object<B>| row.annotation(GROUP).map_or(Key::Other, Key::from);
            Ok(attaching(relation.name, rows, group))
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
    plan.prefetch(executor, &mut rows).await?;
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
fn attaching<A: Model, B: Model>(
    name: &'static str,
    rows: Vec<Object<B>>,
    key: impl Fn(&Object<B>) -> Key,
) -> Attach<A> {
    let mut groups: HashMap<Key, Vec<Object<B>>> = HashMap::with_capacity(rows.len());
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    // Several objects may be the same row, which several others refer to.
    let groups: HashMap<Key, Arc<[Object<B>]>> =
        groups.into_iter().map(|(key, rows)| (key, rows.into())).collect();
    Box::new(move |objects| {
        for object in objects {
            let rows =
                groups.get(&Key::from(object.pk())).map_or_else(|| Arc::new([]) as Arc<[_]>, Arc::clone);
            object.set_related(name, rows);
        }
    })
}

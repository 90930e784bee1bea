//! What a query loads along with its rows: joined rows for foreign keys (`select_related`), and one more query for each
//! relation to many rows (`prefetch_related`).

mod joined;
mod known;
mod prefetched;
mod prefetched_columns;

use std::any::Any;
use std::sync::{Arc, OnceLock};

use diesel::result::Error as QueryError;
use futures_util::future::{LocalBoxFuture, try_join_all};

use self::joined::ColumnsOf;
pub use self::known::Known;
use self::prefetched_columns::ColumnsOfMany;
pub(crate) use self::prefetched_columns::RelatedColumns;
use super::execute::Executor;
use super::model::Model;
use super::object::Object;
use super::relation::{ForeignKey, ManyToMany, Relation, Reverse};
use super::row::Row;
use super::select::{Join, Joins, Source};
use super::value::ValueRef;

/// Gives objects the related rows that were read for them.
type Attach<T> = Box<dyn FnOnce(Vec<&mut Object<T>>)>;

/// The related rows of some objects. It doesn't borrow them, so that several relations can be read at once.
type Loading<'a, T> = LocalBoxFuture<'a, Result<Attach<T>, QueryError>>;

/// How many relations are read at once. `try_join_all` polls more than 30 in another way, which may wait even if nothing
/// does; on a connection that blocks, nothing may.
const AT_ONCE: usize = 16;

/// The relations that are loaded with the rows of a model. Clones share them.
pub struct Plan<T>(Arc<Loads<T>>);

/// A plan's relations.
struct Loads<T> {
    one: Vec<Box<dyn LoadOne<T>>>,
    /// Foreign keys of which only some columns are needed.
    columns: Vec<Box<dyn LoadOne<T>>>,
    many: Vec<Box<dyn LoadMany<T>>>,
    /// Relations to many rows of which only some columns are needed.
    many_columns: Vec<Box<dyn LoadMany<T>>>,
    /// What is joined, once it is asked for.
    joins: OnceLock<Arc<Joins>>,
}

impl<T> Default for Plan<T> {
    fn default() -> Self {
        let (one, columns, many, many_columns) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self(Arc::new(Loads { one, columns, many, many_columns, joins: OnceLock::new() }))
    }
}

impl<T> Clone for Plan<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: 'static> Clone for Loads<T> {
    fn clone(&self) -> Self {
        Self {
            one: self.one.iter().map(|load| load.boxed()).collect(),
            columns: self.columns.iter().map(|load| load.boxed()).collect(),
            many: self.many.iter().map(|load| load.boxed()).collect(),
            many_columns: self.many_columns.iter().map(|load| load.boxed()).collect(),
            joins: OnceLock::new(),
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
    fn joins(&self, parent: Source, table: &'static str, optional: bool, joins: &mut Vec<Join>);
    /// The number of columns, with those of further joins.
    fn width(&self) -> usize;
    fn read(&self, row: &mut Row<'_>, object: &mut Object<T>) -> Result<(), QueryError>;
    fn prefetch<'a>(&'a self, executor: &'a dyn Executor, objects: &[&Object<T>]) -> Option<Loading<'a, T>>;
    /// The index of the foreign key's column.
    fn index(&self) -> usize;
    /// Whether the row of this key is known, and nothing is loaded with it.
    fn is_known(&self, key: ValueRef<'_>, known: &Known) -> bool;
    /// Gives an object that row. Returns false if it is not known.
    fn attach_known(&self, object: &mut Object<T>, known: &Known) -> bool;
}

/// A relation to many rows that is loaded by one query for all objects.
trait LoadMany<T>: Any + Send + Sync {
    /// The relation's name.
    fn name(&self) -> &'static str;
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
        if self.is_empty() {
            self.clone_from(other);
            return;
        }
        for load in &other.0.one {
            self.add_one(load.boxed());
        }
        for load in &other.0.columns {
            self.add_column(load.boxed());
        }
        for load in &other.0.many {
            self.add_many(load.boxed());
        }
        for load in &other.0.many_columns {
            self.add_many_column(load.boxed());
        }
    }

    /// Adds a column of the row that a foreign key refers to: less than the whole row. Read it with
    /// [`ForeignKey::value`].
    pub fn add_value<B: Model>(&mut self, key: ForeignKey<T, B>, column: usize) {
        self.add_column(Box::new(ColumnsOf { key, columns: [column].into() }));
    }

    fn add_column(&mut self, load: Box<dyn LoadOne<T>>) {
        let known = &mut self.loads_mut().columns;
        if !known.iter_mut().any(|known| known.merge(load.as_any())) {
            known.push(load);
        }
    }

    /// Adds a column of the rows that refer to a row: less than the whole rows. Read it with [`Reverse::values`].
    pub fn add_reverse_value<B: Model>(&mut self, relation: Reverse<T, B>, column: usize) {
        self.add_many_column(Box::new(ColumnsOfMany { relation, columns: [column].into() }));
    }

    /// Adds a column of the rows of a many-to-many relation: less than the whole rows. Read it with
    /// [`ManyToMany::values`].
    pub fn add_many_to_many_value<B: Model>(&mut self, relation: ManyToMany<T, B>, column: usize) {
        self.add_many_column(Box::new(ColumnsOfMany { relation, columns: [column].into() }));
    }

    fn add_many_column(&mut self, load: Box<dyn LoadMany<T>>) {
        let known = &mut self.loads_mut().many_columns;
        if !known.iter_mut().any(|known| known.merge(load.as_any())) {
            known.push(load);
        }
    }

    /// The relations to many rows: whole rows, and columns of rows that are not read whole.
    fn prefetched(&self) -> impl Iterator<Item = &dyn LoadMany<T>> {
        let is_whole =
            |columns: &dyn LoadMany<T>| self.0.many.iter().any(|whole| whole.name() == columns.name());
        let columns =
            self.0.many_columns.iter().map(AsRef::as_ref).filter(move |columns| !is_whole(*columns));
        self.0.many.iter().map(AsRef::as_ref).chain(columns)
    }

    /// What is joined: whole rows, and columns of rows that are not read whole.
    fn joined(&self) -> impl Iterator<Item = &dyn LoadOne<T>> {
        let is_whole =
            |column: &dyn LoadOne<T>| self.0.one.iter().any(|whole| whole.target() == column.target());
        let columns = self.0.columns.iter().map(AsRef::as_ref).filter(move |column| !is_whole(*column));
        self.0.one.iter().map(AsRef::as_ref).chain(columns)
    }

    /// Whether nothing is loaded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.one.is_empty() && self.0.columns.is_empty() && !self.prefetches()
    }

    /// Whether a relation to many rows is loaded.
    fn prefetches(&self) -> bool {
        !(self.0.many.is_empty() && self.0.many_columns.is_empty())
    }

    fn add_one(&mut self, load: Box<dyn LoadOne<T>>) {
        let known = &mut self.loads_mut().one;
        if !known.iter_mut().any(|known| known.merge(load.as_any())) {
            known.push(load);
        }
    }

    fn add_many(&mut self, load: Box<dyn LoadMany<T>>) {
        let known = &mut self.loads_mut().many;
        if !known.iter_mut().any(|known| known.merge(load.as_any())) {
            known.push(load);
        }
    }

    /// The relations, to change them.
    fn loads_mut(&mut self) -> &mut Loads<T> {
        let loads = Arc::make_mut(&mut self.0);
        loads.joins = OnceLock::new();
        loads
    }

    /// The models that are joined to a query of this one. `None`: there are none.
    pub(super) fn joined_models(&self) -> Option<Arc<Joins>> {
        let joins = self.0.joins.get_or_init(|| {
            let mut joins = Vec::new();
            self.joins(Source::Table(T::META.table), T::META.table, false, &mut joins);
            Arc::new(Joins::new(joins))
        });
        (!joins.is_empty()).then(|| Arc::clone(joins))
    }

    fn joins(&self, parent: Source, table: &'static str, optional: bool, joins: &mut Vec<Join>) {
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
        let one = self.0.one.iter().filter_map(|load| load.prefetch(executor, objects));
        let many = self.prefetched().map(|load| load.load(executor, objects));
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

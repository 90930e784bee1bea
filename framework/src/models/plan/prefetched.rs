//! Relations to many rows, loaded by one query for all objects.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use diesel::result::Error as QueryError;

use super::{Attach, LoadMany, Loading, Plan, With, order};
use crate::models::condition::Condition;
use crate::models::execute::{Executor, read_rows};
use crate::models::keys::{Key, Keys};
use crate::models::model::Model;
use crate::models::object::Object;
use crate::models::relation::{ManyToMany, Reverse};
use crate::models::select::{Select, Through};

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
            select.conditions.push(Condition::In { column: key.column, keys: keys? });
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
            let through =
                Through { table: relation.table, column: relation.reverse_column, group: relation.column };
            select.through = Some((through, keys?));
            let rows = children(&self.plan, select, executor).await?;
            let group = |row: &Object<B>| row.annotation(GROUP).map_or(Key::Other, Key::from);
            Ok(attaching(relation.name, rows, group))
        })
    }
}

/// The annotation that holds the other row's key.
pub(in crate::models) const GROUP: &str = "\0group";

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

//! Relations to many rows, loaded by one query for all objects.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use diesel::result::Error as QueryError;
use foldhash::fast::RandomState;

use super::{Attach, LoadMany, Loading, Plan, With};
use crate::models::execute::{Executor, Rows, read_rows};
use crate::models::keys::{Key, Keys};
use crate::models::model::Model;
use crate::models::object::Object;
use crate::models::ordering::order_by_default;
use crate::models::relation::{ManyToMany, Reverse};
use crate::models::select::Select;

impl<A: Model, B: Model> LoadMany<A> for With<Reverse<A, B>, B> {
    fn name(&self) -> &'static str {
        self.relation.name
    }

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
            select.keyed = Some(self.relation.keyed(keys?));
            let rows = children(&self.plan, select, executor).await?.objects;
            Ok(attaching(name, rows.into_iter().map(|row| (Key::from(row.value(key.index)), row))))
        })
    }
}

impl<A: Model, B: Model> LoadMany<A> for With<ManyToMany<A, B>, B> {
    fn name(&self) -> &'static str {
        self.relation.name
    }

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
            let mut select = Select::new(B::META);
            select.through = Some(self.relation.through());
            select.keyed = Some(self.relation.keyed(keys?));
            let rows = children(&self.plan, select, executor).await?;
            Ok(attaching(self.relation.name, rows.groups.into_iter().zip(rows.objects)))
        })
    }
}

/// The related rows of all objects, in the model's order.
async fn children<B: Model>(
    plan: &Plan<B>,
    mut select: Select,
    executor: &dyn Executor,
) -> Result<Rows<B>, QueryError> {
    select.joins = plan.joined_models();
    order_by_default(&mut select)?;
    let mut rows = read_rows(plan, select, executor).await?;
    plan.prefetch(executor, &mut rows.objects).await?;
    Ok(rows)
}

/// Gives each object its rows, by the object's primary key. An object without rows has an empty list.
fn attaching<A: Model, B: Model>(
    name: &'static str,
    rows: impl Iterator<Item = (Key, Object<B>)>,
) -> Attach<A> {
    let mut groups: HashMap<Key, Vec<Object<B>>, RandomState> = HashMap::default();
    for (key, row) in rows {
        groups.entry(key).or_default().push(row);
    }
    // Several objects may be the same row, which several others refer to.
    let groups: HashMap<Key, Arc<Vec<Object<B>>>, RandomState> =
        groups.into_iter().map(|(key, rows)| (key, Arc::new(rows))).collect();
    Box::new(move |objects| {
        let none = Arc::default();
        for object in objects {
            let rows = groups.get(&Key::from(object.pk())).unwrap_or(&none);
            object.set_related(name, Arc::clone(rows));
        }
    })
}

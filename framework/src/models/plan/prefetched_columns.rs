//! Some columns of the rows that relations to many lead to, loaded by one query for all objects: less than whole rows.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use diesel::result::Error as QueryError;
use foldhash::fast::RandomState;

use super::{Attach, LoadMany, Loading};
use crate::models::execute::Executor;
use crate::models::keys::{Key, Keys};
use crate::models::model::Model;
use crate::models::object::Object;
use crate::models::ordering::order_by_default;
use crate::models::relation::{ManyToMany, Reverse};
use crate::models::row::Row;
use crate::models::select::{Output, Select};
use crate::models::value::{DbValue, ValueRef};

/// Some columns of the rows that a relation leads to.
pub(super) struct ColumnsOfMany<R> {
    pub(super) relation: R,
    pub(super) columns: Arc<[usize]>,
}

/// What was read of the rows that are related to one object.
pub(crate) struct RelatedColumns {
    columns: Arc<[usize]>,
    /// The values of one row after the other.
    values: Vec<DbValue>,
}

impl RelatedColumns {
    /// The values of a column, in the order of the rows. `None` if it was not read.
    pub(crate) fn column(&self, index: usize) -> Option<impl Iterator<Item = ValueRef<'_>>> {
        let place = self.columns.iter().position(|column| *column == index)?;
        Some(self.values.iter().skip(place).step_by(self.columns.len()).map(DbValue::as_ref))
    }
}

/// Implements `LoadMany` for a kind of relation, whose own part is how its rows are selected.
macro_rules! columns_of_many {
    ($relation:ident, $this:ident, $keys:ident => $select:expr) => {
        impl<A: Model, B: Model> LoadMany<A> for ColumnsOfMany<$relation<A, B>> {
            fn name(&self) -> &'static str {
                self.relation.name
            }

            fn boxed(&self) -> Box<dyn LoadMany<A>> {
                Box::new(Self { relation: self.relation, columns: Arc::clone(&self.columns) })
            }

            fn as_any(&self) -> &dyn Any {
                self
            }

            fn merge(&mut self, other: &dyn Any) -> bool {
                let Some(other) =
                    other.downcast_ref::<Self>().filter(|other| other.relation.name == self.relation.name)
                else {
                    return false;
                };
                let new = other.columns.iter().filter(|column| !self.columns.contains(column));
                self.columns = self.columns.iter().chain(new).copied().collect();
                true
            }

            fn load<'a>(&'a self, executor: &'a dyn Executor, objects: &[&Object<A>]) -> Loading<'a, A> {
                let keys = Keys::new(objects.iter().map(|object| object.pk()));
                Box::pin(async move {
                    let ($this, $keys) = (self, keys?);
                    read($this.relation.name, &$this.columns, $select, executor).await
                })
            }
        }
    };
}

columns_of_many!(Reverse, this, keys => {
    let columns = [this.relation.key.index].into_iter().chain(this.columns.iter().copied());
    let mut select = select::<B>(columns.collect());
    select.keyed = Some(this.relation.keyed(keys));
    select
});

columns_of_many!(ManyToMany, this, keys => {
    let mut select = select::<B>(Arc::clone(&this.columns));
    select.through = Some(this.relation.through());
    select.keyed = Some(this.relation.keyed(keys));
    select
});

fn select<B: Model>(columns: Arc<[usize]>) -> Select {
    let mut select = Select::new(B::META);
    select.output = Output::Columns(columns);
    select
}

/// Reads rows that begin with the key of the object that they are related to.
async fn read<A: Model>(
    relation: &'static str,
    columns: &Arc<[usize]>,
    mut select: Select,
    executor: &dyn Executor,
) -> Result<Attach<A>, QueryError> {
    order_by_default(&mut select)?;
    if select.joins.is_some() {
        select.names = executor.names();
    }
    let kinds: Vec<_> = columns
        .iter()
        .filter_map(|index| select.meta.columns.get(*index))
        .map(|column| column.kind)
        .collect();
    let key = A::META.primary_key().kind;
    let mut groups: HashMap<Key, Vec<DbValue>, RandomState> = HashMap::default();
    let each = &mut |row: &mut Row<'_>| {
        let group = groups.entry(Key::from(&row.read_kind(key)?)).or_default();
        for kind in &kinds {
            group.push(row.read_kind(*kind)?);
        }
        Ok(())
    };
    executor.rows(select, each).await?;
    // Several objects may be the same row, which several others refer to.
    let related = |values| Arc::new(RelatedColumns { columns: Arc::clone(columns), values });
    let groups: HashMap<Key, Arc<RelatedColumns>, RandomState> =
        groups.into_iter().map(|(key, values)| (key, related(values))).collect();
    let none = related(Vec::new());
    Ok(Box::new(move |objects| {
        for object in objects {
            let columns = groups.get(&Key::from(object.pk())).unwrap_or(&none);
            object.set_related_columns(relation, Arc::clone(columns));
        }
    }))
}

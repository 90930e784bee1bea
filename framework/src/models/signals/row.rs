//! A row whose type a receiver does not know.

use std::any::Any;

use crate::database::{DatabaseError, DbConnection};
use crate::models::condition::Condition;
use crate::models::keys::Keys;
use crate::models::meta::ModelMeta;
use crate::models::model::Model;
use crate::models::value::{DbValue, ValueRef};
use crate::models::{execute, select};

/// A row of any model.
pub(crate) trait ErasedRow: Send + Sync {
    fn erased_meta(&self) -> &'static ModelMeta;
    fn erased_value(&self, index: usize) -> ValueRef<'_>;
    fn as_any(&self) -> &dyn Any;
}

impl<T: Model> ErasedRow for T {
    fn erased_meta(&self) -> &'static ModelMeta {
        T::META
    }

    fn erased_value(&self, index: usize) -> ValueRef<'_> {
        self.value(index)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A row that was read by its description only.
struct Values {
    meta: &'static ModelMeta,
    values: Vec<DbValue>,
}

impl ErasedRow for Values {
    fn erased_meta(&self) -> &'static ModelMeta {
        self.meta
    }

    fn erased_value(&self, index: usize) -> ValueRef<'_> {
        self.values.get(index).map_or(ValueRef::Null, DbValue::as_ref)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A row of a model whose type is not known: its values by their fields' names.
#[derive(Clone, Copy)]
pub struct AnyRow<'a>(pub(super) &'a dyn ErasedRow);

impl<'a> AnyRow<'a> {
    /// The model's description.
    #[must_use]
    pub fn meta(self) -> &'static ModelMeta {
        self.0.erased_meta()
    }

    /// A field's value by the field's or the column's name, or `pk`. `None` if there is no such field.
    #[must_use]
    pub fn get(self, name: &str) -> Option<ValueRef<'a>> {
        self.meta().find(name).map(|(index, _)| self.0.erased_value(index))
    }

    /// The primary key.
    #[must_use]
    pub fn pk(self) -> ValueRef<'a> {
        self.0.erased_value(self.meta().primary_key)
    }

    /// The values, in the order of the model's columns.
    pub fn values(self) -> impl Iterator<Item = ValueRef<'a>> {
        (0..self.meta().columns.len()).map(move |index| self.0.erased_value(index))
    }

    /// The row as a model's.
    #[must_use]
    pub fn downcast<T: Model>(self) -> Option<&'a T> {
        self.0.as_any().downcast_ref()
    }
}

/// Reads the rows of keys.
pub(super) type Loader =
    fn(&mut DbConnection, &'static ModelMeta, Keys) -> Result<Vec<Box<dyn ErasedRow>>, DatabaseError>;

fn select(meta: &'static ModelMeta, keys: Keys) -> select::Select {
    let mut select = select::Select::new(meta);
    let column = meta.primary_key().column;
    select.conditions.push(Condition::In { column, keys });
    let key = select::OrderKey::Column(select::Source::Table(meta.table), meta.table, column);
    select.order.push(select::OrderBy { key, descending: false });
    select
}

/// Reads the rows of keys as a model's.
pub(super) fn load<T: Model>(
    connection: &mut DbConnection,
    _meta: &'static ModelMeta,
    keys: Keys,
) -> Result<Vec<Box<dyn ErasedRow>>, DatabaseError> {
    let mut found: Vec<Box<dyn ErasedRow>> = Vec::new();
    execute::select_rows(connection, select(T::META, keys), &mut |row| {
        found.push(Box::new(T::from_row(row)?));
        Ok(())
    })?;
    Ok(found)
}

/// Reads the rows of keys by the model's description only.
pub(super) fn load_any(
    connection: &mut DbConnection,
    meta: &'static ModelMeta,
    keys: Keys,
) -> Result<Vec<Box<dyn ErasedRow>>, DatabaseError> {
    let mut found: Vec<Box<dyn ErasedRow>> = Vec::new();
    execute::select_rows(connection, select(meta, keys), &mut |row| {
        let values =
            meta.columns.iter().map(|column| row.read_kind(column.kind)).collect::<Result<_, _>>()?;
        found.push(Box::new(Values { meta, values }));
        Ok(())
    })?;
    Ok(found)
}

//! What a receiver is told: the arguments of Django's signals (`django/db/models/signals.py`).

use super::row::ErasedRow;
use super::{AnyRow, Received};
use crate::database::{DatabaseError, DbConnection};
use crate::models::meta::ModelMeta;
use crate::models::model::Model;
use crate::models::object::Object;
use crate::models::queryset::QuerySet;
use crate::models::save::Changes;
use crate::models::value::{DbValue, ValueRef};

/// A row is about to be inserted or updated.
#[non_exhaustive]
pub struct PreSave<'a, T> {
    /// The connection, in the transaction of the write.
    pub connection: &'a mut DbConnection,
    /// The values that will be stored. Of a new row, the fields' defaults too; times that are filled in by `auto_now` are not
    /// known yet. What the receiver sets is stored.
    pub changes: &'a mut Changes<T>,
    /// The primary key of the row. `None` for a new one.
    pub pk: Option<&'a DbValue>,
    /// Whether the row is a fixture's. Always false: fixtures are not loaded by models.
    pub raw: bool,
}

/// A row was inserted or updated.
#[non_exhaustive]
pub struct PostSave<'a, T> {
    /// The connection, in the transaction of the write.
    pub connection: &'a mut DbConnection,
    /// The row as it is now.
    pub instance: &'a T,
    /// Whether it is new.
    pub created: bool,
    /// The names of the fields that were written. `None` for a new row: all were.
    pub update_fields: Option<&'a [&'static str]>,
    /// Whether the row is a fixture's. Always false: fixtures are not loaded by models.
    pub raw: bool,
}

/// A row is about to be deleted, or was deleted.
#[non_exhaustive]
pub struct Delete<'a, T> {
    /// The connection, in the transaction of the deletion.
    pub connection: &'a mut DbConnection,
    /// The row, as it is or was.
    pub instance: &'a T,
}

/// A row of any model is about to be inserted or updated.
#[non_exhaustive]
pub struct AnyPreSave<'a> {
    /// The connection, in the transaction of the write.
    pub connection: &'a mut DbConnection,
    /// The model.
    pub sender: &'static ModelMeta,
    /// The primary key of the row. `None` for a new one.
    pub pk: Option<&'a DbValue>,
    pub(super) values: &'a mut Vec<(usize, DbValue)>,
}

/// A row of any model was inserted or updated.
#[non_exhaustive]
pub struct AnyPostSave<'a> {
    /// The connection, in the transaction of the write.
    pub connection: &'a mut DbConnection,
    /// The model.
    pub sender: &'static ModelMeta,
    /// The row as it is now.
    pub instance: AnyRow<'a>,
    /// Whether it is new.
    pub created: bool,
    /// The names of the fields that were written. `None` for a new row: all were.
    pub update_fields: Option<&'a [&'static str]>,
}

/// A row of any model is about to be deleted, or was deleted.
#[non_exhaustive]
pub struct AnyDelete<'a> {
    /// The connection, in the transaction of the deletion.
    pub connection: &'a mut DbConnection,
    /// The model.
    pub sender: &'static ModelMeta,
    /// The row, as it is or was.
    pub instance: AnyRow<'a>,
    /// The same row as each of the types that receivers know.
    pub(super) typed: &'a [Box<dyn ErasedRow>],
}

/// What happens to a many-to-many relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum M2mAction {
    /// Rows are about to be related.
    PreAdd,
    /// Rows were related.
    PostAdd,
    /// Rows are about to be no longer related.
    PreRemove,
    /// Rows are no longer related.
    PostRemove,
    /// All rows are about to be no longer related.
    PreClear,
    /// No row is related any longer.
    PostClear,
}

impl M2mAction {
    /// Django's word: `pre_add`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreAdd => "pre_add",
            Self::PostAdd => "post_add",
            Self::PreRemove => "pre_remove",
            Self::PostRemove => "post_remove",
            Self::PreClear => "pre_clear",
            Self::PostClear => "post_clear",
        }
    }
}

/// A many-to-many relation changes.
#[non_exhaustive]
pub struct M2mChanged<'a> {
    /// The connection, in the transaction of the change.
    pub connection: &'a mut DbConnection,
    /// The change, and whether it is about to be made or was made.
    pub action: M2mAction,
    /// The table between the two models.
    pub through: &'static str,
    /// The model of the row whose relation changes.
    pub sender: &'static ModelMeta,
    /// The primary key of that row.
    pub pk: ValueRef<'a>,
    /// Whether it is the model that does not declare the relation.
    pub reverse: bool,
    /// The model of the rows that are related or no longer related.
    pub model: &'static ModelMeta,
    /// Their primary keys.
    pub pk_set: &'a [DbValue],
}

impl M2mChanged<'_> {
    /// Reads the row whose relation changes. `None` if it is not of this model.
    ///
    /// # Errors
    /// The query fails.
    pub fn instance<T: Model>(&mut self) -> Result<Option<Object<T>>, DatabaseError> {
        if self.sender.table != T::META.table {
            return Ok(None);
        }
        QuerySet::new().find(self.pk.to_owned()).first(self.connection)
    }
}

macro_rules! on_commit {
    ($($event:ty $(where $model:ident)?;)*) => { $(
        impl$(<$model>)? $event {
            /// Runs a callback once the outermost transaction is committed ([`DbConnection::on_commit`]).
            pub fn on_commit(&mut self, callback: impl FnOnce() + Send + 'static) {
                self.connection.on_commit(callback);
            }
        }
    )* };
}

on_commit! {
    PreSave<'_, T> where T;
    PostSave<'_, T> where T;
    Delete<'_, T> where T;
    AnyPreSave<'_>;
    AnyPostSave<'_>;
    AnyDelete<'_>;
    M2mChanged<'_>;
}

impl AnyPreSave<'_> {
    /// The value that a field is set to, by the field's or the column's name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&DbValue> {
        let (index, _) = self.sender.find(name)?;
        self.values.iter().find(|(known, _)| *known == index).map(|(_, value)| value)
    }

    /// Sets a field by its or the column's name. Returns whether there is such a field.
    pub fn set(&mut self, name: &str, value: impl Into<DbValue>) -> bool {
        let Some((index, _)) = self.sender.find(name) else { return false };
        self.values.retain(|(known, _)| *known != index);
        self.values.push((index, value.into()));
        true
    }
}

/// Tells a receiver that knows the model. Another struct of the same table may be the one that is written, so fields are
/// found by their columns.
pub(super) fn with_changes<T: Model>(
    event: &mut AnyPreSave<'_>,
    receiver: &impl Fn(&mut PreSave<'_, T>) -> Received,
) -> Received {
    let mut changes = Changes::<T>::new();
    for (index, value) in event.values.iter() {
        let known = event.sender.columns.get(*index).and_then(|column| T::META.find(column.column));
        if let Some((index, _)) = known {
            changes.set_index(index, value.clone());
        }
    }
    receiver(&mut PreSave {
        connection: &mut *event.connection,
        changes: &mut changes,
        pk: event.pk,
        raw: false,
    })?;
    for (index, column) in T::META.columns.iter().enumerate() {
        if let Some(value) = changes.get(index) {
            event.set(column.column, value.clone());
        }
    }
    Ok(())
}

pub(super) fn with_saved<T: Model>(
    event: &mut AnyPostSave<'_>,
    receiver: &impl Fn(&mut PostSave<'_, T>) -> Received,
) -> Received {
    let read;
    let instance = match event.instance.downcast::<T>() {
        Some(instance) => instance,
        None => {
            let pk = event.instance.pk().to_owned();
            read = QuerySet::<T>::new().find(pk).first(event.connection)?;
            read.as_deref().ok_or(diesel::result::Error::NotFound)?
        }
    };
    let (created, update_fields) = (event.created, event.update_fields);
    receiver(&mut PostSave {
        connection: &mut *event.connection,
        instance,
        created,
        update_fields,
        raw: false,
    })
}

pub(super) fn with_deleted<T: Model>(
    event: &mut AnyDelete<'_>,
    receiver: &impl Fn(&mut Delete<'_, T>) -> Received,
) -> Received {
    let instance = event.typed.iter().find_map(|row| row.as_any().downcast_ref::<T>());
    let instance = instance.ok_or("a deleted row was not read as its model's")?;
    receiver(&mut Delete { connection: &mut *event.connection, instance })
}

//! Saves rows with their signals (`Model.save_base` of `django/db/models/base.py`).

use super::row::ErasedRow;
use super::{AnyPostSave, AnyPreSave, AnyRow, M2mAction, M2mChanged, Receivers, in_transaction, refused};
use crate::database::{DatabaseError, DbConnection};
use crate::models::many_to_many::Comparison;
use crate::models::meta::ManyToManyMeta;
use crate::models::model::Model;
use crate::models::object::Object;
use crate::models::relation::ManyToMany;
use crate::models::save::Changes;
use crate::models::value::{DbValue, ValueRef};

/// Inserts a row.
pub(in crate::models) fn insert<T: Model>(
    receivers: &Receivers,
    connection: &mut DbConnection,
    changes: &Changes<T>,
) -> Result<Object<T>, DatabaseError> {
    in_transaction(connection, |connection| {
        let mut changes = changes.clone();
        changes.set_defaults()?;
        receivers.pre_save(connection, &mut changes, None)?;
        let object = changes.insert_row(connection, false)?;
        receivers.post_save(connection, &*object, true, None)?;
        Ok(object)
    })
}

/// Updates the row of a primary key. Without such a row, no `post_save` is sent.
pub(in crate::models) fn update<T: Model>(
    receivers: &Receivers,
    connection: &mut DbConnection,
    changes: &Changes<T>,
    pk: ValueRef<'_>,
) -> Result<Option<T>, DatabaseError> {
    in_transaction(connection, |connection| {
        let mut changes = changes.clone();
        receivers.pre_save(connection, &mut changes, Some(&pk.to_owned()))?;
        let Some(row) = changes.update_row(connection, pk, false)? else { return Ok(None) };
        let columns = T::META.columns.iter().enumerate();
        let written = columns.filter(|(index, column)| column.auto_now || changes.get(*index).is_some());
        let names: Vec<&'static str> = written.map(|(_, column)| column.name).collect();
        receivers.post_save(connection, &row, false, Some(&names))?;
        Ok(Some(row))
    })
}

impl Receivers {
    fn pre_save<T: Model>(
        &self,
        connection: &mut DbConnection,
        changes: &mut Changes<T>,
        pk: Option<&DbValue>,
    ) -> Result<(), DatabaseError> {
        let mut event = AnyPreSave { connection, sender: T::META, pk, values: changes.values_mut() };
        self.pre_save.of(T::META.table).try_for_each(|receiver| receiver(&mut event)).map_err(refused)
    }

    fn post_save<T: Model>(
        &self,
        connection: &mut DbConnection,
        row: &T,
        created: bool,
        update_fields: Option<&[&'static str]>,
    ) -> Result<(), DatabaseError> {
        let instance = AnyRow(row as &dyn ErasedRow);
        let mut event = AnyPostSave { connection, sender: T::META, instance, created, update_fields };
        self.post_save.of(T::META.table).try_for_each(|receiver| receiver(&mut event)).map_err(refused)
    }
}

/// Makes exactly these rows related, with the signals of what changes.
pub(in crate::models) fn set_related<A: Model, B: Model>(
    receivers: &Receivers,
    connection: &mut DbConnection,
    relation: ManyToMany<A, B>,
    object: ValueRef<'_>,
    keys: &[DbValue],
) -> Result<(), DatabaseError> {
    change_related(receivers, connection, relation, object, |connection| {
        relation.compare(connection, object, keys)
    })
}

/// Changes a many-to-many relation, with a signal before and after each of the two steps that does something.
pub(in crate::models) fn change_related<A: Model, B: Model>(
    receivers: &Receivers,
    connection: &mut DbConnection,
    relation: ManyToMany<A, B>,
    object: ValueRef<'_>,
    changes: impl FnOnce(&mut DbConnection) -> Result<Comparison, DatabaseError>,
) -> Result<(), DatabaseError> {
    in_transaction(connection, |connection| {
        let changes = changes(connection)?;
        let send = |connection: &mut DbConnection, action, pk_set: &[DbValue]| {
            send_m2m(receivers, connection, relation, object, action, pk_set)
        };
        if !changes.removed.is_empty() {
            send(connection, M2mAction::PreRemove, &changes.removed)?;
            relation.delete_rows(connection, object, &changes.removed)?;
            send(connection, M2mAction::PostRemove, &changes.removed)?;
        }
        if changes.adds() {
            send(connection, M2mAction::PreAdd, &changes.added)?;
            relation.insert_rows(connection, object, &changes.added)?;
            send(connection, M2mAction::PostAdd, &changes.added)?;
        }
        Ok(())
    })
}

/// Makes no row related, with a signal before and after. They name no rows, as in Django.
pub(in crate::models) fn clear_related<A: Model, B: Model>(
    receivers: &Receivers,
    connection: &mut DbConnection,
    relation: ManyToMany<A, B>,
    object: ValueRef<'_>,
) -> Result<(), DatabaseError> {
    in_transaction(connection, |connection| {
        send_m2m(receivers, connection, relation, object, M2mAction::PreClear, &[])?;
        relation.delete_all(connection, object)?;
        send_m2m(receivers, connection, relation, object, M2mAction::PostClear, &[])
    })
}

fn send_m2m<A: Model, B: Model>(
    receivers: &Receivers,
    connection: &mut DbConnection,
    relation: ManyToMany<A, B>,
    pk: ValueRef<'_>,
    action: M2mAction,
    pk_set: &[DbValue],
) -> Result<(), DatabaseError> {
    let (sender, model, through) = (A::META, B::META, relation.table);
    let declares = |known: &ManyToManyMeta| known.table == through && known.column == relation.column;
    let reverse = !sender.many_to_many.iter().any(declares);
    let mut event = M2mChanged { connection, action, through, sender, pk, reverse, model, pk_set };
    receivers.m2m_changed.of(through).try_for_each(|receiver| receiver(&mut event)).map_err(refused)
}

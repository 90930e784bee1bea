//! Saves rows with their signals (`Model.save_base` of `django/db/models/base.py`).

use super::row::ErasedRow;
use super::{AnyPostSave, AnyPreSave, AnyRow, M2mAction, M2mChanged, Receivers, in_transaction, refused};
use crate::database::{DatabaseError, DbConnection};
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

/// Changes a many-to-many relation, with a signal before and after each of the two steps that does something.
pub(in crate::models) fn set_related<A: Model, B: Model>(
    receivers: &Receivers,
    connection: &mut DbConnection,
    relation: ManyToMany<A, B>,
    object: ValueRef<'_>,
    keys: &[DbValue],
) -> Result<(), DatabaseError> {
    let reverse = !A::META
        .many_to_many
        .iter()
        .any(|known| known.table == relation.table && known.column == relation.column);
    in_transaction(connection, |connection| {
        let plan = relation.compare(connection, object, keys)?;
        let send = |connection: &mut DbConnection, action, pk_set: &[DbValue]| {
            let (sender, model) = (A::META, B::META);
            let through = relation.table;
            let mut event =
                M2mChanged { connection, action, through, sender, pk: object, reverse, model, pk_set };
            let mut all = receivers.m2m_changed.of(relation.table);
            all.try_for_each(|receiver| receiver(&mut event)).map_err(refused)
        };
        if !plan.removed.is_empty() {
            send(connection, M2mAction::PreRemove, &plan.removed)?;
            relation.remove(connection, object, &plan.removed)?;
            send(connection, M2mAction::PostRemove, &plan.removed)?;
        }
        if plan.adds() {
            send(connection, M2mAction::PreAdd, &plan.added)?;
            relation.add(connection, object, &plan.added)?;
            send(connection, M2mAction::PostAdd, &plan.added)?;
        }
        Ok(())
    })
}

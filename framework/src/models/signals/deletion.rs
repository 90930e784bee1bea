//! The signals of a deletion (`Collector` of `django/db/models/deletion.py`).

use std::sync::Arc;

use super::row::{ErasedRow, load_any};
use super::{AnyDelete, AnyRow, Receivers, in_transaction, refused};
use crate::database::{DatabaseError, DbConnection};
use crate::models::column::OnDelete;
use crate::models::condition::Condition;
use crate::models::deletion::{DeletionError, Models};
use crate::models::execute::column_values;
use crate::models::keys::Keys;
use crate::models::meta::ModelMeta;
use crate::models::value::DbValue;

/// The rows of a model that are being deleted.
struct Deleted {
    meta: &'static ModelMeta,
    keys: Vec<DbValue>,
    /// Each row as each type that receivers know; if there is none, by the model's description. In the order of their keys.
    rows: Vec<Vec<Box<dyn ErasedRow>>>,
}

/// A deletion and the receivers that hear of it. Without receivers it does nothing.
pub(in crate::models) struct Deletion {
    receivers: Option<Arc<Receivers>>,
    /// In the order of the signals.
    deleted: Vec<Deleted>,
}

impl Deletion {
    /// Finds all rows that will be deleted, tells the receivers of `pre_delete`, and runs the deletion.
    pub(in crate::models) fn run(
        connection: &mut DbConnection,
        models: Models<'_>,
        meta: &'static ModelMeta,
        keys: Vec<DbValue>,
        delete: impl FnOnce(&mut DbConnection, &mut Self, Vec<DbValue>) -> Result<(), DeletionError>,
    ) -> Result<(), DeletionError> {
        let Some(receivers) = connection.signals().of_deletions() else {
            return delete(connection, &mut Self { receivers: None, deleted: Vec::new() }, keys);
        };
        in_transaction(connection, |connection| {
            let mut found = Found { models, deleted: Vec::new(), after: Vec::new() };
            found.collect(connection, meta, keys.clone())?;
            let mut deletion = Self { deleted: found.sorted(), receivers: Some(receivers) };
            deletion.load(connection)?;
            deletion.pre_delete(connection)?;
            delete(connection, &mut deletion, keys)
        })
    }

    /// Reads the rows that receivers hear of.
    fn load(&mut self, connection: &mut DbConnection) -> Result<(), DatabaseError> {
        let Some(receivers) = &self.receivers else { return Ok(()) };
        for deleted in &mut self.deleted {
            let meta = deleted.meta;
            if !receivers.pre_delete.has(meta.table) && !receivers.post_delete.has(meta.table) {
                continue;
            }
            let keys = || Keys::new(deleted.keys.iter().map(DbValue::as_ref)).map_err(DatabaseError::from);
            for (_, load) in receivers.loaders.iter().filter(|(table, _)| *table == meta.table) {
                add(&mut deleted.rows, load(connection, meta, keys()?)?);
            }
            if deleted.rows.is_empty() {
                add(&mut deleted.rows, load_any(connection, meta, keys()?)?);
            }
        }
        Ok(())
    }

    fn pre_delete(&self, connection: &mut DbConnection) -> Result<(), DatabaseError> {
        let Some(receivers) = &self.receivers else { return Ok(()) };
        for deleted in &self.deleted {
            for row in &deleted.rows {
                if let Some(mut event) = event(connection, row) {
                    let mut all = receivers.pre_delete.of(deleted.meta.table);
                    all.try_for_each(|receiver| receiver(&mut event)).map_err(refused)?;
                }
            }
        }
        Ok(())
    }

    /// Tells the receivers of `post_delete` that these rows are deleted: the last key first, as Django does.
    pub(in crate::models) fn post_delete(
        &mut self,
        connection: &mut DbConnection,
        meta: &'static ModelMeta,
        keys: &[DbValue],
    ) -> Result<(), DatabaseError> {
        let Some(receivers) = &self.receivers else { return Ok(()) };
        let Some(deleted) = self.deleted.iter_mut().find(|deleted| deleted.meta.table == meta.table) else {
            return Ok(());
        };
        let is_gone = |row: &Vec<Box<dyn ErasedRow>>| {
            let pk = row.first().map(|row| AnyRow(&**row).pk().to_owned());
            pk.is_some_and(|pk| keys.contains(&pk))
        };
        let (gone, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut deleted.rows).into_iter().partition(is_gone);
        deleted.rows = kept;
        for row in gone.iter().rev() {
            if let Some(mut event) = event(connection, row) {
                let mut all = receivers.post_delete.of(meta.table);
                all.try_for_each(|receiver| receiver(&mut event)).map_err(refused)?;
            }
        }
        Ok(())
    }
}

fn event<'a>(connection: &'a mut DbConnection, row: &'a [Box<dyn ErasedRow>]) -> Option<AnyDelete<'a>> {
    let instance = AnyRow(&**row.first()?);
    Some(AnyDelete { connection, sender: instance.meta(), instance, typed: row })
}

/// Adds the same rows as another type.
fn add(rows: &mut Vec<Vec<Box<dyn ErasedRow>>>, more: Vec<Box<dyn ErasedRow>>) {
    for row in more {
        let pk = AnyRow(&*row).pk().to_owned();
        let is_same = |known: &&mut Vec<Box<dyn ErasedRow>>| {
            known.first().is_some_and(|known| AnyRow(&**known).pk() == pk.as_ref())
        };
        match rows.iter_mut().find(is_same) {
            Some(known) => known.push(row),
            None => rows.push(vec![row]),
        }
    }
}

/// Collects the rows that a deletion cascades to.
struct Found<'a> {
    models: Models<'a>,
    /// In the order in which they were found.
    deleted: Vec<Deleted>,
    /// Tables, and the tables whose rows must be deleted before theirs.
    after: Vec<(&'static str, &'static str)>,
}

impl Found<'_> {
    fn collect(
        &mut self,
        connection: &mut DbConnection,
        meta: &'static ModelMeta,
        keys: Vec<DbValue>,
    ) -> Result<(), DeletionError> {
        let index = match self.deleted.iter().position(|deleted| deleted.meta.table == meta.table) {
            Some(index) => index,
            None => {
                self.deleted.push(Deleted { meta, keys: Vec::new(), rows: Vec::new() });
                self.deleted.len() - 1
            }
        };
        let Some(deleted) = self.deleted.get_mut(index) else { return Ok(()) };
        let keys: Vec<DbValue> = keys.into_iter().filter(|key| !deleted.keys.contains(key)).collect();
        if keys.is_empty() {
            return Ok(());
        }
        deleted.keys.extend(keys.iter().cloned());
        let keys = Keys::new(keys.iter().map(DbValue::as_ref))?;
        for other in self.models.0 {
            for column in other.columns {
                let Some(reference) = column.references else { continue };
                if (reference.to)().table != meta.table {
                    continue;
                }
                let refers = || Condition::In { column: column.column, keys: keys.clone() };
                match reference.on_delete {
                    OnDelete::DoNothing | OnDelete::SetNull => {}
                    OnDelete::Protect => {
                        if !column_values(connection, other, refers())?.is_empty() {
                            return Err(DeletionError::Protected(other.name));
                        }
                    }
                    OnDelete::Cascade => {
                        if !column.null && other.table != meta.table {
                            self.after.push((meta.table, other.table));
                        }
                        let dependent = column_values(connection, other, refers())?;
                        if !dependent.is_empty() {
                            self.collect(connection, other, dependent)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The rows in the order of Django's deletion: those that refer to others first, if that is possible.
    fn sorted(mut self) -> Vec<Deleted> {
        let mut sorted: Vec<Deleted> = Vec::with_capacity(self.deleted.len());
        while !self.deleted.is_empty() {
            let before = self.deleted.len();
            let mut index = 0;
            while let Some(deleted) = self.deleted.get(index) {
                let table = deleted.meta.table;
                let waits = self.after.iter().any(|(first, second)| {
                    *first == table && self.deleted.iter().any(|other| other.meta.table == *second)
                });
                if waits { index += 1 } else { sorted.push(self.deleted.remove(index)) }
            }
            if self.deleted.len() == before {
                sorted.append(&mut self.deleted);
            }
        }
        sorted
    }
}

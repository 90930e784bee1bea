//! Deletes rows with what refers to them (`django/db/models/deletion.py`). The foreign keys have no `ON DELETE`: Django
//! cascades itself, and so does this.

mod preview;

use diesel::result::Error as QueryError;

pub use self::preview::{DeletionPreview, PreviewRelation, PreviewRows};
use super::column::OnDelete;
use super::condition::Condition;
use super::execute::{column_values, execute, execute_last};
use super::keys::Keys;
use super::meta::{ManyToManyMeta, ModelMeta};
use super::model::Model;
use super::object::Object;
use super::parameter::Parameter;
use super::queryset::QuerySet;
use super::select::Output;
use super::signals::Deletion;
use super::statement::Statement;
use super::value::DbValue;
use crate::database::{DatabaseError, DbConnection};

/// The models of all installed apps: what a deletion must look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Models<'a>(pub &'a [&'static ModelMeta]);

/// Why rows could not be deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeletionError {
    /// A row refers to it with `on_delete = protect`.
    #[error("rows of {0} refer to it through a protected foreign key")]
    Protected(&'static str),
    /// A query failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl<T: Model> Object<T> {
    /// Deletes the row, the rows that refer to it with `on_delete = cascade`, and its many-to-many relations; sets foreign
    /// keys with `on_delete = set_null` to NULL. Sends `pre_delete` and `post_delete` ([`signals`](super::signals)), also
    /// of the rows that refer to it. Run it in a transaction.
    ///
    /// # Errors
    /// A protected foreign key refers to the row; a receiver refuses the deletion; a query fails.
    pub fn delete(&self, connection: &mut DbConnection, models: Models<'_>) -> Result<(), DeletionError> {
        models.delete(connection, T::META, vec![self.pk().to_owned()])
    }

    /// [`delete`](Self::delete) as the last change of a [`Database::write`](crate::database::Database::write): if no other
    /// row can refer to this one, and nobody hears of it, it needs no transaction.
    ///
    /// # Errors
    /// As `delete`.
    pub fn delete_last(
        &self,
        connection: &mut DbConnection,
        models: Models<'_>,
    ) -> Result<(), DeletionError> {
        if connection.signals().of_deletions().is_some() || models.refer_to(T::META) {
            return self.delete(connection, models);
        }
        let keys = Keys::new([self.pk()])?;
        let condition = Condition::In { column: T::META.primary_key().column, keys };
        execute_last(connection, &Statement::Delete { table: T::META.table, condition })?;
        Ok(())
    }
}

impl<T: Model> QuerySet<T> {
    /// Deletes the rows, as [`Object::delete`] does. Run it in a transaction.
    ///
    /// # Errors
    /// As [`Object::delete`].
    pub fn delete(&self, connection: &mut DbConnection, models: Models<'_>) -> Result<(), DeletionError> {
        let pks =
            column_values(connection, T::META, Condition::And(self.select(Output::Exists)?.conditions))?;
        models.delete(connection, T::META, pks)
    }
}

impl Models<'_> {
    /// Whether a row of any model can refer to one of this model.
    fn refer_to(self, meta: &ModelMeta) -> bool {
        let is_it = |to: fn() -> &'static ModelMeta| to().table == meta.table;
        self.0.iter().any(|other| {
            let mut references = other.columns.iter().filter_map(|column| column.references);
            let mut between = other.many_to_many.iter();
            references.any(|reference| is_it(reference.to))
                || between.any(|relation| other.table == meta.table || is_it(relation.to))
        })
    }

    /// Deletes the rows of these primary keys, and what depends on them.
    fn delete(
        self,
        connection: &mut DbConnection,
        meta: &'static ModelMeta,
        pks: Vec<DbValue>,
    ) -> Result<(), DeletionError> {
        Deletion::run(connection, self, meta, pks, |connection, deletion, pks| {
            self.delete_rows(connection, deletion, meta, pks)
        })
    }

    fn delete_rows(
        self,
        connection: &mut DbConnection,
        deletion: &mut Deletion,
        meta: &'static ModelMeta,
        pks: Vec<DbValue>,
    ) -> Result<(), DeletionError> {
        let keys = Keys::new(pks.iter().map(DbValue::as_ref))?;
        if keys.is_empty() {
            return Ok(());
        }
        for other in self.0 {
            self.forget_many_to_many(connection, meta, other, &keys)?;
            for column in other.columns {
                let Some(reference) = column.references else { continue };
                if (reference.to)().table != meta.table {
                    continue;
                }
                let refers = Condition::In { column: column.column, keys: keys.clone() };
                match reference.on_delete {
                    OnDelete::DoNothing => {}
                    OnDelete::SetNull => {
                        let values = vec![(column.column, Parameter::new(DbValue::Null, column.kind))];
                        let update =
                            Statement::Update { meta: other, values, condition: refers, returns: false };
                        execute(connection, &update)?;
                    }
                    OnDelete::Protect => {
                        if !column_values(connection, other, refers)?.is_empty() {
                            return Err(DeletionError::Protected(other.name));
                        }
                    }
                    OnDelete::Cascade => {
                        let dependent = column_values(connection, other, refers)?;
                        // A row that refers to itself is being deleted already.
                        let dependent = dependent
                            .into_iter()
                            .filter(|key| other.table != meta.table || !pks.contains(key))
                            .collect();
                        self.delete_rows(connection, deletion, other, dependent)?;
                    }
                }
            }
        }
        let condition = Condition::In { column: meta.primary_key().column, keys };
        execute(connection, &Statement::Delete { table: meta.table, condition })?;
        Ok(deletion.post_delete(connection, meta, &pks)?)
    }

    /// Deletes the rows of the tables between this model and another.
    fn forget_many_to_many(
        self,
        connection: &mut DbConnection,
        meta: &'static ModelMeta,
        other: &'static ModelMeta,
        keys: &Keys,
    ) -> Result<(), DatabaseError> {
        for (relation, condition) in rows_between(meta, other, keys) {
            execute(connection, &Statement::Delete { table: relation.table, condition })?;
        }
        Ok(())
    }
}

/// Finds the rows that refer to these rows of `meta`, in the tables of the many-to-many relations that `other` declares. A
/// relation of a model with itself refers to them on both sides.
fn rows_between(
    meta: &'static ModelMeta,
    other: &'static ModelMeta,
    keys: &Keys,
) -> impl Iterator<Item = (&'static ManyToManyMeta, Condition)> {
    other.many_to_many.iter().flat_map(move |relation| {
        let own = (other.table == meta.table).then_some(relation.column);
        let reverse = ((relation.to)().table == meta.table).then_some(relation.reverse_column);
        let columns = own.into_iter().chain(reverse);
        columns.map(move |column| (relation, Condition::In { column, keys: keys.clone() }))
    })
}

impl From<QueryError> for DeletionError {
    fn from(error: QueryError) -> Self {
        Self::Database(error.into())
    }
}

//! Changes many-to-many relations (`ManyRelatedManager` of `django/db/models/fields/related_descriptors.py`).

use super::condition::{Condition, Lookup};
use super::execute::execute;
use super::keys::Keys;
use super::model::Model;
use super::parameter::Parameter;
use super::q::Q;
use super::queryset::QuerySet;
use super::relation::ManyToMany;
use super::signals;
use super::statement::Statement;
use super::value::{DbValue, ValueRef};
use crate::database::{DatabaseError, DbConnection};

/// How a set of related keys becomes another.
pub(super) struct Comparison {
    pub(super) removed: Vec<DbValue>,
    /// Those that are not related yet.
    pub(super) added: Vec<DbValue>,
    /// Keys to insert: also a repeated one, in vain.
    inserted: Vec<DbValue>,
}

impl Comparison {
    /// Whether Django adds keys, be it in vain.
    pub(super) const fn adds(&self) -> bool {
        !self.inserted.is_empty()
    }
}

impl<A: Model, B: Model> ManyToMany<A, B> {
    /// Makes exactly these rows of `B` related to the object (`set`). Rows that stay related are not touched. Sends
    /// `m2m_changed` ([`signals`]).
    ///
    /// # Errors
    /// The database or a receiver refuses the change.
    pub fn set(
        self,
        connection: &mut DbConnection,
        object: ValueRef<'_>,
        keys: &[DbValue],
    ) -> Result<(), DatabaseError> {
        if let Some(receivers) = connection.signals().of_relation(self.table) {
            return signals::set_related(&receivers, connection, self, object, keys);
        }
        let comparison = self.compare(connection, object, keys)?;
        self.remove(connection, object, &comparison.removed)?;
        self.add(connection, object, &comparison.inserted)
    }

    /// Compares the present rows with what they shall be.
    pub(super) fn compare(
        self,
        connection: &mut DbConnection,
        object: ValueRef<'_>,
        keys: &[DbValue],
    ) -> Result<Comparison, DatabaseError> {
        let present = QuerySet::<B>::new()
            .filter_q(Q::compare(&self.reverse("").pk_path(), Lookup::Exact, object.to_owned()))
            .load(connection)?;
        let present: Vec<DbValue> = present.iter().map(|row| row.pk().to_owned()).collect();
        let mut removed = present.clone();
        // Django looks each key up in those that are left, so that a repeated key is inserted, in vain, once more: this
        // takes an id too.
        let mut inserted: Vec<DbValue> = Vec::new();
        for key in keys {
            match removed.iter().position(|known| known == key) {
                Some(position) => _ = removed.remove(position),
                None if inserted.contains(key) => {}
                None => inserted.push(key.clone()),
            }
        }
        // Django adds them in the order of a set of keys.
        inserted.sort_by_key(|key| if let DbValue::Integer(number) = key { *number } else { 0 });
        let added = inserted.iter().filter(|key| !present.contains(key)).cloned().collect();
        Ok(Comparison { removed, added, inserted })
    }

    /// Deletes relations.
    pub(super) fn remove(
        self,
        connection: &mut DbConnection,
        object: ValueRef<'_>,
        keys: &[DbValue],
    ) -> Result<(), DatabaseError> {
        if keys.is_empty() {
            return Ok(());
        }
        let is_object =
            Condition::compare(self.column, A::META.primary_key().kind, Lookup::Exact, object.to_owned());
        let keys = Keys::new(keys.iter().map(DbValue::as_ref)).map_err(DatabaseError::from)?;
        let condition = Condition::And(vec![is_object, Condition::In { column: self.reverse_column, keys }]);
        execute(connection, &Statement::Delete { table: self.table, condition })?;
        Ok(())
    }

    /// Inserts relations. Those that exist stay as they are.
    pub(super) fn add(
        self,
        connection: &mut DbConnection,
        object: ValueRef<'_>,
        keys: &[DbValue],
    ) -> Result<(), DatabaseError> {
        if keys.is_empty() {
            return Ok(());
        }
        let (this, other) = (A::META.primary_key().kind, B::META.primary_key().kind);
        let row =
            |key: &DbValue| [Parameter::new(object.to_owned(), this), Parameter::new(key.clone(), other)];
        let rows = keys.iter().map(row).collect();
        let columns = [self.column, self.reverse_column];
        execute(connection, &Statement::InsertInto { table: self.table, columns, rows })?;
        Ok(())
    }
}

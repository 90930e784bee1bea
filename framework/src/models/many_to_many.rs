//! Changes relations to many rows (`ManyRelatedManager` and `RelatedManager` of
//! `django/db/models/fields/related_descriptors.py`).

use super::condition::{Condition, Lookup};
use super::execute::execute;
use super::keys::Keys;
use super::model::Model;
use super::object::Object;
use super::parameter::Parameter;
use super::path::Path;
use super::q::Q;
use super::queryset::QuerySet;
use super::relation::{ManyToMany, Reverse};
use super::save::Changes;
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

/// Each key once.
fn distinct(keys: &[DbValue]) -> Vec<DbValue> {
    let mut distinct: Vec<DbValue> = Vec::with_capacity(keys.len());
    for key in keys {
        if !distinct.contains(key) {
            distinct.push(key.clone());
        }
    }
    distinct
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
        self.delete_rows(connection, object, &comparison.removed)?;
        self.insert_rows(connection, object, &comparison.inserted)
    }

    /// Makes rows of `B` related to the object (`add`). Those that are related already stay so. Sends `m2m_changed`.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn add(
        self,
        connection: &mut DbConnection,
        object: ValueRef<'_>,
        keys: &[DbValue],
    ) -> Result<(), DatabaseError> {
        let Some(receivers) = connection.signals().of_relation(self.table) else {
            return self.insert_rows(connection, object, keys);
        };
        signals::change_related(&receivers, connection, self, object, |connection| {
            // Django sends the signal even if all are related already.
            let comparison = self.compare(connection, object, keys)?;
            Ok(Comparison { removed: Vec::new(), inserted: distinct(keys), ..comparison })
        })
    }

    /// Inserts rows of `B`, one by one, and makes them related to the object (`create`). Sends the signals of both.
    ///
    /// # Errors
    /// As [`set`](Self::set), and the database refuses a row.
    pub fn create(
        self,
        connection: &mut DbConnection,
        object: &A,
        rows: impl IntoIterator<Item = Changes<B>>,
    ) -> Result<(), DatabaseError> {
        let mut keys = Vec::new();
        for row in rows {
            keys.push(row.insert(connection)?.pk().to_owned());
        }
        if keys.is_empty() {
            return Ok(());
        }
        self.add(connection, object.pk(), &keys)
    }

    /// Makes rows of `B` no longer related to the object (`remove`). Sends `m2m_changed`.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn remove(
        self,
        connection: &mut DbConnection,
        object: ValueRef<'_>,
        keys: &[DbValue],
    ) -> Result<(), DatabaseError> {
        let Some(receivers) = connection.signals().of_relation(self.table) else {
            return self.delete_rows(connection, object, keys);
        };
        signals::change_related(&receivers, connection, self, object, |_| {
            Ok(Comparison { removed: distinct(keys), added: Vec::new(), inserted: Vec::new() })
        })
    }

    /// Makes no row of `B` related to the object (`clear`). Sends `m2m_changed` without keys.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn clear(self, connection: &mut DbConnection, object: ValueRef<'_>) -> Result<(), DatabaseError> {
        match connection.signals().of_relation(self.table) {
            Some(receivers) => signals::clear_related(&receivers, connection, self, object),
            None => self.delete_all(connection, object),
        }
    }

    /// Deletes all relations of the object, without signals.
    pub(super) fn delete_all(
        self,
        connection: &mut DbConnection,
        object: ValueRef<'_>,
    ) -> Result<(), DatabaseError> {
        let condition = self.is_of(object);
        execute(connection, &Statement::Delete { table: self.table, condition })?;
        Ok(())
    }

    /// The rows between the two models that are the object's.
    fn is_of(self, object: ValueRef<'_>) -> Condition {
        Condition::compare(self.column, A::META.primary_key().kind, Lookup::Exact, object.to_owned())
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

    /// Deletes relations, without signals.
    pub(super) fn delete_rows(
        self,
        connection: &mut DbConnection,
        object: ValueRef<'_>,
        keys: &[DbValue],
    ) -> Result<(), DatabaseError> {
        if keys.is_empty() {
            return Ok(());
        }
        let is_object = self.is_of(object);
        let keys = Keys::new(keys.iter().map(DbValue::as_ref)).map_err(DatabaseError::from)?;
        let condition = Condition::And(vec![is_object, Condition::In { column: self.reverse_column, keys }]);
        execute(connection, &Statement::Delete { table: self.table, condition })?;
        Ok(())
    }

    /// Inserts relations, without signals. Those that exist stay as they are.
    pub(super) fn insert_rows(
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

impl<A: Model, B: Model> Reverse<A, B> {
    /// Makes these rows of `B` refer to the object (`set`). If the foreign key may be NULL, no other row refers to it
    /// afterwards; if it may not, the others stay as they are. As in Django, this sends no signals.
    ///
    /// # Errors
    /// The database refuses the change.
    pub fn set(
        self,
        connection: &mut DbConnection,
        object: ValueRef<'_>,
        keys: &[DbValue],
    ) -> Result<(), DatabaseError> {
        let key = Path::<B>::own(self.key.column, A::META);
        let is_object = Q::compare(&key, Lookup::Exact, object.to_owned());
        let present = QuerySet::<B>::new().filter_q(is_object).load(connection)?;
        if self.key.optional {
            let is_other = |row: &&Object<B>| !keys.iter().any(|key| key.as_ref() == row.pk());
            self.refer(connection, DbValue::Null, present.iter().filter(is_other).map(|row| row.pk()))?;
        }
        let is_new = |key: &&DbValue| !present.iter().any(|row| row.pk() == key.as_ref());
        self.refer(connection, object.to_owned(), keys.iter().filter(is_new).map(DbValue::as_ref))
    }

    /// Sets the foreign key of rows.
    fn refer<'k>(
        self,
        connection: &mut DbConnection,
        object: DbValue,
        rows: impl Iterator<Item = ValueRef<'k>>,
    ) -> Result<(), DatabaseError> {
        let rows: Vec<ValueRef<'k>> = rows.collect();
        if rows.is_empty() {
            return Ok(());
        }
        let keys = Keys::new(rows).map_err(DatabaseError::from)?;
        let condition = Condition::In { column: B::META.primary_key().column, keys };
        let values = vec![(self.key.column, Parameter::new(object, A::META.primary_key().kind))];
        execute(connection, &Statement::Update { meta: B::META, values, condition, returns: false })?;
        Ok(())
    }
}

//! Writes rows (`Model.save` of `django/db/models/base.py`).

use chrono::NaiveDateTime;
use diesel::Column as DieselColumn;
use diesel::result::Error as QueryError;

use super::column::{Column, ColumnKind};
use super::condition::{Condition, Lookup};
use super::execute::{execute, returned_rows};
use super::model::Model;
use super::object::Object;
use super::parameter::Parameter;
use super::path::Path;
use super::plan::Plan;
use super::q::Q;
use super::queryset::QuerySet;
use super::signals;
use super::statement::Statement;
use super::value::{DbValue, ValueRef};
use crate::database::{DatabaseError, DbConnection, now};

/// The values of a row to insert, or to change. Columns that are not set keep their value, or get their default.
#[derive(Debug)]
pub struct Changes<T> {
    values: Vec<(usize, DbValue)>,
    model: std::marker::PhantomData<fn() -> T>,
}

impl<T> Clone for Changes<T> {
    fn clone(&self) -> Self {
        Self { values: self.values.clone(), model: self.model }
    }
}

impl<T: Model> Default for Changes<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Model> Changes<T> {
    /// No change.
    #[must_use]
    pub const fn new() -> Self {
        Self { values: Vec::new(), model: std::marker::PhantomData }
    }

    /// Sets a column.
    pub fn set<C: DieselColumn<Table = T::Table>>(
        &mut self,
        _column: C,
        value: impl Into<DbValue>,
    ) -> &mut Self {
        if let Some((index, _)) = T::META.find(C::NAME) {
            self.set_index(index, value.into());
        }
        self
    }

    /// Sets a column by its index.
    pub fn set_index(&mut self, index: usize, value: DbValue) {
        self.values.retain(|(known, _)| *known != index);
        self.values.push((index, value));
    }

    /// Adds other changes, which win.
    pub fn merge(&mut self, other: &Self) {
        for (index, value) in &other.values {
            self.set_index(*index, value.clone());
        }
    }

    /// The value that a column is set to.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&DbValue> {
        self.values.iter().find(|(known, _)| *known == index).map(|(_, value)| value)
    }

    /// The value that a column is set to; NULL if it is not set.
    pub fn value<C: DieselColumn<Table = T::Table>>(&self, _column: C) -> DbValue {
        let found = T::META.find(C::NAME).and_then(|(index, _)| self.get(index));
        found.cloned().unwrap_or(DbValue::Null)
    }

    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) fn values(&self) -> &[(usize, DbValue)] {
        &self.values
    }

    pub(super) const fn values_mut(&mut self) -> &mut Vec<(usize, DbValue)> {
        &mut self.values
    }

    /// Changes the row of this primary key, and sets the current time in `auto_now` columns. Returns the row as it is then;
    /// `None` if there is no such row any more. Sends `pre_save` and `post_save` ([`signals`]).
    ///
    /// # Errors
    /// The database or a receiver refuses the change.
    pub fn update(
        &self,
        connection: &mut DbConnection,
        pk: ValueRef<'_>,
    ) -> Result<Option<T>, DatabaseError> {
        self.update_and_tell(connection, pk, false)
    }

    /// [`update`](Self::update) as the last change of a [`Database::write`](crate::database::Database::write): if it is the
    /// only one, it needs no transaction.
    ///
    /// # Errors
    /// As `update`.
    pub fn update_last(
        &self,
        connection: &mut DbConnection,
        pk: ValueRef<'_>,
    ) -> Result<Option<T>, DatabaseError> {
        self.update_and_tell(connection, pk, true)
    }

    fn update_and_tell(
        &self,
        connection: &mut DbConnection,
        pk: ValueRef<'_>,
        is_last: bool,
    ) -> Result<Option<T>, DatabaseError> {
        match connection.signals().of_saves(T::META.table) {
            Some(receivers) => signals::update(&receivers, connection, self, pk),
            None => self.update_row(connection, pk, is_last),
        }
    }

    /// [`update`](Self::update) without signals.
    pub(super) fn update_row(
        &self,
        connection: &mut DbConnection,
        pk: ValueRef<'_>,
        is_last: bool,
    ) -> Result<Option<T>, DatabaseError> {
        let mut values = Vec::with_capacity(self.values.len() + 1);
        let mut clock = Clock::default();
        for (index, column) in T::META.columns.iter().enumerate() {
            let value = match self.get(index) {
                Some(value) => value.clone(),
                None if column.auto_now => clock.read(|| now(connection), column)?,
                None => continue,
            };
            values.push((column.column, Parameter::new(value, column.kind)));
        }
        if values.is_empty() {
            let row = QuerySet::<T>::new().find(pk.to_owned()).first(connection)?;
            return Ok(row.map(Object::into_inner));
        }
        let condition = key_is(T::META.primary_key(), pk);
        let update = Statement::Update { meta: T::META, values, condition, returns: true };
        Ok(returned_rows(connection, update, &self.values, is_last)?.into_iter().next())
    }
}

fn key_is(column: &Column, pk: ValueRef<'_>) -> Condition {
    Condition::compare(column.column, column.kind, Lookup::Exact, pk.to_owned())
}

/// One moment for all columns of a row.
#[derive(Default)]
pub(super) struct Clock(Option<NaiveDateTime>);

impl Clock {
    pub(super) fn read(
        &mut self,
        now: impl FnOnce() -> Result<NaiveDateTime, DatabaseError>,
        column: &Column,
    ) -> Result<DbValue, DatabaseError> {
        let moment = match self.0 {
            Some(moment) => moment,
            None => *self.0.insert(now()?),
        };
        Ok(match column.kind {
            ColumnKind::Date => DbValue::Date(moment.date()),
            ColumnKind::Time => DbValue::Time(moment.time()),
            _ => DbValue::DateTime(moment),
        })
    }
}

impl<T: Model> Object<T> {
    /// Changes the row ([`Changes::update`]). What was loaded with it is forgotten.
    ///
    /// # Errors
    /// The database refuses the change, or the row is gone.
    pub fn update(
        &mut self,
        connection: &mut DbConnection,
        changes: &Changes<T>,
    ) -> Result<(), DatabaseError> {
        let row = changes.update(connection, self.pk())?;
        self.replace(row)
    }

    /// [`update`](Self::update) as the last change of a write ([`Changes::update_last`]).
    ///
    /// # Errors
    /// As `update`.
    pub fn update_last(
        &mut self,
        connection: &mut DbConnection,
        changes: &Changes<T>,
    ) -> Result<(), DatabaseError> {
        let row = changes.update_last(connection, self.pk())?;
        self.replace(row)
    }

    fn replace(&mut self, row: Option<T>) -> Result<(), DatabaseError> {
        self.set_row(row.ok_or(DatabaseError::Query(QueryError::NotFound))?);
        self.clear_related();
        Ok(())
    }
}

impl<T: Model> Object<T> {
    /// Loads relations of an object that is there already, such as a new one.
    ///
    /// # Errors
    /// The query fails, or the row is gone.
    pub fn load(&mut self, connection: &mut DbConnection, plan: &Plan<T>) -> Result<(), DatabaseError> {
        if plan.is_empty() {
            return Ok(());
        }
        let found = QuerySet::new().find(self.pk().to_owned()).with_plan(plan).first(connection)?;
        self.take_related(found.ok_or(DatabaseError::Query(QueryError::NotFound))?);
        Ok(())
    }

    /// Loads relations of several objects that are there already, with one query a relation.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_all(
        objects: &mut [Self],
        connection: &mut DbConnection,
        plan: &Plan<T>,
    ) -> Result<(), DatabaseError> {
        if plan.is_empty() || objects.is_empty() {
            return Ok(());
        }
        let keys: Vec<DbValue> = objects.iter().map(|object| object.pk().to_owned()).collect();
        let rows = QuerySet::new()
            .filter_q(Q::one_of(&Path::own(T::META.primary_key().column, T::META), &keys))
            .with_plan(plan);
        let mut rows = rows.load(connection)?;
        for object in objects {
            let found = rows.iter().position(|row| row.pk() == object.pk());
            let found = found.ok_or(DatabaseError::Query(QueryError::NotFound))?;
            object.take_related(rows.swap_remove(found));
        }
        Ok(())
    }
}

impl<T: Model> QuerySet<T> {
    /// Changes all rows, without a look at `auto_now` columns (`QuerySet.update`). Returns the number of rows. Sends no
    /// signals, as in Django: change objects one by one where receivers must hear of it.
    ///
    /// # Errors
    /// The database refuses the change.
    pub fn update(&self, connection: &mut DbConnection, changes: &Changes<T>) -> Result<i64, DatabaseError> {
        let values = changes.values.iter().filter_map(|(index, value)| {
            let column = T::META.columns.get(*index)?;
            Some((column.column, Parameter::new(value.clone(), column.kind)))
        });
        let condition = Condition::And(self.select(super::select::Output::Rows)?.conditions);
        let values = values.collect();
        let update = Statement::Update { meta: T::META, values, condition, returns: false };
        Ok(i64::try_from(execute(connection, &update)?).unwrap_or(i64::MAX))
    }
}

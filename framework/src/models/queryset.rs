//! Query sets (`django/db/models/query.py`): the rows of a model that meet conditions, in an order.
//!
//! A query set is a value. It can be changed further, used as a subquery, and run on either database.

use std::sync::Arc;

use diesel::Column as DieselColumn;
use diesel::expression::{AppearsOnTable, Expression};
use diesel::result::Error as QueryError;
use diesel::sql_types::BoolOrNullableBool;

use super::annotation::{Annotated, AnnotationName};
use super::column::ColumnKind;
use super::condition::{Condition, Lookup};
use super::execute::{Blocking, Executor, block, read_rows};
use super::field_value::FieldValue;
use super::model::Model;
use super::object::Object;
use super::ordering::{Term, order_by_default, terms};
use super::parameter::Parameter;
use super::path::Path;
use super::plan::Plan;
use super::q::Q;
use super::relation::Relation;
use super::select::{Output, Select};
use super::value::DbValue;
use crate::database::{DatabaseError, DbConnection};

/// An expression that is valid on each database the program is compiled for.
#[cfg(feature = "postgres")]
pub trait AnyDatabase:
    diesel::query_builder::QueryFragment<diesel::sqlite::Sqlite>
    + diesel::query_builder::QueryFragment<diesel::pg::Pg>
    + Send
    + Sync
    + 'static
{
}

#[cfg(feature = "postgres")]
impl<T> AnyDatabase for T where
    T: diesel::query_builder::QueryFragment<diesel::sqlite::Sqlite>
        + diesel::query_builder::QueryFragment<diesel::pg::Pg>
        + Send
        + Sync
        + 'static
{
}

/// An expression that is valid on each database the program is compiled for.
#[cfg(not(feature = "postgres"))]
pub trait AnyDatabase:
    diesel::query_builder::QueryFragment<diesel::sqlite::Sqlite> + Send + Sync + 'static
{
}

#[cfg(not(feature = "postgres"))]
impl<T> AnyDatabase for T where
    T: diesel::query_builder::QueryFragment<diesel::sqlite::Sqlite> + Send + Sync + 'static
{
}

/// Rows of a model.
pub struct QuerySet<T> {
    conditions: Vec<Condition>,
    /// `None`: the model's order.
    order: Option<Vec<Term>>,
    annotations: Vec<Annotated>,
    plan: Plan<T>,
    limit: Option<i64>,
    offset: Option<i64>,
    /// A mistake in how it was built, reported when it runs.
    mistake: Option<String>,
}

impl<T: 'static> Clone for QuerySet<T> {
    fn clone(&self) -> Self {
        Self {
            conditions: self.conditions.clone(),
            order: self.order.clone(),
            annotations: self.annotations.clone(),
            plan: self.plan.clone(),
            limit: self.limit,
            offset: self.offset,
            mistake: self.mistake.clone(),
        }
    }
}

impl<T: Model> Default for QuerySet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Model> QuerySet<T> {
    /// All rows.
    #[must_use]
    pub fn new() -> Self {
        Self {
            conditions: Vec::new(),
            order: None,
            annotations: Vec::new(),
            plan: Plan::default(),
            limit: None,
            offset: None,
            mistake: None,
        }
    }

    /// No row.
    #[must_use]
    pub fn none(mut self) -> Self {
        self.conditions = vec![Condition::Never];
        self
    }

    /// The rows that also meet a condition, written with diesel.
    #[must_use]
    pub fn filter<E>(mut self, condition: E) -> Self
    where
        E: Expression<SqlType: BoolOrNullableBool> + AppearsOnTable<T::Table> + AnyDatabase,
    {
        self.conditions.push(Condition::Fragment(Arc::new(condition)));
        self
    }

    /// The rows that also meet a condition made at run time. An annotation must be there before the condition names it.
    #[must_use]
    pub fn filter_q(mut self, condition: Q<T>) -> Self {
        let mut condition = condition.into_condition();
        if let Err(error) = condition.resolve(&self.annotations) {
            self.mistake = Some(error.to_string());
        }
        self.conditions.push(condition);
        self
    }

    /// The rows whose column has this value; none if it is NULL.
    #[must_use]
    pub fn filter_eq<C: DieselColumn<Table = T::Table>>(self, column: C, value: impl Into<DbValue>) -> Self {
        self.filter_q(Q::compare(&column.into(), Lookup::Exact, value))
    }

    /// The rows whose column holds the primary key of one of these rows: `project__in=projects`.
    #[must_use]
    pub fn filter_in<C, U>(self, column: C, rows: QuerySet<U>) -> Self
    where
        C: DieselColumn<Table = T::Table>,
        U: Model,
    {
        self.filter_q(Q::in_queryset(column, rows))
    }

    /// The rows whose primary key is this value.
    #[must_use]
    pub fn find(mut self, key: impl Into<DbValue>) -> Self {
        let column = T::META.primary_key();
        self.conditions.push(Condition::compare(column.column, column.kind, Lookup::Exact, key.into()));
        self
    }

    /// Orders by the names of fields, each descending with a leading `-`: `["-created", "id"]`. A name may be that of an
    /// annotation, or lead through foreign keys: `project__name`. As in Django, `project` is the order of the projects, and
    /// `project_id` that of the column.
    #[must_use]
    pub fn order_by<S: AsRef<str>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        let mut order = Vec::new();
        for field in fields {
            let field = field.as_ref();
            match terms(T::META, &self.annotations, field) {
                Some(terms) => order.extend(terms),
                None => self.mistake = Some(format!("{} has no field `{field}` to order by", T::META.name)),
            }
        }
        self.order = Some(order);
        self
    }

    /// The rows that do not have this primary key (`exclude(pk=…)`).
    #[must_use]
    pub fn exclude_pk(mut self, key: impl Into<DbValue>) -> Self {
        let column = T::META.primary_key();
        let is_key = Condition::compare(column.column, column.kind, Lookup::Exact, key.into());
        self.conditions.push(Condition::Not(Box::new(is_key)));
        self
    }

    /// Whether the rows have an order.
    #[must_use]
    pub fn is_ordered(&self) -> bool {
        self.order.as_ref().map_or(!T::META.ordering.is_empty(), |order| !order.is_empty())
    }

    /// Adds a computed column: a subquery, or an expression of the row's columns. The name is a text, or an
    /// [`Annotation`](super::Annotation), by which the rows can be filtered too.
    #[must_use]
    pub fn annotate<E>(mut self, name: impl AnnotationName<T, E::SqlType>, value: E) -> Self
    where
        E: Expression + AppearsOnTable<T::Table> + AnyDatabase,
    {
        let (name, kind) = (name.name(), name.kind());
        self.annotations.push(Annotated { name, kind, value: Arc::new(value) });
        self
    }

    /// The annotation of this name, if it was made by an [`Annotation`](super::Annotation), which has its type.
    #[must_use]
    pub fn annotation(&self, name: &str) -> Option<Path<T>> {
        let found = self.annotations.iter().find(|annotated| annotated.name == name)?;
        Some(Path::annotation(found.name, found.kind?))
    }

    /// Loads a relation with the rows (`select_related`, `prefetch_related`).
    #[must_use]
    pub fn with(mut self, relation: impl Relation<T>) -> Self {
        self.plan.add(relation);
        self
    }

    /// Loads all relations of a plan with the rows.
    #[must_use]
    pub fn with_plan(mut self, plan: &Plan<T>) -> Self {
        self.plan.merge(plan);
        self
    }

    /// At most this many rows.
    #[must_use]
    pub fn limit(mut self, limit: i64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Without the first rows.
    #[must_use]
    pub fn offset(mut self, offset: i64) -> Self {
        self.offset = Some(offset);
        self
    }

    pub(crate) fn select(&self, output: Output) -> Result<Select, QueryError> {
        if let Some(mistake) = &self.mistake {
            return Err(QueryError::QueryBuilderError(mistake.clone().into()));
        }
        let number = |value: i64| Parameter::new(DbValue::Integer(value), ColumnKind::BigInteger);
        let mut select = Select::new(T::META);
        select.conditions.clone_from(&self.conditions);
        select.limit = self.limit.map(number);
        select.offset = self.offset.map(number);
        select.output = output;
        let is_cut = self.limit.is_some() || self.offset.is_some();
        match select.output {
            Output::Rows => {
                select.annotations.clone_from(&self.annotations);
                select.joins = self.plan.joined_models();
            }
            // The order says which rows a subquery has.
            Output::Column(_) if is_cut => {}
            _ => return Ok(select),
        }
        match &self.order {
            Some(terms) => terms.iter().try_for_each(|term| term.add_to(&mut select))?,
            None => order_by_default(&mut select)?,
        }
        Ok(select)
    }

    /// [`load`](Self::load) with any executor.
    pub(super) async fn load_with(&self, executor: &dyn Executor) -> Result<Vec<Object<T>>, QueryError> {
        let mut objects = read_rows(&self.plan, self.select(Output::Rows)?, executor).await?.objects;
        self.plan.prefetch(executor, &mut objects).await?;
        Ok(objects)
    }

    /// [`count`](Self::count) with any executor.
    pub(super) async fn count_with(&self, executor: &dyn Executor) -> Result<u64, QueryError> {
        Ok(match self.value_with(Output::Count, executor).await? {
            Some(DbValue::Integer(count)) => u64::try_from(count).unwrap_or_default(),
            _ => 0,
        })
    }

    /// Returns the first column of the first row.
    pub(super) async fn value_with(
        &self,
        output: Output,
        executor: &dyn Executor,
    ) -> Result<Option<DbValue>, QueryError> {
        let mut value = None;
        let each = &mut |row: &mut super::row::Row<'_>| {
            value = Some(row.read_any()?);
            Ok(())
        };
        executor.rows(self.select(output)?, each).await?;
        Ok(value)
    }

    /// The rows.
    ///
    /// # Errors
    /// The query fails, or the query set was built wrongly.
    pub fn load(&self, connection: &mut DbConnection) -> Result<Vec<Object<T>>, DatabaseError> {
        block(self.load_with(&Blocking::new(connection)))
    }

    /// The first row.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn first(&self, connection: &mut DbConnection) -> Result<Option<Object<T>>, DatabaseError> {
        Ok(self.clone().limit(1).load(connection)?.into_iter().next())
    }

    /// The number of rows.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn count(&self, connection: &mut DbConnection) -> Result<u64, DatabaseError> {
        block(self.count_with(&Blocking::new(connection)))
    }

    /// Whether there is any row.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn exists(&self, connection: &mut DbConnection) -> Result<bool, DatabaseError> {
        let query = self.clone().limit(1);
        Ok(block(query.value_with(Output::Exists, &Blocking::new(connection)))?.is_some())
    }

    /// How many rows there are of each value of a column, in the values' order
    /// (`values_list(column).annotate(Count("pk")).order_by(column)`).
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn count_by<V: FieldValue, C: DieselColumn<Table = T::Table>>(
        &self,
        connection: &mut DbConnection,
        _column: C,
    ) -> Result<Vec<(V, u64)>, DatabaseError> {
        let mut counts = Vec::new();
        let each = &mut |row: &mut super::row::Row<'_>| {
            let value = row.read()?;
            if let DbValue::Integer(count) = row.read_any()? {
                counts.push((value, u64::try_from(count).unwrap_or_default()));
            }
            Ok(())
        };
        let executor = Blocking::new(connection);
        block(executor.rows(self.select(Output::CountBy(C::NAME))?, each))?;
        Ok(counts)
    }

    /// The maximum of a column. NULL if there is no row.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn max<C: DieselColumn<Table = T::Table>>(
        &self,
        connection: &mut DbConnection,
        _column: C,
    ) -> Result<DbValue, DatabaseError> {
        let max = block(self.value_with(Output::Max(C::NAME), &Blocking::new(connection)))?;
        Ok(max.unwrap_or(DbValue::Null))
    }
}

//! Computed columns of query sets, by name and type (`QuerySet.annotate` of `django/db/models/query.py`).

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use diesel::result::Error as QueryError;

use super::column::ColumnKind;
use super::dialect::Fragment;
use super::field_value::FieldValue;
use super::model::Model;
use super::object::{NotLoaded, Object};
use super::value::DbValue;

/// The name and the type of a computed column of `T`'s rows: filters, search and order name it as they name a column.
///
/// ```
/// use diesel::prelude::*;
/// use vitamin_framework::models::{Annotation, Lookup, Model, Q, QuerySet};
///
/// diesel::table! {
///     polls_poll (id) { id -> BigInt, title -> Text, }
/// }
/// diesel::table! {
///     polls_vote (id) { id -> BigInt, poll_id -> BigInt, }
/// }
/// diesel::allow_tables_to_appear_in_same_query!(polls_poll, polls_vote);
/// # #[derive(Model)]
/// # #[model(table = polls_poll, crate = vitamin_framework)]
/// # struct Poll {
/// #     id: i64,
/// #     title: String,
/// # }
///
/// const VOTES: Annotation<Poll, i64> = Annotation::new("votes");
///
/// /// The polls with at least ten votes, those with the most votes first.
/// fn popular() -> QuerySet<Poll> {
///     let votes = polls_vote::table.filter(polls_vote::poll_id.eq(polls_poll::id)).count().single_value();
///     Poll::objects()
///         .annotate(VOTES, votes)
///         .filter_q(Q::compare(&VOTES.into(), Lookup::Gte, 10))
///         .order_by(["-votes", "id"])
/// }
/// # popular();
/// ```
pub struct Annotation<T, V> {
    name: &'static str,
    types: PhantomData<fn() -> (T, V)>,
}

impl<T, V> Clone for Annotation<T, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, V> Copy for Annotation<T, V> {}

impl<T, V> fmt::Debug for Annotation<T, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Annotation({})", self.name)
    }
}

impl<T, V> Annotation<T, V> {
    /// An annotation of this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, types: PhantomData }
    }

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl<T: Model, V> Annotation<T, V> {
    /// An object's value.
    ///
    /// # Errors
    /// The query did not have this annotation.
    pub fn get(self, object: &Object<T>) -> Result<&DbValue, NotLoaded> {
        object.annotation(self.name)
    }
}

/// The name of an annotation of a value of this SQL type: text, or an [`Annotation`], whose type is then known where it is
/// filtered by and read.
pub trait AnnotationName<T, ST> {
    /// The name.
    fn name(&self) -> &'static str;

    /// How the values are stored. `None`: as the database says.
    fn kind(&self) -> Option<ColumnKind> {
        None
    }
}

impl<T, ST> AnnotationName<T, ST> for &'static str {
    fn name(&self) -> &'static str {
        self
    }
}

/// An expression that may be NULL, such as a subquery, can be the value of an annotation that is never NULL.
impl<T, V, ST> AnnotationName<T, ST> for Annotation<T, V>
where
    V: FieldValue<SqlType: diesel::sql_types::IntoNullable>,
    ST: diesel::sql_types::IntoNullable<Nullable = <V::SqlType as diesel::sql_types::IntoNullable>::Nullable>,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn kind(&self) -> Option<ColumnKind> {
        Some(V::KIND)
    }
}

/// A computed column of a query set.
#[derive(Clone)]
pub(crate) struct Annotated {
    pub(crate) name: &'static str,
    pub(crate) kind: Option<ColumnKind>,
    pub(crate) value: Arc<dyn Fragment>,
}

/// The error for a name that no annotation has.
pub(super) fn unknown(name: &str) -> QueryError {
    QueryError::QueryBuilderError(format!("the query set has no annotation `{name}`").into())
}

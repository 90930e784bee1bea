//! Values in an app's own diesel expressions.

use std::marker::PhantomData;

use diesel::expression::{
    AppearsOnTable, AsExpression, Expression, SelectableExpression, TypedExpressionType, ValidGrouping,
    is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Nullable, SqlType};
use diesel::{NullableExpressionMethods as _, QueryResult, dsl};

use super::dialect::Dialect;
use super::field_value::FieldValue;
use super::parameter::Parameter;
use super::sql_types::UserKey;
use crate::database::UserId;

/// A value as an expression of its column's type: `projects::id.eq(bind(project.id))`.
///
/// diesel itself takes most values. For UUIDs, durations and JSON it has no type that both databases share.
#[must_use]
pub fn bind<T: FieldValue>(value: T) -> Bind<T::SqlType> {
    Bind { parameter: Parameter::new(value.as_value().to_owned(), T::KIND), sql_type: PhantomData }
}

/// A value as an expression, made by [`bind`].
#[derive(Clone, Debug)]
pub struct Bind<ST> {
    parameter: Parameter,
    sql_type: PhantomData<ST>,
}

impl<ST: SqlType + TypedExpressionType> Expression for Bind<ST> {
    type SqlType = ST;
}

impl<ST, QS> AppearsOnTable<QS> for Bind<ST> where Self: Expression {}

impl<ST, QS> SelectableExpression<QS> for Bind<ST> where Self: AppearsOnTable<QS> {}

impl<ST, GroupBy> ValidGrouping<GroupBy> for Bind<ST> {
    type IsAggregate = is_aggregate::Never;
}

impl<ST> QueryId for Bind<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST, DB: Dialect> QueryFragment<DB> for Bind<ST> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        DB::parameter(&self.parameter, pass)
    }
}

/// A user's key is an expression itself, also where it is compared with a column that may be NULL.
impl AsExpression<Nullable<UserKey>> for UserId {
    type Expression = dsl::Nullable<Self>;

    fn as_expression(self) -> Self::Expression {
        self.nullable()
    }
}

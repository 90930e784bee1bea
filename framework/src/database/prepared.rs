//! A query that is run for many requests. diesel walks through all of a query's columns and tables each time it is run, also
//! where the prepared statement is found again: to ask whether it may be kept, and for the parameters.

use diesel::QueryResult;
use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

use super::named::builds_sql;

/// A query whose text is always the same, and its parameters once more.
pub struct Prepared<Q, P> {
    query: Q,
    parameters: P,
}

impl<Q, P> Prepared<Q, P> {
    /// `parameters` has to bind what `query` binds, in its order, by the same types.
    pub const fn new(query: Q, parameters: P) -> Self {
        Self { query, parameters }
    }
}

impl<Q, P, DB> QueryFragment<DB> for Prepared<Q, P>
where
    DB: Backend,
    Q: QueryFragment<DB>,
    P: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        match builds_sql(pass) {
            (pass, true) => self.query.walk_ast(pass),
            (pass, false) => self.parameters.walk_ast(pass),
        }
    }
}

impl<Q: QueryId, P> QueryId for Prepared<Q, P> {
    type QueryId = Q::QueryId;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q: Query, P> Query for Prepared<Q, P> {
    type SqlType = Q::SqlType;
}

impl<Q, P, C> RunQueryDsl<C> for Prepared<Q, P> {}

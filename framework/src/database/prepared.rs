//! A query that many requests run. diesel walks all columns and tables of a query on every run, even for a cached
//! prepared statement: once to check whether it is cacheable, once to bind parameters.

use diesel::QueryResult;
use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

use super::builds_sql;

/// A query of constant text, and its parameters separately.
pub struct Prepared<Q, P> {
    query: Q,
    parameters: P,
}

impl<Q, P> Prepared<Q, P> {
    /// `parameters` must bind the same values as `query`, in the same order and with the same types.
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

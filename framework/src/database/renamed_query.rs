//! A query whose table and column names are translated ([`Names`]).

use std::cell::Cell;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::internal::derives::multiconnection::AstPassHelper as _;
use diesel::query_builder::{AstPass, Query, QueryBuilder, QueryFragment, QueryId};

use super::names::Names;

/// Returns whether a pass builds a query's text. A pass does not expose its purpose, but `cast_database` only converts
/// the parts that it uses.
pub(crate) fn builds_sql<'a, 'b, DB: Backend>(pass: AstPass<'a, 'b, DB>) -> (AstPass<'a, 'b, DB>, bool)
where
    DB::QueryBuilder: 'a,
    DB::MetadataLookup: 'a,
    'b: 'a,
{
    let builds_sql = Cell::new(false);
    let pass = pass.cast_database::<DB>(
        |binds| binds,
        |builder| {
            builds_sql.set(true);
            builder
        },
        |backend| backend,
        |lookup| lookup,
    );
    (pass, builds_sql.get())
}

/// A query whose text is translated after it is built; a cached prepared statement skips this.
pub(super) struct RenamedQuery<T> {
    query: T,
    names: Names,
}

impl<T> RenamedQuery<T> {
    pub(super) const fn new(query: T, names: Names) -> Self {
        Self { query, names }
    }
}

impl<T, DB> QueryFragment<DB> for RenamedQuery<T>
where
    DB: Backend<QueryBuilder: Default>,
    T: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if self.names.is_empty() {
            return self.query.walk_ast(pass);
        }
        let (mut pass, builds_sql) = builds_sql(pass);
        if !builds_sql {
            return self.query.walk_ast(pass);
        }
        let mut builder = DB::QueryBuilder::default();
        self.query.to_sql(&mut builder, pass.backend())?;
        pass.push_sql(&self.names.rename(&builder.finish()));
        Ok(())
    }
}

impl<T: QueryId> QueryId for RenamedQuery<T> {
    // A connection never changes its names, and shares no statements.
    type QueryId = T::QueryId;
    const HAS_STATIC_QUERY_ID: bool = T::HAS_STATIC_QUERY_ID;
}

impl<T: Query> Query for RenamedQuery<T> {
    type SqlType = T::SqlType;
}

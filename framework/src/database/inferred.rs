//! A text parameter whose type PostgreSQL infers.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{HasSqlType, SqlType, Text};
use diesel::sqlite::Sqlite;

use super::manager::MultiBackend;

/// A text to compare a column with: `username.eq(Inferred(name.to_owned()))`. PostgreSQL gives it the column's type, so that a column of
/// `citext` or of a domain is compared by that type's rules.
///
/// diesel says that a parameter is `text`, and such a column would then be compared as `text`. psycopg, Django's driver,
/// says nothing either.
#[derive(Clone, Debug)]
pub struct Inferred(pub String);

/// The SQL type of the parameter.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Text"), postgres_type(oid = 0, array_oid = 0))]
pub struct InferredText;

impl Expression for Inferred {
    type SqlType = Text;
}

impl<QS> AppearsOnTable<QS> for Inferred {}

impl<QS> SelectableExpression<QS> for Inferred {}

impl<GroupBy> ValidGrouping<GroupBy> for Inferred {
    type IsAggregate = is_aggregate::Never;
}

impl QueryId for Inferred {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<DB> QueryFragment<DB> for Inferred
where
    DB: Backend + HasSqlType<InferredText>,
    String: ToSql<InferredText, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> diesel::QueryResult<()> {
        pass.push_bind_param::<InferredText, _>(&self.0)
    }
}

impl ToSql<InferredText, Sqlite> for String {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        <str as ToSql<Text, Sqlite>>::to_sql(self, out)
    }
}

#[cfg(feature = "postgres")]
impl ToSql<InferredText, diesel::pg::Pg> for String {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, diesel::pg::Pg>) -> serialize::Result {
        <str as ToSql<Text, diesel::pg::Pg>>::to_sql(self, out)
    }
}

impl ToSql<InferredText, MultiBackend> for String {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((InferredText, self));
        Ok(IsNull::No)
    }
}

impl HasSqlType<InferredText> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<InferredText>(lookup)
    }
}

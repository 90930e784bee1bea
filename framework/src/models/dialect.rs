//! Parts of queries on either database.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sqlite::Sqlite;

use super::keys::Keys;
use super::meta::Quoted;
use super::parameter::Parameter;

/// A part of a query of which only the SQL is known: an expression that an app wrote with diesel.
pub(crate) trait Fragment: Send + Sync {
    fn sqlite<'b>(&'b self, pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()>;

    #[cfg(feature = "postgres")]
    fn postgres<'b>(&'b self, pass: AstPass<'_, 'b, diesel::pg::Pg>) -> QueryResult<()>;
}

#[cfg(feature = "postgres")]
impl<T> Fragment for T
where
    T: QueryFragment<Sqlite> + QueryFragment<diesel::pg::Pg> + Send + Sync,
{
    fn sqlite<'b>(&'b self, pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.walk_ast(pass)
    }

    fn postgres<'b>(&'b self, pass: AstPass<'_, 'b, diesel::pg::Pg>) -> QueryResult<()> {
        self.walk_ast(pass)
    }
}

#[cfg(not(feature = "postgres"))]
impl<T> Fragment for T
where
    T: QueryFragment<Sqlite> + Send + Sync,
{
    fn sqlite<'b>(&'b self, pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.walk_ast(pass)
    }
}

/// A database, as far as its SQL differs.
pub(crate) trait Dialect: Backend {
    /// Whether it is PostgreSQL.
    const IS_POSTGRES: bool;

    /// What encloses a name.
    const QUOTE: &'static str = if Self::IS_POSTGRES { "\"" } else { "`" };

    /// Writes an app's expression.
    fn fragment<'b>(fragment: &'b dyn Fragment, pass: AstPass<'_, 'b, Self>) -> QueryResult<()>;

    /// Writes a parameter.
    fn parameter<'b>(parameter: &'b Parameter, pass: AstPass<'_, 'b, Self>) -> QueryResult<()>;

    /// Writes the right side of a comparison with a list of keys: ` IN (…)`.
    fn keys<'b>(keys: &'b Keys, pass: AstPass<'_, 'b, Self>) -> QueryResult<()>;

    /// Writes a list of keys as a table with a column `value`, where that is quicker than a comparison.
    fn key_table<'b>(keys: &'b Keys, pass: AstPass<'_, 'b, Self>) -> QueryResult<()>;
}

impl Dialect for Sqlite {
    const IS_POSTGRES: bool = false;

    fn fragment<'b>(fragment: &'b dyn Fragment, pass: AstPass<'_, 'b, Self>) -> QueryResult<()> {
        fragment.sqlite(pass)
    }

    fn parameter<'b>(parameter: &'b Parameter, pass: AstPass<'_, 'b, Self>) -> QueryResult<()> {
        parameter.walk_ast(pass)
    }

    fn keys<'b>(keys: &'b Keys, pass: AstPass<'_, 'b, Self>) -> QueryResult<()> {
        keys.walk_ast(pass)
    }

    fn key_table<'b>(keys: &'b Keys, pass: AstPass<'_, 'b, Self>) -> QueryResult<()> {
        keys.table(pass)
    }
}

#[cfg(feature = "postgres")]
impl Dialect for diesel::pg::Pg {
    const IS_POSTGRES: bool = true;

    fn fragment<'b>(fragment: &'b dyn Fragment, pass: AstPass<'_, 'b, Self>) -> QueryResult<()> {
        fragment.postgres(pass)
    }

    fn parameter<'b>(parameter: &'b Parameter, pass: AstPass<'_, 'b, Self>) -> QueryResult<()> {
        parameter.walk_ast(pass)
    }

    fn keys<'b>(keys: &'b Keys, pass: AstPass<'_, 'b, Self>) -> QueryResult<()> {
        keys.walk_ast(pass)
    }

    fn key_table<'b>(_: &'b Keys, _: AstPass<'_, 'b, Self>) -> QueryResult<()> {
        Ok(())
    }
}

/// The part as this database quotes it.
pub(crate) const fn quoted<DB: Dialect>(part: Quoted) -> &'static str {
    if DB::IS_POSTGRES { part.postgres } else { part.sqlite }
}

/// Writes a quoted name. diesel's `push_identifier` copies the name first, to double the quotes within, which hardly any
/// name has.
pub(crate) fn push_name<DB: Dialect>(pass: &mut AstPass<'_, '_, DB>, name: &str) -> QueryResult<()> {
    if name.bytes().any(|byte| matches!(byte, b'`' | b'"')) {
        return pass.push_identifier(name);
    }
    pass.push_sql(DB::QUOTE);
    pass.push_sql(name);
    pass.push_sql(DB::QUOTE);
    Ok(())
}

/// Writes `"table"."column"`.
pub(crate) fn push_column<DB: Dialect>(
    pass: &mut AstPass<'_, '_, DB>,
    table: &str,
    column: &str,
) -> QueryResult<()> {
    push_name(pass, table)?;
    pass.push_sql(".");
    push_name(pass, column)
}

//! INSERT, UPDATE and DELETE statements whose columns are known only at run time.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::Untyped;

use super::condition::Condition;
use super::dialect::{Dialect, push_name, quoted};
use super::meta::ModelMeta;
use super::parameter::Parameter;

/// A statement that writes.
#[derive(Clone)]
pub(crate) enum Statement {
    /// Inserts a row and returns all its columns.
    Insert { meta: &'static ModelMeta, values: Vec<(&'static str, Parameter)> },
    /// Inserts rows into a table without a model; those that are there already stay as they are.
    InsertInto { table: &'static str, columns: [&'static str; 2], rows: Vec<[Parameter; 2]> },
    /// Updates the rows that meet a condition, and returns all columns of each.
    Update {
        meta: &'static ModelMeta,
        values: Vec<(&'static str, Parameter)>,
        condition: Condition,
        returns: bool,
    },
    /// Deletes the rows that meet a condition.
    Delete { table: &'static str, condition: Condition },
}

impl<DB: Dialect> QueryFragment<DB> for Statement {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        match self {
            Self::Insert { meta, values } => {
                pass.push_sql("INSERT INTO ");
                push_name(&mut pass, meta.table)?;
                if values.is_empty() {
                    pass.push_sql(" DEFAULT VALUES");
                } else {
                    let mut separator = " (";
                    for (column, _) in values {
                        pass.push_sql(separator);
                        push_name(&mut pass, column)?;
                        separator = ", ";
                    }
                    let mut separator = ") VALUES (";
                    for (_, value) in values {
                        pass.push_sql(separator);
                        DB::parameter(value, pass.reborrow())?;
                        separator = ", ";
                    }
                    pass.push_sql(")");
                }
                returning(pass, meta);
                Ok(())
            }
            Self::InsertInto { table, columns: [first, second], rows } => {
                pass.push_sql("INSERT INTO ");
                push_name(&mut pass, table)?;
                pass.push_sql(" (");
                push_name(&mut pass, first)?;
                pass.push_sql(", ");
                push_name(&mut pass, second)?;
                let mut separator = ") VALUES (";
                for [first, second] in rows {
                    pass.push_sql(separator);
                    DB::parameter(first, pass.reborrow())?;
                    pass.push_sql(", ");
                    DB::parameter(second, pass.reborrow())?;
                    separator = "), (";
                }
                pass.push_sql(") ON CONFLICT DO NOTHING");
                Ok(())
            }
            Self::Update { meta, values, condition, returns } => {
                pass.push_sql("UPDATE ");
                push_name(&mut pass, meta.table)?;
                let mut separator = " SET ";
                for (column, value) in values {
                    pass.push_sql(separator);
                    push_name(&mut pass, column)?;
                    pass.push_sql(" = ");
                    DB::parameter(value, pass.reborrow())?;
                    separator = ", ";
                }
                pass.push_sql(" WHERE ");
                condition.walk(pass.reborrow(), meta.table)?;
                if *returns {
                    returning(pass, meta);
                }
                Ok(())
            }
            Self::Delete { table, condition } => {
                pass.push_sql("DELETE FROM ");
                push_name(&mut pass, table)?;
                pass.push_sql(" WHERE ");
                condition.walk(pass, table)
            }
        }
    }
}

fn returning<DB: Dialect>(mut pass: AstPass<'_, '_, DB>, meta: &'static ModelMeta) {
    pass.push_sql(" RETURNING ");
    pass.push_sql(quoted::<DB>(meta.select_list));
}

impl Query for Statement {
    type SqlType = Untyped;
}

impl QueryId for Statement {
    // The connection keeps the statement by its text.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C> diesel::RunQueryDsl<C> for Statement {}

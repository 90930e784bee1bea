//! A SELECT statement whose parts are known only at run time.

use std::sync::Arc;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::Untyped;

use super::column::Column;
use super::condition::Condition;
use super::dialect::{Dialect, Fragment, push_column};
use super::meta::ModelMeta;
use super::parameter::Parameter;
use crate::database::Names;

/// The columns and rows that a statement returns.
#[derive(Clone)]
pub(crate) enum Output {
    /// The model's columns, the annotations, and the columns of the joined models.
    Rows,
    /// One column.
    Column(&'static str),
    /// The number of rows.
    Count,
    /// A row if there is any.
    Exists,
    /// The maximum of a column.
    Max(&'static str),
    /// The values of a column, and the number of rows of each.
    CountBy(&'static str),
}

/// A joined model, for a foreign key.
#[derive(Clone)]
pub(crate) struct Join {
    /// The alias of the joined table.
    pub(crate) alias: String,
    /// The table or alias that has the foreign key.
    pub(crate) parent: String,
    /// The foreign key's column, and the table in `schema.rs` that it belongs to.
    pub(crate) column: (&'static str, &'static str),
    /// The joined model.
    pub(crate) meta: &'static ModelMeta,
    /// Whether the foreign key may be NULL.
    pub(crate) optional: bool,
    /// The indexes of the columns that are read. `None`: all.
    pub(crate) columns: Option<Vec<usize>>,
}

impl Join {
    /// The columns that are read, in order.
    fn columns(&self) -> impl Iterator<Item = &'static Column> + '_ {
        let all = self.meta.columns.iter().filter(|_| self.columns.is_none());
        let some = self.columns.iter().flatten().filter_map(|index| self.meta.columns.get(*index));
        all.chain(some)
    }
}

/// Rows that are grouped by the row of another table that refers to them (ManyToManyField).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Through {
    /// The table between the two.
    pub(crate) table: &'static str,
    /// Its column that refers to the selected rows.
    pub(crate) column: &'static str,
    /// Its column that refers to the other rows; the first column of the result.
    pub(crate) group: &'static str,
}

/// A term of ORDER BY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OrderBy {
    pub(crate) column: &'static str,
    pub(crate) descending: bool,
}

/// A SELECT statement.
#[derive(Clone)]
pub(crate) struct Select {
    pub(crate) meta: &'static ModelMeta,
    pub(crate) output: Output,
    pub(crate) annotations: Vec<(&'static str, Arc<dyn Fragment>)>,
    pub(crate) joins: Vec<Join>,
    pub(crate) through: Option<(Through, super::keys::Keys)>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) order: Vec<OrderBy>,
    pub(crate) limit: Option<Parameter>,
    pub(crate) offset: Option<Parameter>,
    /// The names of aliased columns, which a connection does not translate.
    pub(crate) names: Names,
}

impl Select {
    /// All rows of a model.
    pub(crate) fn new(meta: &'static ModelMeta) -> Self {
        Self {
            meta,
            output: Output::Rows,
            annotations: Vec::new(),
            joins: Vec::new(),
            through: None,
            conditions: Vec::new(),
            order: Vec::new(),
            limit: None,
            offset: None,
            names: Names::default(),
        }
    }

    /// Writes the statement, or a subquery.
    pub(crate) fn walk<'b, DB: Dialect>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let table = self.meta.table;
        pass.push_sql("SELECT ");
        match self.output {
            Output::Rows => self.columns(&mut pass)?,
            Output::Column(column) => push_column(&mut pass, table, column)?,
            Output::Count => pass.push_sql("COUNT(*)"),
            Output::Exists => pass.push_sql("1"),
            Output::CountBy(column) => {
                push_column(&mut pass, table, column)?;
                pass.push_sql(", COUNT(*)");
            }
            Output::Max(column) => {
                pass.push_sql("MAX(");
                push_column(&mut pass, table, column)?;
                pass.push_sql(")");
            }
        }
        pass.push_sql(" FROM ");
        pass.push_identifier(table)?;
        if matches!(self.output, Output::Rows) {
            self.joins(&mut pass)?;
        }
        if let Some((through, _)) = &self.through {
            pass.push_sql(" INNER JOIN ");
            pass.push_identifier(through.table)?;
            pass.push_sql(" ON ");
            push_column(&mut pass, through.table, through.column)?;
            pass.push_sql(" = ");
            push_column(&mut pass, table, self.meta.primary_key().column)?;
        }
        self.conditions(&mut pass)?;
        if let Output::CountBy(column) = self.output {
            for clause in [" GROUP BY ", " ORDER BY "] {
                pass.push_sql(clause);
                push_column(&mut pass, table, column)?;
            }
        }
        if matches!(self.output, Output::Rows | Output::Column(_)) && !self.order.is_empty() {
            self.order(&mut pass)?;
        }
        self.window(&mut pass)
    }

    fn columns<'b, DB: Dialect>(&'b self, pass: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let table = self.meta.table;
        if let Some((through, _)) = &self.through {
            push_column(pass, through.table, through.group)?;
            pass.push_sql(", ");
        }
        for (index, column) in self.meta.columns.iter().enumerate() {
            if index > 0 {
                pass.push_sql(", ");
            }
            push_column(pass, table, column.column)?;
        }
        for (_, annotation) in &self.annotations {
            pass.push_sql(", ");
            DB::fragment(annotation.as_ref(), pass.reborrow())?;
        }
        for join in &self.joins {
            for column in join.columns() {
                pass.push_sql(", ");
                push_column(pass, &join.alias, self.names.column(join.meta.table, column.column))?;
            }
        }
        Ok(())
    }

    fn joins<'b, DB: Dialect>(&'b self, pass: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        for join in &self.joins {
            pass.push_sql(if join.optional { " LEFT OUTER JOIN " } else { " INNER JOIN " });
            pass.push_identifier(join.meta.table)?;
            pass.push_sql(" AS ");
            pass.push_identifier(&join.alias)?;
            pass.push_sql(" ON ");
            let (table, column) = join.column;
            let column = if join.parent == table { column } else { self.names.column(table, column) };
            push_column(pass, &join.parent, column)?;
            pass.push_sql(" = ");
            let key = self.names.column(join.meta.table, join.meta.primary_key().column);
            push_column(pass, &join.alias, key)?;
        }
        Ok(())
    }

    fn conditions<'b, DB: Dialect>(&'b self, pass: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let mut separator = " WHERE ";
        if let Some((through, keys)) = &self.through {
            pass.push_sql(separator);
            push_column(pass, through.table, through.group)?;
            DB::keys(keys, pass.reborrow())?;
            separator = " AND ";
        }
        for condition in &self.conditions {
            pass.push_sql(separator);
            condition.walk(pass.reborrow(), self.meta.table)?;
            separator = " AND ";
        }
        Ok(())
    }

    fn order<DB: Dialect>(&self, pass: &mut AstPass<'_, '_, DB>) -> QueryResult<()> {
        let mut separator = " ORDER BY ";
        for term in &self.order {
            pass.push_sql(separator);
            push_column(pass, self.meta.table, term.column)?;
            if term.descending {
                pass.push_sql(" DESC");
            }
            separator = ", ";
        }
        Ok(())
    }

    fn window<'b, DB: Dialect>(&'b self, pass: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if let Some(limit) = &self.limit {
            pass.push_sql(" LIMIT ");
            DB::parameter(limit, pass.reborrow())?;
        } else if self.offset.is_some() && !DB::IS_POSTGRES {
            pass.push_sql(" LIMIT -1");
        }
        if let Some(offset) = &self.offset {
            pass.push_sql(" OFFSET ");
            DB::parameter(offset, pass.reborrow())?;
        }
        Ok(())
    }
}

impl<DB: Dialect> QueryFragment<DB> for Select {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.walk(pass)
    }
}

impl Query for Select {
    type SqlType = Untyped;
}

impl QueryId for Select {
    // The connection keeps the statement by its text.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

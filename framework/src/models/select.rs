//! A SELECT statement whose parts are known only at run time.

mod joins;
mod keyed;
mod one_row;

use std::sync::Arc;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::Untyped;

use self::joins::alias;
pub(crate) use self::joins::{Join, Joins, Source};
pub(crate) use self::keyed::{Keyed, Through};
use super::annotation::Annotated;
use super::condition::Condition;
use super::dialect::{Dialect, push_column, push_name, quoted};
use super::meta::ModelMeta;
use super::parameter::Parameter;
use crate::database::{Names, builds_sql};

/// The columns and rows that a statement returns.
#[derive(Clone)]
pub(crate) enum Output {
    /// The model's columns, the annotations, and the columns of the joined models.
    Rows,
    /// Some of the model's columns.
    Columns(Arc<[usize]>),
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

/// A term of ORDER BY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OrderBy {
    pub(crate) key: OrderKey,
    pub(crate) descending: bool,
}

/// What rows are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderKey {
    /// A column: the table in the statement, and its name in `schema.rs`.
    Column(Source, &'static str, &'static str),
    /// A selected value, by its number from 1.
    Position(usize),
}

/// A SELECT statement.
#[derive(Clone)]
pub(crate) struct Select {
    pub(crate) meta: &'static ModelMeta,
    pub(crate) output: Output,
    pub(crate) annotations: Vec<Annotated>,
    pub(crate) joins: Option<Arc<Joins>>,
    pub(crate) through: Option<Through>,
    pub(crate) keyed: Option<Keyed>,
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
            joins: None,
            through: None,
            keyed: None,
            conditions: Vec::new(),
            order: Vec::new(),
            limit: None,
            offset: None,
            names: Names::default(),
        }
    }

    /// Writes the statement, or a subquery.
    pub(crate) fn walk<'b, DB: Dialect>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let (mut pass, builds_sql) = builds_sql(pass);
        pass.push_sql("SELECT ");
        if builds_sql {
            self.output(&mut pass)?;
            pass.push_sql(" FROM ");
        } else if matches!(self.output, Output::Rows) {
            // Of what is selected, only the annotations have parameters.
            self.annotations(&mut pass)?;
        }
        self.key_table(&mut pass)?;
        if builds_sql {
            self.tables(&mut pass)?;
        }
        self.conditions(&mut pass)?;
        if builds_sql {
            self.order(&mut pass)?;
        }
        self.window(&mut pass)
    }

    fn output<'b, DB: Dialect>(&'b self, pass: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let table = self.meta.table;
        match &self.output {
            Output::Rows => self.columns(pass)?,
            Output::Columns(columns) => {
                let columns = columns.iter().filter_map(|index| self.meta.columns.get(*index));
                self.group(pass)?;
                for (number, column) in columns.enumerate() {
                    if number > 0 {
                        pass.push_sql(", ");
                    }
                    push_column(pass, table, column.column)?;
                }
            }
            Output::Column(column) => push_column(pass, table, column)?,
            Output::Count => pass.push_sql("COUNT(*)"),
            Output::Exists => pass.push_sql("1"),
            Output::CountBy(column) => {
                push_column(pass, table, column)?;
                pass.push_sql(", COUNT(*)");
            }
            Output::Max(column) => {
                pass.push_sql("MAX(");
                push_column(pass, table, column)?;
                pass.push_sql(")");
            }
        }
        Ok(())
    }

    fn columns<'b, DB: Dialect>(&'b self, pass: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.group(pass)?;
        pass.push_sql(quoted::<DB>(self.meta.select_list));
        self.annotations(pass)?;
        if let Some(joins) = &self.joins {
            joins.with_sql(DB::IS_POSTGRES, &self.names, |sql| pass.push_sql(&sql.columns));
        }
        Ok(())
    }

    /// Writes a column of a joined table, whose alias a connection does not know.
    fn joined_column<DB: Dialect>(
        &self,
        pass: &mut AstPass<'_, '_, DB>,
        number: usize,
        table: &'static str,
        column: &'static str,
    ) -> QueryResult<()> {
        match self.names.constant(table, column) {
            Some(constant) => pass.push_sql(constant.sql(DB::IS_POSTGRES)),
            None => push_column(pass, &alias(number), self.names.column(table, column))?,
        }
        Ok(())
    }

    fn annotations<'b, DB: Dialect>(&'b self, pass: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        for annotated in &self.annotations {
            pass.push_sql(", ");
            DB::fragment(annotated.value.as_ref(), pass.reborrow())?;
        }
        Ok(())
    }

    fn tables<DB: Dialect>(&self, pass: &mut AstPass<'_, '_, DB>) -> QueryResult<()> {
        let table = self.meta.table;
        if let Some(through) = &self.through {
            push_name(pass, through.table)?;
            pass.push_sql(" INNER JOIN ");
            push_name(pass, table)?;
            pass.push_sql(" ON ");
            push_column(pass, through.table, through.column)?;
            pass.push_sql(" = ");
            push_column(pass, table, self.meta.primary_key().column)?;
        } else {
            push_name(pass, table)?;
        }
        if let Some(joins) = &self.joins {
            joins.with_sql(DB::IS_POSTGRES, &self.names, |sql| pass.push_sql(&sql.tables));
        }
        Ok(())
    }

    fn conditions<'b, DB: Dialect>(&'b self, pass: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let mut separator = " WHERE ";
        if let Some(keyed) = &self.keyed {
            pass.push_sql(separator);
            keyed.condition(pass)?;
            separator = " AND ";
        }
        let reads_one_row = !DB::IS_POSTGRES && self.reads_one_row();
        for condition in &self.conditions {
            pass.push_sql(separator);
            match condition {
                Condition::InQuery { column, query } if reads_one_row => {
                    query.walk_for_row(pass.reborrow(), self.meta.table, column)?;
                }
                condition => condition.walk(pass.reborrow(), self.meta.table)?,
            }
            separator = " AND ";
        }
        Ok(())
    }

    fn order<DB: Dialect>(&self, pass: &mut AstPass<'_, '_, DB>) -> QueryResult<()> {
        if let Output::CountBy(column) = self.output {
            for clause in [" GROUP BY ", " ORDER BY "] {
                pass.push_sql(clause);
                push_column(pass, self.meta.table, column)?;
            }
        }
        if !matches!(self.output, Output::Rows | Output::Columns(_) | Output::Column(_)) {
            return Ok(());
        }
        let mut separator = " ORDER BY ";
        for term in &self.order {
            pass.push_sql(separator);
            match term.key {
                OrderKey::Column(Source::Table(table), _, column) => push_column(pass, table, column)?,
                OrderKey::Column(Source::Joined(number), table, column) => {
                    self.joined_column(pass, number, table, column)?;
                }
                OrderKey::Position(number) => pass.push_sql(&number.to_string()),
            }
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

#[cfg(test)]
mod tests;

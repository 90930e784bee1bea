//! A row that must be among those of another query: `project_id IN (SELECT id FROM project WHERE …)`.
//!
//! SQLite puts all values of such a subquery into a temporary table, then looks the row's up. That is right for many rows,
//! but for one row it does more the more values there are. EXISTS looks for the one. As a condition of WHERE both are the same,
//! since NULL counts as false there. PostgreSQL's planner decides by itself.

use diesel::QueryResult;
use diesel::query_builder::AstPass;

use super::{Output, Select};
use crate::models::condition::{Condition, Lookup};
use crate::models::dialect::{Dialect, push_column, push_name};
use crate::models::operand::Operand;

impl Select {
    /// Whether the conditions name one row, by a unique column.
    pub(super) fn reads_one_row(&self) -> bool {
        let is_unique = |name: &str| {
            let mut columns = self.meta.columns.iter();
            columns.any(|column| column.column == name && (column.primary_key || column.unique))
        };
        self.conditions.iter().any(|condition| match condition {
            Condition::Compare {
                operand: Operand::Column(column),
                lookup: Lookup::Exact,
                pattern: None,
                ..
            } => is_unique(column),
            _ => false,
        })
    }

    /// Writes whether the column of an outer query's one row is among this query's values.
    pub(super) fn walk_for_row<'b, DB: Dialect>(
        &'b self,
        mut pass: AstPass<'_, 'b, DB>,
        table: &'static str,
        column: &'static str,
    ) -> QueryResult<()> {
        let is_cut = self.limit.is_some() || self.offset.is_some();
        match self.output {
            // Within a query of the same table, the name would mean this one.
            Output::Column(value) if self.meta.table != table && self.through.is_none() && !is_cut => {
                pass.push_sql("EXISTS (SELECT 1 FROM ");
                push_name(&mut pass, self.meta.table)?;
                self.conditions(&mut pass)?;
                pass.push_sql(if self.conditions.is_empty() { " WHERE " } else { " AND " });
                push_column(&mut pass, table, column)?;
                pass.push_sql(" = ");
                push_column(&mut pass, self.meta.table, value)?;
                pass.push_sql(")");
                Ok(())
            }
            _ => self.walk_in(pass, table, column),
        }
    }

    /// Writes whether a column is among this query's values.
    pub(crate) fn walk_in<'b, DB: Dialect>(
        &'b self,
        mut pass: AstPass<'_, 'b, DB>,
        table: &'static str,
        column: &'static str,
    ) -> QueryResult<()> {
        push_column(&mut pass, table, column)?;
        pass.push_sql(" IN (");
        self.walk(pass.reborrow())?;
        pass.push_sql(")");
        Ok(())
    }
}

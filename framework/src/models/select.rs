//! A SELECT statement whose parts are known only at run time.

mod keyed;
mod one_row;

use std::borrow::Cow;
use std::sync::Arc;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::Untyped;

pub(crate) use self::keyed::{Keyed, Through};
use super::column::Column;
use super::condition::Condition;
use super::dialect::{Dialect, Fragment, push_column, push_name, quoted};
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

/// A table of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// By its name in `schema.rs`.
    Table(&'static str),
    /// A joined table, by its number.
    Joined(usize),
}

impl Source {
    /// The name in the statement.
    fn name(self) -> Cow<'static, str> {
        const ALIASES: [&str; 8] = ["t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"];
        match self {
            Self::Table(name) => Cow::Borrowed(name),
            Self::Joined(number) => match ALIASES.get(number) {
                Some(alias) => Cow::Borrowed(*alias),
                None => Cow::Owned(format!("t{}", number + 1)),
            },
        }
    }
}

/// A joined model, for a foreign key. Its alias is [`Source::Joined`] of its index.
#[derive(Clone)]
pub(crate) struct Join {
    /// The table that has the foreign key.
    pub(crate) parent: Source,
    /// The foreign key's column, and the table in `schema.rs` that it belongs to.
    pub(crate) column: (&'static str, &'static str),
    /// The joined model.
    pub(crate) meta: &'static ModelMeta,
    /// Whether the foreign key may be NULL.
    pub(crate) optional: bool,
    /// The indexes of the columns that are read. `None`: all.
    pub(crate) columns: Option<Arc<[usize]>>,
}

impl Join {
    /// The columns that are read, in order.
    fn columns(&self) -> impl Iterator<Item = &'static Column> + '_ {
        let all = self.meta.columns.iter().filter(|_| self.columns.is_none());
        let some = self
            .columns
            .iter()
            .flat_map(|columns| columns.iter())
            .filter_map(|index| self.meta.columns.get(*index));
        all.chain(some)
    }
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
            joins: Vec::new(),
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
        for (number, join) in self.joins.iter().enumerate() {
            let alias = Source::Joined(number).name();
            for column in join.columns() {
                pass.push_sql(", ");
                match self.names.constant(join.meta.table, column.column) {
                    Some(constant) => pass.push_sql(constant.sql(DB::IS_POSTGRES)),
                    None => push_column(pass, &alias, self.names.column(join.meta.table, column.column))?,
                }
            }
        }
        Ok(())
    }

    fn annotations<'b, DB: Dialect>(&'b self, pass: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        for (_, annotation) in &self.annotations {
            pass.push_sql(", ");
            DB::fragment(annotation.as_ref(), pass.reborrow())?;
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
        if matches!(self.output, Output::Rows) {
            self.joins(pass)?;
        }
        Ok(())
    }

    fn joins<DB: Dialect>(&self, pass: &mut AstPass<'_, '_, DB>) -> QueryResult<()> {
        for (number, join) in self.joins.iter().enumerate() {
            let alias = Source::Joined(number).name();
            pass.push_sql(if join.optional { " LEFT OUTER JOIN " } else { " INNER JOIN " });
            push_name(pass, join.meta.table)?;
            pass.push_sql(" AS ");
            push_name(pass, &alias)?;
            pass.push_sql(" ON ");
            let (table, column) = join.column;
            let column =
                if join.parent == Source::Table(table) { column } else { self.names.column(table, column) };
            push_column(pass, &join.parent.name(), column)?;
            pass.push_sql(" = ");
            let key = self.names.column(join.meta.table, join.meta.primary_key().column);
            push_column(pass, &alias, key)?;
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

#[cfg(test)]
mod tests;

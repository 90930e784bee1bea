//! The models that a statement joins, for foreign keys.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use crate::database::Names;
use crate::models::column::Column;
use crate::models::meta::ModelMeta;

/// A table of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// By its name in `schema.rs`.
    Table(&'static str),
    /// A joined table, by its number.
    Joined(usize),
}

/// A joined model. Its alias is [`Source::Joined`] of its index.
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

/// The joined models of a plan. Their SQL is written once for each database.
pub(crate) struct Joins {
    all: Vec<Join>,
    sqlite: OnceLock<JoinSql>,
    postgres: OnceLock<JoinSql>,
}

/// The SQL of joined models.
pub(crate) struct JoinSql {
    /// The names that it was written with.
    names: Names,
    /// What follows the columns of the first model: `` , `t1`.`id`, `t1`.`name` ``.
    pub(crate) columns: String,
    /// What follows the first table: `` INNER JOIN `polls_poll` AS `t1` ON … ``.
    pub(crate) tables: String,
}

impl Joins {
    pub(crate) const fn new(all: Vec<Join>) -> Self {
        Self { all, sqlite: OnceLock::new(), postgres: OnceLock::new() }
    }

    /// The joined models.
    pub(crate) fn all(&self) -> &[Join] {
        &self.all
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Uses the SQL for a database with these names.
    pub(crate) fn with_sql(&self, is_postgres: bool, names: &Names, work: impl FnOnce(&JoinSql)) {
        let known = if is_postgres { &self.postgres } else { &self.sqlite };
        let known = known.get_or_init(|| JoinSql::new(&self.all, is_postgres, names));
        if known.names.is_same(names) {
            work(known);
        } else {
            // Another database of the same process, as in tests.
            work(&JoinSql::new(&self.all, is_postgres, names));
        }
    }
}

impl JoinSql {
    fn new(joins: &[Join], is_postgres: bool, names: &Names) -> Self {
        let quote = if is_postgres { '"' } else { '`' };
        let (mut columns, mut tables) = (String::new(), String::new());
        for (number, join) in joins.iter().enumerate() {
            let alias = alias(number);
            let table = join.meta.table;
            for column in join.columns() {
                columns.push_str(", ");
                match names.constant(table, column.column) {
                    Some(constant) => columns.push_str(constant.sql(is_postgres)),
                    None => push_column(&mut columns, quote, &alias, names.column(table, column.column)),
                }
            }
            tables.push_str(if join.optional { " LEFT OUTER JOIN " } else { " INNER JOIN " });
            push_name(&mut tables, quote, table);
            tables.push_str(" AS ");
            push_name(&mut tables, quote, &alias);
            tables.push_str(" ON ");
            let (owner, column) = join.column;
            match join.parent {
                // The connection translates it.
                Source::Table(parent) if parent == owner => push_column(&mut tables, quote, parent, column),
                Source::Table(parent) => push_column(&mut tables, quote, parent, names.column(owner, column)),
                Source::Joined(parent) => {
                    push_column(&mut tables, quote, &self::alias(parent), names.column(owner, column));
                }
            }
            tables.push_str(" = ");
            push_column(&mut tables, quote, &alias, names.column(table, join.meta.primary_key().column));
        }
        Self { names: names.clone(), columns, tables }
    }
}

/// The name of a joined table in the statement.
pub(super) fn alias(number: usize) -> String {
    format!("t{}", number + 1)
}

fn push_column(sql: &mut String, quote: char, table: &str, column: &str) {
    push_name(sql, quote, table);
    sql.push('.');
    push_name(sql, quote, column);
}

fn push_name(sql: &mut String, quote: char, name: &str) {
    let doubled = name.replace(quote, &format!("{quote}{quote}"));
    // Writing to a String cannot fail.
    let _ = write!(sql, "{quote}{doubled}{quote}");
}

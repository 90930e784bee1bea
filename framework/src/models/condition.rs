//! Conditions of a query: the lookups of Django's `filter` (`django/db/models/lookups.py`), and an app's own diesel
//! expressions.

use std::sync::Arc;

use diesel::QueryResult;
use diesel::query_builder::AstPass;
use diesel::result::Error as QueryError;

use super::annotation::Annotated;
use super::column::ColumnKind;
use super::dialect::{Dialect, Fragment, push_column, push_name};
use super::keys::Keys;
use super::operand::Operand;
use super::parameter::Parameter;
use super::select::Select;
use super::value::DbValue;

/// A comparison of a column with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lookup {
    /// Equal.
    Exact,
    /// Equal without regard to case.
    IExact,
    /// The text contains the value. SQLite ignores the case of ASCII letters, as with Django.
    Contains,
    /// Without regard to case.
    IContains,
    /// The text starts with the value.
    StartsWith,
    /// Without regard to case.
    IStartsWith,
    /// The text ends with the value.
    EndsWith,
    /// Without regard to case.
    IEndsWith,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// The text contains a match of a regular expression. Its syntax is PostgreSQL's or, on SQLite, Python's.
    Regex,
    /// Without regard to case.
    IRegex,
    /// Full-text search of PostgreSQL, with the server's default configuration. An error on SQLite.
    Search,
}

/// One step of a relation: the rows of `table` whose `matched` column is the current row's `column`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hop {
    /// The current table's column.
    pub(crate) column: &'static str,
    /// The next table.
    pub(crate) table: &'static str,
    /// The next table's column.
    pub(crate) matched: &'static str,
    /// Whether it may lead to several rows.
    pub(crate) many: bool,
    /// The relation's name. Empty for the second step of a many-to-many relation.
    pub(crate) name: &'static str,
}

/// A condition on the rows of a table.
#[derive(Clone)]
pub(crate) enum Condition {
    /// An app's own expression.
    Fragment(Arc<dyn Fragment>),
    /// A comparison. `pattern` is the value for LIKE, or SQLite's REGEXP.
    Compare { operand: Operand, lookup: Lookup, value: Parameter, pattern: Option<Parameter> },
    /// Whether it is NULL.
    IsNull { operand: Operand, is_null: bool },
    /// Between two values, inclusive.
    Range { operand: Operand, from: Parameter, to: Parameter },
    /// One of several keys.
    In { column: &'static str, keys: Keys },
    /// A value that another query returns.
    InQuery { column: &'static str, query: Arc<Select> },
    /// A related row meets a condition.
    Via { hops: Vec<Hop>, condition: Box<Condition> },
    /// A condition on the rows of an outer query's table.
    At { table: &'static str, condition: Box<Condition> },
    /// All of them.
    And(Vec<Condition>),
    /// Any of them.
    Or(Vec<Condition>),
    /// Not this one. NULL counts as false, so that the negation is true (as Django's `exclude` on NULL columns).
    Not(Box<Condition>),
    /// No row has so large an integer. As with Django, PostgreSQL finds none, and SQLite's driver fails.
    TooLarge,
    /// No row.
    Never,
}

impl Condition {
    /// Writes the condition for rows of this table.
    pub(crate) fn walk<'b, DB: Dialect>(
        &'b self,
        mut pass: AstPass<'_, 'b, DB>,
        table: &'static str,
    ) -> QueryResult<()> {
        match self {
            Self::Fragment(fragment) => {
                pass.push_sql("(");
                DB::fragment(fragment.as_ref(), pass.reborrow())?;
                pass.push_sql(")");
                Ok(())
            }
            Self::Compare { operand, lookup: Lookup::Search, value, .. } => {
                full_text(pass, table, operand, value)
            }
            Self::Compare { operand, lookup, value, pattern } => match pattern {
                Some(pattern) => compare_text(pass, table, operand, *lookup, (value, pattern)),
                None => compare(pass, table, operand, *lookup, value),
            },
            Self::IsNull { operand, is_null } => {
                operand.walk(&mut pass, table)?;
                pass.push_sql(if *is_null { " IS NULL" } else { " IS NOT NULL" });
                Ok(())
            }
            Self::Range { operand, from, to } => {
                operand.walk(&mut pass, table)?;
                pass.push_sql(" BETWEEN ");
                DB::parameter(from, pass.reborrow())?;
                pass.push_sql(" AND ");
                DB::parameter(to, pass)
            }
            Self::In { column, keys } => {
                push_column(&mut pass, table, column)?;
                DB::keys(keys, pass)
            }
            Self::InQuery { column, query } => query.walk_in(pass, table, column),
            Self::Via { hops, condition } => via(pass, table, hops, condition),
            Self::At { table, condition } => condition.walk(pass, table),
            Self::And(conditions) => join(pass, table, conditions, " AND ", "1 = 1"),
            Self::Or(conditions) => join(pass, table, conditions, " OR ", "1 = 0"),
            Self::Not(condition) => {
                pass.push_sql("NOT COALESCE(");
                condition.walk(pass.reborrow(), table)?;
                pass.push_sql(if DB::IS_POSTGRES { ", FALSE)" } else { ", 0)" });
                Ok(())
            }
            Self::TooLarge if !DB::IS_POSTGRES => {
                Err(QueryError::SerializationError("an integer is too large for SQLite".into()))
            }
            Self::TooLarge | Self::Never => {
                pass.push_sql("1 = 0");
                Ok(())
            }
        }
    }
}

fn join<'b, DB: Dialect>(
    mut pass: AstPass<'_, 'b, DB>,
    table: &'static str,
    conditions: &'b [Condition],
    operator: &str,
    empty: &str,
) -> QueryResult<()> {
    if conditions.is_empty() {
        pass.push_sql(empty);
        return Ok(());
    }
    pass.push_sql("(");
    for (index, condition) in conditions.iter().enumerate() {
        if index > 0 {
            pass.push_sql(operator);
        }
        condition.walk(pass.reborrow(), table)?;
    }
    pass.push_sql(")");
    Ok(())
}

fn via<'b, DB: Dialect>(
    mut pass: AstPass<'_, 'b, DB>,
    table: &'static str,
    hops: &'b [Hop],
    condition: &'b Condition,
) -> QueryResult<()> {
    let Some((hop, rest)) = hops.split_first() else { return condition.walk(pass, table) };
    push_column(&mut pass, table, hop.column)?;
    pass.push_sql(" IN (SELECT ");
    push_column(&mut pass, hop.table, hop.matched)?;
    pass.push_sql(" FROM ");
    push_name(&mut pass, hop.table)?;
    pass.push_sql(" WHERE ");
    via(pass.reborrow(), hop.table, rest, condition)?;
    pass.push_sql(")");
    Ok(())
}

/// `lhs operator rhs`, as the `operators` of `django/db/backends/*/base.py`.
fn compare<'b, DB: Dialect>(
    mut pass: AstPass<'_, 'b, DB>,
    table: &'static str,
    operand: &'b Operand,
    lookup: Lookup,
    value: &'b Parameter,
) -> QueryResult<()> {
    let operator = match lookup {
        Lookup::Exact => " = ",
        Lookup::Gt => " > ",
        Lookup::Gte => " >= ",
        Lookup::Lt => " < ",
        Lookup::Lte => " <= ",
        // These have a pattern.
        _ => " = ",
    };
    operand.walk(&mut pass, table)?;
    pass.push_sql(operator);
    DB::parameter(value, pass)
}

fn compare_text<'b, DB: Dialect>(
    mut pass: AstPass<'_, 'b, DB>,
    table: &'static str,
    operand: &'b Operand,
    lookup: Lookup,
    (value, pattern): (&'b Parameter, &'b Parameter),
) -> QueryResult<()> {
    use Lookup::{IContains, IEndsWith, IExact, IRegex, IStartsWith, Regex};
    let ignores_case = matches!(lookup, IExact | IContains | IStartsWith | IEndsWith);
    if matches!(lookup, Regex | IRegex) {
        operand.walk(&mut pass, table)?;
        pass.push_sql(match (DB::IS_POSTGRES, lookup) {
            (false, _) => " REGEXP ",
            (true, Regex) => "::text ~ ",
            (true, _) => "::text ~* ",
        });
        return DB::parameter(if DB::IS_POSTGRES { value } else { pattern }, pass);
    }
    if !DB::IS_POSTGRES {
        operand.walk(&mut pass, table)?;
        pass.push_sql(" LIKE ");
        DB::parameter(pattern, pass.reborrow())?;
        pass.push_sql(" ESCAPE '\\'");
        return Ok(());
    }
    pass.push_sql(if ignores_case { "UPPER(" } else { "" });
    operand.walk(&mut pass, table)?;
    pass.push_sql(match (ignores_case, lookup) {
        (true, IExact) => "::text) = UPPER(",
        (true, _) => "::text) LIKE UPPER(",
        (false, _) => "::text LIKE ",
    });
    DB::parameter(if lookup == IExact { value } else { pattern }, pass.reborrow())?;
    if ignores_case {
        pass.push_sql(")");
    }
    Ok(())
}

/// The lookup `search` of `django/contrib/postgres/lookups.py`.
fn full_text<'b, DB: Dialect>(
    mut pass: AstPass<'_, 'b, DB>,
    table: &'static str,
    operand: &'b Operand,
    value: &'b Parameter,
) -> QueryResult<()> {
    if !DB::IS_POSTGRES {
        return Err(QueryError::QueryBuilderError("full-text search needs PostgreSQL".into()));
    }
    pass.push_sql("to_tsvector(COALESCE(");
    operand.walk(&mut pass, table)?;
    pass.push_sql("::text, '')) @@ plainto_tsquery(");
    DB::parameter(value, pass.reborrow())?;
    pass.push_sql(")");
    Ok(())
}

impl Condition {
    /// A column compared with a value. NULL matches no row.
    pub(crate) fn compare(column: &'static str, kind: ColumnKind, lookup: Lookup, value: DbValue) -> Self {
        Self::compare_operand(Operand::Column(column), kind, lookup, value)
    }

    /// [`compare`](Self::compare) of any operand.
    pub(crate) fn compare_operand(
        operand: Operand,
        kind: ColumnKind,
        lookup: Lookup,
        value: DbValue,
    ) -> Self {
        if value.is_null() {
            return Self::Never;
        }
        let pattern = match (&value, lookup.is_on_text()) {
            (DbValue::Text(text), true) => {
                Some(Parameter::new(DbValue::Text(lookup.pattern(text)), ColumnKind::Text))
            }
            _ => None,
        };
        // The text of a column of any kind is compared with a text.
        let kind = if lookup.is_on_text() { ColumnKind::Text } else { kind };
        Self::Compare { operand, lookup, value: Parameter::new(value, kind), pattern }
    }
}

impl Condition {
    /// Puts the expressions of annotations in the places of their names.
    ///
    /// # Errors
    /// There is no annotation of such a name.
    pub(super) fn resolve(&mut self, annotations: &[Annotated]) -> Result<(), QueryError> {
        match self {
            Self::Compare { operand, .. } | Self::IsNull { operand, .. } | Self::Range { operand, .. } => {
                operand.resolve(annotations)
            }
            Self::At { condition, .. } | Self::Not(condition) => condition.resolve(annotations),
            // The rows of another table have none.
            Self::Via { condition, .. } => condition.resolve(&[]),
            Self::And(conditions) | Self::Or(conditions) => {
                conditions.iter_mut().try_for_each(|condition| condition.resolve(annotations))
            }
            Self::Fragment(_) | Self::In { .. } | Self::InQuery { .. } | Self::TooLarge | Self::Never => {
                Ok(())
            }
        }
    }
}

impl Lookup {
    /// Whether it compares texts: the value is one, whatever the column is.
    #[must_use]
    pub const fn is_on_text(self) -> bool {
        !matches!(self, Self::Exact | Self::Gt | Self::Gte | Self::Lt | Self::Lte)
    }

    /// Whether the value is a regular expression. One of a client must be [checked](super::are_valid_patterns) first.
    #[must_use]
    pub const fn is_pattern(self) -> bool {
        matches!(self, Self::Regex | Self::IRegex)
    }

    /// The value as a pattern for LIKE (`prep_for_like_query`) or REGEXP.
    fn pattern(self, text: &str) -> String {
        match self {
            Self::Regex => return text.to_owned(),
            Self::IRegex => return format!("(?i){text}"),
            _ => {}
        }
        let mut escaped = String::with_capacity(text.len() + 2);
        if matches!(self, Self::Contains | Self::IContains | Self::EndsWith | Self::IEndsWith) {
            escaped.push('%');
        }
        for letter in text.chars() {
            if matches!(letter, '\\' | '%' | '_') {
                escaped.push('\\');
            }
            escaped.push(letter);
        }
        if matches!(self, Self::Contains | Self::IContains | Self::StartsWith | Self::IStartsWith) {
            escaped.push('%');
        }
        escaped
    }
}

//! ORDER BY: fields by their names, also those of related rows and annotations (`find_ordering_name` of
//! `django/db/models/sql/compiler.py`).

use std::sync::Arc;

use diesel::result::Error as QueryError;

use super::annotation::{Annotated, unknown};
use super::column::Column;
use super::meta::ModelMeta;
use super::select::{Join, Joins, OrderBy, OrderKey, Output, Select, Source};

/// How many foreign keys a default order follows. One that leads back to itself ends there; in Django it is an error.
const MAX_KEYS: usize = 8;

/// A term of an order, before its statement is known.
#[derive(Clone)]
pub(crate) struct Term {
    value: Value,
    descending: bool,
}

#[derive(Clone)]
enum Value {
    /// A column of the row that these foreign keys lead to.
    Column(Vec<&'static Column>, &'static str),
    Annotation(&'static str),
}

/// The terms of a field's name, such as `-created`, `project__name` or that of an annotation. `None`: there is no such field.
pub(crate) fn terms(meta: &'static ModelMeta, annotations: &[Annotated], field: &str) -> Option<Vec<Term>> {
    let (mut name, descending) = field.strip_prefix('-').map_or((field, false), |name| (name, true));
    if let Some(annotated) = annotations.iter().find(|annotated| annotated.name == name) {
        return Some(vec![Term { value: Value::Annotation(annotated.name), descending }]);
    }
    let (mut meta, mut keys) = (meta, Vec::new());
    loop {
        if let Some((_, column)) = meta.find(name) {
            let mut terms = Vec::with_capacity(1);
            // `project` is the order of the projects, `project_id` that of the column.
            add(&mut terms, &keys, column, name != column.column, descending);
            return Some(terms);
        }
        let (first, rest) = name.split_once("__")?;
        let key = meta.columns.iter().find(|column| column.name == first)?;
        meta = (key.references?.to)();
        keys.push(key);
        name = rest;
    }
}

/// The model's default order.
pub(crate) fn default(meta: &'static ModelMeta) -> Vec<Term> {
    let mut terms = Vec::with_capacity(meta.ordering.len());
    add_default(&mut terms, meta, &[], false);
    terms
}

fn add_default(terms: &mut Vec<Term>, meta: &'static ModelMeta, keys: &[&'static Column], reversed: bool) {
    for (index, descending) in meta.ordering {
        if let Some(column) = meta.columns.get(*index) {
            add(terms, keys, column, true, *descending != reversed);
        }
    }
}

/// Adds a column; for a foreign key the order of the rows that it refers to, if they have one.
fn add(
    terms: &mut Vec<Term>,
    keys: &[&'static Column],
    column: &'static Column,
    is_field: bool,
    descending: bool,
) {
    if let Some(reference) = column.references.filter(|_| is_field && keys.len() < MAX_KEYS) {
        let to = (reference.to)();
        if !to.ordering.is_empty() {
            let keys: Vec<_> = keys.iter().copied().chain([column]).collect();
            return add_default(terms, to, &keys, descending);
        }
    }
    terms.push(Term { value: Value::Column(keys.to_vec(), column.column), descending });
}

impl Term {
    /// Orders a statement, and joins what that needs.
    ///
    /// # Errors
    /// The annotation is not selected.
    pub(crate) fn add_to(&self, select: &mut Select) -> Result<(), QueryError> {
        let key = match &self.value {
            Value::Annotation(name) => {
                let index = select.annotations.iter().position(|annotated| annotated.name == *name);
                let Some(index) = index.filter(|_| matches!(select.output, Output::Rows)) else {
                    return Err(unknown(name));
                };
                OrderKey::Position(select.meta.columns.len() + index + 1)
            }
            Value::Column(keys, column) => {
                let mut at = (Source::Table(select.meta.table), select.meta);
                let mut optional = false;
                for key in keys {
                    optional |= key.null;
                    at = join(select, at, key, optional);
                }
                OrderKey::Column(at.0, at.1.table, column)
            }
        };
        select.order.push(OrderBy { key, descending: self.descending });
        Ok(())
    }
}

/// The table that a foreign key leads to, joined unless it is already.
fn join(
    select: &mut Select,
    (parent, meta): (Source, &'static ModelMeta),
    key: &'static Column,
    optional: bool,
) -> (Source, &'static ModelMeta) {
    let Some(reference) = key.references else { return (parent, meta) };
    let (to, column) = ((reference.to)(), (meta.table, key.column));
    let joins = select.joins.as_ref().map_or(&[][..], |joins| joins.all());
    let found = joins.iter().position(|join| join.parent == parent && join.column == column);
    let index = found.unwrap_or(joins.len());
    if found.is_none() {
        let own = Join { parent, column, meta: to, optional, columns: Some([].into()) };
        select.joins = Some(Arc::new(Joins::new(joins.iter().cloned().chain([own]).collect())));
    }
    (Source::Joined(index), to)
}

/// Orders a statement by the model's default order.
///
/// # Errors
/// None: columns are there always.
pub(crate) fn order_by_default(select: &mut Select) -> Result<(), QueryError> {
    default(select.meta).iter().try_for_each(|term| term.add_to(select))
}

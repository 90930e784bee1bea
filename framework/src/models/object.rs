//! A row with what was loaded along with it.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::model::Model;
use super::plan::RelatedColumns;
use super::value::{DbValue, ValueRef};

/// A row of a model, its annotations, and the related rows that were loaded with it. Derefs to the row: `issue.title`.
/// `Issue::PROJECT.get(&issue)?` is what was loaded for a relation.
pub struct Object<T> {
    row: T,
    annotations: Vec<(&'static str, DbValue)>,
    related: Vec<(&'static str, Arc<dyn Any + Send + Sync>)>,
    /// Columns of related rows that were not loaded whole: the relation, the column's index, and the value.
    related_values: Vec<(&'static str, usize, DbValue)>,
    /// The same of relations to many rows.
    related_columns: Vec<(&'static str, Arc<RelatedColumns>)>,
}

/// A relation or an annotation was used that the query did not load: a mistake of the app.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{relation}` of {model} was not loaded: add it to the query set, with `.with(…)` or `.annotate(…)`")]
pub struct NotLoaded {
    model: &'static str,
    relation: &'static str,
}

impl<T: Model> Object<T> {
    /// A row without anything else.
    #[must_use]
    pub const fn new(row: T) -> Self {
        Self {
            row,
            annotations: Vec::new(),
            related: Vec::new(),
            related_values: Vec::new(),
            related_columns: Vec::new(),
        }
    }

    /// The row.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.row
    }

    /// Replaces the row; what was loaded with it stays.
    pub(crate) fn set_row(&mut self, row: T) {
        self.row = row;
    }

    /// An annotation's value.
    ///
    /// # Errors
    /// The query had no annotation of this name.
    pub fn annotation(&self, name: &'static str) -> Result<&DbValue, NotLoaded> {
        self.find_annotation(name).ok_or_else(|| Self::not_loaded(name))
    }

    /// An annotation's value. `None` if the query had no annotation of this name.
    #[must_use]
    pub fn find_annotation(&self, name: &str) -> Option<&DbValue> {
        self.annotations.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Keeps what was written to a column, if the row can't say it: an annotation by the column's name.
    #[doc(hidden)]
    pub fn set_written(&mut self, column: &'static str, value: DbValue) {
        self.annotations.retain(|(known, _)| *known != column);
        self.annotations.push((column, value));
    }

    pub(crate) fn set_annotation(&mut self, name: &'static str, value: DbValue) {
        self.annotations.push((name, value));
    }

    /// What was loaded for a relation.
    pub(crate) fn related<V: 'static>(&self, relation: &'static str) -> Result<&V, NotLoaded> {
        let found = self.related.iter().find(|(known, _)| *known == relation);
        found.and_then(|(_, value)| value.downcast_ref()).ok_or_else(|| Self::not_loaded(relation))
    }

    /// What was loaded for a relation, unless other objects share it.
    pub(crate) fn related_mut<V: 'static>(&mut self, relation: &'static str) -> Option<&mut V> {
        let found = self.related.iter_mut().find(|(known, _)| *known == relation);
        found.and_then(|(_, value)| Arc::get_mut(value)?.downcast_mut())
    }

    /// Sets what was loaded for a relation. Objects may share it.
    pub(crate) fn set_related<V: Any + Send + Sync>(&mut self, relation: &'static str, value: Arc<V>) {
        self.related.retain(|(known, _)| *known != relation);
        self.related.push((relation, value));
    }

    /// A column of the row that a relation leads to.
    pub(crate) fn related_value(&self, relation: &'static str, index: usize) -> Result<&DbValue, NotLoaded> {
        let is_it =
            |(known, column, _): &&(&'static str, usize, DbValue)| *known == relation && *column == index;
        let found = self.related_values.iter().find(is_it);
        found.map(|(.., value)| value).ok_or_else(|| Self::not_loaded(relation))
    }

    pub(crate) fn set_related_value(&mut self, relation: &'static str, index: usize, value: DbValue) {
        self.related_values.push((relation, index, value));
    }

    /// A column of the rows that a relation to many leads to.
    pub(crate) fn related_column<B: Model>(
        &self,
        relation: &'static str,
        index: usize,
    ) -> Result<impl Iterator<Item = ValueRef<'_>>, NotLoaded> {
        let whole = self.related::<Vec<Object<B>>>(relation).ok();
        let columns = if whole.is_some() {
            None
        } else {
            let found = self.related_columns.iter().find(|(known, _)| *known == relation);
            let column = found.and_then(|(_, columns)| columns.column(index));
            Some(column.ok_or_else(|| Self::not_loaded(relation))?)
        };
        let of_whole = whole.into_iter().flatten().map(move |object| object.value(index));
        Ok(of_whole.chain(columns.into_iter().flatten()))
    }

    pub(crate) fn set_related_columns(&mut self, relation: &'static str, columns: Arc<RelatedColumns>) {
        self.related_columns.retain(|(known, _)| *known != relation);
        self.related_columns.push((relation, columns));
    }

    /// Takes over what was loaded with the same row.
    pub(crate) fn take_related(&mut self, other: Self) {
        self.related = other.related;
        self.related_values = other.related_values;
        self.related_columns = other.related_columns;
    }

    /// Forgets a relation, because it changed.
    pub(crate) fn clear_related(&mut self) {
        self.related.clear();
        self.related_values.clear();
        self.related_columns.clear();
    }

    fn not_loaded(relation: &'static str) -> NotLoaded {
        NotLoaded { model: T::META.name, relation }
    }
}

impl<T> Deref for Object<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.row
    }
}

/// Shows which model it is, and no value.
impl<T: Model> fmt::Debug for Object<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} object", T::META.name)
    }
}

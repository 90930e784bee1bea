//! The columns that SearchFilter looks at (`search_fields` of rest_framework/filters.py).

use super::SearchLookup;
use vitamin_framework::models::{DbValue, Lookup, Model, Path, Q};

/// A column, and how a term is compared with it.
pub struct SearchField<T> {
    path: Path<T>,
    lookup: SearchLookup,
}

impl<T> Clone for SearchField<T> {
    fn clone(&self) -> Self {
        Self { path: self.path.clone(), lookup: self.lookup }
    }
}

impl<T: Model> SearchField<T> {
    /// The column contains the term, ignoring case.
    #[must_use]
    pub fn new(path: impl Into<Path<T>>) -> Self {
        Self { path: path.into(), lookup: SearchLookup::Contains }
    }

    /// The column starts with the term, ignoring case (`^`).
    #[must_use]
    pub fn starts_with(path: impl Into<Path<T>>) -> Self {
        Self { path: path.into(), lookup: SearchLookup::StartsWith }
    }

    /// The column equals the term, ignoring case (`=`).
    #[must_use]
    pub fn equals(path: impl Into<Path<T>>) -> Self {
        Self { path: path.into(), lookup: SearchLookup::Equals }
    }

    fn compared(&self, term: &str) -> (Path<T>, Lookup, DbValue) {
        let lookup = match self.lookup {
            SearchLookup::StartsWith => Lookup::IStartsWith,
            SearchLookup::Equals => Lookup::IExact,
            _ => Lookup::IContains,
        };
        (self.path.clone(), lookup, term.into())
    }
}

/// Rows in which every term is found in any of the columns; of a relation, in the columns of one row.
#[doc(hidden)]
#[must_use]
pub fn search<T: Model>(fields: &[SearchField<T>], terms: &[String]) -> Q<T> {
    let groups: Vec<Vec<_>> =
        terms.iter().map(|term| fields.iter().map(|field| field.compared(term)).collect()).collect();
    Q::in_one_row(&groups)
}

/// Columns of a model, and columns that relations lead to: `fields![issues::title, Issue::COMMENTS.field(comments::body)]`.
#[macro_export]
macro_rules! fields {
    ($($field:expr),* $(,)?) => { vec![$(::core::convert::Into::into($field)),*] };
}
pub use fields;

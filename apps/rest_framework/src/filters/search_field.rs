//! The columns that SearchFilter looks at (`search_fields` of rest_framework/filters.py).

use super::error::invalid_pattern;
use crate::error_detail::Detail;
use crate::exceptions::APIException;
use vitamin_framework::database::DbConnection;
use vitamin_framework::models::{DbValue, Lookup, Model, Path, Q, are_valid_patterns};

/// A column, and how a term is compared with it.
pub struct SearchField<T> {
    path: Path<T>,
    lookup: Lookup,
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
        Self { path: path.into(), lookup: Lookup::IContains }
    }

    /// The column starts with the term, ignoring case (`^`).
    #[must_use]
    pub fn starts_with(path: impl Into<Path<T>>) -> Self {
        Self { path: path.into(), lookup: Lookup::IStartsWith }
    }

    /// The column equals the term, ignoring case (`=`).
    #[must_use]
    pub fn equals(path: impl Into<Path<T>>) -> Self {
        Self { path: path.into(), lookup: Lookup::IExact }
    }

    /// The column has the words of the term (`@`): full-text search of PostgreSQL, with the server's default configuration. On
    /// SQLite `manage check` reports it, and a search is answered with 500.
    #[must_use]
    pub fn full_text(path: impl Into<Path<T>>) -> Self {
        Self { path: path.into(), lookup: Lookup::Search }
    }

    /// The column contains a match of the term, a regular expression, ignoring case (`$`). Its syntax is PostgreSQL's or, on
    /// SQLite, Python's. A term that is none, or has more than 1,000 characters, is answered with 400.
    #[must_use]
    pub fn regex(path: impl Into<Path<T>>) -> Self {
        Self { path: path.into(), lookup: Lookup::IRegex }
    }

    /// The column is compared in another way, as `"title__startswith"` says in Django REST framework. The term is a text, so that
    /// the lookup must be one of texts, or `Exact` of a text column.
    #[must_use]
    pub fn lookup(path: impl Into<Path<T>>, lookup: Lookup) -> Self {
        Self { path: path.into(), lookup }
    }

    fn compared(&self, term: &str) -> (Path<T>, Lookup, DbValue) {
        (self.path.clone(), self.lookup, term.into())
    }

    /// Returns why SQLite cannot search by it; `None` if it can.
    pub(crate) fn unsupported_on_sqlite(&self) -> Option<String> {
        let name = || self.path.field_name();
        (self.lookup == Lookup::Search)
            .then(|| format!("the search field `@{}` needs PostgreSQL: it is a full-text search", name()))
    }
}

/// Whether terms are regular expressions, so that [`check_terms`] must be called.
#[doc(hidden)]
#[must_use]
pub fn takes_patterns<T>(fields: &[SearchField<T>]) -> bool {
    fields.iter().any(|field| field.lookup.is_pattern())
}

/// Checks terms that are regular expressions. Not to be called in a transaction.
///
/// # Errors
/// 400: the database can't read one of them. 503: it is unavailable.
#[doc(hidden)]
pub fn check_terms(connection: &mut DbConnection, terms: &[String]) -> Result<(), APIException> {
    if are_valid_patterns(connection, terms)? {
        return Ok(());
    }
    Err(APIException::validation_error(Detail::from(vec![invalid_pattern()])))
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

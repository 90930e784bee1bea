//! Filters of lists, as far as they read the request: no SQL.
//!
//! - [`Form`] reads the parameters of django-filter's filters: text, numbers, dates, choices, lists and ranges.
//! - [`search_terms`] reads SearchFilter's parameter, [`ordering`](ordering()) that of OrderingFilter
//!   (`rest_framework/filters.py`).
//!
//! Nothing that a client sends widens a list: a value that a filter cannot read is an error or, where django-filter says
//! so, no value; a name that no filter has is ignored.
//!
//! ```
//! use vitamin_framework::timezone::TimeZone;
//! use vitamin_rest_framework::data::QueryDict;
//! use vitamin_rest_framework::filters::{Choices, FilterKind, Form, FormContext, FormField};
//!
//! let fields = [
//!     FormField::new("min_priority", FilterKind::Number),
//!     FormField::new("status", FilterKind::MultipleChoice(Choices::new(&["open", "closed"]))),
//! ];
//! let zone = TimeZone::default();
//! let query: QueryDict = [("min_priority", "x"), ("status", "open")].into_iter().collect();
//! let error = Form::clean(&fields, &query, FormContext::new(&zone)).finish().unwrap_err();
//! assert_eq!(serde_json::to_string(error.detail()).unwrap(), r#"{"min_priority":["Enter a number."]}"#);
//! ```

mod apply;
mod cleaned;
mod cleaning;
mod error;
pub mod filter_set;
pub(crate) mod forms;
mod kind;
mod lookups;
mod model_choice;
mod model_key;
mod ordering;
mod search;
mod search_field;

pub(crate) use self::apply::{by_days, by_year, compare};
pub use self::cleaned::Cleaned;
pub(crate) use self::filter_set::{Apply, filter_column};
pub use self::filter_set::{Filter, FilterSet};
pub use self::forms::{Form, FormContext, FormField};
pub use self::kind::{Choices, FilterKind, RangeOf};
pub use self::lookups::{FilterColumn, for_lookup};
pub(crate) use self::model_choice::{look_up, names_objects};
pub use self::model_key::ModelKey;
pub use self::ordering::{OrderBy, ordering};
pub use self::search::{SearchLookup, search_terms};
pub use self::search_field::{SearchField, fields};
#[doc(hidden)]
pub use self::search_field::{check_terms, search, takes_patterns};

/// The choice that stands for NULL (`FILTERS_NULL_CHOICE_VALUE`).
const NULL: &str = "null";

#[cfg(test)]
mod tests;

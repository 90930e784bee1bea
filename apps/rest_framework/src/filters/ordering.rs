//! `OrderingFilter`: `?ordering=name,-created`.

use std::borrow::Cow;

use crate::data::QueryDict;
use crate::python;

/// A column to order by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderBy {
    /// The column's name.
    pub name: Cow<'static, str>,
    /// Whether the largest value comes first.
    pub descending: bool,
}

impl OrderBy {
    /// The same column in the other direction.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { name: self.name.clone(), descending: !self.descending }
    }
}

impl From<&'static str> for OrderBy {
    /// `name`, or `-name` for the largest value first.
    fn from(text: &'static str) -> Self {
        let (descending, name) = direction(text);
        Self { name: name.into(), descending }
    }
}

fn direction(text: &str) -> (bool, &str) {
    text.strip_prefix('-').map_or((false, text), |name| (true, name))
}

/// Returns the ordering that the query parameter `param` (`ORDERING_PARAM`) asks for, of the `valid` columns only. Other
/// names are ignored. Empty if nothing is left: the caller then uses the view's own ordering.
#[must_use]
pub fn ordering(query: &QueryDict, param: &str, valid: &[&str]) -> Vec<OrderBy> {
    let text = query.get(param).and_then(|value| value.as_str()).unwrap_or_default();
    if text.is_empty() {
        return Vec::new();
    }
    let terms = text.split(',').map(|term| direction(python::strip(term)));
    terms
        .filter(|(_, name)| valid.contains(name))
        .map(|(descending, name)| OrderBy { name: Cow::Owned(name.to_owned()), descending })
        .collect()
}

//! The kinds of filters, by django-filter's names (django_filters/filters.py).

use std::borrow::Cow;

use super::filter::{Apply, Filter};
use crate::filters::apply::Condition;
use crate::filters::model_choice::choices_of;
use crate::filters::{Choices, Cleaned, FilterKind, FormField, RangeOf};
use crate::request::Request;
use vitamin_framework::models::{Lookup, Model, Path, Q, QuerySet};

/// A filter of one kind, for the functions below.
fn of<T: Model>(name: &'static str, kind: FilterKind, path: impl Into<Path<T>>) -> Filter<T> {
    Filter::new(FormField::new(name, kind), Apply::Column(path.into(), Condition::of(Lookup::Exact)))
}

/// A filter by a column: the parameter's name, and the column.
macro_rules! filters {
    ($($(#[$doc:meta])* $name:ident: $kind:expr;)*) => { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name<T: Model>(name: &'static str, path: impl Into<Path<T>>) -> Filter<T> {
            of(name, $kind, path)
        }
    )* };
}

filters! {
    /// CharFilter.
    char: FilterKind::Char;
    /// NumberFilter.
    number: FilterKind::Number;
    /// BooleanFilter.
    boolean: FilterKind::Boolean;
    /// DateFilter.
    date: FilterKind::Date;
    /// TimeFilter.
    time: FilterKind::Time;
    /// DateTimeFilter.
    datetime: FilterKind::DateTime;
    /// IsoDateTimeFilter.
    iso_datetime: FilterKind::IsoDateTime;
    /// DurationFilter.
    duration: FilterKind::Duration;
    /// UUIDFilter.
    uuid: FilterKind::Uuid;
    /// RangeFilter: two parameters, `price_min` and `price_max`.
    range: FilterKind::Range(RangeOf::Numbers);
    /// DateFromToRangeFilter: two parameters, `created_after` and `created_before`; both days are included.
    date_from_to_range: FilterKind::Range(RangeOf::Dates);
    /// DateTimeFromToRangeFilter.
    datetime_from_to_range: FilterKind::Range(RangeOf::DateTimes);
    /// IsoDateTimeFromToRangeFilter.
    iso_datetime_from_to_range: FilterKind::Range(RangeOf::IsoDateTimes);
    /// TimeRangeFilter.
    time_range: FilterKind::Range(RangeOf::Times);
    /// DateRangeFilter: `today`, `yesterday`, `week`, `month` or `year`.
    date_range: FilterKind::DateRange;
}

/// ChoiceFilter.
#[must_use]
pub fn choice<T: Model>(
    name: &'static str,
    path: impl Into<Path<T>>,
    choices: &[(&'static str, &'static str)],
) -> Filter<T> {
    of(name, FilterKind::Choice(Choices::with_labels(choices)), path)
}

/// MultipleChoiceFilter: any of the values.
#[must_use]
pub fn multiple_choice<T: Model>(
    name: &'static str,
    path: impl Into<Path<T>>,
    choices: &[(&'static str, &'static str)],
) -> Filter<T> {
    of(name, FilterKind::MultipleChoice(Choices::with_labels(choices)), path)
}

/// ModelChoiceFilter: the key of an object among those of a query set. The column holds the key: that of a foreign key, or
/// of another relation.
#[must_use]
pub fn model_choice<T: Model, U: Model>(
    name: &'static str,
    path: impl Into<Path<T>>,
    queryset: impl Fn(&Request) -> QuerySet<U> + Send + Sync + 'static,
) -> Filter<T> {
    let mut filter = of(name, FilterKind::ModelChoice { null: false }, path);
    filter.choices = Some(choices_of(queryset));
    filter
}

/// ModelMultipleChoiceFilter: the keys of objects among those of a query set, in a parameter that may come several times.
#[must_use]
pub fn model_multiple_choice<T: Model, U: Model>(
    name: &'static str,
    path: impl Into<Path<T>>,
    queryset: impl Fn(&Request) -> QuerySet<U> + Send + Sync + 'static,
) -> Filter<T> {
    let mut filter = of(name, FilterKind::ModelMultipleChoice { null: false }, path);
    filter.choices = Some(choices_of(queryset));
    filter
}

/// CharFilter whose condition a closure makes (`method=`). [`Filter::method`] is the same for other kinds, and sees the
/// request.
#[must_use]
pub fn method<T>(name: &'static str, condition: impl Fn(&str) -> Q<T> + Send + Sync + 'static) -> Filter<T> {
    let method = move |value: &Cleaned, _: &Request| {
        Ok(match value {
            Cleaned::Text(text) => condition(text),
            _ => Q::never(),
        })
    };
    Filter::new(FormField::new(name, FilterKind::Char), Apply::Method(None, std::sync::Arc::new(method)))
}

/// OrderingFilter of django-filter: orders by fields, each with the parameter's value that names it and a label.
///
/// `ordering("o", [("created", "since", "Since")])` accepts `?o=since` and `?o=-since`.
#[must_use]
pub fn ordering<T>(
    name: &'static str,
    fields: impl IntoIterator<Item = (&'static str, &'static str, &'static str)>,
) -> Filter<T> {
    let (mut names, mut choices) = (Vec::new(), Vec::new());
    for (field, parameter, label) in fields {
        names.push((Cow::Borrowed(parameter), Cow::Borrowed(field)));
        choices.push((Cow::Borrowed(parameter), Cow::Borrowed(label)));
        choices.push((format!("-{parameter}").into(), format!("{label} (descending)").into()));
    }
    let kind = FilterKind::In(Box::new(FilterKind::Choice(Choices::of_pairs(choices))));
    Filter::new(FormField::new(name, kind), Apply::Order(names))
}

//! Filters of a model's list: which parameter is compared with which column, and how (django_filters/filterset.py).
//!
//! ```
//! # use vitamin_rest_framework::prelude::*;
//! # diesel::table! { polls_poll (id) { id -> BigInt, owner_id -> vitamin_framework::database::UserKey, title -> Text, closed -> Bool, } }
//! # diesel::table! { polls_vote (id) { id -> BigInt, poll_id -> BigInt, choice -> Text, } }
//! # #[derive(Model)]
//! # #[model(table = polls_poll, crate = vitamin_framework)]
//! # struct Poll {
//! #     id: i64,
//! #     #[model(references(PublicUser))]
//! #     owner_id: UserId,
//! #     #[model(max_length = 100)]
//! #     title: String,
//! #     #[model(default = false)]
//! #     closed: bool,
//! # }
//! # #[derive(Model)]
//! # #[model(table = polls_vote, crate = vitamin_framework)]
//! # struct Vote {
//! #     id: i64,
//! #     #[model(references(Poll), related_name = votes)]
//! #     poll_id: i64,
//! #     #[model(max_length = 10)]
//! #     choice: String,
//! # }
//! use vitamin_rest_framework::filters::filter_set::*;
//!
//! fn vote_filters() -> FilterSet<Vote> {
//!     FilterSet::new()
//!         .filter(number("min_id", polls_vote::id).gte())
//!         .filter(char("title", Vote::POLL.field(polls_poll::title)).icontains())
//!         .filter(boolean("closed", Vote::POLL.field(polls_poll::closed)))
//!         .filter(multiple_choice("choice", polls_vote::choice, &[("yes", "Yes"), ("no", "No")]))
//!         .fields("poll", ["exact"])
//! }
//! ```

mod filter;
mod kinds;

use std::borrow::Cow;
use std::sync::Arc;

pub(crate) use self::filter::Apply;
pub use self::filter::Filter;
pub use self::kinds::*;
use super::apply::Condition;
use super::model_choice::{AllOf, names_objects};
use super::{Choices, FilterColumn, FormField, for_lookup};
use vitamin_framework::models::{Column, FieldClass, Model, Path};

/// The filters of a list, in django-filter's order, which is that of the errors and of the schema's parameters: those of
/// [`fields`](Self::fields) (`Meta.fields`), then the [declared](Self::filter) ones.
pub struct FilterSet<T> {
    pub(crate) filters: Vec<Filter<T>>,
    /// How many of them are of `fields`.
    of_fields: usize,
    pub(crate) mistakes: Vec<String>,
}

impl<T> Clone for FilterSet<T> {
    fn clone(&self) -> Self {
        Self { filters: self.filters.clone(), of_fields: self.of_fields, mistakes: self.mistakes.clone() }
    }
}

impl<T> Default for FilterSet<T> {
    fn default() -> Self {
        Self { filters: Vec::new(), of_fields: 0, mistakes: Vec::new() }
    }
}

impl<T: Model> FilterSet<T> {
    /// No filters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a filter. It takes the place of one of the same name.
    #[must_use]
    pub fn filter(mut self, filter: Filter<T>) -> Self {
        self.mistakes.extend(filter.mistake.clone());
        match self.filters.iter_mut().find(|known| known.field.name == filter.field.name) {
            Some(known) => *known = filter,
            None => self.filters.push(filter),
        }
        self
    }

    /// Adds the filters of a model field, by lookups such as `exact`, `gte` or `date__lt` (`filterset_fields`). The field may
    /// be that of a related model: `project__owner`. The parameters are `budget__gte`, and `budget` for `exact`. A declared filter of
    /// the same name stays.
    #[must_use]
    pub fn fields(mut self, name: &'static str, lookups: impl IntoIterator<Item = &'static str>) -> Self {
        for lookup in lookups {
            match field_filter::<T>(name, lookup) {
                Some(filter) => self.add_field(filter),
                None => self.mistakes.push(format!("{} has no filter `{name}__{lookup}`", T::META.name)),
            }
        }
        self
    }

    /// Adds a filter behind those of `fields`. There a declared filter of the same name takes its place.
    fn add_field(&mut self, filter: Filter<T>) {
        let name = &filter.field.name;
        let at = match self.filters.iter().position(|known| known.field.name == *name) {
            Some(known) if known < self.of_fields => return,
            Some(known) => known,
            None => {
                self.filters.push(filter);
                self.filters.len() - 1
            }
        };
        if let Some(moved) = self.filters.get_mut(self.of_fields..=at) {
            moved.rotate_right(1);
        }
        self.of_fields += 1;
    }

    /// The filters of these parameters: a field's name, or with a lookup `budget__gte`.
    #[must_use]
    pub fn of_fields(names: impl IntoIterator<Item = &'static str>) -> Self {
        names.into_iter().fold(Self::new(), |filters, parameter| {
            // The longest name of a field: what follows is the lookup.
            let mut ends = parameter.rmatch_indices("__").map(|(end, _)| end);
            let split = |end: usize| Some((parameter.get(..end)?, parameter.get(end + 2..)?));
            let found = if Path::<T>::named(parameter).is_some() {
                None
            } else {
                ends.find_map(|end| split(end).filter(|(name, _)| Path::<T>::named(name).is_some()))
            };
            let (name, lookup) = found.unwrap_or((parameter, "exact"));
            filters.fields(name, [lookup])
        })
    }

    /// Makes these the filters of `django_filters.FilterSet`, whose forms read booleans differently from those of
    /// `django_filters.rest_framework.FilterSet`, and the times of model fields too. A declared [`iso_datetime`] stays one.
    #[must_use]
    pub fn plain(mut self) -> Self {
        for (index, filter) in self.filters.iter_mut().enumerate() {
            let kind = filter.field.kind.clone();
            filter.field.kind =
                if index < self.of_fields { kind.of_plain_filter_set() } else { kind.of_plain_module() };
        }
        self
    }
}

/// The filter of a model field by a lookup.
fn field_filter<T: Model>(name: &'static str, lookup: &'static str) -> Option<Filter<T>> {
    let path = Path::<T>::named(name)?;
    // Without a column it is the key of a many-to-many relation.
    let column = path.column();
    let choices = column.filter(|column| !column.choices.is_empty());
    let choices = choices.map(|column| Choices::with_labels(column.choices));
    let kind = for_lookup(column.map_or(FilterColumn::ManyToMany, filter_column), lookup, choices.as_ref())?;
    let objects = names_objects(&kind).then(|| {
        let reference = column.and_then(|column| column.references);
        AllOf(reference.map_or(path.meta(), |reference| (reference.to)()))
    });
    let condition = Condition::named(lookup)?;
    let parameter: Cow<'static, str> =
        if lookup == "exact" { name.into() } else { format!("{name}__{lookup}").into() };
    let mut filter = Filter::new(FormField::new(parameter, kind), Apply::Column(path, condition));
    filter.choices = objects.map(|objects| Arc::new(objects) as _);
    Some(filter)
}

/// The filters' view of a column.
pub(crate) fn filter_column(column: &Column) -> FilterColumn {
    if column.references.is_some() {
        return FilterColumn::ForeignKey;
    }
    match column.class {
        FieldClass::Auto | FieldClass::Integer | FieldClass::PositiveInteger => FilterColumn::Integer,
        FieldClass::Float => FilterColumn::Float,
        FieldClass::Boolean => FilterColumn::Boolean,
        FieldClass::Char
        | FieldClass::Text
        | FieldClass::Email
        | FieldClass::Url
        | FieldClass::Slug
        | FieldClass::IpAddress => FilterColumn::Char,
        FieldClass::Date => FilterColumn::Date,
        FieldClass::Time => FilterColumn::Time,
        FieldClass::DateTime => FilterColumn::DateTime,
        FieldClass::Duration => FilterColumn::Duration,
        FieldClass::Uuid => FilterColumn::Uuid,
        FieldClass::Decimal => FilterColumn::Decimal,
        FieldClass::Json | FieldClass::Binary => FilterColumn::Other,
    }
}

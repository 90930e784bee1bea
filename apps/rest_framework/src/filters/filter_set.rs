//! Filters of a model's list: which parameter is compared with which column, and how (django_filters/filterset.py).
//!
//! ```ignore
//! fn issue_filters() -> FilterSet<Issue> {
//!     FilterSet::new()
//!         .filter(number("min_priority", issues::priority).gte())
//!         .filter(char("label", Issue::LABELS.field(labels::slug)))
//!         .filter(boolean("unassigned", issues::assignee_id).isnull())
//!         .filter(multiple_choice("status", issues::status, STATUS))
//!         .fields("number", ["exact"])
//! }
//! ```

use std::borrow::Cow;
use std::sync::Arc;

use super::apply::Condition;
use super::{Choices, Cleaned, FilterColumn, FilterKind, FormField, for_lookup};
use vitamin_framework::models::{Column, FieldClass, Lookup, Model, Path, Q};

type Method<T> = Arc<dyn Fn(&Cleaned) -> Q<T> + Send + Sync>;

/// How a filter's value becomes a condition.
pub(crate) enum Apply<T> {
    /// The column is compared.
    Column(Path<T>, Condition),
    /// A closure of the app makes the condition.
    Method(Method<T>),
}

impl<T> Clone for Apply<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Column(path, condition) => Self::Column(path.clone(), *condition),
            Self::Method(method) => Self::Method(Arc::clone(method)),
        }
    }
}

/// One filter: a parameter, and what is done with its value.
pub struct Filter<T> {
    pub(crate) field: FormField,
    pub(crate) apply: Apply<T>,
}

impl<T> Clone for Filter<T> {
    fn clone(&self) -> Self {
        Self { field: self.field.clone(), apply: self.apply.clone() }
    }
}

/// A filter of one kind, for the functions below.
fn of<T: Model>(
    name: &'static str,
    kind: FilterKind,
    path: impl Into<Path<T>>,
    condition: Condition,
) -> Filter<T> {
    Filter { field: FormField::new(name, kind), apply: Apply::Column(path.into(), condition) }
}

/// A filter by a column: the parameter's name, and the column.
macro_rules! filters {
    ($($(#[$doc:meta])* $name:ident: $kind:ident;)*) => { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name<T: Model>(name: &'static str, path: impl Into<Path<T>>) -> Filter<T> {
            of(name, FilterKind::$kind, path, Condition::Lookup(Lookup::Exact))
        }
    )* };
}

filters! {
    /// CharFilter.
    char: Char;
    /// NumberFilter.
    number: Number;
    /// BooleanFilter.
    boolean: Boolean;
    /// DateFilter.
    date: Date;
    /// TimeFilter.
    time: Time;
    /// DateTimeFilter.
    datetime: DateTime;
    /// IsoDateTimeFilter.
    iso_datetime: IsoDateTime;
    /// DurationFilter.
    duration: Duration;
    /// UUIDFilter.
    uuid: Uuid;
}

/// ChoiceFilter.
#[must_use]
pub fn choice<T: Model>(
    name: &'static str,
    path: impl Into<Path<T>>,
    choices: &[(&'static str, &'static str)],
) -> Filter<T> {
    of(name, FilterKind::Choice(values(choices)), path, Condition::Lookup(Lookup::Exact))
}

/// MultipleChoiceFilter: any of the values.
#[must_use]
pub fn multiple_choice<T: Model>(
    name: &'static str,
    path: impl Into<Path<T>>,
    choices: &[(&'static str, &'static str)],
) -> Filter<T> {
    of(name, FilterKind::MultipleChoice(values(choices)), path, Condition::Lookup(Lookup::Exact))
}

/// CharFilter whose condition a closure makes (`method=`).
#[must_use]
pub fn method<T>(name: &'static str, condition: impl Fn(&str) -> Q<T> + Send + Sync + 'static) -> Filter<T> {
    let method = move |value: &Cleaned| match value {
        Cleaned::Text(text) => condition(text),
        _ => Q::never(),
    };
    Filter { field: FormField::new(name, FilterKind::Char), apply: Apply::Method(Arc::new(method)) }
}

fn values(choices: &[(&'static str, &'static str)]) -> Choices {
    Choices::with_labels(choices)
}

/// Sets the lookup.
macro_rules! lookups {
    ($($(#[$doc:meta])* $name:ident: $condition:expr;)*) => { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name(self) -> Self {
            self.with($condition)
        }
    )* };
}

impl<T> Filter<T> {
    lookups! {
        /// Equal, ignoring case.
        iexact: Condition::Lookup(Lookup::IExact);
        /// Contains the value.
        contains: Condition::Lookup(Lookup::Contains);
        /// Contains the value, ignoring case.
        icontains: Condition::Lookup(Lookup::IContains);
        /// Starts with the value.
        startswith: Condition::Lookup(Lookup::StartsWith);
        /// Starts with the value, ignoring case.
        istartswith: Condition::Lookup(Lookup::IStartsWith);
        /// Ends with the value.
        endswith: Condition::Lookup(Lookup::EndsWith);
        /// Greater than the value.
        gt: Condition::Lookup(Lookup::Gt);
        /// Greater than the value, or equal.
        gte: Condition::Lookup(Lookup::Gte);
        /// Less than the value.
        lt: Condition::Lookup(Lookup::Lt);
        /// Less than the value, or equal.
        lte: Condition::Lookup(Lookup::Lte);
        /// Whether the column is NULL; the value is a boolean.
        isnull: Condition::IsNull;
        /// The column's year.
        year: Condition::Year(Lookup::Exact);
    }

    /// The parameter must be there.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.field = self.field.required();
        self
    }

    fn with(mut self, condition: Condition) -> Self {
        if let Apply::Column(_, own) = &mut self.apply {
            *own = condition;
        }
        self
    }
}

/// The filters of a list, in their order.
pub struct FilterSet<T> {
    pub(crate) filters: Vec<Filter<T>>,
    pub(crate) mistakes: Vec<String>,
}

impl<T> Clone for FilterSet<T> {
    fn clone(&self) -> Self {
        Self { filters: self.filters.clone(), mistakes: self.mistakes.clone() }
    }
}

impl<T> Default for FilterSet<T> {
    fn default() -> Self {
        Self { filters: Vec::new(), mistakes: Vec::new() }
    }
}

impl<T: Model> FilterSet<T> {
    /// No filters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a filter.
    #[must_use]
    pub fn filter(mut self, filter: Filter<T>) -> Self {
        self.filters.push(filter);
        self
    }

    /// Adds the filters of a model field, by lookups such as `exact`, `gte` or `year` (`filterset_fields`). The parameters
    /// are `budget__gte`, and `budget` for `exact`.
    #[must_use]
    pub fn fields(mut self, name: &'static str, lookups: impl IntoIterator<Item = &'static str>) -> Self {
        for lookup in lookups {
            match field_filter::<T>(name, lookup) {
                Some(filter) => self.filters.push(filter),
                None => self.mistakes.push(format!("{} has no filter `{name}__{lookup}`", T::META.name)),
            }
        }
        self
    }

    /// The filters of these parameters: a field's name, or with a lookup `budget__gte`.
    #[must_use]
    pub fn of_fields(names: impl IntoIterator<Item = &'static str>) -> Self {
        names.into_iter().fold(Self::new(), |filters, parameter| {
            let (name, lookup) = parameter.split_once("__").unwrap_or((parameter, "exact"));
            filters.fields(name, [lookup])
        })
    }

    /// Makes these the filters of `django_filters.FilterSet`, whose forms read booleans and times differently from those of
    /// `django_filters.rest_framework.FilterSet`.
    #[must_use]
    pub fn plain(mut self) -> Self {
        for filter in &mut self.filters {
            filter.field.kind = filter.field.kind.clone().of_plain_filter_set();
        }
        self
    }
}

/// The filter of a model field by a lookup.
fn field_filter<T: Model>(name: &'static str, lookup: &'static str) -> Option<Filter<T>> {
    let (_, column) = T::META.find(name)?;
    let path = Path::named(name)?;
    let choices = (!column.choices.is_empty()).then(|| values(column.choices));
    let kind = for_lookup(filter_column(column), lookup, choices.as_ref())?;
    let condition = Condition::named(lookup)?;
    let parameter: Cow<'static, str> =
        if lookup == "exact" { name.into() } else { format!("{name}__{lookup}").into() };
    Some(Filter { field: FormField::new(parameter, kind), apply: Apply::Column(path, condition) })
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

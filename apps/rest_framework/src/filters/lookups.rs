//! The filter of a model field and a lookup (`filter_for_lookup` in django_filters/filterset.py).

use super::{Choices, FilterKind};

/// The type of a model field, as far as filters and cursors must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterColumn {
    /// BooleanField.
    Boolean,
    /// CharField, TextField, SlugField, EmailField, URLField, GenericIPAddressField, FilePathField.
    Char,
    /// DateField.
    Date,
    /// DateTimeField.
    DateTime,
    /// TimeField.
    Time,
    /// DurationField.
    Duration,
    /// AutoField, IntegerField and their kin.
    Integer,
    /// FloatField.
    Float,
    /// DecimalField.
    Decimal,
    /// UUIDField.
    Uuid,
    /// ForeignKey and OneToOneField.
    ForeignKey,
    /// ManyToManyField, and relations from the other side.
    ManyToMany,
    /// JSONField, BinaryField, FileField: they have no filter.
    Other,
}

const LOOKUPS: [&str; 17] = [
    "exact",
    "iexact",
    "contains",
    "icontains",
    "startswith",
    "istartswith",
    "endswith",
    "iendswith",
    "regex",
    "iregex",
    "gt",
    "gte",
    "lt",
    "lte",
    "in",
    "range",
    "isnull",
];

/// The lookups of a foreign key.
const KEY_LOOKUPS: [&str; 7] = ["exact", "gt", "gte", "lt", "lte", "in", "isnull"];

/// Returns the kind of filter that `django_filters.rest_framework` makes for a field and a lookup, such as `gte` or
/// `year__lt`. `choices` are those of the field. `None`: there is no such lookup, or no such filter.
#[must_use]
pub fn for_lookup(column: FilterColumn, lookup: &str, choices: Option<&Choices>) -> Option<FilterKind> {
    let mut column = column;
    let mut choices = choices;
    let mut names = lookup.split("__").peekable();
    while let Some(name) = names.next() {
        if names.peek().is_none() && is_lookup(column, name) {
            return kind(column, name, choices);
        }
        column = transform(column, name)?;
        choices = None;
    }
    kind(column, "exact", choices)
}

fn is_lookup(column: FilterColumn, name: &str) -> bool {
    match column {
        FilterColumn::ForeignKey => KEY_LOOKUPS.contains(&name),
        _ => LOOKUPS.contains(&name),
    }
}

/// The type of a part of a date or time.
fn transform(column: FilterColumn, name: &str) -> Option<FilterColumn> {
    use FilterColumn::{Date, DateTime, Integer, Time};
    match (column, name) {
        (DateTime, "date") => Some(Date),
        (DateTime, "time") => Some(Time),
        (DateTime | Time, "hour" | "minute" | "second") => Some(Integer),
        (
            Date | DateTime,
            "year" | "iso_year" | "quarter" | "month" | "week" | "day" | "week_day" | "iso_week_day",
        ) => Some(Integer),
        _ => None,
    }
}

fn kind(column: FilterColumn, lookup: &str, choices: Option<&Choices>) -> Option<FilterKind> {
    let own = match column {
        FilterColumn::Boolean => FilterKind::Boolean,
        FilterColumn::Char => FilterKind::Char,
        FilterColumn::Date => FilterKind::Date,
        FilterColumn::DateTime => FilterKind::IsoDateTime,
        FilterColumn::Time => FilterKind::Time,
        FilterColumn::Duration => FilterKind::Duration,
        FilterColumn::Integer | FilterColumn::Float | FilterColumn::Decimal => FilterKind::Number,
        FilterColumn::Uuid => FilterKind::Uuid,
        FilterColumn::ForeignKey => FilterKind::ModelChoice { null: false },
        FilterColumn::ManyToMany => FilterKind::ModelMultipleChoice { null: false },
        FilterColumn::Other => return None,
    };
    Some(match (lookup, choices) {
        ("exact", Some(choices)) => FilterKind::Choice(choices.clone()),
        ("isnull", _) => FilterKind::Boolean,
        ("in", _) => FilterKind::In(Box::new(own)),
        ("range", _) => FilterKind::Between(Box::new(own)),
        _ => own,
    })
}

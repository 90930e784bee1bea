//! The kinds of filters (django_filters/filters.py): how each reads its query parameters.

use std::borrow::Cow;

/// How a filter reads its query parameters. The names are those of django-filter's filters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterKind {
    /// CharFilter: text without white space around it.
    Char,
    /// BooleanFilter of `django_filters.rest_framework`: `true`, `false`, `1`, `0` in any case. All else filters nothing.
    Boolean,
    /// BooleanFilter of `django_filters` itself: `true`, `True`, `2`, `false`, `False`, `3`. All else filters nothing.
    NullBooleanSelect,
    /// ChoiceFilter.
    Choice(Choices),
    /// MultipleChoiceFilter: any of the values of a parameter that may come several times.
    MultipleChoice(Choices),
    /// ModelChoiceFilter: the key of an object. The caller looks it up, see [`ModelKey`](super::ModelKey).
    ModelChoice {
        /// Whether `null` stands for no object (`null_label`).
        null: bool,
    },
    /// ModelMultipleChoiceFilter: the keys of objects, in a parameter that may come several times.
    ModelMultipleChoice {
        /// Whether `null` stands for no object (`null_label`).
        null: bool,
    },
    /// NumberFilter: a decimal number up to 1e50.
    Number,
    /// DateFilter, with the formats of Django's English locale.
    Date,
    /// TimeFilter.
    Time,
    /// DateTimeFilter: ISO 8601, and the formats of Django's English locale.
    DateTime,
    /// IsoDateTimeFilter: ISO 8601.
    IsoDateTime,
    /// DurationFilter.
    Duration,
    /// UUIDFilter.
    Uuid,
    /// DateRangeFilter: `today`, `yesterday`, `week`, `month` or `year`.
    DateRange,
    /// RangeFilter and its kin: two parameters with the suffixes `_min` and `_max`, or `_after` and `_before`.
    Range(RangeOf),
    /// BaseInFilter: several values, separated by commas.
    In(Box<FilterKind>),
    /// BaseRangeFilter: two values, separated by a comma.
    Between(Box<FilterKind>),
}

/// The kinds of RangeFilter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeOf {
    /// RangeFilter and NumericRangeFilter.
    Numbers,
    /// DateFromToRangeFilter: whole days.
    Dates,
    /// DateTimeFromToRangeFilter.
    DateTimes,
    /// IsoDateTimeFromToRangeFilter.
    IsoDateTimes,
    /// TimeRangeFilter.
    Times,
}

impl RangeOf {
    /// The suffixes of the two parameters.
    pub(crate) fn suffixes(self) -> [&'static str; 2] {
        match self {
            Self::Numbers => ["min", "max"],
            _ => ["after", "before"],
        }
    }
}

/// The values of a choice filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    values: Vec<Cow<'static, str>>,
    /// The labels of the values, or none.
    labels: Vec<Cow<'static, str>>,
    null: bool,
}

impl Choices {
    /// These values.
    #[must_use]
    pub fn new(values: &[&'static str]) -> Self {
        let values = values.iter().map(|value| Cow::Borrowed(*value)).collect();
        Self { values, labels: Vec::new(), null: false }
    }

    /// Pairs of a value and its label, which the OpenAPI document shows.
    #[must_use]
    pub fn with_labels(choices: &[(&'static str, &'static str)]) -> Self {
        let (values, labels) =
            choices.iter().map(|(value, label)| (Cow::Borrowed(*value), Cow::Borrowed(*label))).unzip();
        Self { values, labels, null: false }
    }

    /// The value `null` too, which stands for NULL (`null_label`).
    #[must_use]
    pub fn null(mut self) -> Self {
        self.null = true;
        self
    }

    /// The values with their labels, which are the values themselves if there are none. Without `null`.
    pub(crate) fn labelled(&self) -> impl Iterator<Item = (&str, &str)> {
        let label = |(index, value)| (value, self.labels.get(index).map_or(value, AsRef::as_ref));
        self.values.iter().map(AsRef::as_ref).enumerate().map(label)
    }

    /// Whether `null` is a value.
    pub(crate) fn has_null(&self) -> bool {
        self.null
    }

    pub(super) fn contains(&self, value: &str) -> bool {
        (self.null && value == super::NULL) || self.values.iter().any(|own| own == value)
    }
}

impl Choices {
    /// Pairs of a value and its label.
    pub(super) fn of_pairs(pairs: Vec<(Cow<'static, str>, Cow<'static, str>)>) -> Self {
        let (values, labels) = pairs.into_iter().unzip();
        Self { values, labels, null: false }
    }
}

impl From<Vec<Cow<'static, str>>> for Choices {
    fn from(values: Vec<Cow<'static, str>>) -> Self {
        Self { values, labels: Vec::new(), null: false }
    }
}

impl FilterKind {
    /// The kind of the filter of this name in `django_filters` itself, instead of `django_filters.rest_framework`. Only the
    /// boolean filters differ.
    #[must_use]
    pub fn of_plain_module(self) -> Self {
        match self {
            Self::Boolean => Self::NullBooleanSelect,
            Self::In(kind) => Self::In(Box::new(kind.of_plain_module())),
            Self::Between(kind) => Self::Between(Box::new(kind.of_plain_module())),
            other => other,
        }
    }

    /// The kind that a filter set of `django_filters` itself makes of a model field, instead of that of
    /// `django_filters.rest_framework`.
    #[must_use]
    pub fn of_plain_filter_set(self) -> Self {
        match self {
            Self::IsoDateTime => Self::DateTime,
            Self::In(kind) => Self::In(Box::new(kind.of_plain_filter_set())),
            Self::Between(kind) => Self::Between(Box::new(kind.of_plain_filter_set())),
            other => other.of_plain_module(),
        }
    }
}

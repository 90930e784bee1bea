//! The form of a filter set: it reads all filters' query parameters, and collects their errors (django/forms).

pub(crate) mod duration;
mod moment;
pub(crate) mod number;
mod period;
mod strptime;

use std::borrow::Cow;

pub(super) use self::moment::day;
use chrono::{NaiveDate, Utc};
use indexmap::IndexMap;

use super::error::{Invalid, invalid_choice, null_characters, required};
use super::{Choices, Cleaned, FilterKind, NULL, RangeOf};
use crate::data::QueryDict;
use crate::error_detail::{Detail, ErrorDetail};
use crate::exceptions::APIException;
use crate::fields::uuid;
use crate::python;
use vitamin_framework::timezone::TimeZone;
use vitamin_framework::translation::gettext;

/// The request's share in the reading of a filter's value.
#[derive(Clone, Copy, Debug)]
pub struct FormContext<'a> {
    /// The project's time zone.
    pub time_zone: &'a TimeZone,
    /// Today's date in UTC, for DateRangeFilter.
    pub today: NaiveDate,
}

impl<'a> FormContext<'a> {
    /// The context of a request now.
    #[must_use]
    pub fn new(time_zone: &'a TimeZone) -> Self {
        Self { time_zone, today: Utc::now().date_naive() }
    }
}

/// The query parameter of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormField {
    /// The name of the parameter.
    pub name: Cow<'static, str>,
    /// How it is read.
    pub kind: FilterKind,
    /// Whether it is an error if the parameter is missing or empty.
    pub required: bool,
}

impl FormField {
    /// A parameter that may be missing.
    pub fn new(name: impl Into<Cow<'static, str>>, kind: FilterKind) -> Self {
        Self { name: name.into(), kind, required: false }
    }

    /// Makes it an error if the parameter is missing or empty.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(super) fn has_many_keys(&self) -> bool {
        matches!(self.kind, FilterKind::ModelMultipleChoice { .. })
    }

    /// Reads the value. `None`: nothing is filtered.
    ///
    /// # Errors
    /// The errors of this field.
    pub fn clean(&self, query: &QueryDict, context: FormContext<'_>) -> FieldResult {
        let text = |name: &str| query.get(name).and_then(|value| value.as_str());
        let one = |error| vec![error];
        match &self.kind {
            FilterKind::MultipleChoice(_) | FilterKind::ModelMultipleChoice { .. } => {
                let values = query.get_list(&self.name).iter().filter_map(|value| value.as_str());
                self.clean_many(values.collect()).map_err(one)
            }
            FilterKind::Range(of) => {
                let [low, high] = of
                    .suffixes()
                    .map(|suffix| text(&format!("{}_{suffix}", self.name)).filter(|text| !text.is_empty()));
                self.clean_range(*of, low, high, context)
            }
            FilterKind::In(kind) => self.clean_list(kind, text(&self.name), context).map_err(one),
            FilterKind::Between(kind) => {
                let values = self.clean_list(kind, text(&self.name), context).map_err(one)?;
                values.map(between).transpose().map_err(one)
            }
            kind => clean_text(kind, text(&self.name), self.required, context).map_err(one),
        }
    }

    fn clean_many(&self, values: Vec<&str>) -> Result<Option<Cleaned>, Invalid> {
        if values.is_empty() {
            return if self.required { Err(required()) } else { Ok(None) };
        }
        let mut list = Vec::new();
        for value in values {
            let cleaned = match &self.kind {
                FilterKind::ModelMultipleChoice { null } => key(value, *null)?,
                FilterKind::MultipleChoice(choices) => choice(choices, value)?,
                _ => continue,
            };
            if !list.contains(&cleaned) {
                list.push(cleaned);
            }
        }
        Ok(Some(Cleaned::List(list)))
    }

    /// The values between commas. An empty value is `Null`, or empty text.
    fn clean_list(
        &self,
        kind: &FilterKind,
        text: Option<&str>,
        context: FormContext<'_>,
    ) -> Result<Option<Cleaned>, Invalid> {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return if self.required { Err(required()) } else { Ok(None) };
        };
        let empty = match kind {
            FilterKind::Char | FilterKind::Choice(_) => Cleaned::Text(String::new()),
            _ => Cleaned::Null,
        };
        let values = text.split(',').map(|text| clean_text(kind, Some(text), self.required, context));
        let values = values.map(|value| value.map(|value| value.unwrap_or_else(|| empty.clone())));
        let mut values = values.collect::<Result<Vec<_>, _>>()?;
        if matches!(self.kind, FilterKind::In(_)) {
            values.retain(|value| *value != Cleaned::Null);
        }
        Ok(Some(Cleaned::List(values)))
    }

    fn clean_range(
        &self,
        of: RangeOf,
        low: Option<&str>,
        high: Option<&str>,
        context: FormContext<'_>,
    ) -> Result<Option<Cleaned>, Vec<Invalid>> {
        if low.is_none() && high.is_none() {
            return if self.required { Err(vec![required()]) } else { Ok(None) };
        }
        if self.required && (low.is_none() || high.is_none()) {
            return Err(vec![required()]);
        }
        let clean = |text: &str, is_end| bound(of, text, is_end, context).map(Box::new);
        let cleaned =
            (low.map(|text| clean(text, false)).transpose(), high.map(|text| clean(text, true)).transpose());
        match cleaned {
            (Ok(low), Ok(high)) => Ok(Some(Cleaned::Range(low, high))),
            (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(vec![error]),
            (Err(first), Err(second)) => {
                let (low, high) = (low.unwrap_or_default(), high.unwrap_or_default());
                let is_same = first == second && (of != RangeOf::Numbers || !number::are_distinct(low, high));
                Err(if is_same { vec![first] } else { vec![first, second] })
            }
        }
    }
}

/// Both bounds, or a list that matches no row if one of them is NULL.
fn between(values: Cleaned) -> Result<Cleaned, Invalid> {
    let Cleaned::List(values) = values else { return Ok(values) };
    let Ok([low, high]) = <[Cleaned; 2]>::try_from(values) else {
        return Err(Invalid::new(gettext("Range query expects two values."), "invalid_values"));
    };
    if low == Cleaned::Null || high == Cleaned::Null {
        return Ok(Cleaned::List(Vec::new()));
    }
    Ok(Cleaned::Range(Some(Box::new(low)), Some(Box::new(high))))
}

fn bound(of: RangeOf, text: &str, is_end: bool, context: FormContext<'_>) -> Result<Cleaned, Invalid> {
    let zone = context.time_zone;
    match of {
        RangeOf::Numbers => number::clean(text, false).map(Cleaned::Decimal),
        RangeOf::Times => moment::time(text).map(Cleaned::Time),
        RangeOf::DateTimes => moment::datetime(text, false, zone).map(Cleaned::DateTime),
        RangeOf::IsoDateTimes => moment::datetime(text, true, zone).map(Cleaned::DateTime),
        RangeOf::Dates => {
            moment::date(text).and_then(|date| moment::day(date, is_end, zone)).map(Cleaned::DateTime)
        }
    }
}

/// The value of a filter with one text.
fn clean_text(
    kind: &FilterKind,
    text: Option<&str>,
    is_required: bool,
    context: FormContext<'_>,
) -> Result<Option<Cleaned>, Invalid> {
    let zone = context.time_zone;
    match kind {
        FilterKind::Boolean => return Ok(text.and_then(|text| boolean(&text.to_lowercase()))),
        FilterKind::NullBooleanSelect => return Ok(text.and_then(null_boolean)),
        _ => {}
    }
    let is_trimmed = matches!(kind, FilterKind::Char | FilterKind::Uuid);
    let text = text.map(|text| if is_trimmed { python::strip(text) } else { text });
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return if is_required { Err(required()) } else { Ok(None) };
    };
    let cleaned = match kind {
        FilterKind::Char if text.contains('\0') => return Err(null_characters()),
        FilterKind::Char => Cleaned::Text(text.to_owned()),
        FilterKind::Choice(choices) => choice(choices, text)?,
        FilterKind::ModelChoice { null } | FilterKind::ModelMultipleChoice { null } => key(text, *null)?,
        FilterKind::Number => Cleaned::Decimal(number::clean(text, true)?),
        FilterKind::Date => Cleaned::Date(moment::date(text)?),
        FilterKind::Time => Cleaned::Time(moment::time(text)?),
        FilterKind::DateTime => Cleaned::DateTime(moment::datetime(text, false, zone)?),
        FilterKind::IsoDateTime => Cleaned::DateTime(moment::datetime(text, true, zone)?),
        FilterKind::Duration => Cleaned::Duration(duration::clean(text)?),
        FilterKind::Uuid => match uuid::parse(text) {
            Some(number) => Cleaned::Uuid(::uuid::Uuid::from_u128(number)),
            None => return Err(Invalid::invalid(gettext("Enter a valid UUID."))),
        },
        FilterKind::DateRange => period::clean(text, context)?,
        // A list in a list: there is no such filter.
        _ => return Ok(None),
    };
    Ok(Some(cleaned))
}

fn boolean(text: &str) -> Option<Cleaned> {
    match text {
        "1" | "true" => Some(Cleaned::Bool(true)),
        "0" | "false" => Some(Cleaned::Bool(false)),
        _ => None,
    }
}

fn null_boolean(text: &str) -> Option<Cleaned> {
    match text {
        "2" | "true" | "True" => Some(Cleaned::Bool(true)),
        "3" | "false" | "False" => Some(Cleaned::Bool(false)),
        _ => None,
    }
}

fn choice(choices: &Choices, text: &str) -> Result<Cleaned, Invalid> {
    match text {
        text if !choices.contains(text) => Err(invalid_choice(text)),
        NULL => Ok(Cleaned::Null),
        text => Ok(Cleaned::Text(text.to_owned())),
    }
}

fn key(text: &str, null: bool) -> Result<Cleaned, Invalid> {
    match text {
        NULL if null => Ok(Cleaned::Null),
        text if text.contains('\0') => Err(null_characters()),
        text => Ok(Cleaned::Text(text.to_owned())),
    }
}

/// The value of a field, if there is one, or its errors.
type FieldResult = Result<Option<Cleaned>, Vec<ErrorDetail>>;

/// The values of all filters of a filter set, in order, or their errors.
#[derive(Clone, Debug)]
pub struct Form<'f> {
    fields: Vec<(&'f FormField, FieldResult)>,
}

impl<'f> Form<'f> {
    /// Reads the query parameters of these fields.
    pub fn clean(
        fields: impl IntoIterator<Item = &'f FormField>,
        query: &QueryDict,
        context: FormContext<'_>,
    ) -> Self {
        let fields = fields.into_iter().map(|field| (field, field.clean(query, context)));
        Self { fields: fields.collect() }
    }

    /// The fields with their values; not those with errors. For looking up the objects of keys.
    pub fn values(&self) -> impl Iterator<Item = (usize, &'f FormField, Option<&Cleaned>)> + '_ {
        let fields = self.fields.iter().enumerate();
        fields.filter_map(|(index, (field, value))| Some((index, *field, value.as_ref().ok()?.as_ref())))
    }

    /// Replaces the value of a field by its index.
    pub fn set(&mut self, index: usize, value: Result<Cleaned, ErrorDetail>) {
        if let Some((_, own)) = self.fields.get_mut(index) {
            *own = value.map(Some).map_err(|error| vec![error]);
        }
    }

    /// Returns the values in the order of the fields.
    ///
    /// # Errors
    /// 400 with all errors by field.
    pub fn finish(self) -> Result<Vec<Option<Cleaned>>, APIException> {
        let mut values = Vec::with_capacity(self.fields.len());
        let mut errors = IndexMap::new();
        for (field, value) in self.fields {
            match value {
                Ok(value) => values.push(value),
                Err(details) => _ = errors.insert(field.name.clone().into_owned(), Detail::from(details)),
            }
        }
        if errors.is_empty() { Ok(values) } else { Err(APIException::validation_error(Detail::Dict(errors))) }
    }
}

//! Uniqueness for a day, a month or a year: `UniqueForDateValidator` and its like (rest_framework/validators.py).

use std::borrow::Cow;

use chrono::{Datelike as _, NaiveDate, Utc};

use super::unique::UniqueTogetherValidator;
use super::validation::Validation;
use crate::data::{Dict, Value};
use crate::error_detail::Detail;
use crate::exceptions::APIException;
use crate::fields::Context;
use crate::filters::{by_days, by_year};
use crate::request::RequestInfo;
use vitamin_framework::models::{ColumnKind, DatePart, DbValue, Lookup, Model, Path, Q, QuerySet, UniqueFor};
use vitamin_framework::timezone::TimeZone;
use vitamin_framework::translation::{format, gettext};

/// A validator of several fields (`Meta.validators`).
#[derive(Clone, Debug)]
pub enum SerializerValidator {
    /// Several fields are unique together.
    Together(UniqueTogetherValidator),
    /// A field is unique for a day, a month or a year.
    For(UniqueForValidator),
}

impl From<UniqueTogetherValidator> for SerializerValidator {
    fn from(validator: UniqueTogetherValidator) -> Self {
        Self::Together(validator)
    }
}

impl SerializerValidator {
    /// The names of its fields.
    pub(super) fn fields(&self) -> Vec<&'static str> {
        match self {
            Self::Together(validator) => validator.fields.clone(),
            Self::For(validator) => vec![validator.field, validator.date_field],
        }
    }

    /// Checks validated values.
    pub(super) fn check<T: Model>(
        &self,
        values: &Dict,
        sources: &[String],
        validation: &Validation<'_, T>,
    ) -> Result<(), APIException> {
        match self {
            Self::Together(validator) => validator.check(values, sources, validation),
            Self::For(validator) => validator.check(values, sources, validation),
        }
    }
}

/// A field whose values are unique for the days, months or years of a date field.
#[derive(Clone, Debug)]
pub struct UniqueForValidator {
    unit: UniqueFor,
    field: &'static str,
    date_field: &'static str,
    message: Option<Cow<'static, str>>,
}

/// One type a unit, named as in Django REST framework.
macro_rules! validators {
    ($($(#[$doc:meta])* $name:ident: $unit:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(UniqueForValidator);

        impl $name {
            /// The field is unique for this date field.
            #[must_use]
            pub const fn new(field: &'static str, date_field: &'static str) -> Self {
                Self(UniqueForValidator::new(UniqueFor::$unit, field, date_field))
            }

            /// The message instead of `This field must be unique for …`. `{date_field}` stands for the date field.
            #[must_use]
            pub fn message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
                self.0.message = Some(message.into());
                self
            }
        }

        impl From<$name> for SerializerValidator {
            fn from(validator: $name) -> Self {
                Self::For(validator.0)
            }
        }
    )* };
}

validators! {
    /// No two objects of a day have the same value.
    UniqueForDateValidator: Date;
    /// No two objects of a month have the same value. As in Django REST framework, the year does not matter.
    UniqueForMonthValidator: Month;
    /// No two objects of a year have the same value.
    UniqueForYearValidator: Year;
}

impl UniqueForValidator {
    pub(super) const fn new(unit: UniqueFor, field: &'static str, date_field: &'static str) -> Self {
        Self { unit, field, date_field, message: None }
    }

    /// Checks validated values. Both fields are required, also for an update of some fields.
    fn check<T: Model>(
        &self,
        values: &Dict,
        sources: &[String],
        validation: &Validation<'_, T>,
    ) -> Result<(), APIException> {
        let [source, date_source] = sources else {
            return Err(APIException::server_error("a validator without a date field"));
        };
        let missing = [(self.field, source), (self.date_field, date_source)];
        let missing = missing.into_iter().filter(|(_, source)| !values.contains_key(*source));
        let missing: indexmap::IndexMap<String, Detail> = missing
            .map(|(name, _)| (name.to_owned(), Detail::list(gettext("This field is required."), "required")))
            .collect();
        if !missing.is_empty() {
            return Err(APIException::validation_error(Detail::Dict(missing)));
        }
        let (path, value) = column::<T>(values, source, validation.info)?;
        let (date_path, date) = column::<T>(values, date_source, validation.info)?;
        let zone = validation.info.time_zone();
        // Django REST framework fails for NULL, which is on no day.
        let Some(day) = day(&date, zone) else { return Ok(()) };
        let is_value =
            if value.is_null() { Q::is_null(&path, true) } else { Q::compare(&path, Lookup::Exact, value) };
        let mut rows = QuerySet::<T>::new().filter_q(is_value).filter_q(match self.unit {
            UniqueFor::Date => by_days(&date_path, Lookup::Exact, (day, day), zone),
            UniqueFor::Month => Q::part(&date_path, DatePart::Month, Lookup::Exact, day.month().into(), zone),
            UniqueFor::Year => by_year(&date_path, Lookup::Exact, day.year().into(), zone),
        });
        if let Some(object) = validation.instance() {
            rows = rows.exclude_pk(object.pk().to_owned());
        }
        if validation.database(|connection| Ok(rows.exists(connection)?))? {
            let error = Detail::field(self.field, self.message(), "unique");
            return Err(APIException::validation_error(error));
        }
        Ok(())
    }

    fn message(&self) -> String {
        let own = match self.unit {
            UniqueFor::Date => gettext("This field must be unique for the \"{date_field}\" date."),
            UniqueFor::Month => gettext("This field must be unique for the \"{date_field}\" month."),
            UniqueFor::Year => gettext("This field must be unique for the \"{date_field}\" year."),
        };
        format(self.message.as_deref().unwrap_or(own), &[("date_field", &self.date_field)])
    }
}

/// The column of a source, and its validated value.
fn column<T: Model>(
    values: &Dict,
    source: &str,
    info: &RequestInfo,
) -> Result<(Path<T>, DbValue), APIException> {
    let no_field = || APIException::server_error(format!("{} has no field `{source}`", T::META.name));
    let (_, column) = T::META.find(source).ok_or_else(no_field)?;
    let path = Path::named(column.column).ok_or_else(no_field)?;
    let value =
        DbValue::from_validated(values.get(source).unwrap_or(&Value::Null), info.kind_of(column.kind));
    Ok((path, value.map_err(APIException::server_error)?))
}

/// The day of a date or of a moment, in the project's time zone.
fn day(value: &DbValue, zone: &TimeZone) -> Option<NaiveDate> {
    match value {
        DbValue::Date(date) => Some(*date),
        DbValue::DateTime(at) if zone.use_tz() => Some(at.checked_add_signed(zone.offset_at(*at))?.date()),
        DbValue::DateTime(at) => Some(at.date()),
        _ => None,
    }
}

/// The current time as a validated value of a column.
pub(super) fn now(kind: ColumnKind, context: Context<'_>) -> Value {
    let zone = context.time_zone;
    match kind {
        ColumnKind::Date => Utc::now().date_naive().to_string().into(),
        ColumnKind::Time => zone.now().time().format("%H:%M:%S%.6f").to_string().into(),
        _ => {
            let offset = if zone.use_tz() { "Z" } else { "" };
            std::format!("{}{offset}", zone.now().format("%Y-%m-%dT%H:%M:%S%.6f")).into()
        }
    }
}

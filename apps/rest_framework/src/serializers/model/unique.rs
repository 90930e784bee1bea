//! Uniqueness, checked by queries (rest_framework/validators.py).

use std::borrow::Cow;

use super::validation::Validation;
use crate::data::{Dict, Value};
use crate::error_detail::{Detail, ErrorDetail};
use crate::exceptions::APIException;
use crate::fields::{Field, Kind};
use vitamin_framework::database::DbConnection;
use vitamin_framework::models::{
    Column, ColumnKind, DbValue, Lookup, Model, ModelMeta, Path, Q, QuerySet, ValueRef, value_exists,
};
use vitamin_framework::translation::{format, gettext, percent_format};

/// A validated value as its column's, if a row can have it: no text of PostgreSQL has a NUL, which another validator refuses.
fn comparable(value: &Value, kind: ColumnKind) -> Option<DbValue> {
    let value = DbValue::from_validated(value, kind).ok()?;
    Some(value).filter(|value| !matches!(value, DbValue::Text(text) if text.contains('\0')))
}

/// Adds `UniqueValidator` to a field.
pub(super) fn unique<K: Kind>(
    field: Field<K>,
    meta: &'static ModelMeta,
    column: &'static Column,
) -> Field<K> {
    let label = column
        .verbose_name
        .map_or_else(|| column.name.replace('_', " ").into(), |name| column.lazy_text(name));
    let own = column.unique_message.map(|message| column.lazy_text(message));
    let message = move || match &own {
        Some(message) => message.text(),
        None => percent_format(
            gettext("%(model_name)s with this %(field_label)s already exists."),
            &[("model_name", &meta.verbose_name()), ("field_label", &label.text())],
        )
        .into(),
    };
    field.validator_with(move |value, context| {
        let Some(lookups) = context.database else { return Ok(()) };
        let Some(value) = comparable(value, context.kind_of(column.kind)) else { return Ok(()) };
        let pk = context.is_update.then(|| lookups.instance_pk()).flatten();
        let mut exists = false;
        lookups.with(&mut |connection| {
            exists = value_exists(connection, meta, column, value.clone(), pk.clone())?;
            Ok(())
        });
        if exists { Err(ErrorDetail::new(message(), "unique")) } else { Ok(()) }
    })
}

/// No row of a query set has the value of a declared field: `UniqueValidator`. Fields that are made for unique columns have it
/// already.
///
/// ```
/// use vitamin_framework::models::Lookup;
/// use vitamin_rest_framework::prelude::*;
/// use vitamin_rest_framework::serializers::UniqueValidator;
///
/// fn account_serializer() -> ModelSerializer<PublicUser> {
///     let is_new = UniqueValidator::new(PublicUser::objects(), auth_user::email).lookup(Lookup::IExact);
///     ModelSerializer::new(["username", "email"]).field("email", EmailField::new().unique(is_new))
/// }
/// # account_serializer();
/// ```
pub struct UniqueValidator<T> {
    rows: QuerySet<T>,
    path: Path<T>,
    lookup: Lookup,
    message: Option<Cow<'static, str>>,
}

impl<T: Model> UniqueValidator<T> {
    /// No other of these rows has the value in this column.
    #[must_use]
    pub fn new<C: diesel::Column<Table = T::Table>>(rows: QuerySet<T>, column: C) -> Self {
        Self { rows, path: column.into(), lookup: Lookup::Exact, message: None }
    }

    /// How values are compared, such as [`Lookup::IExact`].
    #[must_use]
    pub const fn lookup(mut self, lookup: Lookup) -> Self {
        self.lookup = lookup;
        self
    }

    /// The message instead of `This field must be unique.`
    #[must_use]
    pub fn message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = Some(message.into());
        self
    }
}

impl<K> Field<K> {
    /// Adds a check that no other row has the value.
    #[must_use]
    pub fn unique<T: Model>(self, validator: UniqueValidator<T>) -> Self {
        let UniqueValidator { rows, path, lookup, message } = validator;
        self.validator_with(move |value, context| {
            let Some(lookups) = context.database else { return Ok(()) };
            let Some(value) = comparable(value, context.kind_of(path.kind())) else { return Ok(()) };
            let mut same = rows.clone().filter_q(Q::compare(&path, lookup, value));
            if let Some(pk) = context.is_update.then(|| lookups.instance_pk()).flatten() {
                same = same.exclude_pk(pk);
            }
            let mut exists = false;
            lookups.with(&mut |connection| {
                exists = same.exists(connection)?;
                Ok(())
            });
            let own = || message.clone().unwrap_or_else(|| gettext("This field must be unique.").into());
            if exists { Err(ErrorDetail::new(own(), "unique")) } else { Ok(()) }
        })
    }
}

/// Several fields that are unique together: `UniqueTogetherValidator`.
#[derive(Clone, Debug)]
pub struct UniqueTogetherValidator {
    pub(super) fields: Vec<&'static str>,
    message: Option<Cow<'static, str>>,
    code: &'static str,
}

impl UniqueTogetherValidator {
    /// These fields are unique together.
    #[must_use]
    pub fn new(fields: impl IntoIterator<Item = &'static str>) -> Self {
        Self { fields: fields.into_iter().collect(), message: None, code: "unique" }
    }

    /// The code of the error, for custom exception handlers. Default: `unique`.
    #[must_use]
    pub const fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// The message instead of `The fields … must make a unique set.`, with `{field_names}`.
    #[must_use]
    pub fn message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Checks validated values.
    pub(super) fn check<T: Model>(
        &self,
        values: &Dict,
        sources: &[String],
        validation: &Validation<'_, T>,
    ) -> Result<(), APIException> {
        let instance = validation.instance();
        if instance.is_none() {
            self.enforce_required(values, sources)?;
        }
        let mut is_changed = instance.is_none();
        let mut conditions = Vec::with_capacity(sources.len());
        for source in sources {
            let Some((index, column)) = T::META.find(source) else {
                return Err(APIException::server_error(format!("{} has no field `{source}`", T::META.name)));
            };
            let current = instance.map(|object| object.value(index).to_owned());
            let value = match values.get(source) {
                Some(value) => DbValue::from_validated(value, validation.info.kind_of(column.kind))
                    .map_err(APIException::server_error)?,
                None => current.clone().unwrap_or(DbValue::Null),
            };
            is_changed |= values.contains_key(source) && current.as_ref() != Some(&value);
            if value.is_null() {
                // NULL is unique.
                return Ok(());
            }
            let path = Path::<T>::named(column.column)
                .ok_or_else(|| APIException::server_error("a column without a name"))?;
            conditions.push(Q::compare(&path, Lookup::Exact, value));
        }
        if !is_changed {
            return Ok(());
        }
        let mut rows = QuerySet::<T>::new().filter_q(Q::all(conditions));
        if let Some(object) = instance {
            rows = rows.exclude_pk(object.pk().to_owned());
        }
        if validation.database(|connection: &mut DbConnection| Ok(rows.exists(connection)?))? {
            let names = self.fields.join(", ");
            let message = self.message.as_deref();
            let message =
                message.unwrap_or_else(|| gettext("The fields {field_names} must make a unique set."));
            let message = format(message, &[("field_names", &names)]);
            return Err(APIException::validation_error(Detail::message(message, self.code)));
        }
        Ok(())
    }

    /// All fields are required for a new object.
    fn enforce_required(&self, values: &Dict, sources: &[String]) -> Result<(), APIException> {
        let missing = self.fields.iter().zip(sources).filter(|(_, source)| !values.contains_key(*source));
        let missing: indexmap::IndexMap<String, Detail> = missing
            .map(|(name, _)| {
                ((*name).to_owned(), Detail::list(gettext("This field is required."), "required"))
            })
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(APIException::validation_error(Detail::Dict(missing))) }
    }
}

/// A primary key as a validated value.
pub(super) fn pk_value(pk: ValueRef<'_>) -> Value {
    match pk {
        ValueRef::Integer(number) => number.into(),
        ValueRef::Uuid(uuid) => uuid.to_string().into(),
        ValueRef::Text(text) => text.into(),
        _ => Value::Null,
    }
}

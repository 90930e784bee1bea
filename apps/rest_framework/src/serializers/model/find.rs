//! Finds the objects that a client names, for related fields.

use std::any::Any;
use std::sync::Arc;

use super::hyperlinked::Link;
use super::pk_input::{PkInput, pk_input};
use super::related::Related;
use super::unique::pk_value;
use crate::data::Value;
use crate::error_detail::Detail;
use crate::fields::Context;
use crate::python;
use crate::request::RequestInfo;
use vitamin_framework::database::DbConnection;
use vitamin_framework::models::{
    ColumnKind, DbValue, Lookup, Model, ModelMeta, Object, Path, Q, QuerySet, pk_exists,
};
use vitamin_framework::translation::{format, gettext};
#[cfg(feature = "browsable-api")]
use vitamin_framework::{database::DatabaseError, models::first_pks};

/// Finds the object that a client names. The value is its primary key.
pub(super) trait Find: Send + Sync {
    fn find(&self, data: &Value, context: Context<'_>) -> Result<Value, Detail>;

    /// The first objects that a client may name, at most `limit`, for a form.
    #[cfg(feature = "browsable-api")]
    fn choices(
        &self,
        connection: &mut DbConnection,
        request: &RequestInfo,
        limit: i64,
    ) -> Result<Vec<RelatedChoice>, DatabaseError>;

    /// The view of the URLs that name objects.
    #[cfg(feature = "browsable-api")]
    fn link(&self) -> Option<&Link> {
        None
    }
}

/// An object that a client may name.
#[cfg(feature = "browsable-api")]
pub(crate) struct RelatedChoice {
    /// The value that a client sends for it, or the one in the URL that a client sends.
    pub(crate) value: DbValue,
    /// The text in a form (`display_value`). `None`: the value.
    pub(crate) display: Option<String>,
}

/// A primary key, of a model that is known only by its description.
pub(super) struct PrimaryKey {
    meta: &'static ModelMeta,
}

impl PrimaryKey {
    /// The kind of the field that is made for a foreign key.
    pub(super) fn related(meta: &'static ModelMeta) -> Related {
        Related::one(Arc::new(Self { meta }), meta)
    }
}

fn does_not_exist(data: &Value) -> Detail {
    let message = format(
        gettext("Invalid pk \"{pk_value}\" - object does not exist."),
        &[("pk_value", &python::str(data))],
    );
    Detail::list(message, "does_not_exist")
}

impl Find for PrimaryKey {
    fn find(&self, data: &Value, context: Context<'_>) -> Result<Value, Detail> {
        let key = match pk_input(data, context.kind_of(self.meta.primary_key().kind))? {
            PkInput::Key(key) => key,
            PkInput::None => return Err(does_not_exist(data)),
        };
        let mut exists = false;
        if let Some(lookups) = context.database {
            lookups.with(&mut |connection| {
                exists = pk_exists(connection, self.meta, key.clone())?;
                Ok(())
            });
        }
        if exists { Ok(pk_value(key.as_ref())) } else { Err(does_not_exist(data)) }
    }

    #[cfg(feature = "browsable-api")]
    fn choices(
        &self,
        connection: &mut DbConnection,
        _: &RequestInfo,
        limit: i64,
    ) -> Result<Vec<RelatedChoice>, DatabaseError> {
        let keys = first_pks(connection, self.meta, limit)?;
        Ok(keys.into_iter().map(|value| RelatedChoice { value, display: None }).collect())
    }
}

/// The text of an object for people.
pub(super) type Display<U> = Arc<dyn Fn(&Object<U>) -> String + Send + Sync>;

pub(super) type Rows<U> = Arc<dyn Fn(Option<&RequestInfo>) -> QuerySet<U> + Send + Sync>;

/// How objects are named.
pub(super) enum Naming<U> {
    /// By the primary key.
    PrimaryKey,
    /// By a column of this name.
    Slug(&'static str, Path<U>),
    /// By a URL.
    Url(Link),
}

impl<U> Clone for Naming<U> {
    fn clone(&self) -> Self {
        match self {
            Self::PrimaryKey => Self::PrimaryKey,
            Self::Slug(name, path) => Self::Slug(name, path.clone()),
            Self::Url(link) => Self::Url(link.clone()),
        }
    }
}

impl<U: Model> Naming<U> {
    /// The field that names an object, or whose value is in its URL.
    pub(super) fn lookup(&self) -> &str {
        match self {
            Self::PrimaryKey => "pk",
            Self::Slug(_, path) => path.name(),
            Self::Url(link) => link.lookup_field,
        }
    }

    /// The column for the schema.
    pub(super) fn column(&self) -> Option<&'static str> {
        match self {
            Self::PrimaryKey => Some(U::META.primary_key().column),
            Self::Slug(_, path) => Some(path.name()),
            Self::Url(_) => None,
        }
    }

    pub(super) fn link(&self) -> Option<&Link> {
        match self {
            Self::Url(link) => Some(link),
            _ => None,
        }
    }
}

/// Objects of a query set.
pub(super) struct Among<U> {
    pub(super) rows: Rows<U>,
    pub(super) naming: Naming<U>,
    /// Makes an object's text in a form (`display_value`).
    pub(super) display: Option<Display<U>>,
}

impl<U> Clone for Among<U> {
    fn clone(&self) -> Self {
        Self { rows: Arc::clone(&self.rows), naming: self.naming.clone(), display: self.display.clone() }
    }
}

impl<U: Model> Among<U> {
    /// The objects with this name. `None` if there can be none.
    fn query(&self, data: &Value, context: Context<'_>) -> Result<Option<QuerySet<U>>, Detail> {
        let rows = (self.rows)(context.request);
        match &self.naming {
            Naming::PrimaryKey => Ok(match pk_input(data, context.kind_of(U::META.primary_key().kind))? {
                PkInput::Key(key) => Some(rows.find(key)),
                PkInput::None => None,
            }),
            Naming::Slug(_, path) => {
                let value = slug_value(data, path.column().map(|column| context.kind_of(column.kind)))?;
                Ok(value.map(|value| rows.filter_q(Q::compare(path, Lookup::Exact, value))))
            }
            Naming::Url(link) => {
                let text = link.resolve(data, context)?;
                let Some((path, kind)) = lookup_path::<U>(link.lookup_field) else { return Ok(None) };
                let kind = context.kind_of(kind);
                match pk_input(&Value::String(text), kind) {
                    Ok(PkInput::Key(key)) => Ok(Some(rows.filter_q(Q::compare(&path, Lookup::Exact, key)))),
                    // Django's error for a UUID is one of validation, which the field does not catch.
                    Err(detail) if kind == ColumnKind::Uuid => Err(detail),
                    Ok(PkInput::None) | Err(_) => Ok(None),
                }
            }
        }
    }

    fn missing(&self, data: &Value) -> Detail {
        match &self.naming {
            Naming::PrimaryKey => does_not_exist(data),
            Naming::Slug(name, _) => {
                let message = format(
                    gettext("Object with {slug_name}={value} does not exist."),
                    &[("slug_name", &name), ("value", &python::str(data))],
                );
                Detail::list(message, "does_not_exist")
            }
            Naming::Url(_) => {
                Detail::list(gettext("Invalid hyperlink - Object does not exist."), "does_not_exist")
            }
        }
    }
}

/// Converts a client's value to a value of a column of this kind, as `queryset.get(slug=…)` does. `None` if no row can have it.
fn slug_value(data: &Value, kind: Option<ColumnKind>) -> Result<Option<DbValue>, Detail> {
    let kind = kind.filter(|kind| {
        matches!(
            kind,
            ColumnKind::SmallInteger | ColumnKind::Integer | ColumnKind::BigInteger | ColumnKind::Uuid
        )
    });
    let Some(kind) = kind else {
        let text = python::str(data);
        // PostgreSQL accepts no text with a NUL; SQLite finds nothing.
        return Ok((!text.contains('\0')).then(|| DbValue::Text(text.into_owned())));
    };
    let number = match data {
        Value::Bool(value) if kind != ColumnKind::Uuid => Some(Value::from(i64::from(*value))),
        _ => None,
    };
    match pk_input(number.as_ref().unwrap_or(data), kind) {
        Ok(PkInput::Key(key)) => Ok(Some(key)),
        Ok(PkInput::None) => Ok(None),
        Err(detail) if kind == ColumnKind::Uuid => Err(detail),
        Err(_) => Err(Detail::list(gettext("Invalid value."), "invalid")),
    }
}

/// The column of a field, and its kind.
fn lookup_path<U: Model>(field: &str) -> Option<(Path<U>, ColumnKind)> {
    let path = Path::<U>::named(field)?;
    let kind = path.column()?.kind;
    Some((path, kind))
}

impl<U: Model> Find for Among<U> {
    fn find(&self, data: &Value, context: Context<'_>) -> Result<Value, Detail> {
        let Some(query) = self.query(data, context)? else { return Err(self.missing(data)) };
        let mut found = None;
        if let Some(lookups) = context.database {
            lookups.with(&mut |connection: &mut DbConnection| {
                found = query.first(connection)?;
                Ok(())
            });
            if let Some(object) = found {
                let pk = pk_value(object.pk());
                lookups.keep(Arc::new(object) as Arc<dyn Any + Send + Sync>);
                return Ok(pk);
            }
        }
        Err(self.missing(data))
    }

    #[cfg(feature = "browsable-api")]
    fn choices(
        &self,
        connection: &mut DbConnection,
        request: &RequestInfo,
        limit: i64,
    ) -> Result<Vec<RelatedChoice>, DatabaseError> {
        let Some((index, _)) = U::META.find(self.naming.lookup()) else { return Ok(Vec::new()) };
        let objects = (self.rows)(Some(request)).limit(limit).load(connection)?;
        let choice = |object: &Object<U>| RelatedChoice {
            value: object.value(index).to_owned(),
            display: self.display.as_ref().map(|display| display(object)),
        };
        Ok(objects.iter().map(choice).collect())
    }

    #[cfg(feature = "browsable-api")]
    fn link(&self) -> Option<&Link> {
        self.naming.link()
    }
}

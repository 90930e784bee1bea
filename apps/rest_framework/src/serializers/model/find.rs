//! Finds the objects that a client names, for related fields.

use std::any::Any;
use std::sync::Arc;

use super::pk_input::{PkInput, pk_input};
use super::related::Related;
use super::unique::pk_value;
use crate::data::Value;
use crate::error_detail::Detail;
use crate::fields::{Context, Field};
use crate::python;
use crate::request::RequestInfo;
use vitamin_framework::database::DbConnection;
use vitamin_framework::models::{Lookup, Model, ModelMeta, Path, Q, QuerySet, pk_exists};

/// Finds the object that a client names. The value is its primary key.
pub(super) trait Find: Send + Sync {
    fn find(&self, data: &Value, context: Context<'_>) -> Result<Value, Detail>;
}

/// A primary key, of a model that is known only by its description.
pub(super) struct PrimaryKey {
    meta: &'static ModelMeta,
}

impl PrimaryKey {
    /// The field that is made for a foreign key.
    pub(super) fn field(meta: &'static ModelMeta) -> Field<Related> {
        Field::of_kind(Related::one(Arc::new(Self { meta }), meta))
    }
}

fn does_not_exist(data: &Value) -> Detail {
    let message = format!("Invalid pk \"{}\" - object does not exist.", python::str(data));
    Detail::list(message, "does_not_exist")
}

impl Find for PrimaryKey {
    fn find(&self, data: &Value, context: Context<'_>) -> Result<Value, Detail> {
        let key = match pk_input(data, self.meta.primary_key().kind)? {
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
}

pub(super) type Rows<U> = Arc<dyn Fn(Option<&RequestInfo>) -> QuerySet<U> + Send + Sync>;

/// Objects of a query set, by their primary key or by a column.
pub(super) struct Among<U> {
    pub(super) rows: Rows<U>,
    /// `None`: by the primary key.
    pub(super) slug: Option<(&'static str, Path<U>)>,
}

impl<U> Clone for Among<U> {
    fn clone(&self) -> Self {
        Self { rows: Arc::clone(&self.rows), slug: self.slug.clone() }
    }
}

impl<U: Model> Among<U> {
    fn query(&self, data: &Value, context: Context<'_>) -> Result<Option<QuerySet<U>>, Detail> {
        let rows = (self.rows)(context.request);
        match &self.slug {
            None => Ok(match pk_input(data, U::META.primary_key().kind)? {
                PkInput::Key(key) => Some(rows.find(key)),
                PkInput::None => None,
            }),
            Some((_, path)) => {
                let text = python::str(data);
                // PostgreSQL accepts no text with a NUL; SQLite finds nothing.
                if text.contains('\0') {
                    return Ok(None);
                }
                Ok(Some(rows.filter_q(Q::compare(path, Lookup::Exact, text.into_owned()))))
            }
        }
    }
}

impl<U: Model> Find for Among<U> {
    fn find(&self, data: &Value, context: Context<'_>) -> Result<Value, Detail> {
        let missing = || match &self.slug {
            None => does_not_exist(data),
            Some((name, _)) => {
                let message = format!("Object with {name}={} does not exist.", python::str(data));
                Detail::list(message, "does_not_exist")
            }
        };
        let Some(query) = self.query(data, context)? else { return Err(missing()) };
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
        Err(missing())
    }
}

//! The input of related fields (rest_framework/relations.py): an object is found by its key.

use std::sync::Arc;

use super::find::Find;
#[cfg(feature = "browsable-api")]
use super::{find::RelatedChoice, output::Representation};
use crate::data::Value;
use crate::error_detail::Detail;
use crate::fields::{Context, Input, Kind, Options, Output, OutputError};
#[cfg(feature = "browsable-api")]
use crate::{exceptions::APIException, request::RequestInfo};
#[cfg(feature = "browsable-api")]
use vitamin_framework::database::{DatabaseError, DbConnection};
use vitamin_framework::models::{ModelMeta, ValueRef};
use vitamin_framework::translation::{format, gettext};

/// The kind of related fields.
#[derive(Clone)]
pub struct Related {
    pub(super) find: Arc<dyn Find>,
    /// For the schema: the related model, and the column that names an object. `None`: a URL names it.
    pub(super) meta: &'static ModelMeta,
    pub(super) column: Option<&'static str>,
    pub(super) many: bool,
    pub(super) allow_empty: bool,
    /// The most objects that a form offers. `None`: the form's own.
    pub(super) html_cutoff: Option<usize>,
}

impl Related {
    /// One object, named by its primary key.
    pub(super) fn one(find: Arc<dyn Find>, meta: &'static ModelMeta) -> Self {
        Self {
            find,
            meta,
            column: Some(meta.primary_key().column),
            many: false,
            allow_empty: true,
            html_cutoff: None,
        }
    }

    /// The related model.
    #[must_use]
    pub fn meta(&self) -> &'static ModelMeta {
        self.meta
    }

    /// The column that names an object. `None` if a URL names it.
    #[must_use]
    pub fn column(&self) -> Option<&'static str> {
        self.column
    }

    /// The first objects that a client may name, at most `limit`.
    ///
    /// # Errors
    /// The query fails.
    #[cfg(feature = "browsable-api")]
    pub(crate) fn choices(
        &self,
        connection: &mut DbConnection,
        request: &RequestInfo,
        limit: i64,
    ) -> Result<Vec<RelatedChoice>, DatabaseError> {
        self.find.choices(connection, request, limit)
    }

    /// Appends the JSON that a client sends for an object.
    ///
    /// # Errors
    /// Its URL cannot be made.
    #[cfg(feature = "browsable-api")]
    pub(crate) fn write_choice(
        &self,
        choice: &RelatedChoice,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), APIException> {
        match self.find.link() {
            Some(link) => link.write(choice.value.as_ref(), context, out),
            None => Ok(crate::fields::write_native(choice.value.as_ref(), &context.output, out)?),
        }
    }

    /// The most objects that a form offers, if the field has a limit of its own.
    #[must_use]
    pub fn html_cutoff(&self) -> Option<usize> {
        self.html_cutoff
    }

    /// Whether the field is a list.
    #[must_use]
    pub fn is_many(&self) -> bool {
        self.many
    }
}

impl Kind for Related {
    const TYPE: &'static str = "field";

    /// A form without the field is an empty list.
    fn get_value<'d>(
        &self,
        options: &Options,
        name: &str,
        data: &'d Input<'_>,
        context: Context<'_>,
    ) -> Option<Input<'d>> {
        let Input::Form(form) = data else { return data.get(name) };
        if !self.many {
            let value = form.get(name)?;
            if value.as_str() == Some("") {
                return if options.allows_null() || options.is_required() {
                    Some(Value::Null.into())
                } else {
                    None
                };
            }
            return Some(value.into());
        }
        let values = form.get_list(name);
        if values.is_empty() && context.partial {
            return None;
        }
        Some(Input::List(values.iter().map(Input::from).collect()))
    }

    fn validate_blank(&self, options: &Options, value: &Input<'_>) -> Option<Result<Value, Detail>> {
        // Empty text is None for related fields.
        let is_blank = !self.many && value.as_value().and_then(Value::as_str) == Some("");
        is_blank.then(|| {
            if options.allows_null() {
                Ok(Value::Null)
            } else {
                Err(Detail::list(gettext("This field may not be null."), "null"))
            }
        })
    }

    fn to_internal_value(
        &self,
        value: &Input<'_>,
        _: &Options,
        context: Context<'_>,
    ) -> Result<Value, Detail> {
        if !self.many {
            return self.find.find(&owned(value), context);
        }
        let items: Vec<Value> = match value {
            Input::Value(value) => match value.as_ref() {
                Value::List(items) => items.clone(),
                Value::Dict(items) => items.keys().map(|key| Value::from(key.as_str())).collect(),
                other => return Err(not_a_list(other.type_name())),
            },
            Input::List(items) => items.iter().map(owned).collect(),
            Input::Form(_) => return Err(not_a_list("QueryDict")),
        };
        if items.is_empty() && !self.allow_empty {
            return Err(Detail::list(gettext("This list may not be empty."), "empty"));
        }
        items.iter().map(|item| self.find.find(item, context)).collect::<Result<Vec<_>, _>>().map(Value::List)
    }

    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        crate::fields::write_native(value, output, out)
    }
}

fn not_a_list(found: &str) -> Detail {
    let message =
        format(gettext("Expected a list of items but got type \"{input_type}\"."), &[("input_type", &found)]);
    Detail::list(message, "not_a_list")
}

fn owned(value: &Input<'_>) -> Value {
    value.as_value().cloned().unwrap_or(Value::Null)
}

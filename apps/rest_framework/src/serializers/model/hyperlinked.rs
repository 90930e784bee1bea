//! Hyperlinks (`HyperlinkedIdentityField` of rest_framework/relations.py).

use std::sync::Arc;

use serde_json::json;

use super::entry::{Entry, SerializerField, Target};
use super::output::{OutputField, Representation, null};
use crate::exceptions::APIException;
use crate::fields::ReadOnlyField;
use crate::json as encode;
use crate::schemas::FieldShape;
use vitamin_framework::models::{ForeignKey, Model, Object, ValueRef};

/// The absolute URL of the object itself: `HyperlinkedIdentityField::new("project-detail")`.
pub struct HyperlinkedIdentityField {
    view_name: &'static str,
    lookup_field: &'static str,
    lookup_url_kwarg: Option<&'static str>,
}

impl HyperlinkedIdentityField {
    /// The URL of the view of this name.
    #[must_use]
    pub const fn new(view_name: &'static str) -> Self {
        Self { view_name, lookup_field: "pk", lookup_url_kwarg: None }
    }

    /// The field whose value is in the URL, `pk` by default.
    #[must_use]
    pub const fn lookup_field(mut self, field: &'static str) -> Self {
        self.lookup_field = field;
        self
    }

    /// The name of the URL's parameter, if it is not that of the field.
    #[must_use]
    pub const fn lookup_url_kwarg(mut self, name: &'static str) -> Self {
        self.lookup_url_kwarg = Some(name);
        self
    }
}

struct Url {
    field: HyperlinkedIdentityField,
    index: usize,
}

/// The text of a value in a URL: Python's `str()`.
fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Uuid(uuid) => uuid.to_string(),
        ValueRef::Text(text) => text.to_owned(),
        _ => String::new(),
    }
}

impl Url {
    fn write(
        &self,
        value: ValueRef<'_>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), APIException> {
        let value = text(value);
        let parameter = self.field.lookup_url_kwarg.unwrap_or(self.field.lookup_field);
        // The URL has the format suffix of the request.
        let url = match context.request.match_info().get("format") {
            None => context.request.reverse(self.field.view_name, &[(parameter, &value)])?,
            Some(format) => {
                context.request.reverse(self.field.view_name, &[(parameter, &value), ("format", &format)])?
            }
        };
        encode::write_str(out, &url);
        Ok(())
    }
}

impl<T: Model> OutputField<T> for Url {
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        self.write(object.value(self.index), context, out)?;
        Ok(true)
    }
}

impl<T: Model> SerializerField<T> for HyperlinkedIdentityField {
    fn entry(self, name: &'static str) -> Result<Entry<T>, String> {
        let (index, _) = T::META
            .find(self.lookup_field)
            .ok_or_else(|| format!("{} has no field `{}`", T::META.name, self.lookup_field))?;
        Ok(Entry {
            field: Arc::new(ReadOnlyField::new()),
            output: Some(Arc::new(Url { field: self, index })),
            target: Target::App,
            source: name.to_owned(),
            shape: Some(FieldShape::Schema(json!({"type": "string", "format": "uri"}))),
        })
    }
}

/// The absolute URL of the object that a foreign key refers to, read only.
pub struct HyperlinkedRelatedField<T, U> {
    key: ForeignKey<T, U>,
    field: HyperlinkedIdentityField,
}

impl<T: Model, U: Model> HyperlinkedRelatedField<T, U> {
    /// The URL of the view of this name.
    #[must_use]
    pub const fn new(key: ForeignKey<T, U>, view_name: &'static str) -> Self {
        Self { key, field: HyperlinkedIdentityField::new(view_name) }
    }
}

/// Only the key is needed, which is the foreign key's own column.
struct RelatedUrl {
    url: Url,
}

impl<T: Model> OutputField<T> for RelatedUrl {
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        match object.value(self.url.index) {
            ValueRef::Null => null(out),
            value => self.url.write(value, context, out)?,
        }
        Ok(true)
    }
}

impl<T: Model, U: Model> SerializerField<T> for HyperlinkedRelatedField<T, U> {
    fn entry(self, name: &'static str) -> Result<Entry<T>, String> {
        let (index, _) = T::META
            .find(self.key.name())
            .ok_or_else(|| format!("{} has no field `{}`", T::META.name, self.key.name()))?;
        let output = RelatedUrl { url: Url { field: self.field, index } };
        Ok(Entry {
            field: Arc::new(ReadOnlyField::new()),
            output: Some(Arc::new(output)),
            target: Target::App,
            source: name.to_owned(),
            shape: Some(FieldShape::Schema(json!({"type": "string", "format": "uri"}))),
        })
    }
}

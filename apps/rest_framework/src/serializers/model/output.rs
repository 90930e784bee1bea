//! The output of a model serializer's fields: what they read of an object, and what must be loaded for them.

use std::sync::Arc;

use serde::Serialize;

use super::negative_zero::DecimalOutput;
use crate::exceptions::APIException;
use crate::fields::{BaseField, Output, write_native};
use crate::json;
use crate::request::Request;
use vitamin_framework::models::{ColumnKind, ForeignKey, Model, NotLoaded, Object, Plan, ValueRef};

/// The request that an object is written for.
#[derive(Clone, Copy)]
pub struct Representation<'a> {
    /// The request.
    pub request: &'a Request,
    /// The settings of values.
    pub output: Output<'a>,
}

impl<'a> Representation<'a> {
    /// The output for a request, as the project's settings say.
    #[must_use]
    pub fn new(request: &'a Request) -> Self {
        Self { request, output: Output::of(request) }
    }
}

/// A field's output: it appends its value, as compact JSON, to the response.
pub trait OutputField<T: Model>: Send + Sync {
    /// Appends the value. Returns false, and appends nothing, if the object has no such value: the key is left out.
    ///
    /// # Errors
    /// 500: the value does not fit the field, or a relation was not loaded.
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException>;

    /// Adds the relations that the field reads.
    fn plan(&self, _plan: &mut Plan<T>) {}
}

impl From<NotLoaded> for APIException {
    /// 500: a mistake in the app.
    fn from(error: NotLoaded) -> Self {
        Self::server_error(error)
    }
}

/// The output of a column.
pub(super) fn column_output<T: Model>(index: usize, field: Arc<dyn BaseField>) -> Arc<dyn OutputField<T>> {
    match T::META.columns.get(index) {
        Some(column) if column.kind == ColumnKind::Decimal => {
            Arc::new(DecimalOutput { index, name: column.name, field })
        }
        _ => Arc::new(ColumnOutput { index, field }),
    }
}

/// A column of another kind than decimals.
struct ColumnOutput {
    index: usize,
    field: Arc<dyn BaseField>,
}

impl<T: Model> OutputField<T> for ColumnOutput {
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        self.field.to_representation(object.value(self.index), &context.output, out)?;
        Ok(true)
    }
}

/// A user's primary key: a number, or a text. Its type is known from the project's user model only, and not from the column.
pub(super) struct UserKeyOutput {
    pub(super) index: usize,
}

impl<T: Model> OutputField<T> for UserKeyOutput {
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        write_native(object.value(self.index), &context.output, out)?;
        Ok(true)
    }
}

/// An annotation of the query set.
pub(super) struct AnnotationOutput {
    pub(super) name: String,
    pub(super) field: Arc<dyn BaseField>,
}

impl<T: Model> OutputField<T> for AnnotationOutput {
    /// An object that was not read by the query set, such as a new one, has no annotations: the key is left out, as in
    /// Django REST framework a read-only field's is.
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        let Some(value) = object.find_annotation(&self.name) else { return Ok(false) };
        self.field.to_representation(value.as_ref(), &context.output, out)?;
        Ok(true)
    }
}

/// A column of the object that a foreign key refers to: `source="project.name"`.
pub(super) struct SourceOutput<T, U> {
    pub(super) key: ForeignKey<T, U>,
    pub(super) index: usize,
    pub(super) field: Arc<dyn BaseField>,
}

impl<T: Model, U: Model> OutputField<T> for SourceOutput<T, U> {
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        match self.key.value(object, self.index)? {
            Some(key @ (ValueRef::Uuid(_) | ValueRef::Text(_))) if is_user_key::<U>(self.index) => {
                write_native(key, &context.output, out)?;
            }
            Some(value) => self.field.to_representation(value, &context.output, out)?,
            None if self.field.options().allows_null() => null(out),
            // The attribute of None is missing, and the field is not required.
            None => return Ok(false),
        }
        Ok(true)
    }

    fn plan(&self, plan: &mut Plan<T>) {
        plan.add_value(self.key, self.index);
    }
}

fn is_user_key<U: Model>(index: usize) -> bool {
    U::META.columns.get(index).is_some_and(|column| column.kind == ColumnKind::UserKey)
}

/// `SerializerMethodField`.
pub(super) struct MethodOutput<F> {
    pub(super) method: F,
}

impl<T, F, V> OutputField<T> for MethodOutput<F>
where
    T: Model,
    F: Fn(&Object<T>, &Request) -> V + Send + Sync,
    V: Serialize,
{
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        let value = (self.method)(object, context.request);
        json::write(out, &value).map_err(APIException::server_error)?;
        Ok(true)
    }
}

/// Appends `null`.
pub(super) fn null(out: &mut Vec<u8>) {
    out.extend_from_slice(b"null");
}

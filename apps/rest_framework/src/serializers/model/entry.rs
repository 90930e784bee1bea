//! A field of a model serializer: its input, its output, and where its value is stored.

use std::any::Any;
use std::sync::Arc;

use super::ModelSerializer;
use super::output::{AnnotationOutput, OutputField, column_output};
use super::whole::{Merged, WHOLE, fields_of};
use crate::fields::{BaseField, Field, Kind, ReadOnly, ReadOnlyField};
use crate::schemas::FieldShape;
use crate::serializers::Object as Fields;
use vitamin_framework::database::{DatabaseError, DbConnection};
use vitamin_framework::models::{ColumnKind, DbValue, Model, ValueRef};

/// Stores a many-to-many relation of an object.
pub(super) type SetMany =
    Arc<dyn Fn(&mut DbConnection, ValueRef<'_>, &[DbValue]) -> Result<(), DatabaseError> + Send + Sync>;

/// A nested serializer, whatever its model.
pub(super) trait Prepare: Send + Sync {
    /// Finds its fields for a database, before its description is read.
    fn prepare(&self, is_postgres: bool);

    /// The serializer itself.
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<T: Model> Prepare for ModelSerializer<T> {
    fn prepare(&self, is_postgres: bool) {
        // A mistake is reported when it validates or writes.
        let _ = self.resolve(is_postgres);
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// Where a validated value is stored.
#[derive(Clone)]
pub(super) enum Target {
    /// A column, by its index.
    Column(usize),
    /// The rows of a table between two models.
    Many(SetMany, ColumnKind),
    /// The app's own `create` and `update` store it.
    App,
    /// As `App`, with the nested `ModelSerializer` that validated it. The source `*`: its fields are those of the object.
    Nested(Arc<dyn Prepare>),
    /// The value is a dict of values of the object.
    Merged(Merged),
}

/// A field of a model serializer.
pub struct Entry<T> {
    /// Validates input, and describes the field.
    pub(super) field: Arc<dyn BaseField>,
    /// `None` if it is write-only.
    pub(super) output: Option<Arc<dyn OutputField<T>>>,
    pub(super) target: Target,
    /// The name of the value in the validated data.
    pub(super) source: String,
    /// What the schema says of it, if the field does not tell.
    pub(super) shape: Option<FieldShape>,
}

impl<T> Clone for Entry<T> {
    fn clone(&self) -> Self {
        Self {
            field: Arc::clone(&self.field),
            output: self.output.clone(),
            target: self.target.clone(),
            source: self.source.clone(),
            shape: self.shape.clone(),
        }
    }
}

/// A field that a model serializer can declare: a plain field, a related one, a nested serializer or a computed one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a field of a serializer of `{T}`",
    label = "not a `SerializerField`",
    note = "there are the fields of `rest_framework::fields`, RelatedColumn, DisplayField, the related fields and Nested"
)]
pub trait SerializerField<T: Model> {
    /// The field of this name.
    ///
    /// # Errors
    /// The model has no such column.
    fn entry(self, name: &'static str) -> Result<Entry<T>, String>;
}

/// A field of a column, an annotation, or of input that the app stores itself.
impl<T: Model, K: Kind + 'static> SerializerField<T> for Field<K> {
    fn entry(self, name: &'static str) -> Result<Entry<T>, String> {
        plain_entry(name, Arc::new(self), false)
    }
}

/// A plain field of a column, an annotation, or of input that the app stores itself.
pub(super) fn plain_entry<T: Model>(
    name: &str,
    field: Arc<dyn BaseField>,
    is_read_only: bool,
) -> Result<Entry<T>, String> {
    let options = field.options();
    let source = options.source().unwrap_or(name).to_owned();
    if source == WHOLE {
        return match field.kind().downcast_ref::<Fields>() {
            Some(fields) => fields_of(name, fields, &field),
            None => Err(format!("`{name}` shows the whole object: make it a WholeField")),
        };
    }
    let column = T::META.find(&source);
    let output: Option<Arc<dyn OutputField<T>>> = match column {
        _ if options.is_write_only() => None,
        Some((index, _)) => Some(column_output(index, Arc::clone(&field))),
        None if is_read_only || options.is_read_only() => {
            Some(Arc::new(AnnotationOutput { name: source.clone(), field: Arc::clone(&field) }))
        }
        None => {
            return Err(format!(
                "{} has no field `{source}`: make `{name}` read-only, for an annotation, or write-only",
                T::META.name
            ));
        }
    };
    let target = column.map_or(Target::App, |(index, _)| Target::Column(index));
    let is_untyped = field.kind().is::<ReadOnly>();
    let shape = column.filter(|_| is_untyped).map(|(_, column)| FieldShape::Column(T::META, column));
    Ok(Entry { field, output, target, source, shape })
}

/// A field without input.
pub(super) fn read_only<T: Model>(name: &str, output: Arc<dyn OutputField<T>>) -> Entry<T> {
    Entry {
        field: Arc::new(ReadOnlyField::new()),
        output: Some(output),
        target: Target::App,
        source: name.to_owned(),
        shape: None,
    }
}

//! A field of a model serializer: its input, its output, and where its value is stored.

use std::marker::PhantomData;
use std::sync::Arc;

use diesel::Column as DieselColumn;
use serde::Serialize;

use super::columns::column_field;
use super::output::{AnnotationOutput, ColumnOutput, MethodOutput, OutputField, SourceOutput};
use crate::fields::{BaseField, Field, Kind, ReadOnly, ReadOnlyField};
use crate::request::Request;
use crate::schemas::{FieldShape, TypeHint};
use vitamin_framework::database::{DatabaseError, DbConnection};
use vitamin_framework::models::{ColumnKind, DbValue, ForeignKey, Model, Object, ValueRef};

/// Stores a many-to-many relation of an object.
pub(super) type SetMany =
    Arc<dyn Fn(&mut DbConnection, ValueRef<'_>, &[DbValue]) -> Result<(), DatabaseError> + Send + Sync>;

/// Where a validated value is stored.
#[derive(Clone)]
pub(super) enum Target {
    /// A column, by its index.
    Column(usize),
    /// The rows of a table between two models.
    Many(SetMany, ColumnKind),
    /// The app's own `create` and `update` store it.
    App,
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

/// What can be a field of a model serializer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a field of a serializer of `{T}`",
    label = "not a `SerializerField`",
    note = "there are the fields of `rest_framework::fields`, SerializerMethodField, ReadOnlyField of a relation, the related fields \
            and Nested"
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
        let source = self.options.source().unwrap_or(name).to_owned();
        let column = T::META.find(&source);
        let (is_read_only, is_write_only) = (self.options.is_read_only(), self.options.is_write_only());
        let field: Arc<dyn BaseField> = Arc::new(self);
        let output: Option<Arc<dyn OutputField<T>>> = match column {
            _ if is_write_only => None,
            Some((index, _)) => Some(Arc::new(ColumnOutput { index, field: Arc::clone(&field) })),
            None if is_read_only => Some(Arc::new(AnnotationOutput { name, field: Arc::clone(&field) })),
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
}

/// `SerializerMethodField`: a value that a closure computes.
pub struct SerializerMethodField<T, F> {
    method: F,
    model: PhantomData<fn() -> T>,
}

impl<T: Model, F, V> SerializerMethodField<T, F>
where
    F: Fn(&Object<T>, &Request) -> V + Send + Sync + 'static,
    V: Serialize + TypeHint + 'static,
{
    /// A field that a closure of the object and the request computes.
    pub const fn new(method: F) -> Self {
        Self { method, model: PhantomData }
    }
}

impl<T: Model, F, V> SerializerField<T> for SerializerMethodField<T, F>
where
    F: Fn(&Object<T>, &Request) -> V + Send + Sync + 'static,
    V: Serialize + TypeHint + 'static,
{
    fn entry(self, name: &'static str) -> Result<Entry<T>, String> {
        let entry = read_only(name, Arc::new(MethodOutput { method: self.method }));
        Ok(Entry { shape: Some(FieldShape::Schema(V::schema())), ..entry })
    }
}

/// A column of the object that a foreign key refers to: `CharField(source="project.name", read_only=True)`.
pub struct RelatedColumn<T, U, C> {
    key: ForeignKey<T, U>,
    column: C,
}

impl<T: Model, U: Model, C: DieselColumn<Table = U::Table>> RelatedColumn<T, U, C> {
    /// The column of the object that the foreign key refers to.
    pub const fn new(key: ForeignKey<T, U>, column: C) -> Self {
        Self { key, column }
    }
}

impl<T: Model, U: Model, C: DieselColumn<Table = U::Table>> SerializerField<T> for RelatedColumn<T, U, C> {
    fn entry(self, name: &'static str) -> Result<Entry<T>, String> {
        let _ = self.column;
        let (index, column) =
            U::META.find(C::NAME).ok_or_else(|| format!("{} has no column `{}`", U::META.name, C::NAME))?;
        let field = column_field(column, U::META, column.name, true, None)?;
        let output = SourceOutput { key: self.key, index, field: Arc::clone(&field) };
        let shape = Some(FieldShape::Column(U::META, column));
        Ok(Entry { field, shape, ..read_only(name, Arc::new(output)) })
    }
}

/// The label of a column's choice: `CharField(source="get_status_display", read_only=True)`.
pub struct DisplayField<C> {
    column: C,
}

impl<C: DieselColumn> DisplayField<C> {
    /// The label of this column's choice. A value that is no choice is shown itself.
    pub const fn new(column: C) -> Self {
        Self { column }
    }
}

impl<T: Model, C: DieselColumn<Table = T::Table>> SerializerField<T> for DisplayField<C> {
    fn entry(self, name: &'static str) -> Result<Entry<T>, String> {
        let _ = self.column;
        let (index, column) =
            T::META.find(C::NAME).ok_or_else(|| format!("{} has no column `{}`", T::META.name, C::NAME))?;
        let display = move |object: &Object<T>, _: &Request| match object.value(index) {
            ValueRef::Text(value) => Some(column.display(value).to_owned()),
            _ => None,
        };
        let entry = read_only(name, Arc::new(MethodOutput { method: display }));
        Ok(Entry { field: Arc::new(crate::fields::CharField::new().read_only()), ..entry })
    }
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

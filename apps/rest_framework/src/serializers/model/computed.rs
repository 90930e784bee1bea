//! Fields whose value is computed, or is that of a related object: they are read-only.

use std::sync::Arc;

use diesel::Column as DieselColumn;
use serde::Serialize;

use super::ModelSerializer;
use super::entry::{Entry, SerializerField, read_only};
use super::output::{MethodOutput, OutputField, SourceOutput};
use crate::fields::{BaseField as _, CharField, Field, Kind, ReadOnly, ReadOnlyField};
use crate::request::Request;
use crate::schemas::{FieldShape, TypeHint};
use vitamin_framework::models::{ForeignKey, Model, Object, ValueRef};

impl<T: Model> ModelSerializer<T> {
    /// A field that a closure of the object and the request computes (`SerializerMethodField`).
    #[must_use]
    pub fn method<V: Serialize + TypeHint + 'static>(
        self,
        name: &'static str,
        method: impl Fn(&Object<T>, &Request) -> V + Send + Sync + 'static,
    ) -> Self {
        let entry = read_only(name, Arc::new(MethodOutput { method }));
        self.with_entry(name, Ok(Entry { shape: Some(FieldShape::Schema(V::schema())), ..entry }))
    }

    /// A field that shows what a closure returns for the object: `CharField(source="get_full_name", read_only=True)` is
    /// `.computed("name", CharField::new(), |user| user.get_full_name())`.
    #[must_use]
    pub fn computed<K: Kind + 'static, V: Serialize + 'static>(
        self,
        name: &'static str,
        field: Field<K>,
        value: impl Fn(&Object<T>) -> V + Send + Sync + 'static,
    ) -> Self {
        let output = MethodOutput { method: move |object: &Object<T>, _: &Request| value(object) };
        let entry = read_only(name, Arc::new(output));
        self.with_entry(name, Ok(Entry { field: Arc::new(field.read_only()), ..entry }))
    }
}

/// A column of the object that a foreign key refers to: `ReadOnlyField(source="reporter.username")` is
/// `RelatedColumn::new(Issue::REPORTER, auth_user::username)`. It is left out if there is no such object.
pub struct RelatedColumn<T, U, K = ReadOnly> {
    key: ForeignKey<T, U>,
    column: &'static str,
    field: Field<K>,
}

impl<T: Model, U: Model> RelatedColumn<T, U> {
    /// The column of the object that the foreign key refers to.
    #[must_use]
    pub fn new<C: DieselColumn<Table = U::Table>>(key: ForeignKey<T, U>, _column: C) -> Self {
        Self { key, column: C::NAME, field: ReadOnlyField::new() }
    }

    /// The field that writes the value: `CharField(source="project.name", read_only=True)`.
    #[must_use]
    pub fn field<K: Kind>(self, field: Field<K>) -> RelatedColumn<T, U, K> {
        RelatedColumn { key: self.key, column: self.column, field }
    }
}

impl<T: Model, U: Model, K: Kind + 'static> SerializerField<T> for RelatedColumn<T, U, K> {
    fn entry(self, name: &'static str) -> Result<Entry<T>, String> {
        let (index, column) = U::META
            .find(self.column)
            .ok_or_else(|| format!("{} has no column `{}`", U::META.name, self.column))?;
        let field = Arc::new(self.field.read_only());
        let output = SourceOutput { key: self.key, index, field: Arc::clone(&field) as _ };
        let entry = read_only(name, Arc::new(output) as Arc<dyn OutputField<T>>);
        // A field without a type of its own has the column's.
        let is_untyped = field.kind().is::<ReadOnly>();
        let shape = is_untyped.then_some(FieldShape::Column(U::META, column));
        Ok(Entry { field, shape, ..entry })
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
        Ok(Entry { field: Arc::new(CharField::new().read_only()), ..entry })
    }
}

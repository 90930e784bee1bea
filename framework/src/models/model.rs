//! The trait of models.

use diesel::result::Error as QueryError;
use vitamin_parsing::data::Value;

use super::convert::WrongType;
use super::meta::ModelMeta;
use super::queryset::QuerySet;
use super::relation::RelationVisitor;
use super::row::Row;
use super::value::{DbValue, ValueRef};

/// A row of a table, and the description of the table. Derive it: the [module](super) has an example.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a `Model`",
    note = "derive it: `#[derive(Model)] #[diesel(table_name = polls_question)] struct Question {{ … }}`"
)]
pub trait Model: Sized + Send + Sync + 'static {
    /// diesel's table.
    type Table: Send + Sync + 'static;

    /// The description of the table.
    const META: &'static ModelMeta;

    /// Reads the columns in their order.
    ///
    /// # Errors
    /// A column is not of its field's type.
    fn from_row(row: &mut Row<'_>) -> Result<Self, QueryError>;

    /// The value of a column by its index. NULL if there is none.
    fn value(&self, index: usize) -> ValueRef<'_>;

    /// Calls the visitor with the foreign key or many-to-many relation of this name. `None` if there is none.
    fn visit_relation<V: RelationVisitor<Self>>(_name: &str, _visitor: V) -> Option<V::Output> {
        None
    }

    /// All rows of the table (`Model.objects.all()`).
    #[must_use]
    fn objects() -> QuerySet<Self> {
        QuerySet::new()
    }

    /// The primary key that a serializer validated.
    ///
    /// # Errors
    /// It is not a value of the primary key's type.
    fn pk_of(value: &Value) -> Result<DbValue, WrongType> {
        DbValue::from_validated(value, Self::META.primary_key().kind)
    }

    /// The primary key.
    fn pk(&self) -> ValueRef<'_> {
        self.value(Self::META.primary_key)
    }
}

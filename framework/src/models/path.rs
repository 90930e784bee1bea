//! A column that is reached through relations: Django's `owner__username`.

use std::fmt;
use std::marker::PhantomData;

use diesel::Column as DieselColumn;

use super::column::ColumnKind;
use super::condition::Hop;
use super::model::Model;

/// A column of `T`, or of a row that relations lead to.
pub struct Path<T> {
    pub(crate) hops: Vec<Hop>,
    pub(crate) column: &'static str,
    /// The model that has the column.
    pub(crate) meta: &'static super::meta::ModelMeta,
    model: PhantomData<fn() -> T>,
}

impl<T> Clone for Path<T> {
    fn clone(&self) -> Self {
        Self { hops: self.hops.clone(), column: self.column, meta: self.meta, model: PhantomData }
    }
}

impl<T> fmt::Debug for Path<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.meta.table, self.column)
    }
}

impl<T: Model, C: DieselColumn<Table = T::Table>> From<C> for Path<T> {
    fn from(_column: C) -> Self {
        Self { hops: Vec::new(), column: C::NAME, meta: T::META, model: PhantomData }
    }
}

impl<T: Model> Path<T> {
    /// A column of the model by its name or its field's. `None` if there is none.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (_, column) = T::META.find(name)?;
        Some(Self { hops: Vec::new(), column: column.column, meta: T::META, model: PhantomData })
    }
}

impl<T> Path<T> {
    /// A column that holds a primary key of `meta`.
    pub(crate) fn own(column: &'static str, meta: &'static super::meta::ModelMeta) -> Self {
        Self { hops: Vec::new(), column, meta, model: PhantomData }
    }

    /// This path, continued from where the hops lead.
    pub(crate) fn behind<A>(self, hops: impl IntoIterator<Item = Hop>) -> Path<A> {
        let hops = hops.into_iter().chain(self.hops).collect();
        Path { hops, column: self.column, meta: self.meta, model: PhantomData }
    }

    /// The column's description. `None` if the model's struct does not have it.
    #[must_use]
    pub fn column(&self) -> Option<&'static super::column::Column> {
        self.meta.find(self.column).map(|(_, column)| column)
    }

    /// The column's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.column
    }

    /// The model that has the column.
    #[must_use]
    pub const fn meta(&self) -> &'static super::meta::ModelMeta {
        self.meta
    }

    /// Whether it is a column of the model itself.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.hops.is_empty()
    }

    pub(crate) fn kind(&self) -> ColumnKind {
        self.column().map_or(self.meta.primary_key().kind, |column| column.kind)
    }
}

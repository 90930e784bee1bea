//! A column that is reached through relations: Django's `owner__username`.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use diesel::Column as DieselColumn;

use super::annotation::Annotation;
use super::column::ColumnKind;
use super::condition::Hop;
use super::field_value::FieldValue;
use super::model::Model;
use super::operand::Operand;

/// A column of `T`, or of a row that relations lead to.
pub struct Path<T> {
    pub(crate) hops: Vec<Hop>,
    /// The column's name, or an annotation's.
    pub(crate) column: &'static str,
    /// How an annotation's values are stored. `None` for a column.
    annotation: Option<ColumnKind>,
    /// The model that has the column.
    pub(crate) meta: &'static super::meta::ModelMeta,
    model: PhantomData<fn() -> T>,
}

impl<T> Clone for Path<T> {
    fn clone(&self) -> Self {
        Self { hops: self.hops.clone(), ..Self::of(self.column, self.meta, self.annotation) }
    }
}

impl<T> fmt::Debug for Path<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.meta.table, self.column)
    }
}

impl<T: Model, C: DieselColumn<Table = T::Table>> From<C> for Path<T> {
    fn from(_column: C) -> Self {
        Self::own(C::NAME, T::META)
    }
}

impl<T: Model, V: FieldValue> From<Annotation<T, V>> for Path<T> {
    fn from(annotation: Annotation<T, V>) -> Self {
        Self::annotation(annotation.name(), V::KIND)
    }
}

impl<T: Model> Path<T> {
    /// An annotation, and how its values are stored.
    pub(crate) fn annotation(name: &'static str, kind: ColumnKind) -> Self {
        Self::of(name, T::META, Some(kind))
    }

    /// A column by the name of its field: `title`, or through foreign keys and many-to-many relations
    /// `project__owner__username`. The name of a many-to-many relation is that of the related rows' primary key. `None` if
    /// there is none.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (mut hops, mut meta, mut name) = (Vec::new(), T::META, name);
        loop {
            if let Some((_, column)) = meta.find(name) {
                return Some(Self { hops, ..Self::own(column.column, meta) });
            }
            let (first, rest) =
                name.split_once("__").map_or((name, None), |(first, rest)| (first, Some(rest)));
            let (to, column) = match meta.columns.iter().find(|column| column.name == first) {
                Some(column) => ((column.references?.to)(), column.column),
                None => {
                    let relation = meta.many_to_many.iter().find(|relation| relation.name == first)?;
                    hops.push(Hop {
                        column: meta.primary_key().column,
                        table: relation.table,
                        matched: relation.column,
                        many: true,
                        name: relation.name,
                    });
                    ((relation.to)(), relation.reverse_column)
                }
            };
            let Some(rest) = rest else {
                return Some(Self { hops, ..Self::own(column, to) });
            };
            // The table between two models has no model field.
            let key = meta.columns.iter().find(|own| own.column == column).map(|own| own.name);
            hops.push(Hop {
                column,
                table: to.table,
                matched: to.primary_key().column,
                many: false,
                name: key.unwrap_or_default(),
            });
            (meta, name) = (to, rest);
        }
    }
}

impl<T> Path<T> {
    /// A column that holds a primary key of `meta`.
    pub(crate) fn own(column: &'static str, meta: &'static super::meta::ModelMeta) -> Self {
        Self::of(column, meta, None)
    }

    const fn of(
        column: &'static str,
        meta: &'static super::meta::ModelMeta,
        annotation: Option<ColumnKind>,
    ) -> Self {
        Self { hops: Vec::new(), column, annotation, meta, model: PhantomData }
    }

    /// This path, continued from where the hops lead.
    pub(crate) fn behind<A>(self, hops: impl IntoIterator<Item = Hop>) -> Path<A> {
        let hops = hops.into_iter().chain(self.hops).collect();
        Path { hops, ..Path::of(self.column, self.meta, self.annotation) }
    }

    /// The column's description. `None` for an annotation, and if the model's struct does not have it.
    #[must_use]
    pub fn column(&self) -> Option<&'static super::column::Column> {
        let column = self.meta.find(self.column).filter(|_| self.annotation.is_none());
        column.map(|(_, column)| column)
    }

    /// The name as in Django's queries, such as `project__name`.
    #[must_use]
    pub fn field_name(&self) -> Cow<'static, str> {
        let name = self.column().map_or(self.column, |column| column.name);
        let mut names: Vec<_> =
            self.hops.iter().map(|hop| hop.name).filter(|name| !name.is_empty()).collect();
        if names.is_empty() {
            return Cow::Borrowed(name);
        }
        // A table between two models has the key of the rows behind it.
        if !self.hops.last().is_some_and(|hop| hop.many && self.meta.table != hop.table) {
            names.push(name);
        }
        Cow::Owned(names.join("__"))
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

    /// Whether it belongs to the model itself.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.hops.is_empty()
    }

    pub(crate) fn operand(&self) -> Operand {
        match self.annotation {
            Some(_) => Operand::Annotation(self.column),
            None => Operand::Column(self.column),
        }
    }

    /// How the values are stored.
    #[must_use]
    pub fn kind(&self) -> ColumnKind {
        let own = || self.column().map_or(self.meta.primary_key().kind, |column| column.kind);
        self.annotation.unwrap_or_else(own)
    }
}

//! Relations between models: foreign keys, their reverse, and many-to-many (`django/db/models/fields/related.py`).

use std::fmt;
use std::marker::PhantomData;

use diesel::Column as DieselColumn;

use super::condition::{Hop, Lookup};
use super::keys::Keys;
use super::model::Model;
use super::object::{NotLoaded, Object};
use super::path::Path;
use super::plan::Plan;
use super::q::Q;
use super::queryset::QuerySet;
use super::save::Changes;
use super::select::{Keyed, Through};
use super::value::ValueRef;
use crate::database::{DatabaseError, DbConnection};

/// A foreign key from `A` to `B`. The derive macro makes one for each `#[model(references(…))]`.
pub struct ForeignKey<A, B> {
    pub(crate) name: &'static str,
    pub(crate) index: usize,
    pub(crate) column: &'static str,
    pub(crate) optional: bool,
    models: PhantomData<fn() -> (A, B)>,
}

/// The rows of `B` whose foreign key refers to a row of `A`: `Issue::COMMENTS` is `Comment::ISSUE.reverse("comments")`.
pub struct Reverse<A, B> {
    pub(crate) name: &'static str,
    pub(crate) key: ForeignKey<B, A>,
}

/// The rows of `B` that a table between the two connects with a row of `A` (ManyToManyField).
pub struct ManyToMany<A, B> {
    pub(crate) name: &'static str,
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) reverse_column: &'static str,
    models: PhantomData<fn() -> (A, B)>,
}

/// The primary keys of related rows.
macro_rules! key_paths {
    ($($type:ident),*) => { $(
        impl<A: Model, B: Model> From<$type<A, B>> for Path<A> {
            fn from(relation: $type<A, B>) -> Self {
                relation.pk_path()
            }
        }
    )* };
}

key_paths!(ForeignKey, Reverse, ManyToMany);

/// Copies, and a `Debug` that names the relation.
macro_rules! relation {
    ($($type:ident),*) => { $(
        impl<A, B> Clone for $type<A, B> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<A, B> Copy for $type<A, B> {}

        impl<A, B> fmt::Debug for $type<A, B> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($type), self.name)
            }
        }
    )* };
}

relation!(ForeignKey, Reverse, ManyToMany);

/// A relation that a query set can load: [`QuerySet::with`](super::QuerySet::with).
pub trait Relation<T: Model> {
    /// Adds the relation to what is loaded.
    fn add_to(self, plan: &mut Plan<T>);
}

/// What is done with a relation that is known by its name only: [`Model::visit_relation`].
pub trait RelationVisitor<A: Model>: Sized {
    /// The result.
    type Output;

    /// The relation is a foreign key.
    fn foreign_key<B: Model>(self, key: ForeignKey<A, B>) -> Self::Output;

    /// The relation is a ManyToManyField.
    fn many_to_many<B: Model>(self, relation: ManyToMany<A, B>) -> Self::Output;
}

impl<A: Model, B: Model> ForeignKey<A, B> {
    /// A foreign key, by the model field's name, the index of its column, and whether it may be NULL.
    #[must_use]
    pub const fn new(name: &'static str, column: &'static str, index: usize, optional: bool) -> Self {
        Self { name, index, column, optional, models: PhantomData }
    }

    /// The field's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// Whether it may be NULL.
    #[must_use]
    pub const fn is_optional(self) -> bool {
        self.optional
    }

    /// The rows of `A` that refer to a row of `B` (`related_name`).
    #[must_use]
    pub const fn reverse(self, name: &'static str) -> Reverse<B, A> {
        Reverse { name, key: self }
    }

    /// A column of the row that it refers to: `owner__username` is `Project::OWNER.field(auth_user::username)`.
    #[must_use]
    pub fn field<C: DieselColumn<Table = B::Table>>(self, column: C) -> Path<A> {
        self.path(Path::from(column))
    }

    /// The key itself.
    fn pk_path(self) -> Path<A> {
        Path::own(self.column, A::META)
    }

    /// Continues a path from the row that it refers to.
    #[must_use]
    pub fn path(self, path: Path<B>) -> Path<A> {
        let hop = Hop {
            column: self.column,
            table: B::META.table,
            matched: B::META.primary_key().column,
            many: false,
            name: self.name,
        };
        path.behind([hop])
    }

    /// A column of the row that it refers to, by the column's index, as loaded with the object. `None` if it is NULL.
    ///
    /// # Errors
    /// Neither the row nor the column was loaded.
    pub fn value(self, object: &Object<A>, column: usize) -> Result<Option<ValueRef<'_>>, NotLoaded> {
        if let Ok(related) = self.get(object) {
            return Ok(related.map(|related| related.value(column)));
        }
        if object.value(self.index).is_null() {
            return Ok(None);
        }
        object.related_value(self.name, column).map(|value| Some(value.as_ref()))
    }

    /// The row that it refers to, as loaded with the object. `None` if it is NULL.
    ///
    /// # Errors
    /// It was not loaded.
    pub fn get(self, object: &Object<A>) -> Result<Option<&Object<B>>, NotLoaded> {
        object.related::<Option<Object<B>>>(self.name).map(Option::as_ref).or_else(|_| {
            // It was known before the object.
            object.related::<Object<B>>(self.name).map(Some)
        })
    }
}

impl<A: Model, B: Model> Reverse<A, B> {
    /// The relation's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The primary key of the rows.
    fn pk_path(self) -> Path<A> {
        let hop = Hop {
            column: A::META.primary_key().column,
            table: B::META.table,
            matched: self.key.column,
            many: true,
            name: self.name,
        };
        Path::<B>::own(B::META.primary_key().column, B::META).behind([hop])
    }

    /// A column of the rows: `comments__body` is `Issue::COMMENTS.field(comments::body)`.
    #[must_use]
    pub fn field<C: DieselColumn<Table = B::Table>>(self, column: C) -> Path<A> {
        let hop = Hop {
            column: A::META.primary_key().column,
            table: B::META.table,
            matched: self.key.column,
            many: true,
            name: self.name,
        };
        Path::<B>::from(column).behind([hop])
    }

    /// The rows, as loaded with the object.
    ///
    /// # Errors
    /// They were not loaded.
    pub fn get(self, object: &Object<A>) -> Result<&[Object<B>], NotLoaded> {
        object.related::<Vec<Object<B>>>(self.name).map(Vec::as_slice)
    }

    /// A column of the rows, by the column's index, as loaded with the object.
    ///
    /// # Errors
    /// Neither the rows nor the column were loaded.
    pub fn values(
        self,
        object: &Object<A>,
        column: usize,
    ) -> Result<impl Iterator<Item = ValueRef<'_>>, NotLoaded> {
        object.related_column::<B>(self.name, column)
    }
}

impl<A: Model, B: Model> Reverse<A, B> {
    /// The rows of these objects.
    pub(super) const fn keyed(self, keys: Keys) -> Keyed {
        Keyed { table: B::META.table, column: self.key.column, keys }
    }

    /// All rows that refer to an object (`project.issues`).
    #[must_use]
    pub fn of(self, object: &A) -> QuerySet<B> {
        let key = Path::<B>::own(self.key.column, A::META);
        QuerySet::new().filter_q(Q::compare(&key, Lookup::Exact, object.pk().to_owned()))
    }

    /// Inserts rows that refer to an object, one by one.
    ///
    /// # Errors
    /// The database refuses a row.
    pub fn create(
        self,
        connection: &mut DbConnection,
        object: &A,
        rows: impl IntoIterator<Item = Changes<B>>,
    ) -> Result<(), DatabaseError> {
        for mut row in rows {
            row.set_index(self.key.index, object.pk().to_owned());
            row.insert(connection)?;
        }
        Ok(())
    }
}

impl<A: Model, B: Model> ManyToMany<A, B> {
    /// A relation by a table between the two, its column that refers to `A`, and the one that refers to `B`.
    #[must_use]
    pub const fn new(
        name: &'static str,
        table: &'static str,
        column: &'static str,
        reverse_column: &'static str,
    ) -> Self {
        Self { name, table, column, reverse_column, models: PhantomData }
    }

    /// The field's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The same relation from the other side.
    #[must_use]
    pub const fn reverse(self, name: &'static str) -> ManyToMany<B, A> {
        ManyToMany::new(name, self.table, self.reverse_column, self.column)
    }

    /// The table between the two, as a query of the related rows needs it.
    pub(super) fn through(self) -> Through {
        let kind = A::META.primary_key().kind;
        Through { table: self.table, column: self.reverse_column, group: self.column, kind }
    }

    /// The rows of these objects.
    pub(super) const fn keyed(self, keys: Keys) -> Keyed {
        Keyed { table: self.table, column: self.column, keys }
    }

    /// The primary key of the related rows.
    pub(crate) fn pk_path(self) -> Path<A> {
        Path::<B>::own(self.reverse_column, B::META).behind([self.to_through()])
    }

    /// A column of the related rows: `labels__slug` is `Issue::LABELS.field(labels::slug)`.
    #[must_use]
    pub fn field<C: DieselColumn<Table = B::Table>>(self, column: C) -> Path<A> {
        let from = Hop {
            column: self.reverse_column,
            table: B::META.table,
            matched: B::META.primary_key().column,
            many: false,
            name: "",
        };
        Path::<B>::from(column).behind([self.to_through(), from])
    }

    /// The step to the table between the two.
    fn to_through(self) -> Hop {
        Hop {
            column: A::META.primary_key().column,
            table: self.table,
            matched: self.column,
            many: true,
            name: self.name,
        }
    }

    /// The rows, as loaded with the object.
    ///
    /// # Errors
    /// They were not loaded.
    pub fn get(self, object: &Object<A>) -> Result<&[Object<B>], NotLoaded> {
        object.related::<Vec<Object<B>>>(self.name).map(Vec::as_slice)
    }

    /// A column of the rows, by the column's index, as loaded with the object.
    ///
    /// # Errors
    /// Neither the rows nor the column were loaded.
    pub fn values(
        self,
        object: &Object<A>,
        column: usize,
    ) -> Result<impl Iterator<Item = ValueRef<'_>>, NotLoaded> {
        object.related_column::<B>(self.name, column)
    }
}

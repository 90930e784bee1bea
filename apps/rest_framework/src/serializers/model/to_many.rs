//! What the relations to many objects have in common.

use vitamin_framework::database::{DatabaseError, DbConnection};
use vitamin_framework::models::{
    DbValue, ManyToMany, Model, NotLoaded, Object, Plan, Relation, Reverse, ValueRef,
};

/// A relation of an object to many others: many-to-many, or the objects that refer to it.
pub trait ToMany: Relation<Self::From> + Copy + Send + Sync + 'static {
    /// The model that has the relation.
    type From: Model;
    /// The model that it leads to.
    type To: Model;

    /// The relation's name.
    fn name(self) -> &'static str;

    /// The objects that were loaded.
    ///
    /// # Errors
    /// They were not loaded.
    fn objects(self, object: &Object<Self::From>) -> Result<&[Object<Self::To>], NotLoaded>;

    /// A column of the objects, by its index, as it was loaded.
    ///
    /// # Errors
    /// Neither the objects nor the column were loaded.
    fn values(
        self,
        object: &Object<Self::From>,
        column: usize,
    ) -> Result<impl Iterator<Item = ValueRef<'_>>, NotLoaded>;

    /// Loads a column of the objects.
    fn add_value(self, plan: &mut Plan<Self::From>, column: usize);

    /// Makes exactly these objects related.
    ///
    /// # Errors
    /// The database or a receiver refuses the change.
    fn set(
        self,
        connection: &mut DbConnection,
        object: ValueRef<'_>,
        keys: &[DbValue],
    ) -> Result<(), DatabaseError>;
}

macro_rules! to_many {
    ($($relation:ident: $add_value:ident),*) => { $(
        impl<T: Model, U: Model> ToMany for $relation<T, U> {
            type From = T;
            type To = U;

            fn name(self) -> &'static str {
                $relation::name(self)
            }

            fn objects(self, object: &Object<T>) -> Result<&[Object<U>], NotLoaded> {
                self.get(object)
            }

            fn values(
                self,
                object: &Object<T>,
                column: usize,
            ) -> Result<impl Iterator<Item = ValueRef<'_>>, NotLoaded> {
                $relation::values(self, object, column)
            }

            fn add_value(self, plan: &mut Plan<T>, column: usize) {
                plan.$add_value(self, column);
            }

            fn set(
                self,
                connection: &mut DbConnection,
                object: ValueRef<'_>,
                keys: &[DbValue],
            ) -> Result<(), DatabaseError> {
                $relation::set(self, connection, object, keys)
            }
        }
    )* };
}

to_many!(Reverse: add_reverse_value, ManyToMany: add_many_to_many_value);

//! The output of nested serializers, and of lists of objects.

use std::sync::Arc;

use super::ModelSerializer;
use super::output::{OutputField, Representation, null};
use super::whole::WholeObject;
use crate::exceptions::APIException;
use crate::fields::write_items;
use vitamin_framework::models::{ForeignKey, ManyToMany, Model, Object, Plan, Relation, Reverse, With};

/// The output of a relation by another serializer.
pub(super) struct NestedOutput<R, U: Model> {
    pub(super) relation: R,
    pub(super) serializer: Arc<ModelSerializer<U>>,
}

/// A relation to the one object that refers to another by a unique foreign key.
pub struct OneToOne<T, U>(pub(super) Reverse<T, U>);

impl<T, U> Clone for OneToOne<T, U> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, U> Copy for OneToOne<T, U> {}

/// Loads a relation with what its serializer reads.
fn add_plan<T: Model, U: Model, R>(
    plan: &mut Plan<T>,
    serializer: &ModelSerializer<U>,
    with: impl FnOnce(Plan<U>) -> With<R, U>,
) where
    With<R, U>: Relation<T>,
{
    // A mistake in the nested serializer is reported when it writes.
    let nested = serializer.plan(false).cloned().unwrap_or_default();
    plan.add(with(nested));
}

impl<T: Model, U: Model> OutputField<T> for NestedOutput<ForeignKey<T, U>, U> {
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        match self.relation.get(object)? {
            Some(related) => self.serializer.write(related, context, out)?,
            None => null(out),
        }
        Ok(true)
    }

    fn plan(&self, plan: &mut Plan<T>) {
        add_plan(plan, &self.serializer, |nested| self.relation.with_plan(nested));
    }
}

impl<T: Model, U: Model> OutputField<T> for NestedOutput<OneToOne<T, U>, U> {
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        match self.relation.0.get(object)?.first() {
            Some(related) => self.serializer.write(related, context, out)?,
            None => null(out),
        }
        Ok(true)
    }

    fn plan(&self, plan: &mut Plan<T>) {
        add_plan(plan, &self.serializer, |nested| self.relation.0.with_plan(nested));
    }
}

impl<T: Model> OutputField<T> for NestedOutput<WholeObject, T> {
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        self.serializer.write(object, context, out)?;
        Ok(true)
    }

    fn plan(&self, plan: &mut Plan<T>) {
        if let Ok(nested) = self.serializer.plan(false) {
            plan.merge(nested);
        }
    }
}

/// The output of a relation to many objects.
macro_rules! many {
    ($($relation:ident),*) => { $(
        impl<T: Model, U: Model> OutputField<T> for NestedOutput<$relation<T, U>, U> {
            fn write(
                &self,
                object: &Object<T>,
                context: &Representation<'_>,
                out: &mut Vec<u8>,
            ) -> Result<bool, APIException> {
                write_list(self.relation.get(object)?, &self.serializer, context, out)?;
                Ok(true)
            }

            fn plan(&self, plan: &mut Plan<T>) {
                add_plan(plan, &self.serializer, |nested| self.relation.with_plan(nested));
            }
        }
    )* };
}

many!(Reverse, ManyToMany);

/// Appends objects as a JSON list.
pub(crate) fn write_list<'o, U: Model>(
    objects: impl IntoIterator<Item = &'o Object<U>>,
    serializer: &ModelSerializer<U>,
    context: &Representation<'_>,
    out: &mut Vec<u8>,
) -> Result<(), APIException> {
    write_items(objects, out, |object, out| serializer.write(object, context, out))
}

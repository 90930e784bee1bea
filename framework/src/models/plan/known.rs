//! Related rows that are known already, as those of `validated_data` in Django REST framework: they are not read again.

use std::any::Any;
use std::sync::Arc;

use super::Plan;
use crate::models::model::Model;
use crate::models::object::Object;
use crate::models::save::Changes;
use crate::models::value::ValueRef;

/// Objects of any models, each an `Arc<Object<…>>`.
pub type Known = [Arc<dyn Any + Send + Sync>];

/// The object of this primary key.
pub(super) fn find<B: Model>(known: &Known, pk: ValueRef<'_>) -> Option<Arc<Object<B>>> {
    let mut objects = known.iter().filter_map(|known| Arc::clone(known).downcast::<Object<B>>().ok());
    objects.find(|object| object.pk() == pk)
}

impl<T: Model> Plan<T> {
    /// Whether all that is loaded with a row of these values is known. For `instance`, the changes are made to its row.
    #[must_use]
    pub fn is_known(&self, changes: &Changes<T>, instance: Option<&Object<T>>, known: &Known) -> bool {
        let key = |index: usize| match changes.get(index) {
            Some(value) => Some(value.as_ref()),
            None => instance.map(|object| object.value(index)),
        };
        !self.prefetches()
            && self.joined().all(|load| key(load.index()).is_some_and(|key| load.is_known(key, known)))
    }

    /// Gives an object its related rows. Returns false if one is not known: they must be [loaded](Object::load).
    pub fn attach_known(&self, object: &mut Object<T>, known: &Known) -> bool {
        !self.prefetches() && self.joined().all(|load| load.attach_known(object, known))
    }
}

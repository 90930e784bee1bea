//! The closures by which an app changes a serializer.

use std::sync::Arc;

use super::{Save, Validation};
use crate::data::{Dict, Value};
use crate::exceptions::APIException;
use crate::request::Request;
use vitamin_framework::models::{Model, Object};

pub(super) type CheckField<T> =
    Arc<dyn Fn(&mut Value, &Validation<'_, T>) -> Result<(), APIException> + Send + Sync>;
pub(super) type Check<T> =
    Arc<dyn Fn(&mut Dict, &Validation<'_, T>) -> Result<(), APIException> + Send + Sync>;
pub(super) type Represent<T> =
    Arc<dyn Fn(&Object<T>, &Request, Dict) -> Result<Value, APIException> + Send + Sync>;
pub(super) type Omits<T> = Arc<dyn Fn(&Object<T>) -> bool + Send + Sync>;
pub(super) type Store<T> = Arc<dyn Fn(&mut Save<'_, T>) -> Result<Object<T>, APIException> + Send + Sync>;

/// The closures by which an app changes a serializer.
pub(super) struct Hooks<T: Model> {
    pub(super) fields: Vec<(&'static str, CheckField<T>)>,
    pub(super) checks: Vec<Check<T>>,
    pub(super) omits: Vec<(&'static str, Omits<T>)>,
    pub(super) representation: Option<Represent<T>>,
    pub(super) create: Option<Store<T>>,
    pub(super) update: Option<Store<T>>,
}

impl<T: Model> Clone for Hooks<T> {
    fn clone(&self) -> Self {
        Self {
            fields: self.fields.clone(),
            checks: self.checks.clone(),
            omits: self.omits.clone(),
            representation: self.representation.clone(),
            create: self.create.clone(),
            update: self.update.clone(),
        }
    }
}

impl<T: Model> Hooks<T> {
    pub(super) fn check_field(
        &self,
        name: &str,
        value: &mut Value,
        validation: &Validation<'_, T>,
    ) -> Result<(), APIException> {
        self.fields
            .iter()
            .filter(|(known, _)| *known == name)
            .try_for_each(|(_, check)| check(value, validation))
    }
}

//! New objects that need one statement alone: nothing is queried for them, neither before nor after.

use std::sync::Arc;

use super::ModelSerializer;
use super::entry::Target;
use super::negative_zero::NegativeZeros;
use super::validation::{Environment, Validation};
use super::writing::{Kept, validated_in};
use crate::data::{Data, Dict};
use crate::exceptions::APIException;
use crate::fields::{Context, Lookups as _};
use crate::request::RequestInfo;
use vitamin_auth::PublicUser;
use vitamin_auth::models::User;
use vitamin_framework::models::{Changes, Model, Object};

/// The validated data of a new object. No query was needed.
pub(crate) struct ValidData {
    values: Dict,
    kept: Kept,
}

impl ValidData {
    /// The values, and the objects that the checks found.
    pub(super) fn into_parts(self) -> (Dict, Kept) {
        (self.values, self.kept)
    }
}

/// The row of a new object, and the related objects that are known already.
pub(crate) struct SingleRow<T> {
    pub(crate) changes: Changes<T>,
    kept: Kept,
    negative_zeros: NegativeZeros,
}

/// As Django keeps the object that is saved as a foreign key.
pub(super) fn keep_user(kept: &mut Kept, user: Option<&User>) {
    kept.extend(user.map(|user| Arc::new(Object::new(PublicUser::from(user))) as _));
}

impl<T: Model> ModelSerializer<T> {
    /// Validates the body of a new object. `None`: a check must query.
    ///
    /// # Errors
    /// 400 with the errors of each field.
    pub(crate) fn valid_data(
        &self,
        is_postgres: bool,
        info: &RequestInfo,
        data: &Data,
    ) -> Result<Option<ValidData>, APIException> {
        let resolved = self.resolve(is_postgres)?;
        let environment = Environment::without_connection(is_postgres);
        let context = Context::new(info.time_zone()).request(info);
        let result = validated_in(&environment, context, data, |input, context| {
            let validation = Validation { lookups: &environment, info, instance: None };
            resolved.validate(input, &self.hooks, context, &validation)
        });
        if environment.needs_connection() {
            return Ok(None);
        }
        Ok(Some(ValidData { values: result?, kept: environment.kept() }))
    }

    /// The row of a new object with these values. `None`: more must be stored, or read after it.
    ///
    /// # Errors
    /// 500: a value is not of its column's type.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "SQLite has one way to write"))]
    pub(crate) fn single_row(
        &self,
        is_postgres: bool,
        info: &RequestInfo,
        ValidData { mut values, mut kept }: ValidData,
        own: &Changes<T>,
    ) -> Result<Option<SingleRow<T>>, APIException> {
        let resolved = self.resolve(is_postgres)?;
        let has_more = resolved.targets.iter().any(|(source, target)| {
            matches!(target, Target::Many(..) | Target::Nested(_)) && values.contains_key(source)
        });
        if self.creates_itself() || has_more {
            return Ok(None);
        }
        let negative_zeros = NegativeZeros::of(resolved, &values);
        let mut changes = resolved.changes(&mut values, info)?;
        changes.merge(own);
        keep_user(&mut kept, info.user());
        let row = SingleRow { changes, kept, negative_zeros };
        Ok(resolved.plan.is_known(&row.changes, None, &row.kept).then_some(row))
    }

    /// Gives a stored object the related objects that are known. `false`: a trigger of the database changed a foreign key,
    /// and they must be loaded.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "SQLite has one way to write"))]
    pub(crate) fn attach_known(
        &self,
        is_postgres: bool,
        object: &mut Object<T>,
        row: &SingleRow<T>,
    ) -> Result<bool, APIException> {
        row.negative_zeros.keep(object);
        Ok(self.resolve(is_postgres)?.plan.attach_known(object, &row.kept))
    }
}

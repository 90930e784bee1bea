//! The validation of a body that is about to be stored.

use std::any::Any;
use std::sync::Arc;

use super::validation::Environment;
use crate::data::Data;
use crate::error_detail::Detail;
use crate::exceptions::APIException;
use crate::fields::{Context, Input, Lookups as _};
use crate::request::RequestInfo;
use vitamin_framework::database::DbConnection;
use vitamin_framework::models::DbValue;

/// The objects that fields and checks found.
pub(super) type Kept = Vec<Arc<dyn Any + Send + Sync>>;

/// The connection and the request of a write.
pub(super) struct Writing<'a> {
    pub(super) connection: &'a mut DbConnection,
    pub(super) info: &'a RequestInfo,
}

impl Writing<'_> {
    /// Validates a body: of a new object, or of the one with this primary key.
    pub(super) fn validated<R>(
        self,
        data: &Data,
        instance_pk: Option<DbValue>,
        partial: bool,
        validate: impl FnOnce(&Input<'_>, Context<'_>) -> Result<R, APIException>,
    ) -> Result<(R, Kept), APIException> {
        let is_update = instance_pk.is_some();
        let environment = Environment::new(self.connection, instance_pk);
        let context =
            Context::new(self.info.time_zone()).partial(partial).request(self.info).update(is_update);
        let values = validated_in(&environment, context, data, validate)?;
        Ok((values, environment.kept()))
    }
}

/// Validates a body in an environment.
pub(super) fn validated_in<'a, R>(
    environment: &'a Environment<'_>,
    mut context: Context<'a>,
    data: &Data,
    validate: impl FnOnce(&Input<'_>, Context<'_>) -> Result<R, APIException>,
) -> Result<R, APIException> {
    let input = Input::from(data);
    if input.is_null() {
        return Err(APIException::validation_error(Detail::non_field("No data provided", "null")));
    }
    context.database = Some(environment);
    let result = validate(&input, context);
    // A failed query explains an invalid value.
    environment.take_failure().map_or(result, Err)
}

//! What a serializer's checks see: the request, the database, and the object that is updated.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::pk_input::pk_of;
use crate::data::Value;
use crate::exceptions::APIException;
use crate::fields::Lookups;
use crate::request::RequestInfo;
use vitamin_auth::models::User;
use vitamin_framework::database::DbConnection;
use vitamin_framework::models::{DbValue, Model, Object};

/// The database, as the checks of one validation see it.
pub(super) struct Environment<'c> {
    /// `None`: they are stopped if they need it.
    connection: Option<RefCell<&'c mut DbConnection>>,
    is_postgres: bool,
    needs_connection: Cell<bool>,
    /// The error of a query: fields can only return errors of their value.
    failure: RefCell<Option<APIException>>,
    kept: RefCell<Vec<Arc<dyn Any + Send + Sync>>>,
    instance_pk: Option<DbValue>,
}

impl<'c> Environment<'c> {
    pub(super) fn new(connection: &'c mut DbConnection, instance_pk: Option<DbValue>) -> Self {
        let is_postgres = connection.is_postgres();
        Self {
            connection: Some(RefCell::new(connection)),
            instance_pk,
            ..Self::without_connection(is_postgres)
        }
    }

    /// For a new object, as far as nothing must be queried.
    pub(super) fn without_connection(is_postgres: bool) -> Self {
        Self {
            connection: None,
            is_postgres,
            needs_connection: Cell::new(false),
            failure: RefCell::default(),
            kept: RefCell::default(),
            instance_pk: None,
        }
    }

    /// Whether a check wanted a connection where there is none. The result of the validation means nothing then.
    pub(super) fn needs_connection(&self) -> bool {
        self.needs_connection.get()
    }

    /// The first error of a query.
    pub(super) fn take_failure(&self) -> Option<APIException> {
        self.failure.borrow_mut().take()
    }
}

impl Lookups for Environment<'_> {
    fn with(&self, queries: &mut dyn FnMut(&mut DbConnection) -> Result<(), APIException>) {
        let Some(connection) = &self.connection else {
            self.needs_connection.set(true);
            return;
        };
        let result = match connection.try_borrow_mut() {
            Ok(mut connection) => queries(&mut connection),
            Err(_) => Err(APIException::server_error("a check queries the database within a query")),
        };
        if let Err(error) = result {
            self.failure.borrow_mut().get_or_insert(error);
        }
    }

    fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    fn instance_pk(&self) -> Option<DbValue> {
        self.instance_pk.clone()
    }

    fn is_postgres(&self) -> bool {
        self.is_postgres
    }

    fn keep(&self, object: Arc<dyn Any + Send + Sync>) {
        self.kept.borrow_mut().push(object);
    }

    fn kept(&self) -> Vec<Arc<dyn Any + Send + Sync>> {
        self.kept.borrow().clone()
    }
}

/// The object of this primary key, if a field has found it.
pub(super) fn find_kept<U: Model>(
    kept: &[Arc<dyn Any + Send + Sync>],
    pk: &DbValue,
) -> Option<Arc<Object<U>>> {
    let mut objects = kept.iter().filter_map(|kept| Arc::clone(kept).downcast::<Object<U>>().ok());
    objects.find(|object| object.pk() == pk.as_ref())
}

/// The error for a row that was there a moment ago.
pub(super) fn gone<U: Model>() -> APIException {
    APIException::server_error(format!("a {} of a validated value is gone", U::META.name))
}

/// The request, the database and the updated object, for the checks of a serializer.
///
/// ```
/// # use vitamin_rest_framework::prelude::*;
/// # diesel::table! { polls_poll (id) { id -> BigInt, owner_id -> vitamin_framework::database::UserKey, title -> Text, closed -> Bool, } }
/// # diesel::table! { polls_vote (id) { id -> BigInt, poll_id -> BigInt, choice -> Text, } }
/// # #[derive(Model)]
/// # #[model(table = polls_poll, crate = vitamin_framework)]
/// # struct Poll {
/// #     id: i64,
/// #     #[model(references(PublicUser))]
/// #     owner_id: UserId,
/// #     #[model(max_length = 100)]
/// #     title: String,
/// #     #[model(default = false)]
/// #     closed: bool,
/// # }
/// # #[derive(Model)]
/// # #[model(table = polls_vote, crate = vitamin_framework)]
/// # struct Vote {
/// #     id: i64,
/// #     #[model(references(Poll), related_name = votes)]
/// #     poll_id: i64,
/// #     #[model(max_length = 10)]
/// #     choice: String,
/// # }
/// fn vote_serializer() -> ModelSerializer<Vote> {
///     ModelSerializer::new(["id", "poll", "choice"]).validate(|attrs, validation| {
///         let Some(poll) = attrs.get("poll") else { return Ok(()) };
///         if validation.object::<Poll>(poll)?.closed {
///             return Err(APIException::validation_error([("poll", "This poll is closed.")]));
///         }
///         Ok(())
///     })
/// }
/// ```
pub struct Validation<'a, T> {
    pub(super) lookups: &'a dyn Lookups,
    pub(super) info: &'a RequestInfo,
    pub(super) instance: Option<&'a Object<T>>,
}

impl<'a, T: Model> Validation<'a, T> {
    /// The object that is updated. `None` for a new one.
    #[must_use]
    pub fn instance(&self) -> Option<&'a Object<T>> {
        self.instance
    }

    /// Returns the user, the path and the other facts of the request.
    #[must_use]
    pub fn request(&self) -> &'a RequestInfo {
        self.info
    }

    /// The request's user.
    ///
    /// # Errors
    /// 401 or 403: the request is anonymous.
    pub fn user(&self) -> Result<&'a User, APIException> {
        self.info.authenticated()
    }

    /// Runs queries.
    ///
    /// # Errors
    /// Those of the queries.
    pub fn database<R>(
        &self,
        queries: impl FnOnce(&mut DbConnection) -> Result<R, APIException>,
    ) -> Result<R, APIException> {
        let (mut queries, mut result) = (Some(queries), None);
        self.lookups.with(&mut |connection| {
            result = queries.take().map(|queries| queries(connection));
            Ok(())
        });
        result.unwrap_or_else(|| {
            Err(if self.lookups.is_connected() {
                APIException::server_error("a check queries within a query")
            } else {
                // Nobody sees it, and so the log must not have it.
                APIException::not_found()
            })
        })
    }

    /// The object of a validated value, such as that of a related field: the one that the field found, or that of this
    /// primary key.
    ///
    /// # Errors
    /// 500: there is no such object, or the query fails.
    pub fn object<U: Model>(&self, value: &Value) -> Result<Arc<Object<U>>, APIException> {
        let pk = pk_of::<U>(value, self.info)?;
        if let Some(found) = find_kept(&self.lookups.kept(), &pk) {
            return Ok(found);
        }
        let found = self.database(|connection| Ok(U::objects().find(pk).first(connection)?))?;
        let found = Arc::new(found.ok_or_else(gone::<U>)?);
        self.lookups.keep(Arc::clone(&found) as Arc<dyn Any + Send + Sync>);
        Ok(found)
    }
}

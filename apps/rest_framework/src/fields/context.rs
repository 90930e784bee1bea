//! The parameters of a validation.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::exceptions::APIException;
use crate::request::RequestInfo;
use vitamin_framework::database::DbConnection;
use vitamin_framework::models::{ColumnKind, DbValue};
use vitamin_framework::timezone::TimeZone;

/// The parameters of a validation.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Whether missing fields are ignored, as for PATCH.
    pub partial: bool,
    /// The project's time zone.
    pub time_zone: &'a TimeZone,
    /// The request. Defaults may depend on it.
    pub request: Option<&'a RequestInfo>,
    /// Whether an existing object is updated (the serializer has an `instance`).
    pub is_update: bool,
    /// The database, for fields that look their value up.
    pub database: Option<&'a dyn Lookups>,
}

impl Context<'_> {
    /// How a column's values are stored in this project.
    pub(crate) fn kind_of(&self, kind: ColumnKind) -> ColumnKind {
        self.request.map_or(kind, |info| info.kind_of(kind))
    }
}

/// The database as a validation sees it: it runs queries, and keeps the objects that they find.
pub trait Lookups {
    /// Runs queries. An error ends the validation, and is the response.
    fn with(&self, queries: &mut dyn FnMut(&mut DbConnection) -> Result<(), APIException>);

    /// Whether there is a connection. Without one nothing is queried, and the validation is repeated with one.
    fn is_connected(&self) -> bool {
        true
    }

    /// The primary key of the object that is updated.
    fn instance_pk(&self) -> Option<DbValue>;

    /// Whether the database is PostgreSQL.
    fn is_postgres(&self) -> bool;

    /// Keeps an object that a field found, for the serializer's hooks.
    fn keep(&self, object: Arc<dyn Any + Send + Sync>);

    /// The objects that fields found.
    fn kept(&self) -> Vec<Arc<dyn Any + Send + Sync>>;
}

impl<'a> Context<'a> {
    /// The validation of a new, whole object without a request.
    #[must_use]
    pub fn new(time_zone: &'a TimeZone) -> Self {
        Self { partial: false, time_zone, request: None, is_update: false, database: None }
    }

    /// Sets whether missing fields are ignored.
    #[must_use]
    pub fn partial(mut self, partial: bool) -> Self {
        self.partial = partial;
        self
    }

    /// Sets the request.
    #[must_use]
    pub fn request(mut self, request: &'a RequestInfo) -> Self {
        self.request = Some(request);
        self
    }

    /// Sets whether an existing object is updated.
    #[must_use]
    pub fn update(mut self, is_update: bool) -> Self {
        self.is_update = is_update;
        self
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("partial", &self.partial)
            .field("time_zone", &self.time_zone)
            .field("is_update", &self.is_update)
            .finish_non_exhaustive()
    }
}

//! The interface between the pages and the admin of any model.

use std::sync::Arc;

use chrono::NaiveDate;
use futures_util::future::LocalBoxFuture;

use vitamin_framework::database::{DatabaseError, DbConnection};
use vitamin_framework::models::{DbValue, ModelMeta};
use vitamin_rest_framework::data::{Data, QueryDict};
use vitamin_rest_framework::exceptions::APIException;
use vitamin_rest_framework::filters::FormField;
use vitamin_rest_framework::request::{Request, RequestInfo};
use vitamin_rest_framework::schemas::SerializerSchema;

use crate::date_hierarchy::Span;
use crate::options::Options;
use crate::version::Versions;

/// A [`ModelAdmin`](crate::ModelAdmin) of any model. Whatever reads or writes gets a connection: it may run on another thread, and in
/// the transaction of a write.
pub(crate) trait AnyModelAdmin: Send + Sync {
    /// The model's description.
    fn meta(&self) -> &'static ModelMeta;

    fn options(&self) -> &Options;

    /// Returns the mistakes of the declaration, as sentences for the developer.
    fn problems(&self) -> Vec<String>;

    /// The columns of the list.
    fn columns(&self) -> Vec<ListColumn>;

    fn filter_fields(&self) -> Vec<FormField>;

    /// The model whose object a filter chooses, by the filter's name.
    fn filter_models(&self) -> Vec<(String, &'static ModelMeta)>;

    fn is_searchable(&self) -> bool;

    /// The serializer of the form.
    fn schema(&self, is_new: bool, is_postgres: bool) -> SerializerSchema;

    /// A page of the list, with one row more if there are more. What it returns loads the rows.
    ///
    /// # Errors
    /// 400: a filter has no valid value.
    fn rows<'a>(
        self: Arc<Self>,
        request: &'a Request,
        query: ListQuery,
    ) -> LocalBoxFuture<'a, Result<LoadRows, APIException>>;

    /// The first and the last day of the column of the [date hierarchy](crate::ModelAdmin::date_hierarchy). `None` if there is none, or no
    /// row with a date.
    ///
    /// # Errors
    /// The query fails.
    fn date_bounds(
        &self,
        connection: &mut DbConnection,
        info: &RequestInfo,
    ) -> Result<Option<(NaiveDate, NaiveDate)>, DatabaseError>;

    /// The texts of the objects of these keys, with the keys. Those that are gone are missing.
    ///
    /// # Errors
    /// The query fails.
    fn texts(
        &self,
        connection: &mut DbConnection,
        keys: &[DbValue],
    ) -> Result<Vec<(DbValue, String)>, DatabaseError>;

    /// An object, for its form.
    ///
    /// # Errors
    /// The query fails, or the serializer does.
    fn find<'a>(
        &'a self,
        request: &'a Request,
        pk: DbValue,
    ) -> LocalBoxFuture<'a, Result<Option<Found>, APIException>>;

    /// Validates a form and stores it, in the transaction of the connection. `None`: the object of this key is gone.
    ///
    /// # Errors
    /// 400 with the errors of each field.
    fn save(
        &self,
        connection: &mut DbConnection,
        info: &RequestInfo,
        form: &Form<'_>,
    ) -> Result<Option<Saved>, APIException>;

    /// The texts of those of these objects that are there and in the admin's query set, with their keys.
    ///
    /// # Errors
    /// The query fails.
    fn selected(
        &self,
        connection: &mut DbConnection,
        info: &RequestInfo,
        keys: &[DbValue],
    ) -> Result<Vec<(DbValue, String)>, APIException>;

    /// Deletes objects, in the transaction of the connection.
    ///
    /// # Errors
    /// A protected foreign key refers to one; a receiver or the app refuses it.
    fn delete(
        &self,
        connection: &mut DbConnection,
        info: &RequestInfo,
        keys: &[DbValue],
    ) -> Result<(), APIException>;

    /// The actions: their names, labels, and the permissions that they need.
    fn actions(&self) -> Vec<(&'static str, &'static str, &[&'static str])>;

    /// Runs an action on objects, in the transaction of the connection. Returns its message.
    ///
    /// # Errors
    /// Those of the action.
    fn act(
        &self,
        connection: &mut DbConnection,
        info: &RequestInfo,
        action: &str,
        keys: &[DbValue],
    ) -> Result<String, APIException>;
}

/// A column of the list.
pub(crate) struct ListColumn {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    /// The model's column. `None`: computed.
    pub(crate) column: Option<&'static vitamin_framework::models::Column>,
}

/// Which rows a page of the list shows.
pub(crate) struct ListQuery {
    pub(crate) search: Vec<String>,
    /// The filters' parameters.
    pub(crate) filters: QueryDict,
    /// The part of time.
    pub(crate) dates: Span,
    /// The columns to order by, before the admin's own order.
    pub(crate) order: Vec<String>,
    pub(crate) offset: i64,
    pub(crate) limit: i64,
}

/// Loads rows of the list.
pub(crate) type LoadRows = Box<dyn FnOnce(&mut DbConnection) -> Result<Vec<ListRow>, APIException> + Send>;

/// A row of the list.
pub(crate) struct ListRow {
    pub(crate) pk: DbValue,
    pub(crate) text: String,
    pub(crate) cells: Vec<ListCell>,
}

/// A value in a row.
pub(crate) enum ListCell {
    /// Of the model's column.
    Value(DbValue),
    /// Computed.
    Text(String),
}

/// An object for its form.
pub(crate) struct Found {
    pub(crate) pk: DbValue,
    pub(crate) text: String,
    /// As the serializer writes it.
    pub(crate) json: serde_json::Value,
    /// The values of the model's columns, in their order.
    pub(crate) values: Vec<DbValue>,
}

/// A form that is to be stored.
pub(crate) struct Form<'a> {
    pub(crate) data: &'a Data,
    /// The object's key. `None`: a new one.
    pub(crate) pk: Option<&'a DbValue>,
    /// The version of the object that the form was made from, if the client sent it.
    pub(crate) version: Option<&'a str>,
    /// Makes the version to compare with.
    pub(crate) versions: Versions,
}

/// An object that was stored.
pub(crate) struct Saved {
    pub(crate) pk: DbValue,
    pub(crate) text: String,
    /// The labels of the fields that changed.
    pub(crate) changed: Vec<String>,
}

//! Actions on several objects of a list (`django/contrib/admin/actions.py`).

use std::sync::Arc;

use vitamin_framework::database::DbConnection;
use vitamin_framework::models::{Model, QuerySet};
use vitamin_rest_framework::exceptions::APIException;
use vitamin_rest_framework::request::RequestInfo;

type Run<T> = Arc<dyn Fn(&mut ActionRequest<'_, T>) -> Result<String, APIException> + Send + Sync>;

/// An action of an app's own (a method of `ModelAdmin` with `@admin.action`).
pub struct AdminAction<T> {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) permissions: Vec<&'static str>,
    pub(crate) run: Run<T>,
}

impl<T: Model> AdminAction<T> {
    /// An action by its name, the label in the list, and what it does in one transaction. It returns the message that the list then
    /// shows.
    ///
    /// Without [`permissions`](Self::permissions), whoever may change the model's rows may run it.
    #[must_use]
    pub fn new(
        name: &'static str,
        label: &'static str,
        run: impl Fn(&mut ActionRequest<'_, T>) -> Result<String, APIException> + Send + Sync + 'static,
    ) -> Self {
        Self { name, label, permissions: vec!["change"], run: Arc::new(run) }
    }

    /// The permissions for the model that a user must have, all of them: `add`, `change`, `delete`, `view`, or an app's own.
    #[must_use]
    pub fn permissions(mut self, permissions: impl IntoIterator<Item = &'static str>) -> Self {
        self.permissions = permissions.into_iter().collect();
        self
    }
}

/// An action and the objects that it was chosen for, in the transaction of its write.
pub struct ActionRequest<'a, T> {
    connection: &'a mut DbConnection,
    info: &'a RequestInfo,
    rows: QuerySet<T>,
}

impl<'a, T: Model> ActionRequest<'a, T> {
    pub(crate) fn new(connection: &'a mut DbConnection, info: &'a RequestInfo, rows: QuerySet<T>) -> Self {
        Self { connection, info, rows }
    }

    /// The chosen objects.
    #[must_use]
    pub fn queryset(&self) -> QuerySet<T> {
        self.rows.clone()
    }

    /// The connection, in the transaction.
    pub fn connection(&mut self) -> &mut DbConnection {
        self.connection
    }

    /// Returns the user, the path and the other facts of the request.
    #[must_use]
    pub fn request(&self) -> &RequestInfo {
        self.info
    }
}

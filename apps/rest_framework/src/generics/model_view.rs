//! What a view of a model's objects declares (`GenericAPIView` of rest_framework/generics.py).

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use futures_util::future::{LocalBoxFuture, ready};

use super::GenericView;
use super::create::OnCreate;
use crate::data::Dict;
use crate::exceptions::APIException;
use crate::filters::{FilterSet, SearchField};
use crate::pagination::Pagination;
use crate::permissions::ObjectPermission;
use crate::request::{Request, RequestInfo};
use crate::schemas::ListFilters;
#[cfg(feature = "browsable-api")]
use crate::schemas::{DescribeSerializer, SerializerSchema};
use crate::serializers::{ModelSerializer, Perform};
use crate::settings::{APISettings, FilterBackend};
use vitamin_framework::database::DbConnection;
use vitamin_framework::models::{Changes, DbValue, Model, Object, QuerySet};

type GetQuerySet<T> =
    Arc<dyn for<'a> Fn(&'a Request) -> LocalBoxFuture<'a, Result<QuerySet<T>, APIException>> + Send + Sync>;
type GetSerializer<T> = Arc<dyn Fn(&Request) -> Arc<ModelSerializer<T>> + Send + Sync>;
type GetObject<T> =
    Arc<dyn for<'a> Fn(&'a Request) -> LocalBoxFuture<'a, Result<Object<T>, APIException>> + Send + Sync>;
type PerformDestroy<T> = Arc<dyn Fn(&mut Destroy<'_, T>) -> Result<(), APIException> + Send + Sync>;

/// A query set, or the error that prevents it.
pub trait IntoQuerySet<T> {
    /// The query set.
    ///
    /// # Errors
    /// The request may not have it.
    fn into_query_set(self) -> Result<QuerySet<T>, APIException>;
}

impl<T> IntoQuerySet<T> for QuerySet<T> {
    fn into_query_set(self) -> Result<QuerySet<T>, APIException> {
        Ok(self)
    }
}

impl<T> IntoQuerySet<T> for Result<QuerySet<T>, APIException> {
    fn into_query_set(self) -> Result<QuerySet<T>, APIException> {
        self
    }
}

/// An object that is about to be deleted.
pub struct Destroy<'a, T> {
    connection: &'a mut DbConnection,
    info: &'a RequestInfo,
    object: &'a Object<T>,
}

impl<'a, T: Model> Destroy<'a, T> {
    /// A deletion that is about to happen in this transaction.
    #[doc(hidden)]
    #[must_use]
    pub fn new(connection: &'a mut DbConnection, info: &'a RequestInfo, object: &'a Object<T>) -> Self {
        Self { connection, info, object }
    }

    /// The object.
    #[must_use]
    pub fn object(&self) -> &'a Object<T> {
        self.object
    }

    /// Returns the user, the path and the other facts of the request.
    #[must_use]
    pub fn request(&self) -> &'a RequestInfo {
        self.info
    }

    /// The connection, in the transaction of this write.
    pub fn connection(&mut self) -> &mut DbConnection {
        self.connection
    }

    /// Deletes the object, and what depends on it.
    ///
    /// # Errors
    /// 500: a protected foreign key refers to it; the database refuses the deletion.
    pub fn delete(&mut self) -> Result<(), APIException> {
        Ok(self.object.delete(self.connection, self.info.models())?)
    }

    /// [`delete`](Self::delete) as the last thing that the request writes.
    pub(super) fn delete_last(&mut self) -> Result<(), APIException> {
        Ok(self.object.delete_last(self.connection, self.info.models())?)
    }
}

/// The declaration of a view of a model's objects.
pub(crate) struct ModelView<T: Model> {
    pub(crate) queryset: GetQuerySet<T>,
    pub(crate) serializer: GetSerializer<T>,
    /// The serializers of actions.
    pub(crate) of_actions: Vec<(&'static str, Arc<ModelSerializer<T>>)>,
    /// The serializer that the view was made with.
    pub(crate) declared: Arc<ModelSerializer<T>>,
    pub(crate) object: Option<GetObject<T>>,
    pub(crate) object_permissions: Vec<Arc<dyn ObjectPermission<T>>>,
    /// `None`: the project's.
    pub(crate) pagination: Option<Option<Arc<dyn Pagination>>>,
    pub(crate) filters: FilterSet<T>,
    pub(crate) search_fields: Vec<SearchField<T>>,
    /// `None`: the serializer's columns, if the project's filter backends include OrderingFilter.
    pub(crate) ordering_fields: Option<Vec<Cow<'static, str>>>,
    pub(crate) ordering: Vec<&'static str>,
    pub(crate) on_create: OnCreate<T>,
    pub(crate) perform_update: Option<Arc<Perform<T>>>,
    pub(crate) perform_destroy: Option<PerformDestroy<T>>,
}

impl<T: Model> Clone for ModelView<T> {
    fn clone(&self) -> Self {
        Self {
            queryset: Arc::clone(&self.queryset),
            serializer: Arc::clone(&self.serializer),
            of_actions: self.of_actions.clone(),
            declared: Arc::clone(&self.declared),
            object: self.object.clone(),
            object_permissions: self.object_permissions.clone(),
            pagination: self.pagination.clone(),
            filters: self.filters.clone(),
            search_fields: self.search_fields.clone(),
            ordering_fields: self.ordering_fields.clone(),
            ordering: self.ordering.clone(),
            on_create: self.on_create.clone(),
            perform_update: self.perform_update.clone(),
            perform_destroy: self.perform_destroy.clone(),
        }
    }
}

impl<T: Model> ModelView<T> {
    pub(crate) fn new(serializer: ModelSerializer<T>) -> Self {
        let serializer = Arc::new(serializer);
        Self {
            queryset: Arc::new(|_| Box::pin(ready(Ok(T::objects())))),
            of_actions: Vec::new(),
            declared: Arc::clone(&serializer),
            serializer: Arc::new(move |_| Arc::clone(&serializer)),
            object: None,
            object_permissions: Vec::new(),
            pagination: None,
            filters: FilterSet::new(),
            search_fields: Vec::new(),
            ordering_fields: None,
            ordering: Vec::new(),
            on_create: OnCreate::default(),
            perform_update: None,
            perform_destroy: None,
        }
    }

    pub(crate) fn set_queryset<Q: IntoQuerySet<T> + 'static>(
        &mut self,
        rows: impl Fn(&Request, QuerySet<T>) -> Q + Send + Sync + 'static,
    ) {
        self.queryset =
            Arc::new(move |request| Box::pin(ready(rows(request, T::objects()).into_query_set())));
    }

    pub(crate) fn set_get_queryset(
        &mut self,
        rows: impl AsyncFn(&Request) -> Result<QuerySet<T>, APIException> + Send + Sync + 'static,
    ) {
        let rows = Arc::new(rows);
        self.queryset = Arc::new(move |request| {
            let rows = Arc::clone(&rows);
            Box::pin(async move { rows(request).await })
        });
    }

    pub(crate) fn set_created_with<C, V>(
        &mut self,
        column: C,
        value: impl AsyncFn(&Request) -> Result<V, APIException> + Send + Sync + 'static,
    ) where
        C: diesel::Column<Table = T::Table> + Copy + Send + Sync + 'static,
        V: Into<DbValue>,
    {
        let value = Arc::new(value);
        self.on_create.found.push(Arc::new(move |request| {
            let value = Arc::clone(&value);
            Box::pin(async move {
                let mut changes = Changes::new();
                changes.set(column, value(request).await?);
                Ok(changes)
            })
        }));
    }

    pub(crate) fn set_get_object(
        &mut self,
        object: impl AsyncFn(&Request) -> Result<Object<T>, APIException> + Send + Sync + 'static,
    ) {
        let object = Arc::new(object);
        self.object = Some(Arc::new(move |request| {
            let object = Arc::clone(&object);
            Box::pin(async move { object(request).await })
        }));
    }

    /// The serializer of a request: that of its action, or the view's.
    pub(crate) fn serializer_of(&self, request: &Request) -> Arc<ModelSerializer<T>> {
        let of_action = request.action().and_then(|action| {
            self.of_actions.iter().find(|(known, _)| *known == action).map(|(_, serializer)| serializer)
        });
        of_action.map_or_else(|| (self.serializer)(request), Arc::clone)
    }

    /// The filters of a list, of the view's own declarations and the project's filter backends.
    pub(super) fn list_filters(&self, settings: &APISettings) -> ListFilters {
        let has = |backend| settings.default_filter_backends.contains(&backend);
        let searches = has(FilterBackend::SearchFilter) || !self.search_fields.is_empty();
        let orders = has(FilterBackend::OrderingFilter) || self.ordering_fields.is_some();
        ListFilters {
            filters: self.filters.schema(),
            search_param: searches.then_some(settings.search_param),
            ordering_param: orders.then_some(settings.ordering_param),
        }
    }

    pub(crate) fn set_serializer(
        &mut self,
        choose: impl Fn(&Request) -> Arc<ModelSerializer<T>> + Send + Sync + 'static,
    ) {
        self.serializer = Arc::new(choose);
    }
}

/// An object, and what may be done with it.
#[cfg(feature = "browsable-api")]
#[derive(Default)]
pub(crate) struct Inspection {
    /// The object as a serializer writes it. Empty if nothing is allowed.
    pub(crate) json: Vec<u8>,
    /// Which of the requests the permissions of objects allow.
    pub(crate) allowed: Vec<bool>,
}

/// What the other parts of a view ask of its model view, whatever the model is.
pub(crate) trait ModelViewInfo: Send + Sync {
    /// The fields of the serializer, for the response to OPTIONS.
    fn info(&self, request: &Request) -> Result<Dict, APIException>;

    /// Finds the object and checks its permissions, as PUT does.
    fn check_object<'a>(&'a self, request: &'a Request) -> LocalBoxFuture<'a, Result<(), APIException>>;

    /// Returns the mistakes of the declaration.
    fn problems(&self) -> Vec<String>;

    /// Returns the parts of the declaration that SQLite cannot do, as sentences for the developer.
    fn unsupported_on_sqlite(&self) -> Vec<String>;

    /// The serializer of a request, for its form.
    #[cfg(feature = "browsable-api")]
    fn form(&self, request: &Request) -> Result<SerializerSchema, APIException>;

    /// The object that the path names, as JSON of the serializer for `serializer_of`, and which of these requests the
    /// permissions of objects allow.
    #[cfg(feature = "browsable-api")]
    fn inspect_object<'a>(
        &'a self,
        requests: &'a [Request],
        serializer_of: &'a Request,
    ) -> LocalBoxFuture<'a, Result<Inspection, APIException>>;

    /// The filters of a list.
    #[cfg(feature = "browsable-api")]
    fn list_filters(&self, settings: &APISettings) -> ListFilters;

    /// The names that `?ordering=` takes.
    #[cfg(feature = "browsable-api")]
    fn ordering_names(&self, request: &Request) -> Result<Vec<String>, APIException>;

    /// The pagination class.
    #[cfg(feature = "browsable-api")]
    fn pagination(&self, settings: &APISettings) -> Option<Arc<dyn Pagination>>;

    /// Itself, shared.
    fn shared(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<T: Model> ModelViewInfo for ModelView<T> {
    fn info(&self, request: &Request) -> Result<Dict, APIException> {
        self.serializer_of(request).info(request.database()?.is_postgres())
    }

    fn check_object<'a>(&'a self, request: &'a Request) -> LocalBoxFuture<'a, Result<(), APIException>> {
        Box::pin(async move {
            let view = GenericView::new(Arc::new(self.clone()), request.clone());
            view.find_object(false).await.map(|_| ())
        })
    }

    fn problems(&self) -> Vec<String> {
        let serializers = self.of_actions.iter().map(|(_, serializer)| serializer).chain([&self.declared]);
        let mistakes = serializers.filter_map(|serializer| serializer.check().err());
        mistakes.chain(self.filters.mistakes.iter().cloned()).collect()
    }

    fn unsupported_on_sqlite(&self) -> Vec<String> {
        let of_search = self.search_fields.iter().filter_map(SearchField::unsupported_on_sqlite);
        self.filters.unsupported_on_sqlite().chain(of_search).collect()
    }

    #[cfg(feature = "browsable-api")]
    fn form(&self, request: &Request) -> Result<SerializerSchema, APIException> {
        Ok(self.serializer_of(request).schema(request.database()?.is_postgres()))
    }

    #[cfg(feature = "browsable-api")]
    fn inspect_object<'a>(
        &'a self,
        requests: &'a [Request],
        serializer_of: &'a Request,
    ) -> LocalBoxFuture<'a, Result<Inspection, APIException>> {
        Box::pin(async move {
            let view = GenericView::new(Arc::new(self.clone()), serializer_of.clone());
            view.inspect_object(requests, serializer_of).await
        })
    }

    #[cfg(feature = "browsable-api")]
    fn list_filters(&self, settings: &APISettings) -> ListFilters {
        Self::list_filters(self, settings)
    }

    #[cfg(feature = "browsable-api")]
    fn ordering_names(&self, request: &Request) -> Result<Vec<String>, APIException> {
        let view = GenericView::new(Arc::new(self.clone()), request.clone());
        let serializer = view.get_serializer();
        Ok(view.ordering_names(&serializer)?.into_iter().map(str::to_owned).collect())
    }

    #[cfg(feature = "browsable-api")]
    fn pagination(&self, settings: &APISettings) -> Option<Arc<dyn Pagination>> {
        self.pagination.clone().unwrap_or_else(|| settings.default_pagination_class.clone())
    }

    fn shared(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

//! A request to a view of a model's objects: its query set, object, serializer and pages.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::web::Data as AppData;
use actix_web::{FromRequest, HttpRequest};

#[cfg(feature = "browsable-api")]
use super::model_view::Inspection;
use super::model_view::ModelView;
use crate::exceptions::APIException;
use crate::request::{Request, RequestInfo};
use crate::response::Response;
use crate::serializers::{ModelListSerializer, ModelSerializer, Representation, pk_lookup, write_list};
use crate::settings::APISettings;
use crate::shortcuts::not_found_in;
use vitamin_framework::database::DbConnection;
use vitamin_framework::models::{DbValue, Lookup, Model, Object, Path, Q, QuerySet};

/// The view of a request, in a handler of a [`ModelViewSet`](crate::viewsets::ModelViewSet) or of a generic view. Actions
/// extract it: `async fn close(view: GenericView<Issue>) -> Result<Response, APIException>`.
pub struct GenericView<T: Model> {
    pub(super) view: Arc<ModelView<T>>,
    request: Request,
}

impl<T: Model> FromRequest for GenericView<T> {
    type Error = APIException;
    type Future = Ready<Result<Self, APIException>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let view = Request::current(http).and_then(|request| {
            // The view reads the body itself, after it has found its object.
            request.put_payload(payload.take());
            let view = request.view().model_view.clone()?.shared().downcast::<ModelView<T>>().ok()?;
            Some(Self::new(view, request))
        });
        ready(view.ok_or_else(|| {
            APIException::server_error(format!("the handler's view is not one of {} objects", T::META.name))
        }))
    }
}

impl<T: Model> GenericView<T> {
    pub(super) fn new(view: Arc<ModelView<T>>, request: Request) -> Self {
        Self { view, request }
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The objects of the view.
    ///
    /// # Errors
    /// Those of the view's own `queryset`.
    pub async fn get_queryset(&self) -> Result<QuerySet<T>, APIException> {
        (self.view.queryset)(&self.request).await
    }

    /// The serializer of this request.
    #[must_use]
    pub fn get_serializer(&self) -> Arc<ModelSerializer<T>> {
        self.view.serializer_of(&self.request)
    }

    /// The serializer of this request, for a list (`get_serializer(many=True)`).
    #[must_use]
    pub fn many(&self) -> ModelListSerializer<T> {
        ModelListSerializer::new(self.get_serializer())
    }

    /// Adds the relations that the serializer reads.
    pub(super) fn with_relations(&self, rows: QuerySet<T>) -> Result<QuerySet<T>, APIException> {
        let serializer = self.get_serializer();
        Ok(rows.with_plan(serializer.plan(self.request.database()?.is_postgres())?))
    }

    /// The object that the path names, among those of the view, after its permissions were checked.
    ///
    /// # Errors
    /// 404: there is none; 401 or 403: a permission class denies it.
    pub async fn get_object(&self) -> Result<Object<T>, APIException> {
        self.find_object(true).await
    }

    /// The object, with or without the relations that the serializer reads.
    pub(super) async fn find_object(&self, with_relations: bool) -> Result<Object<T>, APIException> {
        if let Some(get_object) = &self.view.object {
            let object = get_object(&self.request).await?;
            return Ok(object);
        }
        let object = self.load_object(with_relations).await?;
        self.check_object_permissions(&self.request, &object).await?;
        Ok(object)
    }

    /// The object that the path names, whatever the permissions of objects are.
    async fn load_object(&self, with_relations: bool) -> Result<Object<T>, APIException> {
        let rows = self.filter_queryset(self.get_queryset().await?).await?;
        let mut rows = rows.filter_q(self.lookup()?);
        if with_relations {
            rows = self.with_relations(rows)?;
        }
        let found = self.request.first(rows).await?;
        found.ok_or_else(|| not_found_in::<T>(&self.request))
    }

    /// Asks the view's permissions of objects (`check_object_permissions`).
    pub(super) async fn check_object_permissions(
        &self,
        request: &Request,
        object: &Object<T>,
    ) -> Result<(), APIException> {
        for class in &self.view.object_permissions {
            if !class.has_object_permission(request, object).await? {
                let (message, code) = class.denial(request);
                return Err(request.permission_denied(message, code));
            }
        }
        Ok(())
    }

    /// The object that the path names, as JSON of the serializer for `serializer_of`, and those of these requests that the
    /// permissions of objects allow.
    #[cfg(feature = "browsable-api")]
    pub(super) async fn inspect_object(
        &self,
        requests: &[Request],
        serializer_of: &Request,
    ) -> Result<Inspection, APIException> {
        let mut object = match &self.view.object {
            Some(get_object) => get_object(&self.request).await?,
            None => self.load_object(false).await?,
        };
        let mut allowed = Vec::with_capacity(requests.len());
        for request in requests {
            allowed.push(self.check_object_permissions(request, &object).await.is_ok());
        }
        let mut json = Vec::new();
        if allowed.contains(&true) {
            let serializer = self.view.serializer_of(serializer_of);
            let database = self.request.database()?;
            object.fetch_related(database, serializer.plan(database.is_postgres())?).await?;
            self.representation(|context| serializer.write(&object, context, &mut json))?;
        }
        Ok(Inspection { json, allowed })
    }

    /// The condition that the path's value makes.
    fn lookup(&self) -> Result<Q<T>, APIException> {
        let view_set = self.request.view_set();
        let field = view_set.map_or("pk", |view_set| view_set.lookup_field.as_str());
        let parameter = view_set.map_or("pk", |view_set| view_set.lookup_url_kwarg.as_str());
        let text: String = self.request.path_param(parameter)?;
        let path = Path::<T>::named(field)
            .ok_or_else(|| APIException::server_error(format!("{} has no field `{field}`", T::META.name)))?;
        let kind = path.column().map(|column| column.kind);
        let value = kind.and_then(|kind| pk_lookup(text, self.request.info().kind_of(kind)));
        match value {
            Some(Some(value)) => Ok(Q::compare(&path, Lookup::Exact, value)),
            Some(None) => Ok(Q::never()),
            None => Err(APIException::not_found()),
        }
    }

    /// Changes the database in a transaction.
    ///
    /// # Errors
    /// Those of the work, and of the transaction.
    pub async fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut DbConnection, &RequestInfo) -> Result<R, APIException> + Send + 'static,
    ) -> Result<R, APIException> {
        self.request.write(work).await
    }

    /// A response with this object, as the serializer writes it. The object may have changed: its relations are loaded.
    ///
    /// # Errors
    /// The query fails, or the serializer does.
    pub async fn serialize(&self, object: Object<T>) -> Result<Response, APIException> {
        self.request.serialize(&self.get_serializer(), object).await
    }

    /// A response with an object that has the relations that the serializer reads.
    pub(super) fn respond(&self, object: &Object<T>) -> Result<Response, APIException> {
        let mut body = Vec::with_capacity(512);
        self.representation(|context| self.get_serializer().write(object, context, &mut body))?;
        Ok(Response::rendered(body))
    }

    /// Appends objects as a JSON list.
    pub(super) fn write_list<'o>(
        &self,
        objects: impl IntoIterator<Item = &'o Object<T>>,
        out: &mut Vec<u8>,
    ) -> Result<(), APIException> {
        let serializer = self.get_serializer();
        self.representation(|context| write_list(objects, &serializer, context, out))
    }

    pub(super) fn representation<R>(
        &self,
        write: impl FnOnce(&Representation<'_>) -> Result<R, APIException>,
    ) -> Result<R, APIException> {
        write(&Representation::new(&self.request))
    }

    /// The project's settings.
    pub(super) fn settings(&self) -> Option<&APISettings> {
        self.request.app_data::<AppData<APISettings>>().map(|settings| settings.get_ref())
    }
}

impl Request {
    /// Loads the first row of a query set.
    ///
    /// # Errors
    /// The query fails.
    pub async fn first<T: Model>(&self, rows: QuerySet<T>) -> Result<Option<Object<T>>, APIException> {
        Ok(rows.fetch_first(self.database()?).await?)
    }

    /// Loads the rows of a query set.
    ///
    /// # Errors
    /// The query fails.
    pub async fn fetch<T: Model>(&self, rows: QuerySet<T>) -> Result<Vec<Object<T>>, APIException> {
        Ok(rows.fetch(self.database()?).await?)
    }

    /// Whether a query set has any row.
    ///
    /// # Errors
    /// The query fails.
    pub async fn exists<T: Model>(&self, rows: QuerySet<T>) -> Result<bool, APIException> {
        Ok(rows.fetch_exists(self.database()?).await?)
    }

    /// A response with an object, as this serializer writes it. Its relations are loaded.
    ///
    /// # Errors
    /// The query fails, or the serializer does.
    pub async fn serialize<T: Model>(
        &self,
        serializer: &ModelSerializer<T>,
        mut object: Object<T>,
    ) -> Result<Response, APIException> {
        let database = self.database()?;
        object.fetch_related(database, serializer.plan(database.is_postgres())?).await?;
        let mut body = Vec::with_capacity(512);
        let context = Representation::new(self);
        serializer.write(&object, &context, &mut body)?;
        Ok(Response::rendered(body))
    }

    /// A response with the list of all these objects, as this serializer writes them (`many=True`).
    ///
    /// # Errors
    /// The query fails, or the serializer does.
    pub async fn serialize_all<T: Model>(
        &self,
        serializer: &ModelSerializer<T>,
        rows: QuerySet<T>,
    ) -> Result<Response, APIException> {
        let rows = rows.with_plan(serializer.plan(self.database()?.is_postgres())?);
        let objects = self.fetch(rows).await?;
        let mut body = Vec::with_capacity(4096);
        let context = Representation::new(self);
        write_list(&objects, serializer, &context, &mut body)?;
        Ok(Response::rendered(body))
    }

    /// Loads the row of this primary key (`get_object_or_404`).
    ///
    /// # Errors
    /// 404: there is none; the query fails.
    pub async fn get_object_or_404<T: Model>(
        &self,
        rows: QuerySet<T>,
        pk: impl Into<DbValue>,
    ) -> Result<Object<T>, APIException> {
        self.first(rows.find(pk)).await?.ok_or_else(|| not_found_in::<T>(self))
    }

    /// Changes the database in a transaction.
    ///
    /// # Errors
    /// Those of the work, and of the transaction.
    pub async fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut DbConnection, &RequestInfo) -> Result<R, APIException> + Send + 'static,
    ) -> Result<R, APIException> {
        let info = self.info().clone();
        self.database()?.write(move |connection| work(connection, &info)).await
    }
}

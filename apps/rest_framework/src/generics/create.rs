//! How a view creates objects (`CreateModelMixin` of rest_framework/mixins.py).

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION};
use futures_util::future::LocalBoxFuture;

use super::GenericView;
use crate::data::Data;
use crate::exceptions::APIException;
use crate::request::{Request, RequestInfo};
use crate::response::Response;
#[cfg(feature = "postgres")]
use crate::serializers::ValidData;
use crate::serializers::{Destination, ModelListSerializer, ModelSerializer, Perform, Save};
use vitamin_framework::models::{Changes, Model, Object};

type Known<T> = dyn Fn(&RequestInfo, &mut Changes<T>) -> Result<(), APIException> + Send + Sync;
type Found<T> =
    dyn for<'a> Fn(&'a Request) -> LocalBoxFuture<'a, Result<Changes<T>, APIException>> + Send + Sync;

/// What a view sets of new objects, whatever the client sent.
pub(crate) struct OnCreate<T: Model> {
    /// Columns that are known from the request.
    pub(crate) known: Vec<Arc<Known<T>>>,
    /// Columns that must be queried.
    pub(crate) found: Vec<Arc<Found<T>>>,
    /// `perform_create`.
    pub(crate) perform: Vec<Arc<Perform<T>>>,
}

impl<T: Model> Clone for OnCreate<T> {
    fn clone(&self) -> Self {
        Self { known: self.known.clone(), found: self.found.clone(), perform: self.perform.clone() }
    }
}

impl<T: Model> Default for OnCreate<T> {
    fn default() -> Self {
        Self { known: Vec::new(), found: Vec::new(), perform: Vec::new() }
    }
}

impl<T: Model> OnCreate<T> {
    fn set_known(&self, info: &RequestInfo, changes: &mut Changes<T>) -> Result<(), APIException> {
        self.known.iter().try_for_each(|known| known(info, changes))
    }

    /// Does it all, with the columns that were found.
    fn perform(&self, save: &mut Save<'_, T>, found: &Changes<T>) -> Result<(), APIException> {
        let mut changes = found.clone();
        self.set_known(save.request(), &mut changes)?;
        save.set_all(&changes);
        self.perform.iter().try_for_each(|perform| perform(save))
    }
}

impl<T: Model> GenericView<T> {
    /// Creates an object (`CreateModelMixin`): 201, with its URL in `Location` if the serializer has a field `url`.
    ///
    /// # Errors
    /// 400 with the errors of each field.
    pub async fn create(&self) -> Result<Response, APIException> {
        let data = self.data().await?;
        let serializer = self.get_serializer();
        let (database, on_create) = (self.request().database()?, &self.view.on_create);
        let may_be_alone = on_create.perform.is_empty()
            && !serializer.creates_itself()
            && Changes::<T>::may_insert_alone(database);
        #[cfg_attr(not(feature = "postgres"), expect(unused_mut, reason = "SQLite has one way to write"))]
        let mut valid = if may_be_alone || !on_create.found.is_empty() {
            serializer.valid_data(database.is_postgres(), self.request().info(), &data)?
        } else {
            None
        };
        let data = Arc::new(data);
        if valid.is_none() && !on_create.found.is_empty() {
            self.validate(&serializer, &data).await?;
        }
        let found = self.found().await?;
        #[cfg(feature = "postgres")]
        if may_be_alone
            && let Some(valid) = valid.take()
            && let Some(created) = self.create_alone(&serializer, valid, found.clone()).await?
        {
            return match created {
                Alone::Loaded(object) => self.respond_created(&object),
                Alone::Changed(object) => Ok(self.serialize(object).await?.status(StatusCode::CREATED)),
            };
        }
        let on_create = on_create.clone();
        let created = self.write(move |connection, info| {
            let perform = move |save: &mut Save<'_, T>| on_create.perform(save, &found);
            match valid {
                Some(valid) => serializer.store_valid(connection, info, valid, &perform),
                None => serializer.store(connection, info, &data, Destination::new_object(), Some(&perform)),
            }
        });
        self.respond_created(&created.await?)
    }

    /// Creates the objects of a list: 201 with all of them. `perform_create` runs for each.
    ///
    /// # Errors
    /// 400 with the errors of each object by its position.
    pub async fn create_many(&self, serializer: ModelListSerializer<T>) -> Result<Response, APIException> {
        let data = self.data().await?;
        let (found, on_create) = (self.found().await?, self.view.on_create.clone());
        let created = self
            .write(move |connection, info| {
                let perform = move |save: &mut Save<'_, T>| on_create.perform(save, &found);
                serializer.save(connection, info, &data, Some(&perform))
            })
            .await?;
        let mut body = Vec::with_capacity(4096);
        self.write_list(&created, &mut body)?;
        Ok(Response::rendered(body).status(StatusCode::CREATED))
    }

    /// Validates data, so that their errors come before those of what the view looks up.
    async fn validate(
        &self,
        serializer: &Arc<ModelSerializer<T>>,
        data: &Arc<Data>,
    ) -> Result<(), APIException> {
        let (serializer, data) = (Arc::clone(serializer), Arc::clone(data));
        let info = self.request().info().clone();
        let database = self.request().database()?;
        database.read(move |connection| serializer.run_validation(connection, &info, &data).map(drop)).await
    }

    /// The columns that must be queried.
    async fn found(&self) -> Result<Changes<T>, APIException> {
        let mut all = Changes::new();
        for found in &self.view.on_create.found {
            all.merge(&found(self.request()).await?);
        }
        Ok(all)
    }

    /// Stores an object by one statement on a worker's own connection. `None`: it can't be stored so.
    #[cfg(feature = "postgres")]
    async fn create_alone(
        &self,
        serializer: &ModelSerializer<T>,
        valid: ValidData,
        mut own: Changes<T>,
    ) -> Result<Option<Alone<T>>, APIException> {
        let info = self.request().info();
        self.view.on_create.set_known(info, &mut own)?;
        let Some(row) = serializer.single_row(true, info, valid, &own)? else { return Ok(None) };
        let Some(inserted) = row.changes.insert_alone(self.request().database()?).await else {
            return Ok(None);
        };
        let mut object = inserted?;
        let is_loaded = serializer.attach_known(true, &mut object, &row)?;
        Ok(Some(if is_loaded { Alone::Loaded(object) } else { Alone::Changed(object) }))
    }

    fn respond_created(&self, created: &Object<T>) -> Result<Response, APIException> {
        let response = self.respond(created)?.status(StatusCode::CREATED);
        let Some(url) = self.url(created)? else { return Ok(response) };
        Ok(match HeaderValue::from_str(&url) {
            Ok(url) => response.header(LOCATION, url),
            Err(_) => response,
        })
    }

    /// The value of the field `url`.
    fn url(&self, object: &Object<T>) -> Result<Option<String>, APIException> {
        let serializer = self.get_serializer();
        let text = self.representation(|context| serializer.write_field("url", object, context))?;
        Ok(text.and_then(|json| serde_json::from_slice(&json).ok()))
    }
}

/// An object that one statement stored.
#[cfg(feature = "postgres")]
enum Alone<T> {
    /// It has its related objects.
    Loaded(Object<T>),
    /// A trigger of the database changed a foreign key.
    Changed(Object<T>),
}

//! Generic views (`rest_framework/generics.py`): views of a model's objects, and the serializer of a view, which is the
//! same for all requests or chosen for each of them.

mod builder;
mod concrete;
mod create;
mod filtering;
mod mixins;
mod model_view;
mod position;
mod schema;
mod view;

use std::sync::Arc;

use serde::de::DeserializeOwned;

pub(crate) use self::builder::model_view_methods;
pub use self::concrete::{
    CreateAPIView, DestroyAPIView, GenericAPIView, ListAPIView, ListCreateAPIView, RetrieveAPIView,
    RetrieveDestroyAPIView, RetrieveUpdateAPIView, RetrieveUpdateDestroyAPIView, UpdateAPIView,
};
#[cfg(feature = "browsable-api")]
pub(crate) use self::model_view::Inspection;
pub use self::model_view::{Destroy, IntoQuerySet};
pub(crate) use self::model_view::{ModelView, ModelViewInfo};
pub(crate) use self::schema::ModelSchema;
pub use self::view::GenericView;
use super::data::Data;
use super::exceptions::APIException;
use super::fields::Context;
use super::request::{Request, SerializerClass};
use super::serializers::Serializer;
use vitamin_framework::timezone::TimeZone;

impl SerializerClass {
    pub(super) fn get_serializer(&self, request: &Request) -> Arc<Serializer> {
        match self {
            Self::Fixed(serializer) => Arc::clone(serializer),
            Self::PerRequest(choose) => choose(request),
        }
    }
}

impl Request {
    /// The view's serializer for this request: [`APIView::serializer`](super::views::APIView::serializer), or what
    /// [`APIView::get_serializer_class`](super::views::APIView::get_serializer_class) chooses.
    ///
    /// # Errors
    /// 500: the view has no serializer.
    pub fn get_serializer(&self) -> Result<Arc<Serializer>, APIException> {
        let class = self.view().serializer.as_ref();
        let class = class.ok_or_else(|| APIException::server_error("the view has no serializer"))?;
        Ok(class.get_serializer(self))
    }

    /// Validates the body with the view's serializer and converts it to an app's struct. Times without an offset are in
    /// the project's time zone.
    ///
    /// # Errors
    /// 400 with the errors of each field; 500 if the view has no serializer, or the struct does not fit it.
    pub fn validated<T: DeserializeOwned>(&self, data: &Data) -> Result<T, APIException> {
        Ok(self.get_serializer()?.validated_with(data, self.context())?)
    }

    /// [`validated`](Self::validated) for PATCH, where any field may be absent (`partial=True`). See
    /// [`Serializer::validated_partial`] for the struct.
    ///
    /// # Errors
    /// As [`validated`](Self::validated).
    pub fn validated_partial<T: DeserializeOwned>(&self, data: &Data) -> Result<T, APIException> {
        Ok(self.get_serializer()?.validated_with(data, self.context().partial(true))?)
    }

    /// The parameters of a validation in this request (`get_serializer_context`).
    #[must_use]
    pub fn context(&self) -> Context<'_> {
        Context::new(self.time_zone()).request(self.info())
    }

    /// The project's time zone (`TIME_ZONE` and `USE_TZ`).
    #[must_use]
    pub fn time_zone(&self) -> &TimeZone {
        &self.view().time_zone
    }
}

#[cfg(test)]
mod tests;

//! What the schema asks of a view: `GenericAPIView`'s part of `drf_spectacular/openapi.py`.

use std::sync::Arc;

use actix_web::http::Method;

use super::filters::FilterSchema;
use super::serializer::BodySchema;
use crate::pagination::Pagination;
use crate::request::Request;
use crate::settings::APISettings;
use vitamin_framework::models::ModelMeta;

/// One method of a view, as the schema looks at it.
pub struct SchemaRequest<'a> {
    /// A request of this method without a user, a body and parameters (`GET_MOCK_REQUEST`). It has no database.
    pub request: &'a Request,
    /// The method.
    pub method: &'a Method,
    /// The action of a view set.
    pub action: Option<&'static str>,
    /// The plain serializer that the view or its action declares.
    pub serializer: Option<BodySchema>,
    /// The project's settings.
    pub settings: &'a APISettings,
}

/// The filters of a list (`filter_backends`).
#[derive(Clone, Default)]
pub struct ListFilters {
    /// Those of DjangoFilterBackend.
    pub filters: Vec<FilterSchema>,
    /// Whether there is a SearchFilter, and its parameter.
    pub search_param: Option<&'static str>,
    /// Whether there is an OrderingFilter, and its parameter.
    pub ordering_param: Option<&'static str>,
}

/// What the schema asks of a view. Everything has a default: that of a view of which nothing is known.
pub trait SchemaView {
    /// The model of its objects. Parameters of the path are described by its columns.
    fn model(&self) -> Option<&'static ModelMeta> {
        None
    }

    /// The body of the request (`get_serializer_class`), by default the declared serializer. `None` if it is unknown: a
    /// warning.
    fn request_body(&self, request: &SchemaRequest<'_>) -> Option<BodySchema> {
        request.serializer.clone()
    }

    /// The body of the response, by default that of the request. A serializer in the action `list` stands for a list.
    fn response_body(&self, request: &SchemaRequest<'_>) -> Option<BodySchema> {
        self.request_body(request)
    }

    /// Whether GET answers a list, in views that are no view sets (`ListModelMixin`).
    fn is_list_view(&self) -> bool {
        false
    }

    /// Whether POST answers 201, in views that are no view sets (`CreateAPIView`, `ListCreateAPIView`).
    fn is_create_view(&self) -> bool {
        false
    }

    /// The pagination class. It applies to lists only.
    fn pagination(&self, _request: &SchemaRequest<'_>) -> Option<Arc<dyn Pagination>> {
        None
    }

    /// The filters. They apply to lists only.
    fn filters(&self, _request: &SchemaRequest<'_>) -> ListFilters {
        ListFilters::default()
    }
}

/// A view with a plain serializer, or with none.
pub(super) struct PlainView;

impl SchemaView for PlainView {}

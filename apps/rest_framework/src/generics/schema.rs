//! What the OpenAPI document says of a view of a model's objects.

use std::sync::Arc;

use super::model_view::ModelView;
use crate::pagination::Pagination;
use crate::schemas::{BodySchema, ListFilters, SchemaRequest, SchemaView};
use crate::serializers::ModelSerializer;
use vitamin_framework::models::{Model, ModelMeta};

/// A view of a model's objects, for the document.
pub(crate) struct ModelSchema<T: Model> {
    view: Arc<ModelView<T>>,
    is_list: bool,
    is_create: bool,
}

impl<T: Model> ModelSchema<T> {
    /// A view set, whose actions say what they are.
    pub(crate) fn of_view_set(view: Arc<ModelView<T>>) -> Self {
        Self::of_view(view, false, false)
    }

    /// A view, and whether GET lists and POST creates.
    pub(crate) fn of_view(view: Arc<ModelView<T>>, is_list: bool, is_create: bool) -> Self {
        Self { view, is_list, is_create }
    }

    fn serializer(&self, request: &SchemaRequest<'_>) -> Arc<ModelSerializer<T>> {
        let of_action = self.view.of_actions.iter().find(|(action, _)| Some(*action) == request.action);
        of_action.map_or_else(|| (self.view.serializer)(request.request), |(_, own)| Arc::clone(own))
    }
}

impl<T: Model> SchemaView for ModelSchema<T> {
    fn model(&self) -> Option<&'static ModelMeta> {
        Some(T::META)
    }

    fn request_body(&self, request: &SchemaRequest<'_>) -> Option<BodySchema> {
        request.serializer.clone().or_else(|| Some(BodySchema::Serializer(self.serializer(request))))
    }

    fn is_list_view(&self) -> bool {
        self.is_list
    }

    fn is_create_view(&self) -> bool {
        self.is_create
    }

    fn pagination(&self, request: &SchemaRequest<'_>) -> Option<Arc<dyn Pagination>> {
        match &self.view.pagination {
            Some(own) => own.clone(),
            None => request.settings.default_pagination_class.clone(),
        }
    }

    fn filters(&self, request: &SchemaRequest<'_>) -> ListFilters {
        self.view.list_filters(request.settings)
    }
}

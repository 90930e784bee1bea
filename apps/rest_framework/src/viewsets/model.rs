//! View sets of models (`ModelViewSet` and `ReadOnlyModelViewSet` of rest_framework/viewsets.py).

use std::rc::Rc;
use std::sync::Arc;

use super::{ACTIONS, ViewSet, view_set_methods};
use crate::generics::{GenericView, ModelSchema, ModelView, model_view_methods};
use crate::handlers::boxed;
use crate::policies::PolicyDeclaration;
use crate::serializers::ModelSerializer;
use vitamin_framework::models::Model;

/// A view set of a model's objects: list, create, retrieve, update, partial update and destroy.
///
/// ```ignore
/// pub fn issue_view_set() -> ModelViewSet<Issue> {
///     ModelViewSet::new("IssueViewSet", issue_serializer())
///         .queryset(|request, issues| Ok(issues.filter(issues::owner_id.eq(request.authenticated()?.id))))
///         .permission_classes(classes![IsAuthenticated, CanWriteIssues])
///         .search_fields(fields![issues::title, issues::body])
///         .perform_create(|save| { save.set(issues::owner_id, save.user()?.id); Ok(()) })
///         .action(Action::detail("close").post(close))
/// }
/// ```
pub struct ModelViewSet<T: Model> {
    view_set: ViewSet,
    view: ModelView<T>,
    actions: Vec<&'static str>,
}

/// A view set that only lists and retrieves.
pub struct ReadOnlyModelViewSet;

/// A view set without actions of its own: choose them with [`ModelViewSet::actions`].
pub struct GenericViewSet;

impl ReadOnlyModelViewSet {
    /// A view set with the name of a Django class, and its serializer.
    #[expect(clippy::new_ret_no_self, reason = "it only says which actions the view set has")]
    #[must_use]
    pub fn new<T: Model>(class_name: &str, serializer: ModelSerializer<T>) -> ModelViewSet<T> {
        ModelViewSet::new(class_name, serializer).actions(&["list", "retrieve"])
    }
}

impl GenericViewSet {
    /// A view set with the name of a Django class, and its serializer.
    #[expect(clippy::new_ret_no_self, reason = "it only says which actions the view set has")]
    #[must_use]
    pub fn new<T: Model>(class_name: &str, serializer: ModelSerializer<T>) -> ModelViewSet<T> {
        ModelViewSet::new(class_name, serializer).actions(&[])
    }
}

impl<T: Model> ModelViewSet<T> {
    /// A view set with the name of a Django class, and its serializer.
    #[must_use]
    pub fn new(class_name: &str, serializer: ModelSerializer<T>) -> Self {
        let view_set = ViewSet::new(class_name).basename(&T::META.model_name());
        Self { view_set, view: ModelView::new(serializer), actions: ACTIONS.to_vec() }
    }

    /// Keeps only these of the six actions: `["list", "create"]`.
    #[must_use]
    pub fn actions(mut self, actions: &[&'static str]) -> Self {
        self.actions = actions.to_vec();
        self
    }

    model_view_methods!();
    view_set_methods!();

    fn model_view_mut(&mut self) -> &mut ModelView<T> {
        &mut self.view
    }

    fn declaration_mut(&mut self) -> &mut PolicyDeclaration {
        self.view_set.declaration_mut()
    }

    fn view_set_mut(&mut self) -> &mut ViewSet {
        &mut self.view_set
    }
}

impl<T: Model> From<ModelViewSet<T>> for ViewSet {
    fn from(model: ModelViewSet<T>) -> Self {
        let ModelViewSet { mut view_set, view, actions } = model;
        let view = Arc::new(view);
        let schema = ModelSchema::of_view_set(Arc::clone(&view));
        view_set.declaration_mut().schema_view.get_or_insert(Rc::new(schema));
        view_set.declaration_mut().model_view = Some(view);
        for action in actions {
            // The app's own handler of an action wins.
            if view_set.has_action(action) {
                continue;
            }
            let handler = match action {
                "list" => boxed(async |view: GenericView<T>| view.list().await),
                "create" => boxed(async |view: GenericView<T>| view.create().await),
                "retrieve" => boxed(async |view: GenericView<T>| view.retrieve().await),
                "update" => boxed(async |view: GenericView<T>| view.update(false).await),
                "partial_update" => boxed(async |view: GenericView<T>| view.update(true).await),
                "destroy" => boxed(async |view: GenericView<T>| view.destroy().await),
                _ => continue,
            };
            view_set.set_handler(action, handler);
        }
        view_set
    }
}

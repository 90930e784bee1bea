//! View sets (`rest_framework/viewsets.py`): the handlers of a resource's actions, which a router maps to routes.
//!
//! ```
//! use vitamin_rest_framework::exceptions::APIException;
//! use vitamin_rest_framework::request::Request;
//! use vitamin_rest_framework::response::Response;
//! use vitamin_rest_framework::routers::DefaultRouter;
//! use vitamin_rest_framework::viewsets::{Action, ViewSet};
//! use vitamin_framework::urls::{Pattern, include};
//!
//! async fn list() -> Response {
//!     Response::new(["Buy milk"])
//! }
//!
//! async fn close(request: Request) -> Result<Response, APIException> {
//!     let pk: i64 = request.path_param("pk")?;
//!     Ok(Response::new(format!("closed {pk}")))
//! }
//!
//! fn note_view_set() -> ViewSet {
//!     ViewSet::new("NoteViewSet").list(list).action(Action::detail("close").post(close))
//! }
//!
//! fn urlpatterns() -> Vec<Pattern> {
//!     let router = DefaultRouter::new().register_as("notes", note_view_set(), "note");
//!     // api/, api/notes/ and api/notes/{pk}/close/
//!     vec![include("api/", router.urls())]
//! }
//! # urlpatterns();
//! ```

mod action;
mod lookup;
mod methods;
mod model;
mod request;
mod routes;

use std::rc::Rc;

use actix_web::http::Method;

pub use self::action::Action;
pub(crate) use self::lookup::Lookup;
pub(crate) use self::methods::view_set_methods;
pub use self::model::{GenericViewSet, ModelViewSet, ReadOnlyModelViewSet};
pub use self::routes::ViewSetRoute;
use super::handlers::{BoxedHandler, Handlers};
use super::policies::{PolicyDeclaration, policy_methods};
use super::views::APIView;

/// The actions of every resource.
const ACTIONS: [&str; 6] = ["list", "create", "retrieve", "update", "partial_update", "destroy"];

/// The handlers of a resource's actions, and the policies that run before them. A router makes views of it.
///
/// Handlers and policies are those of an [`APIView`]. A handler reads the object's key by
/// `request.path_param::<i64>("pk")?`, or by the parameter that [`lookup_url_kwarg`](Self::lookup_url_kwarg) names.
#[derive(Clone)]
pub struct ViewSet {
    declaration: PolicyDeclaration,
    pub(crate) basename: Option<String>,
    pub(crate) lookup: Lookup,
    /// The handlers of [`ACTIONS`].
    handlers: Vec<(&'static str, BoxedHandler)>,
    /// In the order of their names.
    extra_actions: Vec<Action>,
}

/// A view's view set, and the route of it that the view serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewSetInfo {
    /// The first part of the names of its URL patterns: `note` of `note-list`. `None` without a router.
    pub basename: Option<String>,
    /// Whether the route is that of one object. `None` without a router.
    pub detail: Option<bool>,
    /// The action of each method, without HEAD and OPTIONS.
    pub actions: Vec<(Method, &'static str)>,
    /// The field that finds an object.
    pub lookup_field: String,
    /// The parameter of the path with the value of that field.
    pub lookup_url_kwarg: String,
}

impl ViewSet {
    /// A view set with the name of a Django class: `NoteViewSet` is displayed as `Note List` and `Note Instance`.
    #[must_use]
    pub fn new(class_name: &str) -> Self {
        let declaration =
            PolicyDeclaration { class_name: class_name.to_owned(), ..PolicyDeclaration::default() };
        Self {
            declaration,
            basename: None,
            lookup: Lookup::default(),
            handlers: Vec::new(),
            extra_actions: Vec::new(),
        }
    }

    view_set_methods!();
    policy_methods!();
    policy_methods!(http_method_names);

    /// A view of these actions, for a route without a router: `.as_view(&[(Method::GET, "list")])`. An action without a
    /// handler is left out.
    #[must_use]
    pub fn as_view(&self, actions: &[(Method, &str)]) -> APIView {
        let find = |(method, name): &(Method, &str)| {
            let (name, handler) = self.find(name)?;
            Some((method.clone(), name, handler))
        };
        let mapping = actions.iter().filter_map(find).collect();
        self.view(mapping, None, None, &PolicyDeclaration::default())
    }

    /// Sets the handler of one of [`ACTIONS`].
    pub(crate) fn set_handler(&mut self, action: &'static str, handler: BoxedHandler) {
        self.handlers.retain(|(name, _)| *name != action);
        self.handlers.push((action, handler));
    }

    /// Adds an action. It replaces an action of the same name.
    pub(crate) fn add_action(&mut self, action: Action) {
        // As Python's `getmembers`, which sorts by name.
        match self.extra_actions.binary_search_by_key(&action.name(), Action::name) {
            Ok(index) => {
                self.extra_actions.splice(index..=index, [action]);
            }
            Err(index) => self.extra_actions.insert(index, action),
        }
    }

    /// Whether an action has a handler.
    #[must_use]
    pub fn has_action(&self, action: &str) -> bool {
        self.find(action).is_some()
    }

    pub(crate) fn declaration_mut(&mut self) -> &mut PolicyDeclaration {
        &mut self.declaration
    }

    fn view_set_mut(&mut self) -> &mut Self {
        self
    }

    /// The handler of an action, and the name of the action.
    fn find(&self, action: &str) -> Option<(&'static str, BoxedHandler)> {
        let extra = self.extra_actions.iter().flat_map(|extra| extra.mapping());
        let extra = extra.map(|(_, name, handler)| (name, handler));
        let own = self.handlers.iter().map(|(name, handler)| (name, handler));
        let (name, handler) = own.chain(extra).find(|(name, _)| **name == action)?;
        Some((*name, Rc::clone(handler)))
    }

    /// The view of a route, whose declaration takes precedence.
    fn view(
        &self,
        mapping: Vec<(Method, &'static str, BoxedHandler)>,
        basename: Option<&str>,
        detail: Option<bool>,
        own: &PolicyDeclaration,
    ) -> APIView {
        let mut declaration = self.declaration.with(own);
        declaration.view_set = Some(Rc::new(ViewSetInfo {
            basename: basename.map(str::to_owned),
            detail,
            actions: mapping.iter().map(|(method, action, _)| (method.clone(), *action)).collect(),
            lookup_field: self.lookup.field.clone(),
            lookup_url_kwarg: self.lookup.url_kwarg().to_owned(),
        }));
        let mut handlers = Handlers::default();
        for (method, _, handler) in &mapping {
            handlers.add(method.clone(), Rc::clone(handler));
        }
        if let Some(get) = handlers.find(&Method::GET).map(Rc::clone) {
            // After the handler of HEAD, if the action has one of its own.
            handlers.add(Method::HEAD, get);
        }
        APIView::from_parts(declaration, handlers)
    }
}

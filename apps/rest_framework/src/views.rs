//! Views (`rest_framework/views.py`): the handlers of each method, and the view's policies.
//!
//! ```
//! use vitamin_rest_framework::classes;
//! use vitamin_rest_framework::{permissions::IsAuthenticated, response::Response, views::APIView};
//!
//! fn whoami() -> APIView {
//!     APIView::new("WhoAmIView")
//!         .permission_classes(classes![IsAuthenticated])
//!         .get(async || Response::new("you"))
//! }
//! ```

mod description;

use std::any::Any;
use std::rc::Rc;

use actix_web::dev::fn_service;
use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use actix_web::{FromRequest, Handler, Responder, web};

pub use self::description::DeclaredPolicies;
use super::dispatch::endpoint;
pub use super::exception_handler::exception_handler;
use super::handlers::{Handlers, boxed};
use super::metadata;
use super::policies::{PolicyDeclaration, policy_methods};
use vitamin_framework::urls::{Endpoint, Location, View};

/// A view: handlers by method, and the policies that run before them. Policies that are not set are the project's
/// defaults ([`APISettings`](super::settings::APISettings)).
///
/// A handler is an actix-web handler with extractors. It returns a [`Response`](super::response::Response), or a
/// `Result` with [`APIException`](super::exceptions::APIException).
pub struct APIView {
    handlers: Handlers,
    declaration: PolicyDeclaration,
}

impl APIView {
    /// A view with the name of a Django class: `ObtainAuthTokenView` is displayed as `Obtain Auth Token`.
    #[must_use]
    pub fn new(class_name: &str) -> Self {
        let declaration =
            PolicyDeclaration { class_name: class_name.to_owned(), ..PolicyDeclaration::default() };
        Self { handlers: Handlers::default(), declaration }
    }

    policy_methods!();
    policy_methods!(http_method_names);

    fn declaration_mut(&mut self) -> &mut PolicyDeclaration {
        &mut self.declaration
    }

    /// The handler of GET and HEAD.
    #[must_use]
    pub fn get<H: Handler<A, Output: Responder + 'static>, A: FromRequest + 'static>(
        mut self,
        handler: H,
    ) -> Self {
        let handler = boxed(handler);
        self.handlers.add(Method::GET, Rc::clone(&handler));
        self.handlers.add(Method::HEAD, handler);
        self
    }

    /// The handler of POST.
    #[must_use]
    pub fn post<H: Handler<A, Output: Responder + 'static>, A: FromRequest + 'static>(
        self,
        handler: H,
    ) -> Self {
        self.on(Method::POST, handler)
    }

    /// The handler of PUT.
    #[must_use]
    pub fn put<H: Handler<A, Output: Responder + 'static>, A: FromRequest + 'static>(
        self,
        handler: H,
    ) -> Self {
        self.on(Method::PUT, handler)
    }

    /// The handler of PATCH.
    #[must_use]
    pub fn patch<H: Handler<A, Output: Responder + 'static>, A: FromRequest + 'static>(
        self,
        handler: H,
    ) -> Self {
        self.on(Method::PATCH, handler)
    }

    /// The handler of DELETE.
    #[must_use]
    pub fn delete<H: Handler<A, Output: Responder + 'static>, A: FromRequest + 'static>(
        self,
        handler: H,
    ) -> Self {
        self.on(Method::DELETE, handler)
    }

    /// The handler of any method. Without a handler of `OPTIONS`, the view describes itself.
    #[must_use]
    pub fn on<H: Handler<A, Output: Responder + 'static>, A: FromRequest + 'static>(
        mut self,
        method: Method,
        handler: H,
    ) -> Self {
        self.handlers.add(method, boxed(handler));
        self
    }
}

impl APIView {
    /// A view of a declaration and its handlers, for view sets.
    /// A view with this declaration, without handlers.
    pub(super) fn of(declaration: PolicyDeclaration) -> Self {
        Self::from_parts(declaration, Handlers::default())
    }

    pub(super) fn from_parts(declaration: PolicyDeclaration, handlers: Handlers) -> Self {
        Self { handlers, declaration }
    }

    /// Model permissions allow everything (`_ignore_model_permissions`).
    pub(super) fn ignore_model_permissions(mut self) -> Self {
        self.declaration.ignore_model_permissions = true;
        self
    }

    /// The view authenticates a request that a proxy describes (forward authentication), not the one it gets. So
    /// [`SessionAuthentication`](super::authentication::SessionAuthentication) judges by the original method, which the
    /// proxy passes on as `X-Original-Method` (nginx) or `X-Forwarded-Method` (Traefik, Caddy), and accepts no session
    /// without it. The CSRF token must be in its header, as the view does not get the body.
    #[must_use]
    pub fn for_proxied_request(mut self) -> Self {
        self.declaration.is_for_proxied_request = true;
        self
    }

    /// Marks a view that serves the schema. Its classes have settings of their own, and the schema leaves it out unless
    /// `serve_include_schema`.
    pub(super) fn serve_schema(mut self) -> Self {
        self.declaration.serves_schema = true;
        self
    }

    /// The handlers with that of OPTIONS, without those of methods that are not answered.
    fn served_handlers(&self) -> Handlers {
        let mut handlers = self.handlers.clone();
        if handlers.find(&Method::OPTIONS).is_none() {
            handlers.add(Method::OPTIONS, metadata::options());
        }
        if let Some(names) = &self.declaration.http_method_names {
            handlers.retain(names);
        }
        handlers
    }
}

/// A view that is a function in Django (`@api_view` of rest_framework/decorators.py), by the function's name and its
/// methods: it has no HEAD unless it is named.
#[must_use]
pub fn api_view(function_name: &str, methods: &[Method]) -> APIView {
    let methods = [methods, &[Method::OPTIONS]].concat();
    APIView::new(function_name).http_method_names(&methods)
}

impl View for APIView {
    fn problems(&self) -> Vec<String> {
        self.declaration.model_view.as_ref().map(|view| view.problems()).unwrap_or_default()
    }

    fn unsupported_on_sqlite(&self) -> Vec<String> {
        let view = self.declaration.model_view.as_ref();
        let found = view.map(|view| view.unsupported_on_sqlite()).unwrap_or_default();
        found.into_iter().map(|what| format!("{}: {what}", self.name())).collect()
    }

    fn name(&self) -> String {
        self.declaration.view_name()
    }

    fn register(&self, location: Location, config: &mut ServiceConfig) -> Option<Endpoint> {
        let handlers = self.served_handlers();
        let mut declaration = self.declaration.clone();
        declaration.methods = handlers.methods();
        declaration.namespace = (!location.namespace.is_empty()).then(|| location.namespace.clone());
        let endpoint = endpoint(declaration, handlers);
        // The default service covers all methods, because the policies run before a 405.
        let resource = web::resource(location.paths.clone()).default_service(fn_service({
            let endpoint = Rc::clone(&endpoint);
            move |req| endpoint(req)
        }));
        config.service(location.mark(resource));
        Some(endpoint)
    }

    /// The [`APIView`].
    fn describe(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

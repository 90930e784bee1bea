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

use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::fn_service;
use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use actix_web::{FromRequest, Handler, Responder, web};

use super::authentication::Authentication;
use super::dispatch::endpoint;
pub use super::exception_handler::exception_handler;
use super::handlers::{Handlers, boxed};
use super::metadata;
use super::parsers::Parser;
use super::permissions::Permission;
use super::policies::PolicyDeclaration;
use super::renderers::Renderer;
use super::request::{Request, SerializerClass};
use super::serializers::Serializer;
use super::throttling::Throttle;
use super::versioning::Versioning;
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
        let declaration = PolicyDeclaration { name: view_name(class_name), ..PolicyDeclaration::default() };
        Self { handlers: Handlers::default(), declaration }
    }

    /// The description in the response to `OPTIONS`.
    #[must_use]
    pub fn description(mut self, description: &'static str) -> Self {
        self.declaration.description = description;
        self
    }

    /// The serializer of the body. `OPTIONS` describes it, and
    /// [`Request::validated`] validates the body with it.
    #[must_use]
    pub fn serializer(mut self, serializer: Serializer) -> Self {
        self.declaration.serializer = Some(SerializerClass::Fixed(Arc::new(serializer)));
        self
    }

    /// Chooses the serializer for each request, for example by its method, user or version. The closure returns a
    /// [`Serializer`], or an `Arc` of one that is built only once.
    ///
    /// `OPTIONS` calls it with the request's method replaced by `POST` and `PUT`, as it describes the fields of both.
    #[must_use]
    pub fn get_serializer_class<S: Into<Arc<Serializer>>>(
        mut self,
        choose: impl Fn(&Request) -> S + Send + Sync + 'static,
    ) -> Self {
        let choose = move |request: &Request| choose(request).into();
        self.declaration.serializer = Some(SerializerClass::PerRequest(Arc::new(choose)));
        self
    }

    /// The renderers. The first one is used if the client accepts any.
    #[must_use]
    pub fn renderer_classes(mut self, classes: Vec<Arc<dyn Renderer>>) -> Self {
        self.declaration.renderer_classes = Some(classes);
        self
    }

    /// The parsers of request bodies.
    #[must_use]
    pub fn parser_classes(mut self, classes: Vec<Arc<dyn Parser>>) -> Self {
        self.declaration.parser_classes = Some(classes);
        self
    }

    /// The authentication classes. The first one provides the challenge of a 401.
    #[must_use]
    pub fn authentication_classes(mut self, classes: Vec<Arc<dyn Authentication>>) -> Self {
        self.declaration.authentication_classes = Some(classes);
        self
    }

    /// The permission classes. All must allow the request.
    #[must_use]
    pub fn permission_classes(mut self, classes: Vec<Arc<dyn Permission>>) -> Self {
        self.declaration.permission_classes = Some(classes);
        self
    }

    /// The throttle classes. All must allow the request.
    #[must_use]
    pub fn throttle_classes(mut self, classes: Vec<Arc<dyn Throttle>>) -> Self {
        self.declaration.throttle_classes = Some(classes);
        self
    }

    /// The scope for [`ScopedRateThrottle`](super::throttling::ScopedRateThrottle), such as `contacts`.
    #[must_use]
    pub fn throttle_scope(mut self, scope: &'static str) -> Self {
        self.declaration.throttle_scope = Some(scope);
        self
    }

    /// The class that determines the requested version of the API.
    #[must_use]
    pub fn versioning_class(mut self, class: impl Versioning + 'static) -> Self {
        self.declaration.versioning_class = Some(Some(Arc::new(class)));
        self
    }

    /// Disables versioning, regardless of the project's default (`versioning_class = None`).
    #[must_use]
    pub fn without_versioning(mut self) -> Self {
        self.declaration.versioning_class = Some(None);
        self
    }

    /// Always uses the first renderer, regardless of `Accept` and `?format=`. For clients that forward the headers of
    /// others (Django REST framework's example `IgnoreClientContentNegotiation`).
    #[must_use]
    pub fn ignore_client_content_negotiation(mut self) -> Self {
        self.declaration.ignore_client_content_negotiation = true;
        self
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

impl View for APIView {
    fn name(&self) -> String {
        self.declaration.name.clone()
    }

    fn register(&self, location: Location, config: &mut ServiceConfig) -> Option<Endpoint> {
        let mut handlers = self.handlers.clone();
        if handlers.find(&Method::OPTIONS).is_none() {
            handlers.add(Method::OPTIONS, metadata::options());
        }
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
}

/// `rest_framework/utils/formatting.py`: the class name as words, without the suffix `View`.
pub(super) fn view_name(class_name: &str) -> String {
    let name = class_name.strip_suffix("View").filter(|name| !name.is_empty()).unwrap_or(class_name);
    let letters: Vec<char> = name.chars().collect();
    let mut words = String::with_capacity(name.len() + 4);
    for (index, &letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(index + 1);
        let begins_word = letter.is_ascii_uppercase()
            && (before.is_some_and(char::is_ascii_lowercase)
                || after.is_some_and(|after| !after.is_ascii_uppercase()));
        if begins_word {
            words.push(' ');
        }
        words.push(if letter == '_' { ' ' } else { letter });
    }
    let words = words.split_whitespace().map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect()
        })
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected names are those of Django REST framework's `get_view_name`.
    #[test]
    fn a_class_name_becomes_words() {
        for (class_name, name) in [
            ("TestView", "Test"),
            ("ObtainAuthToken", "Obtain Auth Token"),
            ("View", "View"),
            ("HTTPStatusView", "Http Status"),
            ("APIRootView", "Api Root"),
            ("user_list", "User List"),
            ("KnoxLoginView", "Knox Login"),
        ] {
            assert_eq!(view_name(class_name), name, "{class_name}");
        }
    }
}

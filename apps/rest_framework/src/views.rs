//! Views (`rest_framework/views.py`): which handler answers which method, and the policies in front of it.
//!
//! ```
//! use crate::{permissions::IsAuthenticated, response::Response, views::APIView};
//! use vitamin::classes;
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
use super::handlers::{Handlers, boxed};
use super::metadata;
use super::parsers::Parser;
use super::permissions::Permission;
use super::policies::Declared;
use super::renderers::Renderer;
use super::serializers::Serializer;
use super::throttling::Throttle;
use super::versioning::Versioning;
use vitamin_framework::urls::{Endpoint, Location, View};

/// A view: handlers by method, and the policies that a request must pass first. What is not said is the project's
/// default ([`APISettings`](super::settings::APISettings)).
///
/// A handler is an ordinary actix-web handler with ordinary extractors; it returns a
/// [`Response`](super::response::Response), or a `Result` of one with
/// [`APIException`](super::exceptions::APIException).
pub struct APIView {
    handlers: Handlers,
    declared: Declared,
}

impl APIView {
    /// A view of this name, written as a Django class: `ObtainAuthTokenView` shows as `Obtain Auth Token`.
    #[must_use]
    pub fn new(class_name: &str) -> Self {
        let declared = Declared {
            name: view_name(class_name),
            description: "",
            methods: Vec::new(),
            namespace: None,
            serializer: None,
            renderer_classes: None,
            parser_classes: None,
            authentication_classes: None,
            permission_classes: None,
            throttle_classes: None,
            throttle_scope: None,
            versioning_class: None,
            ignore_client_content_negotiation: false,
        };
        Self { handlers: Handlers::default(), declared }
    }

    /// What `OPTIONS` tells of the view.
    #[must_use]
    pub fn description(mut self, description: &'static str) -> Self {
        self.declared.description = description;
        self
    }

    /// What the body must be: `OPTIONS` tells it, and [`Request::validated`](super::request::Request::validated) holds the body to it.
    #[must_use]
    pub fn serializer(mut self, serializer: Serializer) -> Self {
        self.declared.serializer = Some(Arc::new(serializer));
        self
    }

    /// Which answers it can make; the first is the one for a client that doesn't care.
    #[must_use]
    pub fn renderer_classes(mut self, classes: Vec<Arc<dyn Renderer>>) -> Self {
        self.declared.renderer_classes = Some(classes);
        self
    }

    /// Which bodies it reads.
    #[must_use]
    pub fn parser_classes(mut self, classes: Vec<Arc<dyn Parser>>) -> Self {
        self.declared.parser_classes = Some(classes);
        self
    }

    /// How it learns who asks; the first class's challenge goes into a 401.
    #[must_use]
    pub fn authentication_classes(mut self, classes: Vec<Arc<dyn Authentication>>) -> Self {
        self.declared.authentication_classes = Some(classes);
        self
    }

    /// Who may ask.
    #[must_use]
    pub fn permission_classes(mut self, classes: Vec<Arc<dyn Permission>>) -> Self {
        self.declared.permission_classes = Some(classes);
        self
    }

    /// How often one may ask.
    #[must_use]
    pub fn throttle_classes(mut self, classes: Vec<Arc<dyn Throttle>>) -> Self {
        self.declared.throttle_classes = Some(classes);
        self
    }

    /// What [`ScopedRateThrottle`](super::throttling::ScopedRateThrottle) counts it as: `contacts`.
    #[must_use]
    pub fn throttle_scope(mut self, scope: &'static str) -> Self {
        self.declared.throttle_scope = Some(scope);
        self
    }

    /// How it learns which version of the API is wanted.
    #[must_use]
    pub fn versioning_class(mut self, class: impl Versioning + 'static) -> Self {
        self.declared.versioning_class = Some(Some(Arc::new(class)));
        self
    }

    /// It has no versions, whatever the project's default (`versioning_class = None`).
    #[must_use]
    pub fn without_versioning(mut self) -> Self {
        self.declared.versioning_class = Some(None);
        self
    }

    /// Answers with the first renderer, whatever `Accept` and `?format=` say: for a client that passes on the headers of
    /// another (Django REST framework's example `IgnoreClientContentNegotiation`).
    #[must_use]
    pub fn ignore_client_content_negotiation(mut self) -> Self {
        self.declared.ignore_client_content_negotiation = true;
        self
    }

    /// The handler of GET, and so of HEAD.
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

    /// The handler of a method, `OPTIONS` too, which otherwise describes the view.
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
    fn register(&self, location: Location, config: &mut ServiceConfig) -> Option<Endpoint> {
        let mut handlers = self.handlers.clone();
        if handlers.of(&Method::OPTIONS).is_none() {
            handlers.add(Method::OPTIONS, boxed(metadata::options));
        }
        let mut declared = self.declared.clone();
        declared.methods = handlers.methods();
        declared.namespace = (!location.namespace.is_empty()).then(|| location.namespace.clone());
        let endpoint = endpoint(declared, handlers);
        // For all methods, since the policies come before the answer to a wrong one.
        let resource = web::resource(location.paths.clone()).default_service(fn_service({
            let endpoint = Rc::clone(&endpoint);
            move |req| endpoint(req)
        }));
        config.service(location.mark(resource));
        Some(endpoint)
    }
}

/// `rest_framework/utils/formatting.py`: the class's name less `View`, in words.
fn view_name(class_name: &str) -> String {
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

    /// The expected names were made by Django REST framework's `get_view_name`.
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

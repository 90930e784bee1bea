//! The endpoint of a view: finds the handler of a request's method.

use std::cell::OnceCell;
use std::rc::Rc;

use actix_web::dev::ServiceRequest;

use super::handlers::{Handlers, boxed, http_method_not_allowed};
use super::policies::PolicyDeclaration;
use super::request::Request;
use vitamin_framework::urls::Endpoint;

/// The endpoint of a declared view, in one worker.
pub(super) fn endpoint(declaration: PolicyDeclaration, handlers: Handlers) -> Endpoint {
    // Resolved by the first request, because only requests have access to actix-web's app data.
    let policies = OnceCell::new();
    let handlers = Rc::new((handlers, boxed(http_method_not_allowed)));
    Rc::new(move |req: ServiceRequest| {
        let (http, payload) = req.into_parts();
        let policies = Rc::clone(policies.get_or_init(|| Rc::new(declaration.resolve(&http))));
        let request = Request::new(http, Rc::clone(&policies.view), payload);
        #[cfg(feature = "browsable-api")]
        if super::browsable::is_form_of_another_method(&request) {
            return super::browsable::submit(policies, request, Rc::clone(&handlers));
        }
        let (handlers, method_not_allowed) = &*handlers;
        let handler = handlers.find(request.method()).unwrap_or(method_not_allowed);
        handler(policies, request)
    })
}

#[cfg(test)]
mod tests;

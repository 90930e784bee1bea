//! Handlers as trait objects, whatever their arguments and results.

use std::rc::Rc;

use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpResponse, Responder};

use super::dispatch::finalize;
use super::request::Request;
use vitamin_framework::urls::EndpointFuture;

/// An actix-web handler with its extractors and its responder. [`finalize`] completes the response, including errors.
pub(super) type BoxedHandler = Rc<dyn Fn(Request) -> EndpointFuture>;

/// The handlers of a view by method. The first one of a method is used.
#[derive(Clone, Default)]
pub(super) struct Handlers(Vec<(Method, BoxedHandler)>);

impl Handlers {
    pub(super) fn add(&mut self, method: Method, handler: BoxedHandler) {
        self.0.push((method, handler));
    }

    pub(super) fn of(&self, method: &Method) -> Option<&BoxedHandler> {
        self.0.iter().find(|(own, _)| own == method).map(|(_, handler)| handler)
    }

    pub(super) fn methods(&self) -> Vec<Method> {
        self.0.iter().map(|(method, _)| method.clone()).collect()
    }
}

pub(super) fn boxed<H, A>(handler: H) -> BoxedHandler
where
    H: Handler<A, Output: Responder + 'static>,
    A: FromRequest + 'static,
{
    Rc::new(move |request| {
        let handler = handler.clone();
        Box::pin(request.scope(|request| async move {
            let mut payload = request.take_payload();
            let mut response = match A::from_request(request.http(), &mut payload).await {
                Ok(arguments) => {
                    handler.call(arguments).await.respond_to(request.http()).map_into_boxed_body()
                }
                Err(error) => HttpResponse::from_error(error),
            };
            finalize(&request, &mut response);
            Ok(ServiceResponse::new(request.http().clone(), response))
        }))
    })
}

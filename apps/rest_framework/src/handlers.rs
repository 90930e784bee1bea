//! Handlers as trait objects, whatever their arguments and results.

use std::any::Any;
use std::rc::Rc;

use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpResponse, Responder};

use super::exceptions::APIException;
use super::finalize::{finalize, refusal};
use super::initial::initial;
use super::policies::Policies;
use super::policy_result::PolicyResult;
use super::request::Request;
use super::response::Response;
use vitamin_framework::pages;
use vitamin_framework::urls::EndpointFuture;

/// A handler after the policies of its view.
pub(super) type BoxedHandler = Rc<dyn Fn(Rc<Policies>, Request) -> EndpointFuture>;

/// The handlers of a view by method. The first one of a method is used.
#[derive(Clone, Default)]
pub(super) struct Handlers(Vec<(Method, BoxedHandler)>);

impl Handlers {
    pub(super) fn add(&mut self, method: Method, handler: BoxedHandler) {
        self.0.push((method, handler));
    }

    pub(super) fn find(&self, method: &Method) -> Option<&BoxedHandler> {
        self.0.iter().find(|(known, _)| known == method).map(|(_, handler)| handler)
    }

    /// Keeps the handlers of these methods.
    pub(super) fn retain(&mut self, methods: &[Method]) {
        self.0.retain(|(method, _)| methods.contains(method));
    }

    pub(super) fn methods(&self) -> Vec<Method> {
        self.0.iter().map(|(method, _)| method.clone()).collect()
    }
}

/// An actix-web handler with its extractors and its responder.
pub(super) fn boxed<H, A>(handler: H) -> BoxedHandler
where
    H: Handler<A, Output: Responder + 'static>,
    A: FromRequest + 'static,
{
    Rc::new(move |policies, request| {
        let handler = handler.clone();
        dispatch(policies, request, async move |policies: &Policies, request: &Request| {
            let mut payload = request.take_payload();
            match A::from_request(request.http(), &mut payload).await {
                Ok(arguments) => respond(handler.call(arguments).await, policies, request),
                Err(error) => HttpResponse::from_error(error),
            }
        })
    })
}

/// A handler that knows the view's policies.
pub(super) fn with_policies<H>(handler: H) -> BoxedHandler
where
    H: AsyncFn(&Policies, &Request) -> Result<Response, APIException> + Copy + 'static,
{
    Rc::new(move |policies, request| {
        dispatch(policies, request, async move |policies: &Policies, request: &Request| {
            respond(handler(policies, request).await, policies, request)
        })
    })
}

/// The response to what a handler returned. A [`Response`] is rendered here, because as a responder it would first have to find
/// its request. The compiler resolves the type checks.
fn respond<R: Responder + 'static>(result: R, policies: &Policies, request: &Request) -> HttpResponse {
    fn take<T: 'static>(result: &mut dyn Any) -> Option<T> {
        result.downcast_mut::<Option<T>>()?.take()
    }
    let mut result = Some(result);
    let response = take::<Response>(&mut result).map(Ok);
    match (response.or_else(|| take::<Result<Response, APIException>>(&mut result)), result) {
        (Some(Ok(response)), _) => response.render(request, &policies.renderers),
        (Some(Err(error)), _) => HttpResponse::from_error(error),
        (None, Some(result)) => result.respond_to(request.http()).map_into_boxed_body(),
        // Never: what is no response was not taken.
        (None, None) => pages::server_error(),
    }
}

/// The handler of a method that the view does not have.
pub(super) async fn http_method_not_allowed(request: Request) -> Result<Response, APIException> {
    Err(APIException::method_not_allowed(request.method().as_str()))
}

/// `APIView.dispatch`: runs the policies and the handler, and converts their exceptions to responses.
///
/// The policies of most requests do not wait. This future is then the only one.
fn dispatch(
    policies: Rc<Policies>,
    request: Request,
    respond: impl AsyncFnOnce(&Policies, &Request) -> HttpResponse + 'static,
) -> EndpointFuture {
    let state = Rc::clone(request.state());
    Box::pin(state.scope(async move {
        let checked = match initial(&policies, &request) {
            PolicyResult::Ready(checked) => checked,
            PolicyResult::Later(checked) => checked.await,
        };
        #[cfg_attr(not(feature = "browsable-api"), expect(unused_mut, reason = "a page changes it"))]
        let mut response = match checked {
            Ok(()) => {
                let mut response = respond(&policies, &request).await;
                finalize(&policies, &request, &mut response);
                response
            }
            Err(error) => refusal(&policies, &request, error),
        };
        #[cfg(feature = "browsable-api")]
        if let Some(content) = request.take_page_content() {
            super::browsable::complete(&policies, &request, content, &mut response).await;
        }
        Ok(ServiceResponse::new(request.into_parts().0, response))
    }))
}

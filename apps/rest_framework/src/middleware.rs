//! Authentication, permission and throttle classes for actix-web's own scopes, resources and routes.
//!
//! ```
//! use actix_web::{App, web};
//! use vitamin_rest_framework::authentication::BasicAuthentication;
//! use vitamin_rest_framework::classes;
//! use vitamin_rest_framework::middleware::policies;
//! use vitamin_rest_framework::permissions::IsAuthenticated;
//! use vitamin_rest_framework::request::CurrentUser;
//!
//! async fn report(user: CurrentUser) -> String {
//!     format!("for {}", user.username)
//! }
//!
//! let reports = web::scope("/reports")
//!     .wrap(policies().authentication(classes![BasicAuthentication::new()]).permission(classes![IsAuthenticated]))
//!     .route("/daily", web::get().to(report));
//! # drop(App::new().service(reports));
//! ```
//!
//! The handler finds the user, the credential and the request by the extractors of [`request`](super::request). It may
//! return a [`Response`](super::response::Response), and an [`APIException`] as its error. Other responses pass as they
//! are.
//!
//! # What it needs in the app data of the `App`
//!
//! A project provides all of it, also for resources of another crate in its URLconf. On an `App` without a project:
//!
//! - `web::Data<Database>` for the classes that read the database;
//! - `web::Data<Cache>` for throttles;
//! - `web::Data<Site>` for sessions;
//! - `web::Data<APISettings>` for other defaults than Django REST framework's. App data of a scope comes too late: actix-web
//!   adds it after the scope's middleware.
//!
//! # What is different from a view
//!
//! - The policies run for each path of a scope, also for one without a resource. It is 401 or 403 before it is 404 or 405.
//! - A client whose `Accept` fits no renderer is not refused, because the handler may return another media type.
//! - Refusals have no `Allow`, unless [`PolicyMiddleware::methods`] names the methods.
//! - A CORS middleware belongs around this one (a later `.wrap`), because a browser's preflight has no credentials.

use std::cell::{OnceCell, RefCell};
use std::future::{Ready, ready};
use std::rc::Rc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::Method;
use actix_web::{Error, HttpRequest};
use futures_util::future::LocalBoxFuture;

use super::current::{Current, with_current};
use super::exceptions::APIException;
use super::finalize::{finalize_headers, refusal};
use super::initial::{authenticate, check_access, perform_content_negotiation};
use super::policies::{Policies, PolicyDeclaration, policy_methods};
use super::request::{Request, State};

/// A middleware of the project's default policies. Its methods replace them.
///
/// Inside of another `policies()` the defaults are those of the outer one: its user, and no permissions and throttles
/// that it has not checked already.
#[must_use]
pub fn policies() -> PolicyMiddleware {
    PolicyMiddleware { declaration: PolicyDeclaration::default() }.name("API")
}

/// The middleware of [`policies`].
#[derive(Clone)]
pub struct PolicyMiddleware {
    declaration: PolicyDeclaration,
}

impl PolicyMiddleware {
    policy_methods!(authentication_classes as authentication);
    policy_methods!(permission_classes as permission);
    policy_methods!(throttle_classes as throttle);
    policy_methods!(throttle_scope);
    policy_methods!(renderer_classes as renderer);

    fn declaration_mut(&mut self) -> &mut PolicyDeclaration {
        &mut self.declaration
    }

    /// The methods of the handlers, for the header `Allow` of refusals.
    #[must_use]
    pub fn methods(mut self, methods: &[Method]) -> Self {
        self.declaration.methods = methods.to_vec();
        self
    }

    /// The name in the page that a browser gets, as the name of a Django class: `ReportsView`.
    #[must_use]
    pub fn name(mut self, class_name: &str) -> Self {
        class_name.clone_into(&mut self.declaration.class_name);
        self
    }
}

impl<S, B> Transform<S, ServiceRequest> for PolicyMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = PolicyService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let declaration = self.declaration.clone();
        ready(Ok(PolicyService { declaration, policies: OnceCell::new(), service: Rc::new(service) }))
    }
}

/// The service of [`policies`] in one worker.
pub struct PolicyService<S> {
    declaration: PolicyDeclaration,
    /// Resolved by the first request, because only requests have access to actix-web's app data.
    policies: OnceCell<Rc<Policies>>,
    service: Rc<S>,
}

thread_local! {
    /// The policies of the innermost middleware whose service is being polled.
    static CURRENT: Current<Policies> = const { RefCell::new(None) };
}

/// The same request in an outer middleware.
struct Outer {
    policies: Rc<Policies>,
    state: Rc<State>,
}

impl Outer {
    fn current(http: &HttpRequest) -> Option<Self> {
        let policies = CURRENT.with_borrow(|current| current.as_ref().map(Rc::clone))?;
        Some(Self { policies, state: State::current(http)? })
    }
}

impl<S> PolicyService<S> {
    fn resolve(&self, http: &HttpRequest, outer: Option<&Outer>) -> Policies {
        let mut declaration = self.declaration.clone();
        if let Some(Outer { policies: outer, .. }) = outer {
            declaration.authentication_classes.get_or_insert_with(|| outer.authenticators.clone());
            declaration.permission_classes.get_or_insert_default();
            declaration.throttle_classes.get_or_insert_default();
            declaration.renderer_classes.get_or_insert_with(|| outer.renderers.classes().to_vec());
            if declaration.methods.is_empty() {
                declaration.methods.clone_from(&outer.view.methods);
            }
        }
        declaration.resolve(http)
    }
}

impl<S, B> Service<ServiceRequest> for PolicyService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, req: ServiceRequest) -> Self::Future {
        let (http, payload) = req.into_parts();
        let outer = Outer::current(&http);
        let policies = self.policies.get_or_init(|| Rc::new(self.resolve(&http, outer.as_ref())));
        let (policies, service) = (Rc::clone(policies), Rc::clone(&self.service));
        let request = Request::new(http, Rc::clone(&policies.view), payload);
        let outer = outer.filter(|_| self.declaration.authentication_classes.is_none());

        let state = Rc::clone(request.state());
        let future = with_current(&CURRENT, Rc::clone(&policies), async move {
            match check(&policies, &request, outer).await {
                Ok(()) => call_inner(&policies, request, service.as_ref()).await,
                Err(error) => {
                    let response = refusal(&policies, &request, error);
                    Ok(ServiceResponse::new(request.into_parts().0, response).map_into_right_body())
                }
            }
        });
        Box::pin(state.scope(future))
    }
}

/// Runs the policies. The user is that of an outer middleware, if it is given.
async fn check(policies: &Policies, request: &Request, outer: Option<Outer>) -> Result<(), APIException> {
    // The handler may return any media type. The renderer of refusals is then the first one.
    let _ = perform_content_negotiation(policies, request);
    match outer {
        Some(outer) => request.inherit_user(&outer.state),
        None => authenticate(&policies.authenticators, request).await?,
    }
    check_access(policies, request).await
}

/// Calls the inner service. Its [`APIException`] becomes a response, as in a view.
async fn call_inner<S, B>(
    policies: &Policies,
    request: Request,
    service: &S,
) -> Result<ServiceResponse<EitherBody<B>>, Error>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    let payload = request.take_payload();
    // From here on there is no clone of actix-web's request, because its router needs the only one.
    let (http, state) = request.into_parts();
    let response = service.call(ServiceRequest::from_parts(http, payload)).await?;
    let (http, mut response) = response.into_parts();
    let request = Request::with_state(http, state);
    let error = response.error().and_then(|error| error.as_error::<APIException>()).cloned();
    if let Some(error) = error {
        let response = refusal(policies, &request, error);
        return Ok(ServiceResponse::new(request.into_parts().0, response).map_into_right_body());
    }
    finalize_headers(policies, &request, response.headers_mut(), request.is_rendered());
    Ok(ServiceResponse::new(request.into_parts().0, response).map_into_left_body())
}

#[cfg(test)]
mod tests;

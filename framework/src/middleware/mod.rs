//! The middleware around every view: request id, access log, CORS, redirects to https, allowed hosts, security headers,
//! `APPEND_SLASH`, and the error page after a panic.
//!
//! One actix-web middleware does all of it, in the order of Django's default `MIDDLEWARE`, since each actix-web layer
//! costs an allocation. [`wrap`](Middleware) it last, so that it runs first.

mod access_log;
mod checks;
mod common;
mod cookies;
mod facts;
mod fields;
mod hosts;
mod internal_error;
mod invalid_request;
mod layer;
mod locale;
mod process_request;
mod security;
mod settings;

use std::cell::RefCell;
use std::future::{Ready, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{HOST, HeaderMap, HeaderValue};
use actix_web::{Error, HttpRequest};
use pin_project_lite::pin_project;
use uuid::Uuid;

use super::connections::Connection;
use super::cors::Cors;
use super::debug::DebugPages;
use super::metrics::{Received, WorkerRequests};
use super::request_id::{self, RequestIds};
use super::translation::Translations;
use super::urls::{EndpointFuture, Pattern, Resolver, Shortcuts};

pub use self::access_log::AccessLog;
pub(crate) use self::checks::checks;
pub use self::common::not_found;
pub use self::cookies::is_session_key;
use self::facts::Facts;
use self::fields::Fields;
use self::internal_error::{InternalServerError, show_error};
use self::invalid_request::InvalidRequest;
use self::layer::Layer;
use self::security::SecurityHeaders;
pub use self::security::SecuritySettings;
pub use self::settings::HttpSettings;
pub(crate) use self::settings::{FORCE_SCRIPT_NAME, settings};

/// The project data that the middleware and [`not_found`] use.
pub struct Site {
    /// Hosts, debugging, slashes.
    pub settings: HttpSettings,
    /// The project's URL patterns.
    pub resolver: Resolver,
    /// Makes the project's URL patterns, for a view that describes them all.
    pub urlpatterns: fn() -> Vec<Pattern>,
    /// The languages, unless all messages are in English.
    pub translations: Option<&'static Translations>,
    /// With `DEBUG`, draws the pages of errors.
    pub(super) debug: Option<DebugPages>,
}

/// The middleware around the whole application.
#[derive(Clone)]
pub struct Middleware {
    state: Rc<MiddlewareState>,
}

/// State shared by all requests of a worker. Each worker has its own reference counter, so that cores don't contend for
/// one.
struct MiddlewareState {
    site: Arc<Site>,
    shortcuts: Shortcuts,
    /// `None` without metrics.
    requests: Option<WorkerRequests>,
    security: SecurityHeaders,
    ids: RequestIds,
    /// `None` if no origin is allowed.
    cors: Option<Cors>,
    /// Whether requests have extras.
    has_extras: bool,
    /// Whether no setting asks for more facts of a request than its fields, as in most projects.
    has_usual_facts: bool,
    /// Whether a middleware may answer a request before its host is checked.
    may_answer_first: bool,
}

impl MiddlewareState {
    fn new(site: Arc<Site>, shortcuts: Shortcuts, requests: Option<WorkerRequests>) -> Self {
        let settings = &site.settings;
        let security = SecurityHeaders::new(&settings.security);
        let cors = Cors::new(&settings.cors);
        let has_extras = site.debug.is_some() || cors.is_some();
        let has_usual_facts = !has_extras
            && site.translations.is_none()
            && !settings.security.depends_on_scheme()
            && !settings.csrf.use_sessions;
        let may_answer_first =
            cors.is_some() || settings.security.ssl_redirect || !settings.disallowed_user_agents.is_empty();
        let ids = RequestIds::default();
        Self { site, shortcuts, requests, security, ids, cors, has_extras, has_usual_facts, may_answer_first }
    }

    /// Adds the headers of the middleware that process a response of this layer.
    fn add_headers(&self, headers: &mut HeaderMap, id: Uuid, layer: Layer, facts: &Facts) {
        self.security.add_to(headers, id, layer, facts.is_secure);
        let request = facts.extras.as_ref().and_then(|extras| extras.cors.as_ref());
        if let (Some(cors), Some(request)) = (&self.cors, request)
            && (cors.is_before_security() || layer >= Layer::Cors)
        {
            cors.add_headers(request, headers);
        }
    }
}

impl Middleware {
    /// Creates the middleware. It calls the views of `shortcuts` without the router, and counts in `requests`.
    #[must_use]
    pub(crate) fn new(site: Arc<Site>, shortcuts: Shortcuts, requests: Option<WorkerRequests>) -> Self {
        Self { state: Rc::new(MiddlewareState::new(site, shortcuts, requests)) }
    }
}

impl<S> Transform<S, ServiceRequest> for Middleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = MiddlewareService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(MiddlewareService { service, state: Rc::clone(&self.state), last_host: RefCell::default() }))
    }
}

/// The service that [`Middleware`] creates.
pub struct MiddlewareService<S> {
    service: S,
    state: Rc<MiddlewareState>,
    /// The last allowed `Host`: nearly all requests have the same.
    last_host: RefCell<Vec<u8>>,
}

impl<S> MiddlewareService<S> {
    #[inline]
    fn is_allowed_host(&self, req: &HttpRequest) -> bool {
        let settings = &self.state.site.settings;
        if settings.use_x_forwarded_host {
            return hosts::is_allowed_host(req, settings);
        }
        // Like `get_host`, reads the first of several.
        let host = req.headers().get(HOST).map(HeaderValue::as_bytes).unwrap_or_default();
        (*self.last_host.borrow() == host && !host.is_empty()) || self.is_other_allowed_host(req, host)
    }

    #[inline(never)]
    fn is_other_allowed_host(&self, req: &HttpRequest, host: &[u8]) -> bool {
        let allowed = hosts::is_allowed_host(req, &self.state.site.settings);
        if allowed {
            self.last_host.replace(host.to_vec());
        }
        allowed
    }
}

impl<S> Service<ServiceRequest> for MiddlewareService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = ResponseFuture<S::Future>;

    actix_web::dev::forward_ready!(service);

    fn call(&self, mut req: ServiceRequest) -> Self::Future {
        let has_large_field = Connection::begin_request(&mut req);
        let shortcut = self.state.shortcuts.find(&mut req);
        if shortcut.is_none() {
            common::decode_slashes(&mut req);
        }
        let mut received = self.state.received(&req, shortcut.map(|shortcut| shortcut.position));
        let fields = Fields::of(req.headers());
        let client_id = if fields.has_request_id { client_request_id(&req) } else { None };
        let id = client_id.unwrap_or_else(|| self.state.ids.next());
        let log = AccessLog::start(&req, &self.state.site.settings);
        let facts = Facts::new(&req, fields, &self.state);
        // In English, only the absence is checked.
        let _active = facts.activate();
        let inner = if let Some(invalid) = InvalidRequest::of(&req, has_large_field) {
            received = received.map(Received::without_view);
            InnerFuture::ready(Err(invalid.into()))
        } else if let Some(response) = self.process_request(req.request(), &facts) {
            received = received.map(Received::without_view);
            InnerFuture::ready(Ok(req.into_response(response)))
        } else {
            let call = || match shortcut {
                Some(shortcut) => InnerFuture::Boxed { future: (shortcut.endpoint)(req) },
                None => InnerFuture::Called { future: self.service.call(req) },
            };
            match catch_unwind(AssertUnwindSafe(|| request_id::scope(Some(id), call))) {
                Ok(inner) => inner,
                Err(_) => InnerFuture::ready(Err(InternalServerError::new(id, &self.state, &facts).into())),
            }
        };
        ResponseFuture { inner, id, state: Rc::clone(&self.state), log, received, facts }
    }
}

pin_project! {
    /// The middleware's future. Written by hand to avoid an allocation per request.
    pub struct ResponseFuture<F> {
        #[pin]
        inner: InnerFuture<F>,
        id: Uuid,
        state: Rc<MiddlewareState>,
        log: AccessLog,
        // Only with metrics.
        received: Option<Received>,
        facts: Facts,
    }
}

pin_project! {
    // Kept small by boxing the rare case: actix-web moves it before the first poll.
    #[project = InnerProjection]
    enum InnerFuture<F> {
        Called { #[pin] future: F },
        Boxed { future: EndpointFuture },
    }
}

impl<F> InnerFuture<F> {
    fn ready(result: Result<ServiceResponse<BoxBody>, Error>) -> Self {
        Self::Boxed { future: Box::pin(ready(result)) }
    }
}

impl<F> Future for ResponseFuture<F>
where
    F: Future<Output = Result<ServiceResponse<BoxBody>, Error>>,
{
    type Output = Result<ServiceResponse<BoxBody>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let id = self.id;
        let _active = self.facts.activate();
        request_id::scope(Some(id), || {
            let this = self.project();
            let poll = || match this.inner.project() {
                InnerProjection::Called { future } => future.poll(context),
                InnerProjection::Boxed { future } => future.as_mut().poll(context),
            };
            // A panic is a bug. Still, the client gets a response, the log the cause, and the worker goes on.
            let mut polled = catch_unwind(AssertUnwindSafe(poll)).unwrap_or_else(|_| {
                Poll::Ready(Err(InternalServerError::new(id, this.state, this.facts).into()))
            });
            if let Some(snapshot) = this.facts.snapshot() {
                show_error(&this.state.site, &mut polled, snapshot, id);
            }
            // Modified in place, since each move costs time.
            let status = match &mut polled {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => error.as_response_error().status_code(),
                Poll::Ready(Ok(response)) => {
                    let (layer, settings) = (Layer::of(response), &this.state.site.settings);
                    match this.facts.language().filter(|_| layer >= Layer::Common) {
                        None if this.facts.may_vary_on_cookie => cookies::vary(response, settings, layer),
                        None => {}
                        Some(language) => locale::add_headers(response, language, settings, layer),
                    }
                    this.state.add_headers(response.headers_mut(), id, layer, this.facts);
                    response.status()
                }
            };
            this.log.finish(status.as_u16());
            if let (Some(requests), Some(received)) = (&this.state.requests, *this.received) {
                requests.answered(received, status.as_u16());
            }
            polled
        })
    }
}

impl MiddlewareState {
    /// Begins to measure a request. `position` is that of its shortcut; other views are looked up as the router does.
    fn received(&self, req: &ServiceRequest, position: Option<usize>) -> Option<Received> {
        let requests = self.requests.as_ref()?;
        let position = position.or_else(|| self.site.resolver.position(req.match_info().unprocessed()));
        Some(requests.received(position, req.method()))
    }
}

/// The client's own request id, if it is a UUID.
fn client_request_id(req: &ServiceRequest) -> Option<Uuid> {
    Uuid::try_parse_ascii(req.headers().get(security::X_REQUEST_ID)?.as_bytes()).ok()
}

//! The middleware around every view: request id, access log, allowed hosts, security headers, `APPEND_SLASH`, and the
//! error page after a panic.
//!
//! One actix-web middleware does all of it, in the order of Django's default `MIDDLEWARE`, since each actix-web layer
//! costs an allocation. [`wrap`](Middleware) it last, so that it runs first.

mod access_log;
mod common;
mod cookies;
mod invalid_request;
mod security;

use std::cell::RefCell;
use std::future::{Ready, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{HOST, HeaderValue};
use actix_web::{Error, HttpRequest};
use pin_project_lite::pin_project;
use uuid::Uuid;

use super::conf::{Env, ImproperlyConfigured, SecretKey, Setting};
use super::connections::Connection;
use super::csrf::CsrfSettings;
use super::debug::{DebugPages, ErrorReport, RequestSnapshot, last_panic};
use super::http::{ForwardedAllowIps, SecureProxySslHeader, TrustedProxies, get_host};
use super::metrics::{Received, WorkerRequests};
use super::urls::{EndpointFuture, Pattern, Resolver, Shortcuts};
use super::{pages, request_id};

pub use self::access_log::AccessLog;
pub(crate) use self::common::is_host_pattern;
pub use self::common::not_found;
pub use self::cookies::is_session_key;
use self::invalid_request::InvalidRequest;

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "DEBUG",
        "Shows detailed error pages and allows the local hosts. Never set it in production.",
    )
    .default("false"),
    Setting::new(
        "SECRET_KEY",
        "Signs sessions. Required unless `DEBUG` is on. Beside a Django project, use that project's own \
         key.",
    )
    .secret(),
    Setting::new("SECRET_KEY_FALLBACKS", "Older keys, comma-separated, whose signatures are still accepted.")
        .secret(),
    Setting::new(
        "ALLOWED_HOSTS",
        "Hosts that the site answers for, comma-separated: `example.com`, `.example.com` (with its \
         subdomains), or `*` for any. Required unless `DEBUG` is on.",
    ),
    Setting::new(
        "APPEND_SLASH",
        "Redirects an unknown path to the same path with a slash, if that one exists.",
    )
    .default("true"),
    Setting::new(
        "SECURE_PROXY_SSL_HEADER",
        "The header and value by which your proxy marks https requests: `X-Forwarded-Proto=https`.",
    ),
    Setting::new(
        "FORWARDED_ALLOW_IPS",
        "Proxies whose `X-Forwarded-Proto` is trusted if `SECURE_PROXY_SSL_HEADER` is unset, or `*` for \
         any. The meaning is gunicorn's.",
    )
    .default("127.0.0.1,::1"),
    Setting::new(
        "TRUSTED_PROXIES",
        "Your proxies, as addresses and networks, comma-separated: `127.0.0.1,10.0.0.0/8`. The client's address is the \
         last one in `X-Forwarded-For` that is none of them. Unset: the address of the connection.",
    ),
    Setting::new("USE_X_FORWARDED_HOST", "Takes the host from the proxy's `X-Forwarded-Host` header.")
        .default("false"),
    Setting::new("SESSION_COOKIE_NAME", "The name of Django's session cookie.").default("sessionid").public(),
];

/// Django's settings of the same names.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// `DEBUG` (default false): detailed error pages, and local hosts are allowed. Never in production.
    pub debug: bool,
    /// `ALLOWED_HOSTS`, comma-separated: `example.com`, `.example.com` (with its subdomains), or `*`.
    pub allowed_hosts: Vec<String>,
    /// `APPEND_SLASH` (default true): redirect an unknown path to the same path with a slash, if that one exists.
    pub append_slash: bool,
    /// `SECRET_KEY`, which signs sessions.
    pub secret_key: Option<SecretKey>,
    /// `SECRET_KEY_FALLBACKS`, comma-separated: older keys whose signatures are still accepted.
    pub secret_key_fallbacks: Vec<SecretKey>,
    /// `SESSION_COOKIE_NAME` (default `sessionid`).
    pub session_cookie_name: String,
    /// The CSRF settings.
    pub csrf: CsrfSettings,
    /// `SECURE_PROXY_SSL_HEADER`.
    pub secure_proxy_ssl_header: Option<SecureProxySslHeader>,
    /// `USE_X_FORWARDED_HOST` (default false): take the host from the proxy's `X-Forwarded-Host`.
    pub use_x_forwarded_host: bool,
    /// `FORWARDED_ALLOW_IPS` (default `127.0.0.1,::1`).
    pub forwarded_allow_ips: ForwardedAllowIps,
    /// `TRUSTED_PROXIES` (default: none).
    pub trusted_proxies: TrustedProxies,
}

impl HttpSettings {
    /// Reads the settings. System checks validate them.
    ///
    /// # Errors
    /// The first variable that can't be used.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        Ok(Self {
            debug: env.flag("DEBUG", false)?,
            allowed_hosts: env.words("ALLOWED_HOSTS").iter().map(|host| host.to_lowercase()).collect(),
            append_slash: env.flag("APPEND_SLASH", true)?,
            secret_key: env.get("SECRET_KEY").map(SecretKey::new),
            secret_key_fallbacks: env.list("SECRET_KEY_FALLBACKS").into_iter().map(SecretKey::new).collect(),
            session_cookie_name: env.text("SESSION_COOKIE_NAME").unwrap_or("sessionid").to_owned(),
            csrf: CsrfSettings::from_env(env)?,
            secure_proxy_ssl_header: env.optional("SECURE_PROXY_SSL_HEADER")?,
            use_x_forwarded_host: env.flag("USE_X_FORWARDED_HOST", false)?,
            forwarded_allow_ips: env.parse("FORWARDED_ALLOW_IPS", ForwardedAllowIps::default())?,
            trusted_proxies: env.parse("TRUSTED_PROXIES", TrustedProxies::default())?,
        })
    }

    /// The keys that may have signed a value: `SECRET_KEY`, which also signs, then its fallbacks.
    #[must_use]
    pub fn signing_keys(&self) -> Vec<&[u8]> {
        self.secret_key.iter().chain(&self.secret_key_fallbacks).map(SecretKey::as_bytes).collect()
    }
}

/// The project data that the middleware and [`not_found`] use.
pub struct Site {
    /// Hosts, debugging, slashes.
    pub settings: HttpSettings,
    /// The project's URL patterns.
    pub resolver: Resolver,
    /// Makes the project's URL patterns, for a view that describes them all.
    pub urlpatterns: fn() -> Vec<Pattern>,
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
}

impl Middleware {
    /// Creates the middleware. It calls the views of `shortcuts` without the router, and counts in `requests`.
    #[must_use]
    pub(crate) fn new(site: Arc<Site>, shortcuts: Shortcuts, requests: Option<WorkerRequests>) -> Self {
        Self { state: Rc::new(MiddlewareState { site, shortcuts, requests }) }
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
    fn is_allowed_host(&self, req: &HttpRequest) -> bool {
        let settings = &self.state.site.settings;
        if settings.use_x_forwarded_host {
            return common::is_allowed_host(req, settings);
        }
        // Like `get_host`, reads the first of several.
        let Some(host) = req.headers().get(HOST).map(HeaderValue::as_bytes) else {
            return common::is_allowed_host(req, settings);
        };
        if *self.last_host.borrow() == host && !host.is_empty() {
            return true;
        }
        let allowed = common::is_allowed_host(req, settings);
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
        let id = client_request_id(&req).unwrap_or_else(Uuid::new_v4);
        let log = AccessLog::start(&req, &self.state.site.settings);
        let snapshot = self.state.site.debug.as_ref().map(|_| Box::new(RequestSnapshot::new(&req)));
        let inner = if let Some(invalid) = InvalidRequest::of(&req, has_large_field) {
            received = received.map(Received::without_view);
            InnerFuture::ready(Err(invalid.into()))
        } else if self.is_allowed_host(req.request()) {
            let call = || match shortcut {
                Some(shortcut) => InnerFuture::Boxed { future: (shortcut.endpoint)(req) },
                None => InnerFuture::Called { future: self.service.call(req) },
            };
            match catch_unwind(AssertUnwindSafe(|| request_id::scope(Some(id), call))) {
                Ok(inner) => inner,
                Err(_) => InnerFuture::ready(Err(InternalServerError::new(id).into())),
            }
        } else {
            received = received.map(Received::without_view);
            log::error!(
                "Invalid HTTP_HOST header: {:?}. You may need to add it to ALLOWED_HOSTS.",
                get_host(req.request(), &self.state.site.settings)
            );
            // CommonMiddleware creates this response, outside of XFrameOptionsMiddleware.
            let page = common::own_response(req.request().version(), pages::bad_request());
            InnerFuture::ready(Ok(req.into_response(page)))
        };
        ResponseFuture { inner, id, state: Rc::clone(&self.state), log, received, snapshot }
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
        // Only with `DEBUG`.
        snapshot: Option<Box<RequestSnapshot>>,
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
        request_id::scope(Some(id), || {
            let this = self.project();
            let poll = || match this.inner.project() {
                InnerProjection::Called { future } => future.poll(context),
                InnerProjection::Boxed { future } => future.as_mut().poll(context),
            };
            // A panic is a bug. Still, the client gets a response, the log the cause, and the worker goes on.
            let mut polled = catch_unwind(AssertUnwindSafe(poll))
                .unwrap_or_else(|_| Poll::Ready(Err(InternalServerError::new(id).into())));
            if let Some(snapshot) = this.snapshot.as_deref() {
                show_error(&this.state.site, &mut polled, snapshot, id);
            }
            // Modified in place, since each move costs time.
            let status = match &mut polled {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => error.as_response_error().status_code(),
                Poll::Ready(Ok(response)) => {
                    let framed = common::is_framed(response);
                    // Error pages run CsrfViewMiddleware (`requires_csrf_token`), redirects do not.
                    let csrf = framed || response.status().is_client_error();
                    cookies::vary(response, &this.state.site.settings, csrf);
                    security::add_headers(response, id, framed);
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

/// With `DEBUG`, replaces the page of a 500 by one that shows the error.
fn show_error(
    site: &Site,
    polled: &mut Poll<Result<ServiceResponse<BoxBody>, Error>>,
    request: &RequestSnapshot,
    id: Uuid,
) {
    let Some(pages) = &site.debug else { return };
    match polled {
        Poll::Ready(Ok(response)) => {
            pages.show_response(response.response_mut(), request, &site.resolver, id);
        }
        Poll::Ready(Err(error)) => {
            let panic = error.as_error::<InternalServerError>().and_then(|error| error.panic.clone());
            pages.show_error(error, panic.as_ref(), request, &site.resolver, id);
        }
        Poll::Pending => {}
    }
}

/// The response after a panic: the plain page with the usual headers.
#[derive(Debug, thiserror::Error)]
#[error("internal server error")]
struct InternalServerError {
    id: Uuid,
    /// Recorded with `DEBUG` only.
    panic: Option<ErrorReport>,
}

impl InternalServerError {
    fn new(id: Uuid) -> Self {
        Self { id, panic: last_panic() }
    }
}

impl actix_web::ResponseError for InternalServerError {
    fn error_response(&self) -> actix_web::HttpResponse {
        let mut response = pages::server_error();
        security::add_headers_to(response.headers_mut(), self.id, true);
        response
    }
}

//! What happens around a handler (`APIView.dispatch`): negotiation, version, authentication, permissions, throttles, then the
//! handler, then the exception handler and the headers that every answer of the view has.

use std::cell::OnceCell;
use std::future::ready;
use std::rc::Rc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, ALLOW, HeaderMap, HeaderValue, SET_COOKIE, VARY};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::exceptions::{APIException, ExceptionKind};
use super::handlers::Handlers;
use super::negotiation::{NegotiationError, select_renderer, takes_the_first};
use super::permissions::Permission;
use super::policies::{Declared, Policies};
use super::request::Request;
use super::settings::APISettings;
use super::throttling::Throttling;
use vitamin_framework::http::patch_vary_headers;
use vitamin_framework::pages;
use vitamin_framework::urls::{Endpoint, EndpointFuture};

/// What answers for a view that is declared so.
pub(super) fn endpoint(declared: Declared, handlers: Handlers) -> Endpoint {
    let view = Rc::new(Served { declared, handlers, policies: OnceCell::new() });
    Rc::new(move |req: ServiceRequest| {
        let (http, payload) = req.into_parts();
        let policies = view.policies(&http);
        dispatch(&view, Request::new(http, policies, payload))
    })
}

/// A view as a worker serves it.
struct Served {
    declared: Declared,
    handlers: Handlers,
    /// Resolved by the first request, since actix-web shows app data to requests only.
    policies: OnceCell<Rc<Policies>>,
}

impl Served {
    fn policies(&self, http: &HttpRequest) -> Rc<Policies> {
        let resolve = || match http.app_data::<Data<APISettings>>() {
            Some(settings) => Rc::new(self.declared.resolve(settings)),
            None => Rc::new(self.declared.resolve(&APISettings::default())),
        };
        Rc::clone(self.policies.get_or_init(resolve))
    }
}

/// `APIView.dispatch`: the policies, the handler, and what becomes of an exception of either.
///
/// Most requests wait for nothing in front of their handler: its future is then the only one.
fn dispatch(view: &Rc<Served>, request: Request) -> EndpointFuture {
    let first = match initial(&request) {
        Ok(None) => return handle(view, request),
        Ok(Some(first)) => first,
        Err(error) => return Box::pin(ready(Ok(refusal(&request, error)))),
    };
    let view = Rc::clone(view);
    Box::pin(async move {
        match wait(&request, first).await {
            Ok(()) => handle(&view, request).await,
            Err(error) => Ok(refusal(&request, error)),
        }
    })
}

fn handle(view: &Served, request: Request) -> EndpointFuture {
    if let Some(handler) = view.handlers.of(request.method()) {
        return handler(request);
    }
    let error = APIException::method_not_allowed(request.method().as_str());
    Box::pin(ready(Ok(refusal(&request, error))))
}

/// The answer to an exception of the view itself.
fn refusal(request: &Request, error: APIException) -> ServiceResponse<BoxBody> {
    let (mut response, own) = handle_exception(request, error);
    finalize_headers(request, response.headers_mut(), own);
    ServiceResponse::new(request.http().clone(), response)
}

/// Makes a handler's answer the view's. It is changed where it is, since it is large, and a move of it costs as much as to ask a
/// permission.
pub(super) fn finalize(request: &Request, response: &mut HttpResponse) {
    let mut own = true;
    if let Some(error) = exception(response) {
        (*response, own) = handle_exception(request, error);
    }
    finalize_headers(request, response.headers_mut(), own);
}

/// The first of a view's classes that has to wait, of those of its kind. Those before it have been asked, and it has no
/// answer at once.
enum Waits {
    Authenticator(usize),
    Permission(usize),
    Throttle,
}

/// Everything that comes before the handler, in Django REST framework's order, up to what has to [`wait`] first, or `None`
/// where nothing has to.
fn initial(request: &Request) -> Result<Option<Waits>, APIException> {
    perform_content_negotiation(request)?;
    determine_version(request)?;
    if let Some(index) = authenticate_now(request, 0)? {
        return Ok(Some(Waits::Authenticator(index)));
    }
    if let Some(index) = check_permissions_now(request, 0)? {
        return Ok(Some(Waits::Permission(index)));
    }
    Ok((!request.policies().throttles.is_empty()).then_some(Waits::Throttle))
}

/// The rest of [`initial`].
async fn wait(request: &Request, first: Waits) -> Result<(), APIException> {
    match first {
        Waits::Authenticator(index) => {
            authenticate(request, index).await?;
            check_permissions(request).await?;
        }
        Waits::Permission(index) => wait_for_permissions(request, index).await?,
        Waits::Throttle => {}
    }
    check_throttles(request).await
}

fn perform_content_negotiation(request: &Request) -> Result<(), APIException> {
    let view = request.policies();
    if view.ignore_client_content_negotiation && !view.renderers.is_empty() {
        return Ok(());
    }
    let suffix = request.match_info().get("format");
    let format = match view.url_format_override {
        // The query string is read only where it can matter, since reading it may fail.
        Some(name) if suffix.is_none() && !request.query_string().is_empty() => request.query_param(name)?,
        _ => None,
    };
    let accept = || request.headers().get_all(ACCEPT).map(HeaderValue::as_bytes);
    if suffix.is_none() && format.is_none() && takes_the_first(&view.renderers, accept()) {
        return Ok(());
    }
    let accepted = select_renderer(&view.renderers, accept(), suffix, format.as_deref());
    match accepted {
        Ok(accepted) => {
            request.set_accepted(accepted.renderer, &accepted.media_type);
            Ok(())
        }
        Err(NegotiationError::NotAcceptable) => Err(APIException::not_acceptable()),
        Err(NegotiationError::NotFound) => Err(APIException::not_found()),
    }
}

fn determine_version(request: &Request) -> Result<(), APIException> {
    if let Some(scheme) = &request.policies().versioning
        && let Some(version) = scheme.determine_version(request)?
    {
        request.set_version(version);
    }
    Ok(())
}

/// Asks the classes from this one on, and returns the index of the first that has to wait.
fn authenticate_now(request: &Request, mut index: usize) -> Result<Option<usize>, APIException> {
    while let Some(class) = request.policies().authenticators.get(index) {
        let Some(answer) = class.authenticate_now(request) else { return Ok(Some(index)) };
        if let Some(identity) = answer? {
            request.set_identity(identity);
            break;
        }
        index += 1;
    }
    Ok(None)
}

/// Waits for this class, and goes on where it does not know the user.
async fn authenticate(request: &Request, index: usize) -> Result<(), APIException> {
    let mut waits = Some(index);
    while let Some(index) = waits {
        let Some(class) = request.policies().authenticators.get(index) else { break };
        waits = match class.authenticate(request).await? {
            Some(identity) => {
                request.set_identity(identity);
                None
            }
            None => authenticate_now(request, index + 1)?,
        };
    }
    Ok(())
}

pub(super) async fn check_permissions(request: &Request) -> Result<(), APIException> {
    match check_permissions_now(request, 0)? {
        Some(index) => wait_for_permissions(request, index).await,
        None => Ok(()),
    }
}

/// As [`authenticate_now`].
fn check_permissions_now(request: &Request, mut index: usize) -> Result<Option<usize>, APIException> {
    while let Some(class) = request.policies().permissions.get(index) {
        let Some(answer) = class.has_permission_now(request) else { return Ok(Some(index)) };
        check(request, class.as_ref(), answer)?;
        index += 1;
    }
    Ok(None)
}

async fn wait_for_permissions(request: &Request, index: usize) -> Result<(), APIException> {
    let mut waits = Some(index);
    while let Some(index) = waits {
        let Some(class) = request.policies().permissions.get(index) else { break };
        check(request, class.as_ref(), class.has_permission(request).await)?;
        waits = check_permissions_now(request, index + 1)?;
    }
    Ok(())
}

fn check(
    request: &Request,
    class: &dyn Permission,
    answer: Result<bool, APIException>,
) -> Result<(), APIException> {
    if answer? { Ok(()) } else { Err(request.permission_denied(class.message(), class.code())) }
}

async fn check_throttles(request: &Request) -> Result<(), APIException> {
    let mut waits = Vec::new();
    for class in &request.policies().throttles {
        if let Throttling::Wait(wait) = class.allow_request(request).await? {
            waits.push(wait);
        }
    }
    if waits.is_empty() {
        return Ok(());
    }
    Err(APIException::throttled(waits.into_iter().flatten().reduce(f64::max)))
}

/// The exception that a handler or an extractor returned.
fn exception(response: &HttpResponse) -> Option<APIException> {
    let error = response.error()?;
    if let Some(error) = error.as_error::<APIException>() {
        return Some(error.clone());
    }
    // One of actix-web's own extractors. Its words are about the request, unless it is our fault.
    Some(match error.as_response_error().status_code() {
        StatusCode::BAD_REQUEST => APIException::parse_error(error.to_string()),
        StatusCode::NOT_FOUND => APIException::not_found(),
        StatusCode::PAYLOAD_TOO_LARGE => APIException::suspicious_operation(error),
        status if status.is_client_error() => APIException::new(status, "error", error.to_string()),
        _ => APIException::server_error(error),
    })
}

/// The answer to an exception, and whether it is the view's own: Django's plain pages are not.
fn handle_exception(request: &Request, mut error: APIException) -> (HttpResponse, bool) {
    let view = request.policies();
    if error.needs_challenge() {
        error.challenge(view.authenticators.first().and_then(|class| class.authenticate_header(request)));
    }
    match (view.exception_handler)(&error, request) {
        Some(response) => (response.render(request), true),
        None if error.kind() == ExceptionKind::SuspiciousOperation => (pages::bad_request(), false),
        None => (pages::server_error(), false),
    }
}

/// `Vary` on every answer, and `Allow` on the view's own.
fn finalize_headers(request: &Request, headers: &mut HeaderMap, own: bool) {
    let view = request.policies();
    if let Some(cookie) = request.csrf_cookie() {
        headers.append(SET_COOKIE, cookie);
    }
    let (names, vary): (&[_], _) = match (own && view.renderers.len() > 1, request.varies_on_cookie()) {
        (false, false) => (&[], None),
        (true, false) => (&["Accept"], Some(HeaderValue::from_static("Accept"))),
        (false, true) => (&["Cookie"], Some(HeaderValue::from_static("Cookie"))),
        (true, true) => (&["Accept", "Cookie"], Some(HeaderValue::from_static("Accept, Cookie"))),
    };
    // Few views set these themselves: to append, and to count whether all were new, costs half of asking first.
    let expected = headers.len_keys() + usize::from(own) + usize::from(vary.is_some());
    if own {
        headers.append(ALLOW, view.allow.clone());
    }
    if let Some(vary) = vary {
        headers.append(VARY, vary);
    }
    if headers.len_keys() < expected {
        if own {
            headers.insert(ALLOW, view.allow.clone());
        }
        let mut vary: Vec<HeaderValue> = headers.remove(VARY).collect();
        vary.truncate(vary.len().saturating_sub(usize::from(!names.is_empty())));
        vary.into_iter().for_each(|value| headers.append(VARY, value));
        patch_vary_headers(headers, names);
    }
}

#[cfg(test)]
mod tests;

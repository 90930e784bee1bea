//! Runs a view (`APIView.dispatch`): content negotiation, versioning, authentication, permissions, throttles, then the
//! handler. Then it converts exceptions to responses and sets the headers of the view's responses.

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

/// The endpoint of a declared view.
pub(super) fn endpoint(declared: Declared, handlers: Handlers) -> Endpoint {
    let view = Rc::new(Served { declared, handlers, policies: OnceCell::new() });
    Rc::new(move |req: ServiceRequest| {
        let (http, payload) = req.into_parts();
        let policies = view.policies(&http);
        dispatch(&view, Request::new(http, policies, payload))
    })
}

/// A view in one worker.
struct Served {
    declared: Declared,
    handlers: Handlers,
    /// Resolved by the first request, because only requests have access to actix-web's app data.
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

/// `APIView.dispatch`: runs the policies and the handler, and converts their exceptions to responses.
///
/// The policies of most requests do not wait. The handler's future is then the only one.
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

/// The response to an exception of a policy.
fn refusal(request: &Request, error: APIException) -> ServiceResponse<BoxBody> {
    let (mut response, own) = handle_exception(request, error);
    finalize_headers(request, response.headers_mut(), own);
    ServiceResponse::new(request.http().clone(), response)
}

/// Converts the exception of a handler's response, and sets the view's headers. It modifies the response in place: moving
/// this large type costs as much as a permission check.
pub(super) fn finalize(request: &Request, response: &mut HttpResponse) {
    let mut own = true;
    if let Some(error) = exception(response) {
        (*response, own) = handle_exception(request, error);
    }
    finalize_headers(request, response.headers_mut(), own);
}

/// The first policy that has to wait, by its index among the policies of its kind. Those before it have run, and its
/// `…_now` method returned `None`.
enum Waits {
    Authenticator(usize),
    Permission(usize),
    Throttle,
}

/// Runs the policies in Django REST framework's order. Returns the first one that has to [`wait`], or `None` if none has
/// to.
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

/// Runs the policies that [`initial`] left, from the one that has to wait.
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
        // The query string is parsed only if it matters, because parsing may fail.
        Some(name) if suffix.is_none() && !request.query_string().is_empty() => {
            request.query_param::<String>(name)?
        }
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

/// Calls the authentication classes from this index on. Returns the index of the first that has to wait.
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

/// Waits for the class at this index, and continues with the next ones if it finds no user.
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

/// Checks the permissions from this index on. Returns the index of the first that has to wait.
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

/// The exception of a handler or an extractor.
fn exception(response: &HttpResponse) -> Option<APIException> {
    let error = response.error()?;
    if let Some(error) = error.as_error::<APIException>() {
        return Some(error.clone());
    }
    // An error of actix-web's extractors. Its message is about the request, unless the status is 5xx.
    Some(match error.as_response_error().status_code() {
        StatusCode::BAD_REQUEST => APIException::parse_error(error.to_string()),
        StatusCode::NOT_FOUND => APIException::not_found(),
        StatusCode::PAYLOAD_TOO_LARGE => APIException::suspicious_operation(error),
        status if status.is_client_error() => APIException::new(status, "error", error.to_string()),
        _ => APIException::server_error(error),
    })
}

/// The response to an exception, and whether the view's exception handler returned it. If not, it is a plain page.
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

/// Sets `Vary` on every response, and `Allow` on all except plain pages.
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
    // Few handlers set these headers. Appending and counting the new names costs half of checking first.
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

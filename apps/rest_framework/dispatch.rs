//! What happens around a handler (`APIView.dispatch`): negotiation, version, authentication, permissions, throttles, then the
//! handler, then the exception handler and the headers that every answer of the view has.

use std::cell::OnceCell;
use std::rc::Rc;

use actix_web::body::BoxBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, ALLOW, HeaderMap, HeaderValue, SET_COOKIE, VARY};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::exceptions::{APIException, ExceptionKind};
use super::handlers::Handlers;
use super::negotiation::{NegotiationError, select_renderer, takes_the_first};
use super::permissions;
use super::policies::{Declared, Policies};
use super::request::Request;
use super::settings::APISettings;
use super::throttling::Throttling;
use crate::framework::http::patch_vary_headers;
use crate::framework::pages;
use crate::framework::urls::Endpoint;

/// What answers for a view that is declared so.
pub(super) fn endpoint(declared: Declared, handlers: Handlers) -> Endpoint {
    let view = Rc::new(Served { declared, handlers, policies: OnceCell::new() });
    Rc::new(move |req: ServiceRequest| {
        let view = Rc::clone(&view);
        let (http, payload) = req.into_parts();
        Box::pin(async move { Ok(dispatch(&view, http, payload).await) })
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
async fn dispatch(view: &Served, http: HttpRequest, payload: Payload) -> ServiceResponse<BoxBody> {
    let policies = view.policies(&http);
    let request = Request::new(http, policies, payload);
    let answered = match initial(&request).await {
        Ok(()) => handle(view, &request).await,
        Err(error) => Err(error),
    };
    let (mut response, own) = match answered {
        Ok(response) => (response, true),
        Err(error) => handle_exception(&request, error),
    };
    finalize_headers(&request, response.headers_mut(), own);
    ServiceResponse::new(request.http().clone(), response)
}

/// The handler's answer, or the exception that it or an extractor of its returned.
async fn handle(view: &Served, request: &Request) -> Result<HttpResponse, APIException> {
    let Some(handler) = view.handlers.of(request.method()) else {
        return Err(APIException::method_not_allowed(request.method().as_str()));
    };
    let payload = request.state().payload.replace(Payload::None);
    let response = request.scope(handler(request.http().clone(), payload)).await;
    match exception(&response) {
        None => Ok(response),
        Some(error) => Err(error),
    }
}

/// Everything that comes before the handler, in Django REST framework's order.
async fn initial(request: &Request) -> Result<(), APIException> {
    perform_content_negotiation(request)?;
    determine_version(request)?;
    perform_authentication(request).await?;
    check_permissions(request).await?;
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

async fn perform_authentication(request: &Request) -> Result<(), APIException> {
    for class in &request.policies().authenticators {
        let answer = match class.authenticate_now(request) {
            Some(answer) => answer,
            None => class.authenticate(request).await,
        };
        if let Some(identity) = answer? {
            request.set_identity(identity);
            return Ok(());
        }
    }
    Ok(())
}

pub(super) async fn check_permissions(request: &Request) -> Result<(), APIException> {
    for class in &request.policies().permissions {
        if !permissions::ask(class.as_ref(), request).await? {
            return Err(request.permission_denied(class.message(), class.code()));
        }
    }
    Ok(())
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

//! Completes the response of a request: converts exceptions to responses (`APIView.handle_exception`), and sets headers
//! (`APIView.finalize_response`).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderMap, HeaderValue, SET_COOKIE, VARY};

use super::exceptions::{APIException, ExceptionKind};
use super::policies::Policies;
use super::request::Request;
use vitamin_framework::audit::{self, Entry, Event};
use vitamin_framework::http::patch_vary_headers;

/// The response to an exception.
pub(super) fn refusal(policies: &Policies, request: &Request, error: APIException) -> HttpResponse {
    let (mut response, is_rendered) = handle_exception(policies, request, error);
    finalize_headers(policies, request, response.headers_mut(), is_rendered);
    response
}

/// Converts the exception of a handler's response, and sets the view's headers. It modifies the response in place: moving
/// this large type costs as much as a permission check.
pub(super) fn finalize(policies: &Policies, request: &Request, response: &mut HttpResponse) {
    let mut is_rendered = true;
    if let Some(error) = exception(response) {
        (*response, is_rendered) = handle_exception(policies, request, error);
    }
    finalize_headers(policies, request, response.headers_mut(), is_rendered);
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

/// The response to an exception, and whether the exception handler returned it. If not, it is a plain page.
fn handle_exception(policies: &Policies, request: &Request, mut error: APIException) -> (HttpResponse, bool) {
    if error.needs_challenge() {
        let class = policies.authenticators.first();
        error.challenge(class.and_then(|class| class.authenticate_header(request)));
    }
    if error.kind() == ExceptionKind::PermissionDenied {
        audit::record(request, || match request.user() {
            Some(user) => Entry::new(Event::PermissionDenied).user(user.id, &user.username),
            None => Entry::new(Event::PermissionDenied),
        });
    }
    match (policies.exception_handler)(&error, request) {
        Some(response) => (response.render_exception(request, &policies.renderers, Some(&error)), true),
        None => (error.page(), false),
    }
}

// Validated at compile time instead of per response.
const VARY_ACCEPT: HeaderValue = HeaderValue::from_static("Accept");
const VARY_COOKIE: HeaderValue = HeaderValue::from_static("Cookie");
const VARY_BOTH: HeaderValue = HeaderValue::from_static("Accept, Cookie");

/// Sets `Vary` on every response, and `Allow` on all except plain pages.
pub(super) fn finalize_headers(
    policies: &Policies,
    request: &Request,
    headers: &mut HeaderMap,
    is_rendered: bool,
) {
    if let Some(cookie) = request.csrf_cookie() {
        headers.append(SET_COOKIE, cookie);
    }
    let varies_on_accept = is_rendered && policies.renderers.classes().len() > 1;
    let (names, vary): (&[_], _) = match (varies_on_accept, request.varies_on_cookie()) {
        (false, false) => (&[], None),
        (true, false) => (&["Accept"], Some(VARY_ACCEPT)),
        (false, true) => (&["Cookie"], Some(VARY_COOKIE)),
        (true, true) => (&["Accept", "Cookie"], Some(VARY_BOTH)),
    };
    let allow = policies.view.allow.as_ref().filter(|_| is_rendered);
    // Few handlers set these headers. Appending and counting the new names costs half of checking first.
    let expected = headers.len_keys() + usize::from(allow.is_some()) + usize::from(vary.is_some());
    if let Some(allow) = allow {
        headers.append(ALLOW, allow.clone());
    }
    if let Some(vary) = vary {
        headers.append(VARY, vary);
    }
    if headers.len_keys() < expected {
        if let Some(allow) = allow {
            headers.insert(ALLOW, allow.clone());
        }
        let mut vary: Vec<HeaderValue> = headers.remove(VARY).collect();
        vary.truncate(vary.len().saturating_sub(usize::from(!names.is_empty())));
        vary.into_iter().for_each(|value| headers.append(VARY, value));
        patch_vary_headers(headers, names);
    }
}

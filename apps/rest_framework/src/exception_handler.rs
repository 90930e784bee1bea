//! The default exception handler (`rest_framework/views.py`): it turns an exception into a response.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};

use super::error_detail::Detail;
use super::exceptions::{APIException, ExceptionKind};
use super::request::Request;
use super::response::Response;

/// Returns the response to an exception: `{"detail": …}`, or the detail itself if that is a list or an object.
///
/// `None` means Django's plain page, as for an exception that Django REST framework does not handle.
#[must_use]
pub fn exception_handler(error: &APIException, _request: &Request) -> Option<Response> {
    if matches!(error.kind(), ExceptionKind::SuspiciousOperation | ExceptionKind::ServerError) {
        return None;
    }
    let mut response = match error.detail() {
        Detail::Message(detail) => Response::detail(detail.message.clone()),
        other => Response::new(other.clone()),
    }
    .status(error.status());
    if let Some(challenge) = error.auth_header() {
        response = response.header(WWW_AUTHENTICATE, challenge.clone());
    }
    // A wait of zero has no header, as in Django REST framework.
    if let Some(wait) = error.wait().filter(|wait| *wait > 0) {
        response = response.header(RETRY_AFTER, HeaderValue::from(wait));
    }
    Some(response)
}

/// Lets a handler or an extractor return an exception. A view replaces this bare response with the rendered one. Only
/// handlers outside of a view send it.
impl ResponseError for APIException {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        match self.kind() {
            ExceptionKind::SuspiciousOperation | ExceptionKind::ServerError => self.page(),
            _ => {
                let mut response = HttpResponse::new(self.status());
                if let Some(wait) = self.wait().filter(|wait| *wait > 0) {
                    response.headers_mut().insert(RETRY_AFTER, wait.into());
                }
                response
            }
        }
    }
}

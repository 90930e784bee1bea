//! What can go wrong in a view, and the one place where it becomes an answer (`rest_framework/exceptions.py`,
//! `views.exception_handler`).
//!
//! A policy, a parser, an extractor or a handler returns an [`APIException`]; `?` makes one of a database error too.
//! The view's middleware hands it to the exception handler of the settings, which makes the [`Response`] that the
//! negotiated renderer renders. What a client must not read ([`ExceptionKind::ServerError`]) goes to the log.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use bytes::Bytes;

use super::error_detail::Detail;
use super::request::Request;
use super::response::Response;
use super::serializers;
use vitamin_auth::AuthenticationError;
use vitamin_framework::database::DatabaseError;
use vitamin_framework::pages;
use vitamin_framework::worker_pool::Busy;

/// Django REST framework's exception classes, and two answers that Django itself gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionKind {
    /// 500, an `APIException` of one's own.
    APIException,
    /// 400, malformed request.
    ParseError,
    /// 400, the input of a serializer.
    ValidationError,
    /// 401, or 403 where the view's first authentication class has no challenge.
    AuthenticationFailed,
    /// 401, or 403 as above.
    NotAuthenticated,
    /// 403.
    PermissionDenied,
    /// 404.
    NotFound,
    /// 405.
    MethodNotAllowed,
    /// 406.
    NotAcceptable,
    /// 415.
    UnsupportedMediaType,
    /// 429.
    Throttled,
    /// 503 with `Retry-After`: the database or the password threads are busy.
    ServiceUnavailable,
    /// 400 with Django's plain page: a request over the limits (Django's `SuspiciousOperation`).
    SuspiciousOperation,
    /// 500 with Django's plain page. The cause is in the log.
    ServerError,
}

/// An answer instead of the view's own. Boxed, so that a `Result` stays small.
#[derive(Clone, Debug, PartialEq)]
pub struct APIException(Box<Inner>);

#[derive(Clone, Debug, PartialEq)]
struct Inner {
    kind: ExceptionKind,
    status: StatusCode,
    detail: Detail,
    auth_header: Option<HeaderValue>,
    wait: Option<u64>,
}

impl APIException {
    fn of(
        kind: ExceptionKind,
        status: StatusCode,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let detail = Detail::message(message, code);
        Self(Box::new(Inner { kind, status, detail, auth_header: None, wait: None }))
    }

    /// An exception of one's own: any status, any code.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::of(ExceptionKind::APIException, status, code, message)
    }

    /// 400, the request could not be read.
    pub fn parse_error(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of(ExceptionKind::ParseError, StatusCode::BAD_REQUEST, "parse_error", message)
    }

    /// 400, with a detail for each field. A message alone becomes a list, as in Django REST framework.
    #[must_use]
    pub fn validation_error(detail: Detail) -> Self {
        let detail = detail.into_validation_error();
        let mut error = Self::of(ExceptionKind::ValidationError, StatusCode::BAD_REQUEST, "invalid", "");
        error.0.detail = detail;
        error
    }

    /// 401: the credentials are an authenticator's own, and wrong.
    pub fn authentication_failed(message: impl Into<Cow<'static, str>>) -> Self {
        let code = "authentication_failed";
        Self::of(ExceptionKind::AuthenticationFailed, StatusCode::UNAUTHORIZED, code, message)
    }

    /// 401: a permission needs a user, and there is none.
    #[must_use]
    pub fn not_authenticated() -> Self {
        let message = "Authentication credentials were not provided.";
        Self::of(ExceptionKind::NotAuthenticated, StatusCode::UNAUTHORIZED, "not_authenticated", message)
    }

    /// 403, with Django REST framework's own words or a permission's.
    #[must_use]
    pub fn permission_denied(message: Option<&str>) -> Self {
        let own = "You do not have permission to perform this action.";
        let message = message.map_or(Cow::Borrowed(own), |message| message.to_owned().into());
        Self::of(ExceptionKind::PermissionDenied, StatusCode::FORBIDDEN, "permission_denied", message)
    }

    /// 404.
    #[must_use]
    pub fn not_found() -> Self {
        Self::of(ExceptionKind::NotFound, StatusCode::NOT_FOUND, "not_found", "Not found.")
    }

    /// 405.
    #[must_use]
    pub fn method_not_allowed(method: &str) -> Self {
        let message = format!("Method \"{method}\" not allowed.");
        Self::of(
            ExceptionKind::MethodNotAllowed,
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            message,
        )
    }

    /// 406.
    #[must_use]
    pub fn not_acceptable() -> Self {
        let message = "Could not satisfy the request Accept header.";
        Self::of(ExceptionKind::NotAcceptable, StatusCode::NOT_ACCEPTABLE, "not_acceptable", message)
    }

    /// 415, with the whole `Content-Type` header echoed.
    #[must_use]
    pub fn unsupported_media_type(content_type: &str) -> Self {
        let message = format!("Unsupported media type \"{content_type}\" in request.");
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::of(ExceptionKind::UnsupportedMediaType, status, "unsupported_media_type", message)
    }

    /// 429. `wait` is in seconds and is rounded up; `None` where nobody can tell.
    #[must_use]
    pub fn throttled(wait: Option<f64>) -> Self {
        let mut message = "Request was throttled.".to_owned();
        // A float that is out of range saturates, which is as good as any number here.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, and is never negative"
        )]
        let wait = wait.map(|seconds| seconds.max(0.0).ceil() as u64);
        if let Some(seconds) = wait {
            let unit = if seconds == 1 { "second" } else { "seconds" };
            message.push_str(&format!(" Expected available in {seconds} {unit}."));
        }
        let mut error =
            Self::of(ExceptionKind::Throttled, StatusCode::TOO_MANY_REQUESTS, "throttled", message);
        error.0.wait = wait;
        error
    }

    /// 503: worth trying again in a second. The cause is logged.
    pub fn service_unavailable(cause: impl fmt::Display) -> Self {
        log::warn!("Answered 503: {cause}");
        let message = "Service temporarily unavailable, try again later.";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let mut error = Self::of(ExceptionKind::ServiceUnavailable, status, "service_unavailable", message);
        error.0.wait = Some(1);
        error
    }

    /// 400 with Django's plain page, for a request that is over a limit. The cause is logged.
    pub fn suspicious_operation(cause: impl fmt::Display) -> Self {
        log::warn!("Answered 400: {cause}");
        Self::of(ExceptionKind::SuspiciousOperation, StatusCode::BAD_REQUEST, "error", "Bad Request (400)")
    }

    /// 500 with Django's plain page. The cause is logged, and never shown.
    pub fn server_error(cause: impl fmt::Display) -> Self {
        log::error!("Answered 500: {cause}");
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::of(ExceptionKind::ServerError, status, "error", "A server error occurred.")
    }

    /// With words of one's own instead of the class's; status and code stay.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        let code = match &self.0.detail {
            Detail::Message(detail) => detail.code.clone(),
            Detail::List(_) | Detail::Dict(_) => "invalid".into(),
        };
        self.0.detail = Detail::message(message, code);
        self
    }

    /// With another code than the class's own.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        if let Detail::Message(detail) = &mut self.0.detail {
            detail.code = code.into();
        }
        self
    }

    /// Which of the classes it is.
    #[must_use]
    pub fn kind(&self) -> ExceptionKind {
        self.0.kind
    }

    /// What the client is told.
    #[must_use]
    pub fn detail(&self) -> &Detail {
        &self.0.detail
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Gives a 401 its challenge; without one the answer is 403 (`APIView.handle_exception`).
    pub(super) fn challenge(&mut self, challenge: Option<Cow<'static, str>>) {
        let bytes = |challenge| match challenge {
            Cow::Borrowed(challenge) => Bytes::from_static(str::as_bytes(challenge)),
            Cow::Owned(challenge) => Bytes::from(challenge),
        };
        let header = challenge.and_then(|challenge| HeaderValue::from_maybe_shared(bytes(challenge)).ok());
        if header.is_none() {
            self.0.status = StatusCode::FORBIDDEN;
        }
        self.0.auth_header = header;
    }

    pub(super) fn needs_challenge(&self) -> bool {
        matches!(self.0.kind, ExceptionKind::NotAuthenticated | ExceptionKind::AuthenticationFailed)
    }
}

/// Makes the answer of an exception: `{"detail": …}`, or the detail itself where that is a list or an object.
///
/// `None` leaves it to Django's plain pages, as for an exception that Django REST framework does not know.
#[must_use]
pub fn exception_handler(error: &APIException, _request: &Request) -> Option<Response> {
    let Inner { kind, status, detail, auth_header, wait } = &*error.0;
    if matches!(kind, ExceptionKind::SuspiciousOperation | ExceptionKind::ServerError) {
        return None;
    }
    let mut response = match detail {
        Detail::Message(detail) => Response::detail(detail.message.clone()),
        other => Response::new(other.clone()),
    }
    .status(*status);
    if let Some(challenge) = auth_header {
        response = response.header(WWW_AUTHENTICATE, challenge.clone());
    }
    // A wait of nothing is not announced, as in Django REST framework.
    if let Some(wait) = wait.filter(|wait| *wait > 0) {
        response = response.header(RETRY_AFTER, HeaderValue::from(wait));
    }
    Some(response)
}

impl fmt::Display for APIException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.detail {
            Detail::Message(detail) => f.write_str(&detail.message),
            other => write!(f, "{}", serde_json::to_string(other).map_err(|_| fmt::Error)?),
        }
    }
}

impl std::error::Error for APIException {}

/// Lets a handler or an extractor return an exception. The view's middleware replaces this bare answer by the rendered
/// one; only what is no view's shows it.
impl ResponseError for APIException {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        match self.0.kind {
            ExceptionKind::SuspiciousOperation => pages::bad_request(),
            ExceptionKind::ServerError => pages::server_error(),
            _ => HttpResponse::new(self.0.status),
        }
    }
}

impl From<DatabaseError> for APIException {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Query(diesel::result::Error::NotFound) => Self::not_found(),
            DatabaseError::Query(_) => Self::server_error(error),
            DatabaseError::Unavailable(_) => Self::service_unavailable(error),
        }
    }
}

impl From<diesel::result::Error> for APIException {
    fn from(error: diesel::result::Error) -> Self {
        DatabaseError::from(error).into()
    }
}

impl From<serializers::Error> for APIException {
    fn from(error: serializers::Error) -> Self {
        match error {
            serializers::Error::Invalid(detail) => Self::validation_error(detail),
            serializers::Error::Mismatch(_) => Self::server_error(error),
        }
    }
}

impl From<Busy> for APIException {
    fn from(error: Busy) -> Self {
        Self::service_unavailable(error)
    }
}

impl From<AuthenticationError> for APIException {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Database(error) => error.into(),
            AuthenticationError::Busy(busy) => busy.into(),
            AuthenticationError::NotInstalled => Self::server_error(error),
        }
    }
}

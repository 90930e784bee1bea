//! The errors of a view (`rest_framework/exceptions.py`).
//!
//! A policy, a parser, an extractor or a handler returns an [`APIException`]. `?` converts database errors into one.
//! The view passes it to the exception handler of the settings. That returns the response which the negotiated
//! renderer renders. The cause of a [`ExceptionKind::ServerError`] goes to the log only, not to the client.

use std::borrow::Cow;
use std::fmt;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use bytes::Bytes;

use super::error_detail::Detail;
use super::serializers;
use vitamin_auth::AuthenticationError;
use vitamin_framework::database::DatabaseError;
use vitamin_framework::debug::ErrorReport;
use vitamin_framework::logging::warn_sometimes;
use vitamin_framework::models::{DeletionError, WrongType};
use vitamin_framework::pages;
use vitamin_framework::translation::{format, gettext};
use vitamin_framework::worker_pool::Busy;

/// Django REST framework's exception classes, and two errors that Django itself answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionKind {
    /// An `APIException` that an app defines; 500 in Django REST framework.
    APIException,
    /// 400: the request is malformed.
    ParseError,
    /// 400: a serializer rejects the input.
    ValidationError,
    /// 401, or 403 if the view's first authentication class has no challenge.
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
    /// 400 with Django's plain page: the request exceeds a limit (Django's `SuspiciousOperation`).
    SuspiciousOperation,
    /// 500 with Django's plain page. The cause is in the log.
    ServerError,
}

/// An error response. Boxed, so that a `Result` stays small.
#[derive(Clone, Debug, PartialEq)]
pub struct APIException(Box<Inner>);

#[derive(Clone, Debug, PartialEq)]
struct Inner {
    kind: ExceptionKind,
    status: StatusCode,
    detail: Detail,
    auth_header: Option<HeaderValue>,
    wait: Option<u64>,
    /// Why a [`ExceptionKind::ServerError`] happened, for the log and the debug page.
    report: ErrorReport,
}

impl APIException {
    fn of(
        kind: ExceptionKind,
        status: StatusCode,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let detail = Detail::message(message, code);
        Self(Box::new(Inner {
            kind,
            status,
            detail,
            auth_header: None,
            wait: None,
            report: ErrorReport::default(),
        }))
    }

    /// An exception with any status and code.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::of(ExceptionKind::APIException, status, code, message)
    }

    /// 400: the request cannot be parsed.
    pub fn parse_error(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of(ExceptionKind::ParseError, StatusCode::BAD_REQUEST, "parse_error", message)
    }

    /// 400 with the errors of each field, or with a message: a single one becomes a list, as in Django REST framework.
    ///
    /// `APIException::validation_error("A name has single spaces.")`,
    /// `APIException::validation_error([("starts", "A budget needs a start.")])`
    #[must_use]
    pub fn validation_error(detail: impl Into<Detail>) -> Self {
        let detail = detail.into().into_validation_error();
        let mut error = Self::of(ExceptionKind::ValidationError, StatusCode::BAD_REQUEST, "invalid", "");
        error.0.detail = detail;
        error
    }

    /// 401: the credentials belong to an authentication class, and are wrong.
    pub fn authentication_failed(message: impl Into<Cow<'static, str>>) -> Self {
        let code = "authentication_failed";
        Self::of(ExceptionKind::AuthenticationFailed, StatusCode::UNAUTHORIZED, code, message)
    }

    /// 401: the view requires a user, and the request has none.
    #[must_use]
    pub fn not_authenticated() -> Self {
        let message = gettext("Authentication credentials were not provided.");
        Self::of(ExceptionKind::NotAuthenticated, StatusCode::UNAUTHORIZED, "not_authenticated", message)
    }

    /// 403 with this message, or with Django REST framework's default.
    #[must_use]
    pub fn permission_denied(message: Option<&str>) -> Self {
        let default = || Cow::Borrowed(gettext("You do not have permission to perform this action."));
        let message = message.map_or_else(default, |message| message.to_owned().into());
        Self::of(ExceptionKind::PermissionDenied, StatusCode::FORBIDDEN, "permission_denied", message)
    }

    /// 404.
    #[must_use]
    pub fn not_found() -> Self {
        Self::of(ExceptionKind::NotFound, StatusCode::NOT_FOUND, "not_found", gettext("Not found."))
    }

    /// 405.
    #[must_use]
    pub fn method_not_allowed(method: &str) -> Self {
        let message = format(gettext("Method \"{method}\" not allowed."), &[("method", &method)]);
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
        let message = gettext("Could not satisfy the request Accept header.");
        Self::of(ExceptionKind::NotAcceptable, StatusCode::NOT_ACCEPTABLE, "not_acceptable", message)
    }

    /// 415. The message quotes the whole `Content-Type` header.
    #[must_use]
    pub fn unsupported_media_type(content_type: &str) -> Self {
        let message = format(
            gettext("Unsupported media type \"{media_type}\" in request."),
            &[("media_type", &content_type)],
        );
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::of(ExceptionKind::UnsupportedMediaType, status, "unsupported_media_type", message)
    }

    /// 429. `wait` is in seconds and is rounded up. `None` if it is unknown.
    #[must_use]
    pub fn throttled(wait: Option<f64>) -> Self {
        let mut message = gettext("Request was throttled.").to_owned();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float out of range saturates, and none is negative"
        )]
        let wait = wait.map(|seconds| seconds.max(0.0).ceil() as u64);
        if let Some(seconds) = wait {
            // Django REST framework has a message of its own for one second, and asks for no plural form.
            let expected = if seconds == 1 {
                gettext("Expected available in {wait} second.")
            } else {
                gettext("Expected available in {wait} seconds.")
            };
            message.push(' ');
            message.push_str(&format(expected, &[("wait", &seconds)]));
        }
        let mut error =
            Self::of(ExceptionKind::Throttled, StatusCode::TOO_MANY_REQUESTS, "throttled", message);
        error.0.wait = wait;
        error
    }

    /// 503. The client may retry after a second. The cause is logged.
    pub fn service_unavailable(cause: impl fmt::Display) -> Self {
        // While the database is away, each request has the same cause.
        warn_sometimes(module_path!(), &format!("Answered 503: {cause}"));
        let message = gettext("Service temporarily unavailable, try again later.");
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let mut error = Self::of(ExceptionKind::ServiceUnavailable, status, "service_unavailable", message);
        error.0.wait = Some(1);
        error
    }

    /// 400 with Django's plain page, for a request that exceeds a limit. The cause is logged.
    pub fn suspicious_operation(cause: impl fmt::Display) -> Self {
        log::warn!("Answered 400: {cause}");
        Self::of(ExceptionKind::SuspiciousOperation, StatusCode::BAD_REQUEST, "error", "Bad Request (400)")
    }

    /// 500 with Django's plain page. The cause is logged, and never sent to the client.
    pub fn server_error(cause: impl fmt::Display) -> Self {
        log::error!("Answered 500: {cause}");
        Self::with_report(ErrorReport::new(cause.to_string()))
    }

    /// The same for an error whose own causes ([`source`](std::error::Error::source)) the debug page shows too.
    #[must_use]
    pub fn from_error(error: &dyn std::error::Error) -> Self {
        log::error!("Answered 500: {error}");
        Self::with_report(ErrorReport::of(error))
    }

    fn with_report(report: ErrorReport) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let mut exception =
            Self::of(ExceptionKind::ServerError, status, "error", gettext("A server error occurred."));
        exception.0.report = report;
        exception
    }

    /// Django's plain page for an exception that the exception handler leaves alone. The debug page replaces it.
    pub(super) fn page(&self) -> HttpResponse {
        match self.0.kind {
            ExceptionKind::SuspiciousOperation => pages::bad_request(),
            ExceptionKind::ServerError => self.0.report.clone().attach(pages::server_error()),
            _ => ErrorReport::new(self.to_string()).attach(pages::server_error()),
        }
    }

    /// Replaces the message. Status and code stay.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        let code = match &self.0.detail {
            Detail::Message(detail) => detail.code.clone(),
            Detail::List(_) | Detail::Dict(_) => "invalid".into(),
        };
        self.0.detail = Detail::message(message, code);
        self
    }

    /// Replaces the code.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        if let Detail::Message(detail) = &mut self.0.detail {
            detail.code = code.into();
        }
        self
    }

    /// The exception's class.
    #[must_use]
    pub fn kind(&self) -> ExceptionKind {
        self.0.kind
    }

    /// The detail that the client receives.
    #[must_use]
    pub fn detail(&self) -> &Detail {
        &self.0.detail
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Sets the `WWW-Authenticate` challenge of a 401. Without a challenge the status becomes 403
    /// (`APIView.handle_exception`).
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

    /// The `WWW-Authenticate` challenge.
    pub(super) fn auth_header(&self) -> Option<&HeaderValue> {
        self.0.auth_header.as_ref()
    }

    /// The seconds until the client may retry.
    pub(super) fn wait(&self) -> Option<u64> {
        self.0.wait
    }

    pub(super) fn needs_challenge(&self) -> bool {
        matches!(self.0.kind, ExceptionKind::NotAuthenticated | ExceptionKind::AuthenticationFailed)
    }
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

impl From<DatabaseError> for APIException {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Query(diesel::result::Error::NotFound) => Self::not_found(),
            DatabaseError::Query(_) => Self::from_error(&error),
            DatabaseError::Unavailable(_) => Self::service_unavailable(error),
            DatabaseError::Receiver(error) => match error.downcast::<Self>() {
                Ok(answer) => *answer,
                Err(error) => Self::server_error(error),
            },
        }
    }
}

impl From<DeletionError> for APIException {
    /// 500: a protected foreign key refers to the row. The database's errors as always.
    fn from(error: DeletionError) -> Self {
        match error {
            DeletionError::Database(error) => error.into(),
            protected @ DeletionError::Protected(_) => Self::server_error(protected),
        }
    }
}

impl From<WrongType> for APIException {
    /// 500: a serializer's field is of another kind than its column.
    fn from(error: WrongType) -> Self {
        Self::server_error(error)
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
            serializers::Error::Mismatch(_) => Self::from_error(&error),
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
            AuthenticationError::Throttled(wait) => Self::throttled(Some(wait.as_secs_f64())),
            AuthenticationError::NotInstalled => Self::from_error(&error),
        }
    }
}

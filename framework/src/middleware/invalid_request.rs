//! Requests that no Django project sees, because the server in front of it refuses them. The pages are those of gunicorn, the
//! server in front of most.
//!
//! - A target that is no path: `GET name HTTP/1.1`, `CONNECT host:443 HTTP/1.1`. RFC 9112, section 3.2, asks for 400.
//! - A field of the head above 8 KB: 431 (RFC 6585, section 5).

use std::fmt;

use actix_web::dev::ServiceRequest;
use actix_web::http::{StatusCode, Version};
use actix_web::{HttpResponse, ResponseError};

use crate::connections::MAX_FIELD;
use crate::pages::escape;

/// The request is invalid. The response has none of Django's headers.
#[derive(Debug)]
pub(super) enum InvalidRequest {
    /// With the request line.
    Line(String),
    LargeField,
}

impl InvalidRequest {
    /// The error, if the target is neither a path nor a URL, or a field is too large.
    pub(super) fn of(request: &ServiceRequest, has_large_field: bool) -> Option<Self> {
        if has_large_field {
            return Some(Self::LargeField);
        }
        let uri = request.uri();
        if uri.scheme().is_some() {
            return None;
        }
        let target = uri.authority()?;
        let version = if request.version() == Version::HTTP_10 { "1.0" } else { "1.1" };
        Some(Self::Line(format!("{} {target} HTTP/{version}", request.method())))
    }
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "Invalid HTTP request line: '{line}'"),
            Self::LargeField => write!(f, "A field of the head is above {MAX_FIELD} bytes"),
        }
    }
}

impl ResponseError for InvalidRequest {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Line(_) => StatusCode::BAD_REQUEST,
            Self::LargeField => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let (title, reason) = match self {
            Self::Line(_) => ("Bad Request", format!("Invalid Request Line '{self}'")),
            Self::LargeField => {
                let reason = "Error parsing headers: 'limit request headers fields size'";
                ("Request Header Fields Too Large", reason.to_owned())
            }
        };
        let reason = escape(&reason);
        HttpResponse::build(self.status_code()).content_type("text/html").body(format!(
            "<html>\n  <head>\n    <title>{title}</title>\n  </head>\n  <body>\n    <h1><p>{title}</p></h1>\n    \
             {reason}\n  </body>\n</html>\n"
        ))
    }
}

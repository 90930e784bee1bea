//! Requests whose target is no path: `GET name HTTP/1.1`. RFC 9112, section 3.2, asks for 400. The page is that of gunicorn,
//! the server in front of most Django projects.

use std::fmt;

use actix_web::dev::ServiceRequest;
use actix_web::http::{Method, StatusCode, Version};
use actix_web::{HttpResponse, ResponseError};

use crate::pages::escape;

/// The request line is invalid. The response has none of Django's headers, since no Django project sees the request.
#[derive(Debug)]
pub(super) struct InvalidRequestLine(String);

impl InvalidRequestLine {
    /// The error, if the target is neither a path nor a URL.
    pub(super) fn of(request: &ServiceRequest) -> Option<Self> {
        let uri = request.uri();
        if uri.scheme().is_some() || *request.method() == Method::CONNECT {
            return None;
        }
        let target = uri.authority()?;
        let version = if request.version() == Version::HTTP_10 { "1.0" } else { "1.1" };
        Some(Self(format!("{} {target} HTTP/{version}", request.method())))
    }
}

impl fmt::Display for InvalidRequestLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invalid HTTP request line: '{}'", self.0)
    }
}

impl ResponseError for InvalidRequestLine {
    fn status_code(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }

    fn error_response(&self) -> HttpResponse {
        let reason = escape(&format!("Invalid Request Line '{self}'"));
        HttpResponse::BadRequest().content_type("text/html").body(format!(
            "<html>\n  <head>\n    <title>Bad Request</title>\n  </head>\n  <body>\n    <h1><p>Bad Request</p></h1>\n    \
             {reason}\n  </body>\n</html>\n"
        ))
    }
}

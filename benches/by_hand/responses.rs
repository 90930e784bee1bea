//! The responses, with the tracker's headers.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, VARY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

/// `Allow` of lists.
pub const LIST: &str = "GET, POST, HEAD, OPTIONS";
/// `Allow` of one object.
pub const OBJECT: &str = "GET, PUT, PATCH, DELETE, HEAD, OPTIONS";

/// A JSON response.
pub fn json(status: StatusCode, allow: &'static str, body: Vec<u8>) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    for (name, value) in [
        // A constant of the same length.
        (HeaderName::from_static("x-request-id"), "00000000-0000-4000-8000-000000000000"),
        (CONTENT_TYPE, "application/json"),
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (ALLOW, allow),
        (X_FRAME_OPTIONS, "DENY"),
        (VARY, "Accept"),
    ] {
        response.append_header((name, HeaderValue::from_static(value)));
    }
    response.body(body)
}

/// Why a request is not served.
pub struct Refusal {
    status: StatusCode,
    detail: &'static str,
}

impl Refusal {
    pub const NO_TOKEN: Self =
        Self { status: StatusCode::UNAUTHORIZED, detail: "Authentication credentials were not provided." };
    pub const INVALID_TOKEN: Self = Self { status: StatusCode::UNAUTHORIZED, detail: "Invalid token." };
    pub const INACTIVE: Self = Self { status: StatusCode::UNAUTHORIZED, detail: "User inactive or deleted." };
    pub const NO_ISSUE: Self =
        Self { status: StatusCode::NOT_FOUND, detail: "No Issue matches the given query." };

    pub fn response(self, allow: &'static str) -> HttpResponse {
        let mut response =
            json(self.status, allow, format!(r#"{{"detail":"{}"}}"#, self.detail).into_bytes());
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Token"));
        }
        response
    }
}

//! The headers that Django's SecurityMiddleware and XFrameOptionsMiddleware set by default
//! (`django/middleware/security.py`, `clickjacking.py`), and the request's id.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use uuid::Uuid;

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const X_FRAME_OPTIONS: HeaderName = HeaderName::from_static("x-frame-options");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
// Checked when they are compiled, not with every answer.
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const DENY: HeaderValue = HeaderValue::from_static("DENY");

pub(super) fn add_headers(response: &mut ServiceResponse<BoxBody>, id: Uuid, framed: bool) {
    add_headers_to(response.headers_mut(), id, framed);
}

pub(super) fn add_headers_to(headers: &mut HeaderMap, id: Uuid, frame_options: bool) {
    set_default(headers, X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    set_default(headers, REFERRER_POLICY, SAME_ORIGIN);
    set_default(headers, CROSS_ORIGIN_OPENER_POLICY, SAME_ORIGIN);
    if frame_options {
        set_default(headers, X_FRAME_OPTIONS, DENY);
    }
    let mut text = Uuid::encode_buffer();
    if let Ok(id) = HeaderValue::from_str(id.hyphenated().encode_lower(&mut text)) {
        headers.insert(X_REQUEST_ID, id);
    }
}

/// A header that the view set itself stays, as with Django.
#[inline]
fn set_default(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    // Few views set these: inserting first costs one look into the map instead of two.
    let own = headers.insert(name.clone(), value);
    if !own.is_empty() {
        headers.remove(&name);
        own.for_each(|value| headers.append(name.clone(), value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_s_own_headers_stay() {
        let mut headers = HeaderMap::new();
        for value in ["origin", "no-referrer"] {
            headers.append(REFERRER_POLICY, HeaderValue::from_static(value));
        }
        add_headers_to(&mut headers, Uuid::nil(), true);
        assert_eq!(headers.get_all(REFERRER_POLICY).collect::<Vec<_>>(), ["origin", "no-referrer"]);
        assert_eq!(headers.get("x-frame-options").unwrap(), "DENY");
        assert_eq!(headers.len(), 6);
    }
}

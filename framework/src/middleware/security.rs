//! The default headers of Django's SecurityMiddleware and XFrameOptionsMiddleware (`django/middleware/security.py`,
//! `clickjacking.py`), and the request id.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use uuid::Uuid;

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const X_FRAME_OPTIONS: HeaderName = HeaderName::from_static("x-frame-options");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
// Validated at compile time instead of per response.
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const DENY: HeaderValue = HeaderValue::from_static("DENY");

pub(super) fn add_headers(response: &mut ServiceResponse<BoxBody>, id: Uuid, framed: bool) {
    add_headers_to(response.headers_mut(), id, framed);
}

pub(super) fn add_headers_to(headers: &mut HeaderMap, id: Uuid, frame_options: bool) {
    let mut text = Uuid::encode_buffer();
    let Ok(id) = HeaderValue::from_str(id.hyphenated().encode_lower(&mut text)) else { return };
    // Few views set these. So all are appended without a check, which costs half as much, and the count shows whether
    // all were new.
    let expected = headers.len_keys() + 4 + usize::from(frame_options);
    headers.append(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.append(REFERRER_POLICY, SAME_ORIGIN);
    headers.append(CROSS_ORIGIN_OPENER_POLICY, SAME_ORIGIN);
    if frame_options {
        headers.append(X_FRAME_OPTIONS, DENY);
    }
    headers.append(X_REQUEST_ID, id);
    if headers.len_keys() < expected {
        for name in [X_CONTENT_TYPE_OPTIONS, REFERRER_POLICY, CROSS_ORIGIN_OPENER_POLICY] {
            keep_own(headers, &name);
        }
        if frame_options {
            keep_own(headers, &X_FRAME_OPTIONS);
        }
        if let Some(id) = headers.remove(X_REQUEST_ID).last() {
            headers.insert(X_REQUEST_ID, id);
        }
    }
}

/// Keeps a header that the view set, as Django does: drops the appended value.
fn keep_own(headers: &mut HeaderMap, name: &HeaderName) {
    let mut values: Vec<HeaderValue> = headers.remove(name).collect();
    if values.len() > 1 {
        values.pop();
    }
    values.into_iter().for_each(|value| headers.append(name.clone(), value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_the_view_are_kept() {
        let mut headers = HeaderMap::new();
        for value in ["origin", "no-referrer"] {
            headers.append(REFERRER_POLICY, HeaderValue::from_static(value));
        }
        headers.append(X_REQUEST_ID, HeaderValue::from_static("the view's"));
        add_headers_to(&mut headers, Uuid::nil(), true);
        assert_eq!(headers.get_all(REFERRER_POLICY).collect::<Vec<_>>(), ["origin", "no-referrer"]);
        assert_eq!(headers.get("x-frame-options").unwrap(), "DENY");
        assert_eq!(headers.get_all(X_REQUEST_ID).collect::<Vec<_>>(), [&Uuid::nil().to_string()]);
        assert_eq!(headers.len(), 6);
    }
}

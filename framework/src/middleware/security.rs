//! The headers of Django's SecurityMiddleware and XFrameOptionsMiddleware (`django/middleware/security.py`,
//! `clickjacking.py`), the redirect to https, and the request id.

mod settings;

use actix_web::http::header::{
    HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

pub use self::settings::SecuritySettings;
pub(super) use self::settings::{OPENER_POLICIES, REFERRER_POLICIES, SETTINGS};
use super::common::{full_path, own_response, path, redirect as permanent_redirect};
use super::{HttpSettings, Layer};
use crate::pages;

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// The headers of one worker's responses, made once.
pub(super) struct SecurityHeaders {
    /// On all responses.
    always: Vec<(HeaderName, HeaderValue)>,
    /// Over https only: `Strict-Transport-Security`.
    https: Option<(HeaderName, HeaderValue)>,
    /// `X-Frame-Options`.
    frame: Option<(HeaderName, HeaderValue)>,
    /// Whether all are Django's defaults, which are added in fewer steps.
    is_usual: bool,
}

// Validated at compile time instead of per response.
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const DENY: HeaderValue = HeaderValue::from_static("DENY");

/// A header's value. The usual ones share no counter of references.
fn header_value(text: &str) -> Option<HeaderValue> {
    let usual = ["nosniff", "same-origin", "DENY", "SAMEORIGIN"];
    match usual.into_iter().find(|usual| *usual == text) {
        Some(usual) => Some(HeaderValue::from_static(usual)),
        None => HeaderValue::from_str(text).ok(),
    }
}

impl SecurityHeaders {
    pub(super) fn new(settings: &SecuritySettings) -> Self {
        let header = |name: HeaderName, value: &str| Some((name, header_value(value)?));
        let nosniff = settings.content_type_nosniff.then_some("nosniff");
        let always = [
            nosniff.and_then(|value| header(X_CONTENT_TYPE_OPTIONS, value)),
            settings.referrer_policy.as_deref().and_then(|value| header(REFERRER_POLICY, value)),
            settings
                .cross_origin_opener_policy
                .as_deref()
                .and_then(|value| header(CROSS_ORIGIN_OPENER_POLICY, value)),
        ];
        let hsts = settings.strict_transport_security();
        let usual = (Some("nosniff"), Some("same-origin"), Some("same-origin"), Some("DENY"), None);
        let own = (
            nosniff,
            settings.referrer_policy.as_deref(),
            settings.cross_origin_opener_policy.as_deref(),
            settings.x_frame_options.as_deref(),
            hsts.as_deref(),
        );
        Self {
            is_usual: own == usual,
            always: always.into_iter().flatten().collect(),
            https: hsts.and_then(|value| header(STRICT_TRANSPORT_SECURITY, &value)),
            frame: settings.x_frame_options.as_deref().and_then(|value| header(X_FRAME_OPTIONS, value)),
        }
    }

    /// The headers of a response of this layer.
    fn of(&self, layer: Layer, is_secure: bool) -> impl Iterator<Item = &(HeaderName, HeaderValue)> {
        let is_inside = layer >= Layer::Security;
        let always = if is_inside { self.always.as_slice() } else { &[] };
        let https = self.https.as_ref().filter(|_| is_inside && is_secure);
        let frame = self.frame.as_ref().filter(|_| layer == Layer::View);
        always.iter().chain(https).chain(frame)
    }

    /// Adds the headers that the response lacks, and the request id.
    pub(super) fn add_to(&self, headers: &mut HeaderMap, id: Uuid, layer: Layer, is_secure: bool) {
        let mut text = Uuid::encode_buffer();
        let Ok(id) = HeaderValue::from_str(id.hyphenated().encode_lower(&mut text)) else { return };
        // Few views set these. So all are appended without a check, which costs half as much, and the count shows whether
        // all were new.
        let mut expected = headers.len_keys() + 1;
        if self.is_usual && layer == Layer::View {
            headers.append(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
            headers.append(REFERRER_POLICY, SAME_ORIGIN);
            headers.append(CROSS_ORIGIN_OPENER_POLICY, SAME_ORIGIN);
            headers.append(X_FRAME_OPTIONS, DENY);
            expected += 4;
        } else {
            for (name, value) in self.of(layer, is_secure) {
                headers.append(name.clone(), value.clone());
                expected += 1;
            }
        }
        headers.append(X_REQUEST_ID, id);
        if headers.len_keys() < expected {
            self.of(layer, is_secure).for_each(|(name, _)| keep_own(headers, name));
            if let Some(id) = headers.remove(X_REQUEST_ID).last() {
                headers.insert(X_REQUEST_ID, id);
            }
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

/// Whether a request is redirected to https (`SECURE_SSL_REDIRECT`).
pub(super) fn must_redirect(req: &HttpRequest, settings: &HttpSettings, is_secure: bool) -> bool {
    if !settings.security.ssl_redirect || is_secure {
        return false;
    }
    let path = format!("{}{}", settings.script_name, path(req));
    let path = path.trim_start_matches('/');
    !settings.security.redirect_exempt.iter().any(|pattern| pattern.is_match(path))
}

/// The redirect to https at this host.
pub(super) fn redirect(req: &HttpRequest, host: &str, settings: &HttpSettings) -> HttpResponse {
    let location = format!("https://{host}{}", full_path(req, &path(req), settings));
    let response = permanent_redirect(location).unwrap_or_else(pages::bad_request);
    own_response(Layer::Security, req.version(), response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::Env;

    fn headers_of(pairs: &[(&str, &str)]) -> SecurityHeaders {
        let env: Env = pairs.iter().copied().collect();
        SecurityHeaders::new(&SecuritySettings::from_env(&env).unwrap())
    }

    #[test]
    fn headers_of_the_view_are_kept() {
        let mut headers = HeaderMap::new();
        for value in ["origin", "no-referrer"] {
            headers.append(REFERRER_POLICY, HeaderValue::from_static(value));
        }
        headers.append(X_REQUEST_ID, HeaderValue::from_static("the view's"));
        headers_of(&[]).add_to(&mut headers, Uuid::nil(), Layer::View, true);
        assert_eq!(headers.get_all(REFERRER_POLICY).collect::<Vec<_>>(), ["origin", "no-referrer"]);
        assert_eq!(headers.get("x-frame-options").unwrap(), "DENY");
        assert_eq!(headers.get_all(X_REQUEST_ID).collect::<Vec<_>>(), [&Uuid::nil().to_string()]);
        assert_eq!(headers.len(), 6);
    }

    #[test]
    fn each_layer_has_the_headers_of_those_outside() {
        let headers = headers_of(&[("SECURE_HSTS_SECONDS", "60"), ("SECURE_HSTS_PRELOAD", "true")]);
        let names = |layer, is_secure| {
            let mut map = HeaderMap::new();
            headers.add_to(&mut map, Uuid::nil(), layer, is_secure);
            (map.len(), map.get("strict-transport-security").cloned(), map.contains_key("x-frame-options"))
        };
        let hsts = Some(HeaderValue::from_static("max-age=60; preload"));
        assert_eq!(names(Layer::Outermost, true), (1, None, false));
        assert_eq!(names(Layer::Security, true), (5, hsts.clone(), false));
        assert_eq!(names(Layer::Common, false), (4, None, false));
        assert_eq!(names(Layer::View, true), (6, hsts, true));
    }
}

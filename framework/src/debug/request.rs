//! What the debug page shows of a request. It is taken before the view runs, because a panic loses the request.

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{ACCEPT, AUTHORIZATION, COOKIE, HeaderMap, HeaderName, REFERER};
use actix_web::http::{Method, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::conf::filter::{STARS, is_secret, mask_query, query_secrets};

/// Method, URI and headers of a request.
pub(crate) struct RequestSnapshot {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl RequestSnapshot {
    pub(crate) fn new(request: &ServiceRequest) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers: request.headers().clone(),
        }
    }

    pub(super) fn method(&self) -> &str {
        self.method.as_str()
    }

    pub(super) fn path(&self) -> &str {
        self.uri.path()
    }

    /// The query string with masked secrets.
    pub(super) fn query(&self) -> Option<String> {
        self.uri.query().map(mask_query)
    }

    /// Returns whether the client shows HTML: browsers name it in `Accept`, curl accepts anything. Django sends HTML to
    /// both.
    pub(super) fn prefers_html(&self) -> bool {
        let accept = self.headers.get_all(ACCEPT).filter_map(|value| value.to_str().ok());
        let requested_with = self.headers.get("x-requested-with").and_then(|value| value.to_str().ok());
        requested_with != Some("XMLHttpRequest")
            && accept.into_iter().any(|value| value.contains("text/html"))
    }

    /// The headers, sorted by name, with masked secrets. `csrf_header` is the header of the CSRF token.
    pub(super) fn headers(&self, csrf_header: &HeaderName) -> Vec<(&str, String)> {
        let mut headers: Vec<_> = self.headers.iter().collect();
        headers.sort_by_key(|(name, _)| name.as_str());
        let show = |name: &HeaderName, value: &[u8]| {
            let value = String::from_utf8_lossy(value);
            if is_secret(name.as_str()) || name == csrf_header {
                return STARS.to_owned();
            }
            match value.split_once('?') {
                // Another page's URL, whose query may have secrets too.
                Some((page, query)) if name == REFERER => format!("{page}?{}", mask_query(query)),
                _ => value.into_owned(),
            }
        };
        headers.into_iter().map(|(name, value)| (name.as_str(), show(name, value.as_bytes()))).collect()
    }

    /// The secrets that the request carries, in every form in which an error may quote them.
    pub(super) fn secrets(&self) -> Vec<String> {
        let mut secrets = self.uri.query().map(query_secrets).unwrap_or_default();
        for (name, value) in self.headers.iter().filter(|(name, _)| is_secret(name.as_str())) {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            if name == AUTHORIZATION {
                // The scheme is no secret.
                let words = value.split_ascii_whitespace().skip(1);
                secrets.extend(words.flat_map(|word| {
                    let basic = STANDARD.decode(word).ok().and_then(|text| String::from_utf8(text).ok());
                    let password =
                        basic.and_then(|text| text.split_once(':').map(|(_, pass)| pass.to_owned()));
                    [Some(word.to_owned()), password].into_iter().flatten()
                }));
            } else if name == COOKIE {
                let cookies = value.split(';').filter_map(|cookie| cookie.split_once('='));
                secrets.extend(cookies.map(|(_, value)| value.trim().to_owned()));
            }
            secrets.push(value);
        }
        secrets
    }
}

//! Cross-origin resource sharing, as the middleware of django-cors-headers adds it to a Django project.
//!
//! It answers preflight requests before the host is checked and before anything is authenticated, and adds its headers to
//! all other responses, error pages too.

mod settings;

use actix_web::HttpResponse;
use actix_web::dev::RequestHead;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue, ORIGIN,
};
use percent_encoding::percent_decode_str;
use vitamin_parsing::mediatypes::latin1;

pub use self::settings::CorsSettings;
pub(crate) use self::settings::SETTINGS;
use crate::http::{SplitUrl, get_header, patch_vary_headers};

const ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
const ACCESS_CONTROL_ALLOW_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");
const ANY: HeaderValue = HeaderValue::from_static("*");
const TRUE: HeaderValue = HeaderValue::from_static("true");

/// Answers preflight requests and adds the headers of CORS, with values that are made once per worker.
pub(crate) struct Cors {
    settings: CorsSettings,
    /// Scheme and host of the allowed origins.
    origins: Vec<SplitUrl>,
    /// Headers whose values are the same for all requests.
    constant: Vec<(HeaderName, HeaderValue)>,
    /// Those for OPTIONS only.
    of_options: Vec<(HeaderName, HeaderValue)>,
}

/// A request that CORS applies to.
pub(crate) struct CorsRequest {
    /// The value of `Access-Control-Allow-Origin`, if the origin is allowed.
    allow_origin: Option<HeaderValue>,
    is_options: bool,
    asks_for_private_network: bool,
    /// Whether the middleware answers the request itself.
    pub(crate) is_preflight: bool,
}

impl Cors {
    /// Returns `None` if no origin is allowed.
    pub(crate) fn new(settings: &CorsSettings) -> Option<Self> {
        let header = |name: HeaderName, names: &[String]| {
            HeaderValue::from_str(&names.join(", ")).ok().map(|value| (name, value))
        };
        let credentials = settings.allow_credentials.then_some((ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE));
        let exposed = header(ACCESS_CONTROL_EXPOSE_HEADERS, &settings.expose_headers)
            .filter(|_| !settings.expose_headers.is_empty());
        let max_age = (settings.preflight_max_age > 0)
            .then(|| (ACCESS_CONTROL_MAX_AGE, HeaderValue::from(settings.preflight_max_age)));
        let of_options = [
            header(ACCESS_CONTROL_ALLOW_HEADERS, &settings.allow_headers),
            header(ACCESS_CONTROL_ALLOW_METHODS, &settings.allow_methods),
            max_age,
        ];
        settings.is_active().then(|| Self {
            settings: settings.clone(),
            origins: settings.allowed_origins.iter().filter_map(|origin| SplitUrl::parse(origin)).collect(),
            constant: [credentials, exposed].into_iter().flatten().collect(),
            of_options: of_options.into_iter().flatten().collect(),
        })
    }

    /// Returns whether the middleware is outside of SecurityMiddleware.
    pub(crate) fn is_before_security(&self) -> bool {
        self.settings.before_security
    }

    /// Returns `None` if CORS does not apply to the request's path.
    pub(crate) fn request(&self, head: &RequestHead) -> Option<CorsRequest> {
        if !self.applies_to(head.uri.path()) {
            return None;
        }
        let headers = head.headers();
        let is_options = head.method == Method::OPTIONS;
        let private_network = || get_header(headers, ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK);
        Some(CorsRequest {
            allow_origin: self.allow_origin(headers),
            is_options,
            asks_for_private_network: self.settings.allow_private_network
                && private_network().as_deref() == Some(b"true"),
            is_preflight: is_options && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD),
        })
    }

    fn applies_to(&self, path: &str) -> bool {
        let regex = &self.settings.urls_regex;
        // Almost always. An escape may be that of a line feed, which the dot does not match.
        if regex.as_str() == settings::URLS_REGEX && !path.contains('%') {
            return true;
        }
        regex.matches_start(&percent_decode_str(path).decode_utf8_lossy())
    }

    fn allow_origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let bytes = get_header(headers, ORIGIN).filter(|origin| !origin.is_empty())?;
        let origin = latin1(&bytes);
        let settings = &self.settings;
        let is_listed = settings.allowed_origins.iter().any(|allowed| *allowed == origin);
        // Python's urlsplit refuses some origins.
        let url = if is_listed { None } else { Some(SplitUrl::parse(&origin)?) };
        let is_same = |url: &SplitUrl| {
            self.origins.iter().any(|allowed| allowed.scheme == url.scheme && allowed.netloc == url.netloc)
        };
        let is_allowed = is_listed
            || settings.allow_all_origins
            || url.as_ref().is_some_and(is_same)
            || settings.allowed_origin_regexes.iter().any(|regex| regex.matches_start(&origin));
        if !is_allowed {
            return None;
        }
        if settings.allow_all_origins && !settings.allow_credentials {
            return Some(ANY);
        }
        HeaderValue::from_bytes(&bytes).ok()
    }

    /// Adds the headers to a response.
    pub(crate) fn add_headers(&self, request: &CorsRequest, headers: &mut HeaderMap) {
        patch_vary_headers(headers, &["origin"]);
        let Some(origin) = &request.allow_origin else { return };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        let of_options = self.of_options.iter().filter(|_| request.is_options);
        for (name, value) in self.constant.iter().chain(of_options) {
            headers.insert(name.clone(), value.clone());
        }
        if request.asks_for_private_network {
            headers.insert(ACCESS_CONTROL_ALLOW_PRIVATE_NETWORK, TRUE);
        }
    }
}

/// The response to a preflight request, without the headers.
pub(crate) fn preflight_response() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").finish()
}

//! Properties of a request (`django/http/request.py`), as Django behind a WSGI server reads them.

mod absolute;
mod client_address;
mod cookie;
mod forwarded;
mod safe_url;
mod script_name;
mod session_cookie;
mod set_cookie;
mod split_url;
mod vary;

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{AsHeaderName, HOST, HeaderMap, HeaderName};

pub use self::absolute::build_absolute_uri;
pub use self::client_address::{TrustedProxies, client_address, comes_from_trusted_proxy};
pub use self::cookie::get_cookie;
pub(crate) use self::forwarded::header_name;
pub use self::forwarded::{ForwardedAllowIps, SecureProxySslHeader};
pub use self::safe_url::url_has_allowed_host_and_scheme;
pub use self::script_name::{ScriptName, get_full_path, get_path};
pub(crate) use self::session_cookie::SETTINGS;
pub use self::session_cookie::SessionCookieSettings;
pub use self::set_cookie::SetCookie;
pub(crate) use self::split_url::SplitUrl;
pub use self::vary::patch_vary_headers;
use super::connections::Connection;
use super::middleware::HttpSettings;

const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");

/// Returns a header's value. Several values are joined with a comma, as a WSGI server does.
#[must_use]
pub fn get_header(headers: &HeaderMap, name: impl AsHeaderName) -> Option<Cow<'_, [u8]>> {
    let mut values = headers.get_all(name);
    let mut joined = Cow::Borrowed(values.next()?.as_bytes());
    for value in values {
        let joined = joined.to_mut();
        joined.push(b',');
        joined.extend_from_slice(value.as_bytes());
    }
    Some(joined)
}

/// Returns the host, with its port if given: from `X-Forwarded-Host` with `USE_X_FORWARDED_HOST`, else from `Host`.
/// Without either (HTTP/1.0), returns the local address, with its port if that is not the scheme's own.
///
/// The middleware only passes hosts in `ALLOWED_HOSTS`.
#[must_use]
pub fn get_host(request: &HttpRequest, settings: &HttpSettings) -> String {
    let forwarded =
        settings.use_x_forwarded_host.then(|| get_header(request.headers(), X_FORWARDED_HOST)).flatten();
    let host = forwarded.or_else(|| request.headers().get(HOST).map(|host| Cow::Borrowed(host.as_bytes())));
    match host {
        Some(host) => String::from_utf8_lossy(&host).into_owned(),
        None => {
            let (address, port) = (local_addr(request), get_port(request, settings));
            let usual = if is_secure(request, settings) { "443" } else { "80" };
            let mut host = match address.ip() {
                IpAddr::V4(ip) => ip.to_string(),
                IpAddr::V6(ip) => format!("[{ip}]"),
            };
            if port != usual {
                host.extend([":", &port]);
            }
            host
        }
    }
}

/// Returns the port that the client used: from `X-Forwarded-Port` with `USE_X_FORWARDED_PORT`, else that of the local
/// address (`HttpRequest.get_port`).
#[must_use]
pub fn get_port(request: &HttpRequest, settings: &HttpSettings) -> String {
    let forwarded =
        settings.use_x_forwarded_port.then(|| get_header(request.headers(), X_FORWARDED_PORT)).flatten();
    match forwarded {
        Some(port) => String::from_utf8_lossy(&port).into_owned(),
        None => local_addr(request).port().to_string(),
    }
}

/// Returns the address that the server listens on.
#[must_use]
pub fn local_addr(request: &HttpRequest) -> SocketAddr {
    Connection::of(request).map_or_else(|| request.app_config().local_addr(), Connection::local_addr)
}

/// Returns whether a host equals the pattern, ignoring the pattern's case, or is below it if the pattern starts with a
/// dot (`django/utils/http.py`).
pub(crate) fn is_same_domain(host: &str, pattern: &str) -> bool {
    let pattern = pattern.to_lowercase();
    match pattern.strip_prefix('.') {
        Some(parent) => host == parent || host.ends_with(&pattern),
        None => !pattern.is_empty() && host == pattern,
    }
}

/// Returns whether the client uses https, according to a trusted proxy or the server itself.
#[must_use]
pub fn is_secure(request: &HttpRequest, settings: &HttpSettings) -> bool {
    let proxied =
        settings.secure_proxy_ssl_header.as_ref().and_then(|header| header.is_secure(request.headers()));
    proxied.unwrap_or_else(|| {
        let peer = request.peer_addr().map(|address| address.ip());
        settings
            .forwarded_allow_ips
            .is_secure(peer, request.headers())
            .unwrap_or(request.app_config().secure())
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::conf::Env;

    fn settings(pairs: &[(&str, &str)]) -> HttpSettings {
        HttpSettings::from_env(&pairs.iter().copied().collect::<Env>()).unwrap()
    }

    fn request(headers: &[(&'static str, &'static str)]) -> HttpRequest {
        let request = TestRequest::default().peer_addr("203.0.113.7:4000".parse().unwrap());
        headers.iter().fold(request, |request, header| request.append_header(*header)).to_http_request()
    }

    #[test]
    fn repeated_headers_are_joined() {
        let request = request(&[("x-a", "1"), ("x-b", "0"), ("x-a", "2")]);
        assert_eq!(get_header(request.headers(), "x-a").as_deref(), Some(&b"1,2"[..]));
        assert_eq!(get_header(request.headers(), "x-c"), None);
    }

    #[test]
    fn a_forwarded_host_is_used_only_if_the_settings_allow_it() {
        let request = request(&[("host", "inner:8000"), ("x-forwarded-host", "outer")]);
        assert_eq!(get_host(&request, &settings(&[])), "inner:8000");
        assert_eq!(get_host(&request, &settings(&[("USE_X_FORWARDED_HOST", "1")])), "outer");
    }

    /// The expected values were made with Django 5.2.
    #[test]
    fn a_forwarded_port_is_used_only_if_the_settings_allow_it() {
        let forwarded = |port| request(&[("x-forwarded-port", port)]);
        let allowed = settings(&[("USE_X_FORWARDED_PORT", "1")]);
        assert_eq!(get_port(&forwarded("8443"), &settings(&[])), "8080");
        assert_eq!(get_port(&forwarded("8443"), &allowed), "8443");
        // HTTP/1.0, without a host.
        assert_eq!(get_host(&request(&[]), &allowed), "127.0.0.1:8080");
        assert_eq!(get_host(&forwarded("8443"), &allowed), "127.0.0.1:8443");
        assert_eq!(get_host(&forwarded("80"), &allowed), "127.0.0.1");
        let https = settings(&[
            ("USE_X_FORWARDED_PORT", "1"),
            ("SECURE_PROXY_SSL_HEADER", "X-Forwarded-Proto=https"),
        ]);
        let secure = |port| request(&[("x-forwarded-port", port), ("x-forwarded-proto", "https")]);
        assert_eq!(get_host(&secure("443"), &https), "127.0.0.1");
        assert_eq!(get_host(&secure("80"), &https), "127.0.0.1:80");
    }

    /// The expected values were made with Django 5.2.
    #[test]
    fn a_leading_dot_matches_subdomains() {
        for (host, pattern, same) in [
            ("example.com", "example.com", true),
            ("a.example.com", "example.com", false),
            ("a.example.com", ".example.com", true),
            ("example.com", ".example.com", true),
            ("badexample.com", ".example.com", false),
            ("a.example.com", ".Example.COM", true),
            ("Example.com", "example.com", false),
            ("", "", false),
            ("", ".", true),
            ("a.", ".", true),
        ] {
            assert_eq!(is_same_domain(host, pattern), same, "{host} {pattern}");
        }
    }

    #[test]
    fn forwarded_https_is_trusted_only_from_a_trusted_proxy() {
        let https = request(&[("x-forwarded-proto", "https")]);
        assert!(!is_secure(&https, &settings(&[])));
        assert!(is_secure(&https, &settings(&[("FORWARDED_ALLOW_IPS", "10.0.0.1, 203.0.113.7")])));
        assert!(is_secure(&https, &settings(&[("FORWARDED_ALLOW_IPS", "*")])));
        for header in ["X-Forwarded-Proto=https", "HTTP_X_FORWARDED_PROTO,https"] {
            assert!(is_secure(&https, &settings(&[("SECURE_PROXY_SSL_HEADER", header)])), "{header}");
        }
    }
}

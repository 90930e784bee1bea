//! The headers that pass the proxy.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};

use crate::http::ForwardedAllowIps;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The request line and headers that both programs get.
pub(super) struct RequestHead {
    pub(super) method: Method,
    pub(super) target: String,
    pub(super) headers: HeaderMap,
}

impl RequestHead {
    /// Those of the client's request. The headers in which a proxy describes the client are passed on from a proxy that
    /// is trusted (`FORWARDED_ALLOW_IPS`), and are this proxy's own otherwise.
    pub(super) fn new(request: &HttpRequest, trusted: &ForwardedAllowIps) -> Self {
        let mut headers = without_hop_by_hop(request.headers());
        // Without content encodings, the bodies can be compared.
        headers.remove(ACCEPT_ENCODING);
        headers.remove(CONTENT_LENGTH);
        if !headers.contains_key(HOST)
            && let Some(host) = request
                .headers()
                .get(HOST)
                .cloned()
                .or_else(|| HeaderValue::from_str(request.uri().host()?).ok())
        {
            headers.insert(HOST, host);
        }
        let peer = request.peer_addr().map(|address| address.ip());
        if !trusted.contains(peer) {
            describe_client(&mut headers, peer);
        } else if !headers.contains_key(&X_FORWARDED_FOR) {
            set_peer(&mut headers, peer);
        }
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
        Self { method: request.method().clone(), target, headers }
    }
}

/// Replaces what the client says about itself.
fn describe_client(headers: &mut HeaderMap, peer: Option<IpAddr>) {
    let forwarded = |name: &&HeaderName| **name == FORWARDED || name.as_str().starts_with("x-forwarded-");
    let forged: Vec<HeaderName> = headers.keys().filter(forwarded).cloned().collect();
    for name in forged {
        headers.remove(name);
    }
    set_peer(headers, peer);
    // This server has no TLS.
    headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static("http"));
    if let Some(host) = headers.get(HOST).cloned() {
        headers.insert(X_FORWARDED_HOST, host);
    }
}

fn set_peer(headers: &mut HeaderMap, peer: Option<IpAddr>) {
    if let Some(peer) = peer.and_then(|peer| HeaderValue::from_str(&peer.to_canonical().to_string()).ok()) {
        headers.insert(X_FORWARDED_FOR, peer);
    }
}

/// Returns the message's own headers, without those of its connection (RFC 9110, section 7.6.1): the known ones, and those
/// that `Connection` names.
pub(super) fn without_hop_by_hop(headers: &HeaderMap) -> HeaderMap {
    const KNOWN: [HeaderName; 7] =
        [CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];
    const MORE: [&str; 3] = ["keep-alive", "proxy-connection", "http2-settings"];
    let named: Vec<&str> = headers
        .get_all(CONNECTION)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(str::trim))
        .collect();
    let is_hop_by_hop = |name: &HeaderName| {
        KNOWN.contains(name)
            || MORE.contains(&name.as_str())
            || named.iter().any(|named| named.eq_ignore_ascii_case(name.as_str()))
    };
    headers
        .iter()
        .filter(|(name, _)| !is_hop_by_hop(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn head(peer: &str, trusted: &str, headers: &[(&str, &str)]) -> Vec<String> {
        let mut request = TestRequest::default().peer_addr(format!("{peer}:1000").parse().unwrap());
        for header in headers {
            request = request.append_header(*header);
        }
        let head = RequestHead::new(&request.to_http_request(), &trusted.parse().unwrap());
        let mut lines: Vec<String> =
            head.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        lines
    }

    const FORGED: &[(&str, &str)] = &[
        ("host", "h"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-for", "10.0.0.2"),
        ("X-Forwarded-Proto", "https"),
        ("x-forwarded-port", "443"),
        ("forwarded", "for=10.0.0.1"),
        ("x-other", "1"),
    ];

    #[test]
    fn a_client_can_not_forge_its_address() {
        assert_eq!(
            head("192.0.2.1", "127.0.0.1", FORGED),
            [
                "host: h",
                "x-forwarded-for: 192.0.2.1",
                "x-forwarded-host: h",
                "x-forwarded-proto: http",
                "x-other: 1"
            ]
        );
    }

    #[test]
    fn a_trusted_proxy_s_description_is_passed_on() {
        assert_eq!(
            head("192.0.2.1", "192.0.2.1", FORGED),
            [
                "forwarded: for=10.0.0.1",
                "host: h",
                "x-forwarded-for: 10.0.0.1",
                "x-forwarded-for: 10.0.0.2",
                "x-forwarded-port: 443",
                "x-forwarded-proto: https",
                "x-other: 1"
            ]
        );
        assert_eq!(head("192.0.2.1", "*", &[("host", "h")]), ["host: h", "x-forwarded-for: 192.0.2.1"]);
    }

    #[test]
    fn headers_of_the_connection_do_not_pass() {
        let headers = [
            ("connection", "close, X-One"),
            ("connection", "x-two,host"),
            ("x-one", "1"),
            ("x-two", "2"),
            ("x-three", "3"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic eDp5"),
            ("te", "trailers"),
            ("trailer", "x"),
            ("upgrade", "h2c"),
            ("http2-settings", "x"),
            ("proxy-connection", "close"),
            ("accept-encoding", "gzip"),
            ("authorization", "Token x"),
            ("host", "h"),
        ];
        assert_eq!(
            head("192.0.2.1", "*", &headers),
            ["authorization: Token x", "host: h", "x-forwarded-for: 192.0.2.1", "x-three: 3"]
        );
    }
}

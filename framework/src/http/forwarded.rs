//! Headers in which a proxy describes the client's connection.

use std::net::IpAddr;
use std::str::FromStr;

use actix_web::http::header::{HeaderMap, HeaderName};

use super::get_header;

/// `SECURE_PROXY_SSL_HEADER`: the header and value by which a proxy marks https requests. Written
/// `X-Forwarded-Proto=https`, or with a comma and Django's `HTTP_X_FORWARDED_PROTO`.
///
/// The proxy must remove this header from client requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecureProxySslHeader {
    name: HeaderName,
    value: String,
}

impl SecureProxySslHeader {
    /// Returns `None` if the header is missing. Of several comma-separated values, the first counts.
    pub(super) fn is_secure(&self, headers: &HeaderMap) -> Option<bool> {
        let value = get_header(headers, &self.name)?;
        let first = value.split(|byte| *byte == b',').next().unwrap_or_default();
        Some(first.trim_ascii() == self.value.as_bytes())
    }
}

impl FromStr for SecureProxySslHeader {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) =
            text.split_once(['=', ',']).ok_or("it is not of the form X-Forwarded-Proto=https")?;
        Ok(Self { name: header_name(name)?, value: value.trim().to_owned() })
    }
}

/// Parses a header name, written plainly or as a key of Django's `request.META` (`HTTP_X_CSRFTOKEN`).
pub(crate) fn header_name(text: &str) -> Result<HeaderName, String> {
    let text = text.trim();
    let name = match text.strip_prefix("HTTP_") {
        Some(key) => key.replace('_', "-"),
        None => text.to_owned(),
    };
    HeaderName::from_str(&name).map_err(|error| error.to_string())
}

/// `FORWARDED_ALLOW_IPS`, as in gunicorn: the proxies whose `X-Forwarded-Proto` is trusted without
/// `SECURE_PROXY_SSL_HEADER`. Addresses, or `*` for any peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardedAllowIps {
    /// Any peer.
    All,
    /// These peers.
    These(Vec<IpAddr>),
}

impl ForwardedAllowIps {
    /// Returns whether this peer is a trusted proxy.
    pub(crate) fn contains(&self, peer: Option<IpAddr>) -> bool {
        match (self, peer) {
            (Self::All, _) => true,
            (Self::These(list), Some(peer)) => list.contains(&peer.to_canonical()),
            (Self::These(_), None) => false,
        }
    }

    /// Returns `None` if the peer is not trusted or sends no such header.
    pub(super) fn is_secure(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<bool> {
        if !self.contains(peer) {
            return None;
        }
        // gunicorn's secure_scheme_headers.
        let secure_headers =
            [("x-forwarded-proto", "https"), ("x-forwarded-protocol", "ssl"), ("x-forwarded-ssl", "on")];
        secure_headers
            .iter()
            .find_map(|(name, secure)| Some(headers.get(*name)?.as_bytes() == secure.as_bytes()))
    }
}

impl FromStr for ForwardedAllowIps {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "*" {
            return Ok(Self::All);
        }
        let addresses = text.split(',').map(|address| {
            let address = address.trim();
            address.parse().map_err(|_| format!("{address} is not an IP address"))
        });
        addresses.collect::<Result<_, _>>().map(Self::These)
    }
}

impl Default for ForwardedAllowIps {
    /// A proxy on this machine.
    fn default() -> Self {
        Self::These(vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])])
    }
}

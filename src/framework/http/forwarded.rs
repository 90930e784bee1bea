//! What a proxy secure_headers of the client's connection.

use std::net::IpAddr;
use std::str::FromStr;

use actix_web::http::header::{HeaderMap, HeaderName};

use super::get_header;

/// `SECURE_PROXY_SSL_HEADER`: the header, and its value, by which a proxy says that the client speaks https. Written
/// `X-Forwarded-Proto=https`, or with a comma and Django's `HTTP_X_FORWARDED_PROTO`.
///
/// The proxy must strip the header from what clients send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecureProxySslHeader {
    name: HeaderName,
    value: String,
}

impl SecureProxySslHeader {
    /// `None` where the header is not there. Of several values, which proxies separate by commas, the first counts.
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

/// A header's name, as it is or as a key of Django's `request.META` (`HTTP_X_CSRFTOKEN`).
pub(in crate::framework) fn header_name(text: &str) -> Result<HeaderName, String> {
    let text = text.trim();
    let name = match text.strip_prefix("HTTP_") {
        Some(key) => key.replace('_', "-"),
        None => text.to_owned(),
    };
    HeaderName::from_str(&name).map_err(|error| error.to_string())
}

/// `FORWARDED_ALLOW_IPS`, gunicorn's setting of that name: the proxies whose `X-Forwarded-Proto` is believed where
/// there is no `SECURE_PROXY_SSL_HEADER`. Addresses, or `*` for anybody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardedAllowIps {
    /// Of any peer.
    All,
    /// Of these.
    These(Vec<IpAddr>),
}

impl ForwardedAllowIps {
    /// `None` where the peer is not trusted, or says nothing.
    pub(super) fn is_secure(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<bool> {
        let trusted = match (self, peer) {
            (Self::All, _) => true,
            (Self::These(list), Some(peer)) => list.contains(&peer.to_canonical()),
            (Self::These(_), None) => false,
        };
        if !trusted {
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
            address.parse().map_err(|_| format!("{address} is no address"))
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

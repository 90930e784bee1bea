//! The address of a request's client, for logs and for limits that an attacker must not evade.
//!
//! Throttle classes have Django REST framework's own rule instead (`get_ident`, `NUM_PROXIES`).

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use actix_web::web::Data;
use ipnet::IpNet;

use super::get_header;
use crate::middleware::Site;

/// `TRUSTED_PROXIES`: the networks of the proxies whose `X-Forwarded-For` is believed. The default is none.
///
/// A proxy appends the address that it sees to the header, so only what a trusted proxy appended is known: the header is
/// read from its end, until an address is no trusted proxy. What a client wrote itself stands before that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Whether no proxy is trusted.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Returns the client's address: that of the connection, or the last one in `X-Forwarded-For` that is no trusted
    /// proxy, if the connection comes from one. `None` without an address, as on a Unix socket.
    ///
    /// If a trusted proxy wrote something else than an address (`unknown`), the client is that proxy.
    #[must_use]
    pub fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let mut client = peer?.to_canonical();
        if self.0.is_empty() || !self.contains(client) {
            return Some(client);
        }
        let forwarded = get_header(headers, "x-forwarded-for").unwrap_or_default();
        for entry in forwarded.rsplit(|byte| *byte == b',') {
            let Some(address) = parse(entry) else { break };
            client = address;
            if !self.contains(client) {
                break;
            }
        }
        Some(client)
    }
}

/// An entry of `X-Forwarded-For`: an address, which some proxies write in brackets or with a port.
fn parse(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry.trim_ascii()).ok()?;
    let bare = || text.parse().ok();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse().map(|address: SocketAddr| address.ip()).ok();
    let address: IpAddr = bare().or_else(bracketed).or_else(with_port)?;
    Some(address.to_canonical())
}

impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        let networks = items.map(|item| {
            let host = || item.parse().map(|address: IpAddr| IpNet::from(address.to_canonical()));
            item.parse()
                .or_else(|_| host())
                .map_err(|_| format!("{item} is neither an IP address nor a network"))
        });
        networks.collect::<Result<_, _>>().map(Self)
    }
}

/// Whether the connection comes from one of the project's `TRUSTED_PROXIES`, so that what only a proxy may say can be believed.
/// A Unix socket counts as a proxy: who may connect is decided by its file. Outside of a project there are no proxies.
#[must_use]
pub fn comes_from_trusted_proxy(request: &HttpRequest) -> bool {
    let Some(peer) = request.peer_addr() else { return true };
    let site = request.app_data::<Data<Site>>();
    site.is_some_and(|site| site.settings.trusted_proxies.contains(peer.ip().to_canonical()))
}

/// Returns the address of the request's client, by the project's `TRUSTED_PROXIES`. Outside of a project it is the address of
/// the connection. `None` on a Unix socket.
#[must_use]
pub fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr().map(|address| address.ip());
    match request.app_data::<Data<Site>>() {
        Some(site) => site.settings.trusted_proxies.client(peer, request.headers()),
        None => peer.map(|address| address.to_canonical()),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use proptest::prelude::*;

    use super::*;

    fn client(proxies: &str, peer: &str, forwarded: &[&str]) -> String {
        let request = forwarded
            .iter()
            .fold(TestRequest::default(), |request, value| request.append_header(("x-forwarded-for", *value)))
            .to_http_request();
        let proxies: TrustedProxies = proxies.parse().unwrap();
        proxies.client(Some(peer.parse().unwrap()), request.headers()).unwrap().to_string()
    }

    #[test]
    fn the_header_counts_only_from_listed_networks() {
        for proxies in ["", "10.0.0.0/8", "203.0.113.8"] {
            assert_eq!(client(proxies, "203.0.113.7", &["198.51.100.1"]), "203.0.113.7", "{proxies}");
        }
        for proxies in ["203.0.113.0/24", " ::1 , 203.0.113.7,", "0.0.0.0/0, 203.0.113.7"] {
            let expected = if proxies.starts_with('0') { "192.0.2.66" } else { "198.51.100.1" };
            assert_eq!(client(proxies, "203.0.113.7", &["192.0.2.66, 198.51.100.1"]), expected, "{proxies}");
        }
        assert_eq!(client("203.0.113.7", "::ffff:203.0.113.7", &["198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn it_is_read_from_its_end_as_far_as_proxies_are_trusted() {
        let proxies = "127.0.0.1, 10.0.0.0/8, 2001:db8:1::/48";
        for (forwarded, expected) in [
            (&["6.6.6.6, 198.51.100.1"][..], "198.51.100.1"),
            (&["6.6.6.6, 198.51.100.1, 10.1.2.3, 2001:db8:1::7"], "198.51.100.1"),
            (&["6.6.6.6", "198.51.100.1", "10.1.2.3"], "198.51.100.1"),
            (&["10.1.1.1, 10.1.2.3"], "10.1.1.1"),
            (&["198.51.100.1:4711"], "198.51.100.1"),
            (&["[2001:db8::5]:4711"], "2001:db8::5"),
            (&["[2001:db8::5], 10.0.0.1"], "2001:db8::5"),
            (&["::ffff:198.51.100.1"], "198.51.100.1"),
            // What a proxy cannot name is counted for that proxy.
            (&["6.6.6.6, unknown"], "127.0.0.1"),
            (&["6.6.6.6, unknown, 10.0.0.9"], "10.0.0.9"),
            (&["6.6.6.6,"], "127.0.0.1"),
            (&[""], "127.0.0.1"),
            (&[], "127.0.0.1"),
        ] {
            assert_eq!(client(proxies, "127.0.0.1", forwarded), expected, "{forwarded:?}");
        }
    }

    #[test]
    fn the_error_names_the_entry() {
        let error = "10.0.0.0/8,proxy.example".parse::<TrustedProxies>().unwrap_err();
        assert_eq!(error, "proxy.example is neither an IP address nor a network");
        assert!("10.0.0.0/33".parse::<TrustedProxies>().is_err());
    }

    proptest! {
        /// Whatever a client sends, the address is that which the proxy appended.
        #[test]
        fn a_client_cannot_choose_its_address(sent in "[0-9a-f:., \\[\\]]{0,60}") {
            let header = format!("{sent},198.51.100.1");
            prop_assert_eq!(client("127.0.0.1", "127.0.0.1", &[&header]), "198.51.100.1");
        }
    }
}

//! `IPAddressField` (with django/utils/ipv6.py).

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::char::{Char, Syntax};
use super::{Field, Input};
use crate::data::Value;
use crate::error_detail::Detail;
use vitamin_framework::translation::{gettext, percent_format};

/// A field of an IPv4 or IPv6 address. The value is the shortest form in lower case; an IPv4 address that is mapped into
/// IPv6 (`::ffff:192.0.2.1`) becomes `192.0.2.1` if both protocols are allowed.
pub type IPAddressField = Field<Char<IpAddress>>;

/// The syntax of [`IPAddressField`].
#[derive(Clone, Debug, Default)]
pub struct IpAddress {
    protocol: Protocol,
}

/// The addresses that a field accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// IPv4 and IPv6.
    #[default]
    Both,
    /// IPv4 only.
    Ipv4,
    /// IPv6 only.
    Ipv6,
}

impl Field<Char<IpAddress>> {
    /// The accepted addresses.
    pub fn protocol(self, protocol: Protocol) -> Self {
        self.with_syntax(|syntax| syntax.protocol = protocol)
    }
}

impl IpAddress {
    /// The accepted addresses.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }
}

impl Syntax for IpAddress {
    const TYPE: &'static str = "string";
    const MESSAGE: &'static str = "Enter a valid IPv4 or IPv6 address.";

    fn matches(&self, text: &str) -> bool {
        let is_v4 = || text.parse::<Ipv4Addr>().is_ok();
        let is_v6 = || parse_v6(text).is_some();
        match self.protocol {
            Protocol::Both => is_v4() || is_v6(),
            Protocol::Ipv4 => is_v4(),
            Protocol::Ipv6 => is_v6(),
        }
    }

    /// Django's validators have this message, and [`MESSAGE`](Self::MESSAGE) is the field's own.
    fn message(&self) -> Cow<'static, str> {
        let protocol = match self.protocol {
            Protocol::Both => gettext("IPv4 or IPv6"),
            Protocol::Ipv4 => gettext("IPv4"),
            Protocol::Ipv6 => gettext("IPv6"),
        };
        percent_format(gettext("Enter a valid %(protocol)s address."), &[("protocol", &protocol)]).into()
    }

    fn convert(&self, value: &Input<'_>) -> Option<Result<Value, Detail>> {
        let invalid = || Some(Err(Detail::list(gettext(Self::MESSAGE), "invalid")));
        let text = match value.as_value() {
            Some(Value::String(text)) => text,
            Some(Value::IllFormed(text)) if text.code_points().contains(&u32::from(':')) => {
                return if self.protocol == Protocol::Ipv4 { None } else { invalid() };
            }
            Some(Value::IllFormed(_)) => return None,
            _ => return invalid(),
        };
        if self.protocol == Protocol::Ipv4 || !text.contains(':') {
            return None;
        }
        let Some(address) = parse_v6(text) else { return invalid() };
        let mapped = address.to_ipv4_mapped().filter(|_| self.protocol == Protocol::Both);
        Some(Ok(mapped.map_or_else(|| address.to_string(), |address| address.to_string()).into()))
    }
}

/// Python's `ipaddress.IPv6Address(text)`, without its scope. At most 39 characters, as in Django.
fn parse_v6(text: &str) -> Option<Ipv6Addr> {
    if text.chars().count() > 39 || text.contains('/') {
        return None;
    }
    let address = match text.split_once('%') {
        Some((_, scope)) if scope.is_empty() || scope.contains('%') => return None,
        Some((address, _)) => address,
        None => text,
    };
    address.parse().ok()
}

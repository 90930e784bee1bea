//! The limit of failed logins, which [`authenticate`](super::authenticate) keeps at every door.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::Data;

use super::models::normalize_username;
use vitamin_framework::cache::{Attempt, AttemptKey, AttemptLimit, Cache, Outcome, Refused};
use vitamin_framework::conf::{Env, ImproperlyConfigured, Setting};

/// The settings that this module reads.
pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "LOGIN_THROTTLE",
        "Limits failed logins. `false`: no limit, as in Django REST framework.",
    )
    .default("true"),
    Setting::new(
        "LOGIN_THROTTLE_USER",
        "Logins that may fail in a period for a user name from an address. Further ones are answered with 429.",
    )
    .default("10"),
    Setting::new(
        "LOGIN_THROTTLE_ADDRESS",
        "Logins that may fail in a period from an address, for any user name. An IPv6 address counts as its /64.",
    )
    .default("60"),
    Setting::new("LOGIN_THROTTLE_PERIOD", "The period in seconds.").default("60"),
];

/// The limit. A name that does not exist counts as one that does. The user still gets in from another address.
#[derive(Clone)]
pub struct LoginThrottle {
    /// `None` with `LOGIN_THROTTLE=false`.
    limits: Option<Limits>,
    /// Counts in an application without a project's cache.
    own: Cache,
}

#[derive(Clone, Copy, Debug)]
struct Limits {
    user: NonZeroU32,
    address: NonZeroU32,
    period: NonZeroU32,
}

impl LoginThrottle {
    /// Reads the settings.
    ///
    /// # Errors
    /// A number is invalid.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        let number =
            |name, default: u32| env.parse(name, NonZeroU32::new(default).unwrap_or(NonZeroU32::MIN));
        let limits = Limits {
            user: number("LOGIN_THROTTLE_USER", 10)?,
            address: number("LOGIN_THROTTLE_ADDRESS", 60)?,
            period: number("LOGIN_THROTTLE_PERIOD", 60)?,
        };
        let is_on = env.flag("LOGIN_THROTTLE", true)?;
        Ok(Self { limits: is_on.then_some(limits), own: Cache::locmem() })
    }

    /// Whether failed logins are limited.
    pub(super) const fn is_on(&self) -> bool {
        self.limits.is_some()
    }

    fn cache<'a>(&'a self, request: &'a HttpRequest) -> &'a Cache {
        request.app_data::<Data<Cache>>().map_or(&self.own, |cache| cache.get_ref())
    }

    /// Takes the allowance of a login. `None` without a limit.
    ///
    /// # Errors
    /// Too many have failed.
    pub(super) async fn begin(
        &self,
        request: &HttpRequest,
        username: &str,
        address: Option<IpAddr>,
    ) -> Result<Option<Attempt>, Refused> {
        let Some(Limits { user, address: limit, period }) = self.limits else { return Ok(None) };
        let address = network(address);
        let limits = [
            AttemptLimit {
                key: AttemptKey::new("login user", &[spelling(username).as_bytes(), &address]),
                failures: user.get(),
            },
            AttemptLimit { key: AttemptKey::new("login address", &[&address]), failures: limit.get() },
        ];
        let period = Duration::from_secs(period.get().into());
        self.cache(request).begin_attempt(limits, period).await.map(Some)
    }

    /// Ends a login that has begun.
    pub(super) async fn end(&self, request: &HttpRequest, attempt: Option<Attempt>, outcome: Outcome) {
        if let Some(attempt) = attempt {
            self.cache(request).end_attempt(attempt, outcome).await;
        }
    }
}

impl std::fmt::Debug for LoginThrottle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.limits.fmt(f)
    }
}

/// What the spellings of a name have in common that a database may take for the same: of `citext`, for example. Of other databases,
/// names that differ in case share a limit, whether they exist or not.
fn spelling(username: &str) -> String {
    normalize_username(username).to_lowercase()
}

/// The octets that addresses of one client share: all of IPv4, the first 64 bits of IPv6, because a client can have any of
/// the addresses below them (RFC 6177). Empty for a Unix socket.
fn network(address: Option<IpAddr>) -> Vec<u8> {
    match address.map(|address| address.to_canonical()) {
        None => Vec::new(),
        Some(IpAddr::V4(address)) => address.octets().to_vec(),
        Some(IpAddr::V6(address)) => address.octets().into_iter().take(8).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_client_count_together() {
        let network = |text: &str| network(Some(text.parse().unwrap()));
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("192.0.2.7"), network("::ffff:192.0.2.7"));
        assert_ne!(network("192.0.2.7"), network("192.0.2.8"));
    }

    #[test]
    fn spellings_of_a_name_count_together() {
        assert_eq!(spelling("PePe@Example.com"), spelling("pepe@EXAMPLE.COM"));
        assert_eq!(spelling("É"), spelling("e\u{301}"));
        assert_ne!(spelling("pepe"), spelling("pepa"));
    }

    #[test]
    fn a_limit_of_zero_is_an_error() {
        let error = LoginThrottle::from_env(&Env::from_iter([("LOGIN_THROTTLE_USER", "0")])).unwrap_err();
        assert!(error.to_string().starts_with("LOGIN_THROTTLE_USER: '0' can't be used"), "{error}");
    }
}

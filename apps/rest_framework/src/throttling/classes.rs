//! The usual throttles: by address, by user, by part of the API.

use super::{
    Ident, Rate, SimpleRateThrottle, Throttle, Throttling, Timer, cache_key, default_rate, get_ident, limit,
    time,
};
use crate::exceptions::APIException;
use crate::policy_result::PolicyResult;
use crate::request::Request;

/// Limits anonymous clients by address.
pub struct AnonRateThrottle {
    /// The name of the rate in `DEFAULT_THROTTLE_RATES`, and part of the cache key: throttles of one scope share a count.
    pub scope: &'static str,
    /// The rate; `None` uses the rate of the settings.
    pub rate: Option<Rate>,
    /// The clock.
    pub timer: Timer,
}

/// Limits users, and anonymous clients by address.
pub struct UserRateThrottle {
    /// The name of the rate in `DEFAULT_THROTTLE_RATES`, and part of the cache key: throttles of one scope share a count.
    pub scope: &'static str,
    /// The rate; `None` uses the rate of the settings.
    pub rate: Option<Rate>,
    /// The clock.
    pub timer: Timer,
}

/// Limits users, and anonymous clients by address, separately for each
/// [`throttle_scope`](crate::views::APIView::throttle_scope). Views without one are not limited.
pub struct ScopedRateThrottle {
    /// The clock.
    pub timer: Timer,
}

/// Scope `anon`.
impl Default for AnonRateThrottle {
    fn default() -> Self {
        Self { scope: "anon", rate: None, timer: time }
    }
}

/// Scope `user`.
impl Default for UserRateThrottle {
    fn default() -> Self {
        Self { scope: "user", rate: None, timer: time }
    }
}

impl Default for ScopedRateThrottle {
    fn default() -> Self {
        Self { timer: time }
    }
}

impl SimpleRateThrottle for AnonRateThrottle {
    fn scope(&self) -> &str {
        self.scope
    }

    fn get_rate(&self, request: &Request) -> Result<Option<Rate>, APIException> {
        self.rate.map_or_else(|| default_rate(request, self.scope), |rate| Ok(Some(rate)))
    }

    fn get_cache_key(&self, request: &Request) -> Option<String> {
        request.user().is_none().then(|| cache_key(self.scope, Ident::Address(&get_ident(request))))
    }

    fn timer(&self) -> f64 {
        (self.timer)()
    }
}

impl SimpleRateThrottle for UserRateThrottle {
    fn scope(&self) -> &str {
        self.scope
    }

    fn get_rate(&self, request: &Request) -> Result<Option<Rate>, APIException> {
        self.rate.map_or_else(|| default_rate(request, self.scope), |rate| Ok(Some(rate)))
    }

    fn get_cache_key(&self, request: &Request) -> Option<String> {
        Some(user_or_address(self.scope, request))
    }

    fn timer(&self) -> f64 {
        (self.timer)()
    }
}

impl Throttle for ScopedRateThrottle {
    fn allow_request<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, Throttling> {
        let Some(scope) = request.throttle_scope() else { return Throttling::Allowed.into() };
        let key = || Some(user_or_address(scope, request));
        limit(request, default_rate(request, scope), key, (self.timer)())
    }
}

fn user_or_address(scope: &str, request: &Request) -> String {
    match request.user() {
        Some(user) => cache_key(scope, user),
        None => cache_key(scope, Ident::Address(&get_ident(request))),
    }
}

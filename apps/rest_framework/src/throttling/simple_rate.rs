//! Throttles that limit the rate of requests per cache key (`SimpleRateThrottle`).

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Rate, Throttle, Throttling};
use crate::exceptions::APIException;
use crate::policy_result::PolicyResult;
use crate::request::Request;
use vitamin_framework::cache::{Hit, Window};

/// A clock that returns seconds since 1970. Tests replace [`time`].
pub type Timer = fn() -> f64;

/// The system's clock.
#[must_use]
pub fn time() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// A throttle that limits the requests of each cache key in a period. Every implementation is a [`Throttle`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a rate throttle",
    label = "not a `SimpleRateThrottle`",
    note = "implement `SimpleRateThrottle` for it: `scope` names the rate, `get_cache_key` the client"
)]
pub trait SimpleRateThrottle: Send + Sync {
    /// The name of the rate in `DEFAULT_THROTTLE_RATES`.
    fn scope(&self) -> &str;

    /// The cache key that counts the request, usually [`cache_key`](super::cache_key). `None` allows the request without counting it.
    fn get_cache_key(&self, request: &Request) -> Option<String>;

    /// The rate, or `None` for no limit. The default is the scope's rate.
    ///
    /// # Errors
    /// 500: the scope has no rate.
    fn get_rate(&self, request: &Request) -> Result<Option<Rate>, APIException> {
        default_rate(request, self.scope())
    }

    /// The time, in seconds since 1970.
    fn timer(&self) -> f64 {
        time()
    }
}

impl<T: SimpleRateThrottle> Throttle for T {
    fn allow_request<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, Throttling> {
        limit(request, self.get_rate(request), || self.get_cache_key(request), self.timer())
    }
}

/// Counts the request, if it has a rate and a cache key.
pub(super) fn limit<'a>(
    request: &'a Request,
    rate: Result<Option<Rate>, APIException>,
    key: impl FnOnce() -> Option<String>,
    now: f64,
) -> PolicyResult<'a, Throttling> {
    let rate = match rate {
        Ok(Some(rate)) => rate,
        Ok(None) => return Throttling::Allowed.into(),
        Err(error) => return Err(error).into(),
    };
    match key() {
        Some(key) => PolicyResult::later(async move { count(request, &key, rate, now).await }),
        None => Throttling::Allowed.into(),
    }
}

/// The rate of a scope in `DEFAULT_THROTTLE_RATES`.
///
/// # Errors
/// 500: the scope is not in the settings.
pub fn default_rate(request: &Request, scope: &str) -> Result<Option<Rate>, APIException> {
    request.view().throttle_rates.get(scope).ok_or_else(|| {
        APIException::server_error(format!("No default throttle rate set for '{scope}' scope"))
    })
}

/// Counts one request of a cache key at the time `now`, if the rate allows it.
///
/// # Errors
/// 500: the application has no cache.
pub async fn count(request: &Request, key: &str, rate: Rate, now: f64) -> Result<Throttling, APIException> {
    Ok(match request.cache()?.hit(key, rate.window(), now).await {
        Hit::Counted => Throttling::Allowed,
        Hit::Full { count, oldest } => Throttling::Wait(wait(rate.window(), count, oldest, now)),
    })
}

/// The rest of the period, divided by the requests that are allowed in it. `None` if more requests were counted than
/// the rate allows, because they were counted with a higher rate.
pub(super) fn wait(window: Window, count: usize, oldest: Option<f64>, now: f64) -> Option<f64> {
    let duration = f64::from(window.seconds);
    let remaining = oldest.map_or(duration, |oldest| duration - (now - oldest));
    let available = window.limit.saturating_sub(i64::try_from(count).ok()?).saturating_add(1);
    #[expect(clippy::cast_precision_loss, reason = "a wait in seconds needs no more")]
    (available > 0).then(|| remaining / available as f64)
}

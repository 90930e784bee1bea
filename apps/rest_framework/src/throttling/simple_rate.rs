//! A rate for each key in the cache (`SimpleRateThrottle`).

use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;

use super::{Rate, Throttle, Throttling};
use crate::exceptions::APIException;
use crate::request::Request;
use vitamin_framework::cache::{Hit, Window};

/// Tells the time, in seconds since 1970. Another than [`time`] is for tests.
pub type Timer = fn() -> f64;

/// The system's clock.
#[must_use]
pub fn time() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// A throttle that limits how many requests of one key are made in a period. Each is a [`Throttle`].
pub trait SimpleRateThrottle: Send + Sync {
    /// The name of the rate in `DEFAULT_THROTTLE_RATES`.
    fn scope(&self) -> &str;

    /// Whom the request is counted for, most often [`cache_key`]; `None`: it is not counted, and goes on.
    fn get_cache_key(&self, request: &Request) -> Option<String>;

    /// The rate, or `None` for no limit. By default that of the scope.
    ///
    /// # Errors
    /// 500: there is none.
    fn get_rate(&self, request: &Request) -> Result<Option<Rate>, APIException> {
        default_rate(request, self.scope())
    }

    /// The time, in seconds since 1970.
    fn timer(&self) -> f64 {
        time()
    }
}

#[async_trait(?Send)]
impl<T: SimpleRateThrottle> Throttle for T {
    async fn allow_request(&self, request: &Request) -> Result<Throttling, APIException> {
        let Some(rate) = self.get_rate(request)? else { return Ok(Throttling::Allowed) };
        let Some(key) = self.get_cache_key(request) else { return Ok(Throttling::Allowed) };
        count(request, &key, rate, self.timer()).await
    }
}

/// The key of a scope and of whoever is counted in it: `throttle_anon_192.0.2.1` (`cache_format`).
#[must_use]
pub fn cache_key(scope: &str, ident: &str) -> String {
    format!("throttle_{scope}_{ident}")
}

/// The rate of a scope in `DEFAULT_THROTTLE_RATES`.
///
/// # Errors
/// 500: the settings do not know the scope.
pub fn default_rate(request: &Request, scope: &str) -> Result<Option<Rate>, APIException> {
    request.policies().throttle_rates.get(scope).ok_or_else(|| {
        APIException::server_error(format!("No default throttle rate set for '{scope}' scope"))
    })
}

/// Counts one request of a key at this moment, if its rate allows.
///
/// # Errors
/// 500: the application was set up without a cache.
pub async fn count(request: &Request, key: &str, rate: Rate, now: f64) -> Result<Throttling, APIException> {
    Ok(match request.cache()?.hit(key, rate.window(), now).await {
        Hit::Counted => Throttling::Allowed,
        Hit::Full { count, oldest } => Throttling::Wait(wait(rate.window(), count, oldest, now)),
    })
}

/// What is left of the period, shared out among the requests that are allowed then. `None` where more were counted
/// than the rate allows: it was another then.
pub(super) fn wait(window: Window, count: usize, oldest: Option<f64>, now: f64) -> Option<f64> {
    let duration = f64::from(window.seconds);
    let remaining = oldest.map_or(duration, |oldest| duration - (now - oldest));
    let available = window.limit.saturating_sub(i64::try_from(count).ok()?).saturating_add(1);
    #[expect(clippy::cast_precision_loss, reason = "a wait in seconds needs no more")]
    (available > 0).then(|| remaining / available as f64)
}

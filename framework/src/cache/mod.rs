//! The cache (`django/core/cache`): expiring values by key, the sliding logs of throttles, and
//! limits of failed attempts.
//!
//! `CACHE_URL` selects the backend: unset, this process's memory ([`LocMem`]); `redis://…`, Redis, which several
//! processes share (cargo feature `redis`).
//!
//! **An unavailable cache does not make the API unavailable.** [`Cache::hit`] then counts in this process's memory and
//! logs an error, and so does [`Cache::begin_attempt`]: each process still limits, as if it were the only one. Rejecting every request would make the cache a
//! second point of failure; accepting every request would allow password guessing. The other operations return the
//! error, since a wrong value is worse than none.

mod attempts;
mod locmem;
#[cfg(feature = "redis")]
mod redis;
mod sliding_log;

use std::sync::Arc;
use std::time::Duration;

pub use self::attempts::{Attempt, AttemptKey, AttemptLimit, Outcome, Refused};
pub use self::locmem::LocMem;
pub use self::sliding_log::{Hit, Window};
use super::conf::{Env, ImproperlyConfigured, Setting};

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "CACHE_URL",
    "Where throttles and failed logins count: `redis://HOST[:PORT][/NUMBER]` (cargo feature `redis`). Unset: each \
         process counts for itself.",
)
.url()];

/// The cache is unavailable or too slow. The message is logged, so it has no secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cache is unavailable: {0}")]
pub struct CacheError(String);

/// The project's cache. Clones share its content. Make one clone per worker: each has its own connection, which is
/// served by the thread that opened it.
#[derive(Clone)]
pub struct Cache {
    memory: Arc<LocMem>,
    attempts: Arc<attempts::Memory>,
    #[cfg(feature = "redis")]
    redis: Option<redis::Redis>,
}

impl Cache {
    /// Creates the cache that `CACHE_URL` names. Does not connect yet.
    ///
    /// # Errors
    /// An invalid URL.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        // The URL may contain a password, so no message quotes it.
        match env.text("CACHE_URL") {
            None => Ok(Self::locmem()),
            Some(url) if url.starts_with("redis://") => Self::redis(url),
            Some(_) => Err(ImproperlyConfigured::new(
                "CACHE_URL: only redis://… is supported; leave it unset for a cache in this process's memory.",
            )),
        }
    }

    /// Creates a cache in this process's memory.
    #[must_use]
    pub fn locmem() -> Self {
        Self {
            memory: Arc::new(LocMem::default()),
            attempts: Arc::default(),
            #[cfg(feature = "redis")]
            redis: None,
        }
    }

    #[cfg(feature = "redis")]
    fn redis(url: &str) -> Result<Self, ImproperlyConfigured> {
        Ok(Self { redis: Some(redis::Redis::new(url)?), ..Self::locmem() })
    }

    #[cfg(not(feature = "redis"))]
    fn redis(_url: &str) -> Result<Self, ImproperlyConfigured> {
        Err(ImproperlyConfigured::new("CACHE_URL: this program was built without the cargo feature `redis`."))
    }

    /// Returns a key's value, or `None` if it is missing or expired.
    ///
    /// # Errors
    /// The cache is down.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        #[cfg(feature = "redis")]
        if let Some(redis) = &self.redis {
            return redis.get(key).await;
        }
        Ok(self.memory.get(key))
    }

    /// Sets a key for `timeout`, or without expiry for `None`. A full cache may evict it earlier.
    ///
    /// # Errors
    /// The cache is down.
    pub async fn set(&self, key: &str, value: &[u8], timeout: Option<Duration>) -> Result<(), CacheError> {
        #[cfg(feature = "redis")]
        if let Some(redis) = &self.redis {
            return redis.set(key, value, timeout).await;
        }
        self.memory.set(key, value, timeout);
        Ok(())
    }

    /// Removes a key.
    ///
    /// # Errors
    /// The cache is down.
    pub async fn delete(&self, key: &str) -> Result<(), CacheError> {
        #[cfg(feature = "redis")]
        if let Some(redis) = &self.redis {
            return redis.delete(key).await;
        }
        self.memory.delete(key);
        Ok(())
    }

    /// Adds the time `now` (seconds since 1970) to a key's sliding log, if the window is not full.
    ///
    /// Atomic across all workers, and across processes with Redis: two simultaneous hits never both take the last slot.
    pub async fn hit(&self, key: &str, window: Window, now: f64) -> Hit {
        #[cfg(feature = "redis")]
        if let Some(redis) = &self.redis
            && let Ok(hit) = redis.hit(key, window, now).await
        {
            return hit;
        }
        self.memory.hit(key, window, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_url(url: &str) -> Result<Cache, String> {
        Cache::from_env(&Env::from_iter([("CACHE_URL", url)])).map_err(|error| error.to_string())
    }

    #[test]
    fn an_unknown_scheme_is_refused_without_showing_the_password() {
        for url in ["memcached://joe:hunter2@localhost", "rediss://joe:hunter2@localhost"] {
            let error = from_url(url).err().unwrap();
            assert!(error.starts_with("CACHE_URL: only redis://… is supported"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[cfg(not(feature = "redis"))]
    #[test]
    fn redis_needs_its_feature() {
        let error = from_url("redis://localhost").err().unwrap();
        assert_eq!(error, "CACHE_URL: this program was built without the cargo feature `redis`.");
    }

    #[actix_web::test]
    async fn clones_share_their_content() {
        let cache = from_url("").unwrap();
        cache.clone().set("key", b"value", None).await.unwrap();
        assert_eq!(cache.get("key").await, Ok(Some(b"value".to_vec())));
        cache.clone().delete("key").await.unwrap();
        assert_eq!(cache.get("key").await, Ok(None));
    }
}

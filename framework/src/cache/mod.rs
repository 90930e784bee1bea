//! The cache (`django/core/cache`): bytes under keys that expire, and sliding logs that throttles count in.
//!
//! `CACHE_URL` chooses where they are: unset, in this process's memory ([`LocMem`]); `redis://…`, in Redis, which
//! several processes share (cargo feature `redis`).
//!
//! **A cache that is down does not take the API down.** [`Cache::hit`] then counts in this process's memory, and
//! says so in the log: each process still limits, as if it were the only one. Refusing everybody would make the
//! cache a second point of failure; letting everybody through would open the door to guessed passwords. The other
//! operations return the error, since a wrong answer would be worse than none.

mod locmem;
#[cfg(feature = "redis")]
mod redis;
mod sliding_log;

use std::sync::Arc;
use std::time::Duration;

pub use self::locmem::LocMem;
pub use self::sliding_log::{Hit, Window};
use super::conf::{Env, ImproperlyConfigured};

/// The cache is down, or too slow. The message has no secrets: it goes to the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cache gives no answer: {0}")]
pub struct CacheError(String);

/// The project's cache. Clones share what is in it; make one for each worker, since a clone connects for itself, and
/// a connection is served by the thread that made it.
#[derive(Clone)]
pub struct Cache {
    memory: Arc<LocMem>,
    #[cfg(feature = "redis")]
    redis: Option<redis::Redis>,
}

impl Cache {
    /// The cache that `CACHE_URL` names. Nothing is connected to yet.
    ///
    /// # Errors
    /// A URL that can't be used.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        // The URL may hold a password, so no message quotes it.
        match env.get("CACHE_URL").map(str::trim) {
            None => Ok(Self::locmem()),
            Some(url) if url.starts_with("redis://") => Self::redis(url),
            Some(_) => Err(ImproperlyConfigured::new(
                "CACHE_URL: only redis://… is supported; leave it unset for a cache in this process.",
            )),
        }
    }

    /// A cache in this process's memory.
    #[must_use]
    pub fn locmem() -> Self {
        Self {
            memory: Arc::new(LocMem::default()),
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

    /// The value of a key, or `None` where there is none, or it has expired.
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

    /// Sets a key, for this long, or `None` for as long as there is room.
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

    /// Adds the moment `now` (seconds since 1970) to the sliding log of a key, if the window has room for it.
    ///
    /// Atomic, among all workers, and among all processes where the cache is Redis: of two that come for the last
    /// place, one gets it.
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
    async fn clones_share_what_is_in_it() {
        let cache = from_url("").unwrap();
        cache.clone().set("key", b"value", None).await.unwrap();
        assert_eq!(cache.get("key").await, Ok(Some(b"value".to_vec())));
        cache.clone().delete("key").await.unwrap();
        assert_eq!(cache.get("key").await, Ok(None));
    }
}

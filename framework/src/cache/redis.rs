//! The Redis cache, for limits that several processes or machines share.
//!
//! Keys start with `vitamin:`, so a Django project may use the same database; its pickled values and ours are
//! incompatible. Hits have the times of the processes' own clocks, as in Django REST framework.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{Client, RedisResult, Script, cmd};

use super::sliding_log::{Hit, Window};
use super::{CacheError, ImproperlyConfigured};

/// The longest delay that an unresponsive server may cause to a request.
const CONNECTION_TIMEOUT: Duration = Duration::from_millis(500);
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(250);
/// After a failure, no request contacts the server for this long. So a server that hangs delays one request per worker,
/// not every request.
const PAUSE: Duration = Duration::from_secs(1);

/// A server and this clone's connection to it.
pub(super) struct Redis {
    client: Client,
    connection: OnceLock<ConnectionManager>,
    retry_at: Mutex<Option<Instant>>,
}

/// A clone opens its own connection, since a connection's tasks live on the thread that opened it.
impl Clone for Redis {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), connection: OnceLock::new(), retry_at: Mutex::new(None) }
    }
}

impl Redis {
    pub(super) fn new(url: &str) -> Result<Self, ImproperlyConfigured> {
        // The library's message does not quote the URL now, but a later version might.
        let client = Client::open(url)
            .map_err(|_| ImproperlyConfigured::new("CACHE_URL: this is not the URL of a Redis server."))?;
        Ok(Self { client, connection: OnceLock::new(), retry_at: Mutex::new(None) })
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        let mut connection = self.connection()?;
        self.record_outcome(cmd("GET").arg(prefixed_key(key)).query_async(&mut connection).await)
    }

    pub(super) async fn set(
        &self,
        key: &str,
        value: &[u8],
        timeout: Option<Duration>,
    ) -> Result<(), CacheError> {
        let mut connection = self.connection()?;
        let mut set = cmd("SET");
        set.arg(prefixed_key(key)).arg(value);
        if let Some(timeout) = timeout {
            // At least one millisecond, and at most what Redis can add to its clock.
            let milliseconds = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
            set.arg("PX").arg(milliseconds.clamp(1, 100 * 365 * 86_400_000));
        }
        self.record_outcome(set.query_async(&mut connection).await)
    }

    pub(super) async fn delete(&self, key: &str) -> Result<(), CacheError> {
        let mut connection = self.connection()?;
        self.record_outcome(cmd("DEL").arg(prefixed_key(key)).query_async(&mut connection).await)
    }

    pub(super) async fn hit(&self, key: &str, window: Window, now: f64) -> Result<Hit, CacheError> {
        static SCRIPT: OnceLock<Script> = OnceLock::new();
        let script = SCRIPT.get_or_init(|| Script::new(include_str!("hit.lua")));
        let mut connection = self.connection()?;
        let mut call = script.key(prefixed_key(key));
        call.arg(format!("{now:?}")).arg(window.seconds).arg(window.limit);
        let full: Option<(usize, Option<f64>)> =
            self.record_outcome(call.invoke_async(&mut connection).await)?;
        Ok(full.map_or(Hit::Counted, |(count, oldest)| Hit::Full { count, oldest }))
    }

    /// Returns the connection, opening it at first use, unless the server has just failed.
    pub(super) fn connection(&self) -> Result<ConnectionManager, CacheError> {
        {
            let mut retry_at = self.retry_at.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = *retry_at {
                let now = Instant::now();
                if now < at {
                    return Err(CacheError("waiting before the next retry".to_owned()));
                }
                // This request retries; concurrent ones fail at once.
                *retry_at = Some(now + PAUSE);
            }
        }
        if let Some(connection) = self.connection.get() {
            return Ok(connection.clone());
        }
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECTION_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_number_of_retries(1)
            .set_max_delay(PAUSE);
        let manager = ConnectionManager::new_lazy_with_config(self.client.clone(), config);
        let manager = self.record_outcome(manager)?;
        Ok(self.connection.get_or_init(|| manager).clone())
    }

    /// Records whether the server responds, and logs errors: at most once per pause while it is down.
    pub(super) fn record_outcome<T>(&self, result: RedisResult<T>) -> Result<T, CacheError> {
        let failed = result
            .as_ref()
            .is_err_and(|error| error.is_io_error() || error.is_timeout() || error.is_connection_dropped());
        let mut retry_at = self.retry_at.lock().unwrap_or_else(PoisonError::into_inner);
        *retry_at = failed.then(|| Instant::now() + PAUSE);
        result.map_err(|error| {
            log::error!("Redis failed, so throttles count in this process only: {error}");
            CacheError(error.to_string())
        })
    }
}

pub(super) fn prefixed_key(key: &str) -> String {
    format!("vitamin:{key}")
}

#[cfg(test)]
mod tests;

//! Reads the bodies of requests: with a timeout for each body, and a memory limit for all bodies together.
//!
//! Django leaves both to the server in front of it. This server may have none. Without these limits, a client could send
//! half of a body and occupy memory indefinitely.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::rt::time::timeout;
use bytes::Bytes;
use futures_util::StreamExt;
use zeroize::Zeroize as _;

use super::UploadLimits;
use super::memory::{MemoryBudget, ValuesMemory, without_exempt};
use crate::exceptions::APIException;
use vitamin_framework::conf::{Env, ImproperlyConfigured, Setting};
use vitamin_framework::connections::ConnectionSettings;

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "REQUEST_BODIES_MAX_MEMORY",
        "Bytes that the bodies of all requests, and the values parsed from them, may use together, beyond the \
         first 16 KiB of each. Further bodies are answered with 503. If `FILE_UPLOAD_MAX_SIZE` or `DATA_UPLOAD_MAX_MEMORY_SIZE` is \
         larger, the default is that size.",
    )
    .default("268435456"),
];

/// The default of `REQUEST_BODIES_MAX_MEMORY`: about ten forms of `FILE_UPLOAD_MAX_SIZE`.
const DEFAULT_MAX_MEMORY: usize = 268_435_456;

/// The timeouts and the memory limit of reading bodies. Clones share the memory limit.
#[derive(Clone, Debug)]
pub struct Bodies {
    /// The maximum time between two chunks of a body (`REQUEST_BODY_IDLE_TIMEOUT`, seconds, default 10).
    pub idle_timeout: Duration,
    /// The maximum time for a whole body (`REQUEST_BODY_TIMEOUT`, seconds, default 60).
    pub timeout: Duration,
    memory: Arc<MemoryBudget>,
}

impl Default for Bodies {
    fn default() -> Self {
        let ConnectionSettings { body_idle_timeout, body_timeout, .. } = ConnectionSettings::default();
        Self::new(body_idle_timeout, body_timeout, DEFAULT_MAX_MEMORY)
    }
}

impl Bodies {
    /// Reads bodies with these timeouts, and at most `max_memory` bytes for all bodies together.
    #[must_use]
    pub fn new(idle_timeout: Duration, timeout: Duration, max_memory: usize) -> Self {
        Self { idle_timeout, timeout, memory: Arc::new(MemoryBudget::new(max_memory)) }
    }

    /// Reads the settings, including `REQUEST_BODIES_MAX_MEMORY` (bytes, default 256 MiB).
    ///
    /// # Errors
    /// A setting is not a number, or the memory is less than the largest body that `limits` allow.
    pub fn from_env(env: &Env, limits: &UploadLimits) -> Result<Self, ImproperlyConfigured> {
        let ConnectionSettings { body_idle_timeout, body_timeout, .. } = ConnectionSettings::from_env(env)?;
        let largest = limits.file_upload_max_size.max(limits.data_upload_max_memory_size);
        let max_memory = env.parse("REQUEST_BODIES_MAX_MEMORY", DEFAULT_MAX_MEMORY.max(largest))?;
        if max_memory < largest {
            return Err(ImproperlyConfigured::new(format!(
                "REQUEST_BODIES_MAX_MEMORY: {max_memory} bytes is less than one body may have: {largest} bytes \
                 (FILE_UPLOAD_MAX_SIZE, DATA_UPLOAD_MAX_MEMORY_SIZE)."
            )));
        }
        Ok(Self::new(body_idle_timeout, body_timeout, max_memory))
    }

    /// Counts the values of a body.
    pub(crate) fn values_memory(&self) -> ValuesMemory {
        ValuesMemory::new(Arc::clone(&self.memory))
    }

    /// Reads a whole body. `announced` is its length according to the request's headers.
    ///
    /// A `secret` body is overwritten when it is dropped.
    ///
    /// The returned bytes count towards the memory limit until all of their clones and slices are dropped, such as
    /// uploaded files.
    ///
    /// # Errors
    /// - 400: the body exceeds `limit` bytes, or the client disconnected.
    /// - 408: a timeout. As with any response before the end of the body, the connection is closed.
    /// - 503: all bodies together exceed the memory limit.
    pub(super) async fn read(
        &self,
        mut payload: Payload,
        announced: usize,
        limit: usize,
        secret: bool,
    ) -> Result<Bytes, APIException> {
        let mut body =
            CountedBody { bytes: Vec::new(), reserved: 0, memory: Arc::clone(&self.memory), secret };
        let deadline = Instant::now() + self.timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // `timeout` polls the payload first, so a chunk that has arrived is read even after the deadline.
            let Ok(next) = timeout(left.min(self.idle_timeout), payload.next()).await else {
                return Err(too_slow(body.bytes.len(), announced));
            };
            let Some(chunk) = next else { break };
            let chunk = chunk
                .map_err(|error| APIException::suspicious_operation(format!("unreadable body: {error}")))?;
            if body.bytes.len() + chunk.len() > limit {
                return Err(APIException::suspicious_operation(
                    "Request body exceeded DATA_UPLOAD_MAX_MEMORY_SIZE, FILE_UPLOAD_MAX_SIZE or, with a password, \
                     DATA_UPLOAD_MAX_CREDENTIALS_SIZE.",
                ));
            }
            body.push(&chunk, announced)?;
        }
        Ok(if body.bytes.is_empty() { Bytes::new() } else { Bytes::from_owner(body) })
    }
}

/// Django has no such response, because it never waits for clients. nginx and Apache answer 408.
fn too_slow(read: usize, announced: usize) -> APIException {
    log::warn!("Answered 408: {read} of {announced} bytes of the body came in time");
    let message = "The request's body was not received in time.";
    APIException::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", message)
}

/// A body, and the capacity that it reserves in the memory budget.
struct CountedBody {
    bytes: Vec<u8>,
    reserved: usize,
    memory: Arc<MemoryBudget>,
    /// It may hold a password.
    secret: bool,
}

impl CountedBody {
    /// Adds a chunk. The capacity doubles if needed, up to the announced length. The announced length is not reserved at
    /// once, because a client could then reserve memory with a few bytes.
    fn push(&mut self, chunk: &[u8], announced: usize) -> Result<(), APIException> {
        let needed = self.bytes.len() + chunk.len();
        if needed > self.reserved {
            let capacity = self.reserved.saturating_mul(2).min(announced).max(needed);
            self.memory.reserve(without_exempt(capacity) - without_exempt(self.reserved))?;
            self.reserved = capacity;
            if self.secret {
                // A reallocation would leave a copy behind.
                let mut bytes = Vec::with_capacity(capacity);
                bytes.extend_from_slice(&self.bytes);
                mem::replace(&mut self.bytes, bytes).zeroize();
            } else {
                self.bytes.reserve_exact(capacity - self.bytes.len());
            }
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }
}

impl AsRef<[u8]> for CountedBody {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for CountedBody {
    fn drop(&mut self) {
        if self.secret {
            self.bytes.zeroize();
        }
        self.memory.release(without_exempt(self.reserved));
    }
}

#[cfg(test)]
mod tests;

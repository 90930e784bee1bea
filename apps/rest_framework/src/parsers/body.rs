//! A request's body as it comes in: how long its client may take, and how much memory all bodies may take together.
//!
//! Django leaves both to the server in front of it. Here there may be none, and a client that announces a body and does not go
//! on with it would hold what it sent for as long as it likes.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::rt::time::timeout;
use bytes::Bytes;
use futures_util::StreamExt;

use super::UploadLimits;
use crate::exceptions::APIException;
use vitamin_framework::conf::{Env, ImproperlyConfigured};

/// Ten forms of the size that a form with files may have.
const MAX_MEMORY: usize = 268_435_456;

/// Bytes of each body that do not count, half of what actix-http keeps of one by itself: whoever fills the memory keeps nobody
/// from logging in.
const UNCOUNTED: usize = 16_384;

/// How bodies are read. Clones share the memory that they count.
#[derive(Clone, Debug)]
pub struct Bodies {
    /// How long a client may send nothing of a body (`REQUEST_BODY_IDLE_TIMEOUT`, seconds, default 20).
    pub idle_timeout: Duration,
    /// How long a client may take for a whole body (`REQUEST_BODY_TIMEOUT`, seconds, default 60).
    pub timeout: Duration,
    memory: Arc<Memory>,
}

/// The bytes that are set aside for bodies, in all workers.
#[derive(Debug)]
struct Memory {
    held: AtomicUsize,
    max: usize,
}

impl Default for Bodies {
    fn default() -> Self {
        Self::new(Duration::from_secs(20), Duration::from_secs(60), MAX_MEMORY)
    }
}

impl Bodies {
    /// With these times, and at most so many bytes for all bodies at once.
    #[must_use]
    pub fn new(idle_timeout: Duration, timeout: Duration, max_memory: usize) -> Self {
        Self {
            idle_timeout,
            timeout,
            memory: Arc::new(Memory { held: AtomicUsize::new(0), max: max_memory }),
        }
    }

    /// Reads the settings, `REQUEST_BODIES_MAX_MEMORY` (bytes, default 256 MiB) too.
    ///
    /// # Errors
    /// A number that is none; memory for less than one body of the size that `limits` allow.
    pub fn from_env(env: &Env, limits: &UploadLimits) -> Result<Self, ImproperlyConfigured> {
        let default = Self::default();
        let seconds = |set: Option<NonZeroU32>, default| {
            set.map_or(default, |seconds| Duration::from_secs(seconds.get().into()))
        };
        let largest = limits.file_upload_max_size.max(limits.data_upload_max_memory_size);
        let max_memory = env.parse("REQUEST_BODIES_MAX_MEMORY", MAX_MEMORY.max(largest))?;
        if max_memory < largest {
            return Err(ImproperlyConfigured::new(format!(
                "REQUEST_BODIES_MAX_MEMORY: {max_memory} bytes are less than one body may have, which is {largest} \
                 (FILE_UPLOAD_MAX_SIZE, DATA_UPLOAD_MAX_MEMORY_SIZE)."
            )));
        }
        Ok(Self::new(
            seconds(env.optional("REQUEST_BODY_IDLE_TIMEOUT")?, default.idle_timeout),
            seconds(env.optional("REQUEST_BODY_TIMEOUT")?, default.timeout),
            max_memory,
        ))
    }

    /// Reads a body whole. `announced` is its length as the request's headers tell it.
    ///
    /// What is returned counts as held until the last of its clones and slices, an uploaded file for one, is dropped.
    ///
    /// # Errors
    /// - 400: more than `limit` bytes, or a client that went away halfway.
    /// - 408: a client that was waited for too long. As any answer before a body's end, it ends the connection.
    /// - 503: all bodies together have reached their bound.
    pub(super) async fn read(
        &self,
        mut payload: Payload,
        announced: usize,
        limit: usize,
    ) -> Result<Bytes, APIException> {
        let mut body = Held { bytes: Vec::new(), room: 0, memory: Arc::clone(&self.memory) };
        let end = Instant::now() + self.timeout;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            // What has arrived is taken first, however late it is: only waiting is limited.
            let Ok(next) = timeout(left.min(self.idle_timeout), payload.next()).await else {
                return Err(too_slow(body.bytes.len(), announced));
            };
            let Some(chunk) = next else { break };
            let chunk = chunk
                .map_err(|error| APIException::suspicious_operation(format!("unreadable body: {error}")))?;
            if body.bytes.len() + chunk.len() > limit {
                return Err(APIException::suspicious_operation(
                    "Request body exceeded DATA_UPLOAD_MAX_MEMORY_SIZE or FILE_UPLOAD_MAX_SIZE.",
                ));
            }
            body.push(&chunk, announced)?;
        }
        Ok(if body.bytes.is_empty() { Bytes::new() } else { Bytes::from_owner(body) })
    }
}

/// Django has no such answer, since it never waits for a client itself; 408 is nginx's and Apache's.
fn too_slow(read: usize, announced: usize) -> APIException {
    log::warn!("Answered 408: {read} of {announced} bytes of the body came in time");
    let message = "The request's body was not received in time.";
    APIException::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", message)
}

/// A body, and the room that was made for it.
struct Held {
    bytes: Vec<u8>,
    room: usize,
    memory: Arc<Memory>,
}

impl Held {
    /// Room doubles where it is too little, up to what was announced. It is not made at once for all that was announced: a
    /// client would have it for a few bytes.
    fn push(&mut self, chunk: &[u8], announced: usize) -> Result<(), APIException> {
        let needed = self.bytes.len() + chunk.len();
        if needed > self.room {
            let room = self.room.saturating_mul(2).min(announced).max(needed);
            self.memory.take(counted(room) - counted(self.room))?;
            self.room = room;
            self.bytes.reserve_exact(room - self.bytes.len());
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.memory.give_back(counted(self.room));
    }
}

fn counted(room: usize) -> usize {
    room.saturating_sub(UNCOUNTED)
}

impl Memory {
    fn take(&self, bytes: usize) -> Result<(), APIException> {
        // A body that takes nothing is let in where others have taken too much for a moment, too.
        if bytes == 0 {
            return Ok(());
        }
        let before = self.held.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= self.max {
            return Ok(());
        }
        self.give_back(bytes);
        Err(APIException::service_unavailable(format!(
            "the bodies of all requests have {before} bytes, and may have {} (REQUEST_BODIES_MAX_MEMORY)",
            self.max
        )))
    }

    fn give_back(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;

//! Attempts that may fail a limited number of times, such as logins.
//!
//! An attempt takes its allowance before its work begins, and gives it back if it succeeds. So the limit holds however many
//! attempts run at once, and successes do not count. Where all of the allowance is taken by attempts that still run, a
//! further one waits for them: they may succeed. Where attempts have failed, a further one is refused.
//!
//! Memory is bounded without a way to push out somebody else's count: only a failure is remembered, and each one has cost
//! its work (a password hash). See [`Memory`] for what an attacker would have to spend.

mod memory;
#[cfg(feature = "redis")]
mod redis;
#[cfg(test)]
pub(super) mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use self::memory::Begin;
pub(super) use self::memory::Memory;
use super::Cache;

/// Who or what failures are counted for: 128 bits of a hash, so that its length is bounded and kinds never collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttemptKey(u128);

impl AttemptKey {
    /// The key of these parts. Keys of different kinds differ, and so do keys whose parts only agree when joined.
    #[must_use]
    pub fn new(kind: &str, parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in [kind.as_bytes()].iter().chain(parts) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let bytes = hash.finalize();
        Self(bytes.iter().take(16).fold(0, |key, byte| key << 8 | u128::from(*byte)))
    }
}

/// A key, and how often it may fail in a period.
#[derive(Clone, Copy, Debug)]
pub struct AttemptLimit {
    /// The key.
    pub key: AttemptKey,
    /// The failures that are allowed, at least 1.
    pub failures: u32,
}

/// An attempt was refused: one of its keys has failed too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// When the oldest failure will not count any more.
    pub wait: Duration,
    /// Whether it is the key's first refusal in the period, so that a log can name each once.
    pub is_first: bool,
}

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It counts for the rest of the period.
    Failed,
    /// It does not count: it succeeded, or could not be made.
    Released,
}

/// An attempt that has begun. If it is dropped (its client has gone), it counts as failed.
#[must_use = "an attempt that is dropped counts as failed"]
pub struct Attempt {
    memory: Arc<Memory>,
    limits: [AttemptLimit; 2],
    #[cfg(feature = "redis")]
    shared: Option<redis::Shared>,
    is_settled: bool,
}

impl Cache {
    /// Begins an attempt that both limits allow, and takes its allowance from both. Waits while the allowance is taken by
    /// attempts that have not ended yet.
    ///
    /// Exact across all workers, and across processes with Redis. If Redis fails, each process counts for itself.
    ///
    /// # Errors
    /// [`Refused`]: a key has failed too often, or too many attempts are waiting.
    pub async fn begin_attempt(
        &self,
        limits: [AttemptLimit; 2],
        period: Duration,
    ) -> Result<Attempt, Refused> {
        loop {
            match self.attempts.begin(&limits, period, Instant::now()) {
                Begin::Begun => break,
                Begin::Refused(refused) => return Err(refused),
                Begin::Wait(turn) => turn.wait().await,
            }
        }
        #[allow(unused_mut, reason = "changed with Redis only")]
        let mut attempt = Attempt {
            memory: Arc::clone(&self.attempts),
            limits,
            #[cfg(feature = "redis")]
            shared: None,
            is_settled: false,
        };
        #[cfg(feature = "redis")]
        if let Some(redis) = &self.redis {
            match redis.begin_attempt(&limits, period).await {
                Ok(Ok(shared)) => attempt.shared = Some(shared),
                Ok(Err(full)) => {
                    attempt.settle_here(Outcome::Released);
                    let is_first = self.attempts.is_first_refusal(full.key, period, Instant::now());
                    return Err(Refused { wait: full.wait, is_first });
                }
                // It has logged the error.
                Err(_) => {}
            }
        }
        Ok(attempt)
    }

    /// Ends an attempt.
    pub async fn end_attempt(&self, mut attempt: Attempt, outcome: Outcome) {
        attempt.settle_here(outcome);
        #[cfg(feature = "redis")]
        if let (Some(redis), Some(shared)) = (&self.redis, attempt.shared.take()) {
            redis.end_attempt(&shared, outcome).await;
        }
    }
}

impl Attempt {
    fn settle_here(&mut self, outcome: Outcome) {
        if !std::mem::replace(&mut self.is_settled, true) {
            self.memory.end(&self.limits, outcome, Instant::now());
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.settle_here(Outcome::Failed);
    }
}

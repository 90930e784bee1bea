//! The attempts of all processes that share a Redis server.
//!
//! Each key has two sorted sets of attempts with the time of their beginning: those that count, and those of them that still
//! run. The times are the server's own. An attempt that its process never ended counts as failed, and stops running after
//! [`RUNNING`].

use std::sync::OnceLock;
use std::time::Duration;

use ::redis::Script;
use uuid::Uuid;

use super::super::CacheError;
use super::super::redis::{Redis, prefixed_key};
use super::{AttemptKey, AttemptLimit, Outcome};

/// The longest that an attempt runs. Longer than the longest hash with a full queue.
const RUNNING: Duration = Duration::from_secs(60);
/// How often an attempt asks again while those of other processes run. The attempts of this process wait for each other
/// without asking, so that few ask.
const RETRY: Duration = Duration::from_millis(50);

/// An attempt in Redis.
pub(super) struct Shared {
    id: String,
    keys: [String; 4],
}

/// A key's failures reach its limit.
pub(super) struct Full {
    pub(super) key: AttemptKey,
    pub(super) wait: Duration,
}

impl Redis {
    pub(super) async fn begin_attempt(
        &self,
        limits: &[AttemptLimit; 2],
        period: Duration,
    ) -> Result<Result<Shared, Full>, CacheError> {
        static SCRIPT: OnceLock<Script> = OnceLock::new();
        let script = SCRIPT.get_or_init(|| Script::new(include_str!("begin.lua")));
        let shared = Shared { id: Uuid::new_v4().to_string(), keys: keys(limits) };
        loop {
            let mut connection = self.connection()?;
            let mut call = script.prepare_invoke();
            for key in &shared.keys {
                call.key(key);
            }
            call.arg(&shared.id).arg(milliseconds(period)).arg(milliseconds(RUNNING));
            for limit in limits {
                call.arg(limit.failures);
            }
            let result = call.invoke_async(&mut connection).await;
            // Nil: begun. Else the index of a full key, and its wait, which is -1 while attempts run.
            let full: Option<(usize, i64)> = self.record_outcome(result)?;
            let Some((index, wait)) = full else { return Ok(Ok(shared)) };
            match (u64::try_from(wait), limits.get(index)) {
                (Ok(wait), Some(limit)) => {
                    return Ok(Err(Full { key: limit.key, wait: Duration::from_millis(wait) }));
                }
                _ => actix_web::rt::time::sleep(RETRY).await,
            }
        }
    }

    /// A failure to end it is logged. The attempt then counts as failed.
    pub(super) async fn end_attempt(&self, shared: &Shared, outcome: Outcome) {
        let Ok(mut connection) = self.connection() else { return };
        let mut pipeline = ::redis::pipe();
        for (index, key) in shared.keys.iter().enumerate() {
            // The even ones are those that count.
            if outcome == Outcome::Released || index % 2 == 1 {
                pipeline.zrem(key, &shared.id).ignore();
            }
        }
        let ended: Result<(), CacheError> = self.record_outcome(pipeline.query_async(&mut connection).await);
        drop(ended);
    }
}

fn keys(limits: &[AttemptLimit; 2]) -> [String; 4] {
    let [first, second] = limits
        .map(|limit| ["counted", "running"].map(|set| prefixed_key(&format!("{set}:{:032x}", limit.key.0))));
    let ([counted, running], [other_counted, other_running]) = (first, second);
    [counted, running, other_counted, other_running]
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

//! The attempts of this process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use super::{AttemptKey, AttemptLimit, Outcome, Refused};

/// The most failures that are remembered; beyond, the oldest is forgotten before its period is over.
///
/// To shorten another's period, an attacker has to fail this often within it, from more than a thousand addresses at the
/// default limits, and the server has to hash a password each time. At 50 ms a hash and a minute, that takes more than 80
/// cores. Their memory is some tens of megabytes.
const MAX_FAILURES: usize = 100_000;
/// The most attempts that wait. A further one is refused for a second.
const MAX_WAITING: usize = 1024;
/// The most keys whose refusal was reported.
const MAX_REPORTED: usize = 4096;

/// The counts, shared by all workers.
pub(in super::super) struct Memory {
    state: Mutex<State>,
    max_failures: usize,
}

struct State {
    counters: HashMap<AttemptKey, Counter>,
    /// All failures, oldest first.
    failures: VecDeque<(Instant, [AttemptKey; 2])>,
    /// When a key's refusal was last reported.
    reported: LruCache<AttemptKey, Instant>,
    waiting: usize,
}

#[derive(Default)]
struct Counter {
    /// Attempts that have begun and not ended.
    running: u32,
    /// The times of the failures, oldest first.
    failures: VecDeque<Instant>,
    /// Wakes the attempts that wait for a running one.
    ended: Option<Arc<Notify>>,
}

/// The result of [`Memory::begin`].
pub(super) enum Begin {
    /// The allowance is taken.
    Begun,
    /// A key has failed too often.
    Refused(Refused),
    /// All of a key's allowance is taken by attempts that still run.
    Wait(Turn),
}

/// A place among the attempts that wait.
pub(super) struct Turn {
    memory: Arc<Memory>,
    ended: OwnedNotified,
}

impl Turn {
    /// Waits until a running attempt of the key ends. The attempt may then begin, if no other is quicker.
    pub(super) async fn wait(self) {
        // Counted down even if the client goes.
        let _waiting = Waiting(self.memory);
        self.ended.await;
    }
}

struct Waiting(Arc<Memory>);

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.waiting = state.waiting.saturating_sub(1);
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new(MAX_FAILURES)
    }
}

impl Memory {
    pub(super) fn new(max_failures: usize) -> Self {
        let state = State {
            counters: HashMap::new(),
            failures: VecDeque::new(),
            reported: LruCache::unbounded(),
            waiting: 0,
        };
        Self { state: Mutex::new(state), max_failures }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the allowance of both keys, or of none.
    pub(super) fn begin(
        self: &Arc<Self>,
        limits: &[AttemptLimit; 2],
        period: Duration,
        now: Instant,
    ) -> Begin {
        let mut guard = self.lock();
        let state = &mut *guard;
        state.forget(|state| state.failures.front().is_some_and(|(at, _)| now >= *at + period));
        let refused = limits.iter().filter_map(|limit| {
            let wait = state.counters.get(&limit.key)?.wait(limit, period, now)?;
            Some((wait, limit.key))
        });
        if let Some((wait, key)) = refused.max_by_key(|(wait, _)| *wait) {
            return Begin::Refused(Refused { wait, is_first: state.is_first_refusal(key, period, now) });
        }
        let full = limits.iter().find(|limit| {
            let counter = state.counters.get(&limit.key);
            counter.is_some_and(|counter| counter.count() >= limit.failures)
        });
        if let Some(full) = full {
            if state.waiting >= MAX_WAITING {
                return Begin::Refused(Refused { wait: Duration::from_secs(1), is_first: false });
            }
            state.waiting += 1;
            let counter = state.counters.entry(full.key).or_default();
            // Made under the lock, so that it misses no end.
            let ended = Arc::clone(counter.ended.get_or_insert_default()).notified_owned();
            return Begin::Wait(Turn { memory: Arc::clone(self), ended });
        }
        for limit in limits {
            state.counters.entry(limit.key).or_default().running += 1;
        }
        Begin::Begun
    }

    /// Ends an attempt that has begun.
    pub(super) fn end(&self, limits: &[AttemptLimit; 2], outcome: Outcome, now: Instant) {
        let mut guard = self.lock();
        let state = &mut *guard;
        for limit in limits {
            let Some(counter) = state.counters.get_mut(&limit.key) else { continue };
            counter.running = counter.running.saturating_sub(1);
            if outcome == Outcome::Failed {
                counter.failures.push_back(now);
            }
            if let Some(ended) = counter.ended.take() {
                ended.notify_waiters();
            }
            state.remove_if_unused(limit.key);
        }
        if outcome == Outcome::Failed {
            state.failures.push_back((now, limits.map(|limit| limit.key)));
            state.forget(|state| state.failures.len() > self.max_failures);
        }
    }

    /// Whether the key's refusal was not reported in this period; then it is now.
    #[cfg(feature = "redis")]
    pub(super) fn is_first_refusal(&self, key: AttemptKey, period: Duration, now: Instant) -> bool {
        self.lock().is_first_refusal(key, period, now)
    }

    #[cfg(test)]
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        let state = self.lock();
        (state.counters.len(), state.failures.len(), state.waiting)
    }
}

impl State {
    /// Forgets the oldest failures while `is_due`.
    fn forget(&mut self, is_due: impl Fn(&Self) -> bool) {
        while is_due(self) {
            let Some((_, keys)) = self.failures.pop_front() else { return };
            for key in keys {
                if let Some(counter) = self.counters.get_mut(&key) {
                    counter.failures.pop_front();
                    self.remove_if_unused(key);
                }
            }
        }
    }

    fn remove_if_unused(&mut self, key: AttemptKey) {
        if self.counters.get(&key).is_some_and(|counter| counter.count() == 0 && counter.ended.is_none()) {
            self.counters.remove(&key);
        }
    }

    fn is_first_refusal(&mut self, key: AttemptKey, period: Duration, now: Instant) -> bool {
        if self.reported.get(&key).is_some_and(|at| now < *at + period) {
            return false;
        }
        self.reported.put(key, now);
        if self.reported.len() > MAX_REPORTED {
            self.reported.pop_lru();
        }
        true
    }
}

impl Counter {
    /// The allowance that is taken.
    fn count(&self) -> u32 {
        self.running.saturating_add(u32::try_from(self.failures.len()).unwrap_or(u32::MAX))
    }

    /// The rest of the period, if the failures alone reach the limit.
    fn wait(&self, limit: &AttemptLimit, period: Duration, now: Instant) -> Option<Duration> {
        let excess = self.failures.len().checked_sub(usize::try_from(limit.failures).ok()?)?;
        let oldest = *self.failures.get(excess)?;
        Some((oldest + period).saturating_duration_since(now))
    }
}

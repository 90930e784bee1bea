//! The time that a failed login takes, whatever it fails by.
//!
//! The work differs: a stored hash costs what its scheme and cost say, an unknown user what the preferred ones say. So a
//! failed login is not answered before a time that does not depend on its own user: that of the dearest hash that this
//! process has met, stretched by what the load of the machine adds. The request waits without a thread.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::hashers::Summary;

/// Covers the query for the user, which takes a little longer if there is one.
const LOOKUP: Duration = Duration::from_millis(5);
/// The least allowance for what a hash takes longer than at its quickest.
const MIN_STRETCH: f64 = 1.1;
/// The most, so that a failed login on an overloaded machine is not answered after many times its hash. Also the most that one
/// measurement counts: a machine that stands still for seconds says nothing about the next hash.
const MAX_STRETCH: f64 = 2.0;
/// The most kinds of hashes that are told apart. A database has one or two.
const MAX_KINDS: usize = 64;

/// A scheme and its cost. `None` is the preferred ones.
pub(super) type Kind = Option<Summary>;

/// The times of the hashes of this process.
#[derive(Debug)]
pub(super) struct FailureTime(Mutex<Measured>);

#[derive(Debug)]
struct Measured {
    /// The shortest time of a hash of each kind so far, in seconds.
    quickest: BTreeMap<Kind, f64>,
    /// How much longer than at their quickest recent hashes took, and their mean deviation: the estimator of TCP's
    /// retransmission timer (RFC 6298, section 2).
    stretch: f64,
    deviation: f64,
}

impl Default for FailureTime {
    fn default() -> Self {
        Self(Mutex::new(Measured { quickest: BTreeMap::new(), stretch: 1.0, deviation: 0.1 }))
    }
}

impl FailureTime {
    fn lock(&self) -> MutexGuard<'_, Measured> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records how long a hash took.
    pub(super) fn record(&self, kind: Kind, took: Duration) {
        self.lock().record(kind, took.as_secs_f64());
    }

    /// Returns when a failed login may be answered, that arrived at `arrived` and whose hash begins at `began`.
    ///
    /// To be asked before the hash begins: afterwards, the hash itself would be part of the answer.
    pub(super) fn not_before(&self, arrived: Instant, began: Instant) -> Instant {
        let time = self.lock().time();
        // The first hides the query for the user; the second counts if the hash waited for a thread.
        (arrived + time + LOOKUP).max(began + time)
    }
}

impl Measured {
    fn record(&mut self, kind: Kind, took: f64) {
        let is_known = self.quickest.contains_key(&kind);
        if took <= 0.0 || (!is_known && self.quickest.len() >= MAX_KINDS) {
            return;
        }
        let quickest = self.quickest.entry(kind).or_insert(took);
        *quickest = quickest.min(took);
        let stretch = (took / *quickest).min(MAX_STRETCH);
        self.deviation += ((stretch - self.stretch).abs() - self.deviation) / 4.0;
        self.stretch += (stretch - self.stretch) / 8.0;
    }

    fn time(&self) -> Duration {
        let dearest = self.quickest.values().copied().fold(0.0, f64::max);
        let stretch = (self.stretch + 4.0 * self.deviation).clamp(MIN_STRETCH, MAX_STRETCH);
        Duration::try_from_secs_f64(dearest * stretch).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn kind(rounds: u32) -> Kind {
        Some(Summary { algorithm: "bcrypt", costs: vec![("BCRYPT_ROUNDS", rounds)] })
    }

    fn time(failures: &FailureTime) -> Duration {
        let now = Instant::now();
        failures.not_before(now, now) - now - LOOKUP
    }

    #[test]
    fn every_kind_waits_for_the_dearest() {
        let failures = FailureTime::default();
        failures.record(None, 100 * MS);
        assert!(time(&failures) >= 110 * MS);
        for _ in 0..100 {
            failures.record(kind(4), MS);
            failures.record(kind(13), 300 * MS);
        }
        let time = time(&failures);
        assert!(time >= 330 * MS && time <= 340 * MS, "{time:?}");
    }

    #[test]
    fn a_loaded_machine_stretches_it_and_one_pause_does_not_stay() {
        let failures = FailureTime::default();
        failures.record(None, 100 * MS);
        failures.record(None, 60_000 * MS);
        assert!(time(&failures) < 1000 * MS, "{:?}", time(&failures));
        for _ in 0..100 {
            failures.record(None, 100 * MS);
        }
        assert!(time(&failures) < 120 * MS, "{:?}", time(&failures));
        // Hashes of one kind take longer, and so will those of another.
        failures.record(kind(13), 300 * MS);
        for _ in 0..100 {
            failures.record(None, 200 * MS);
        }
        assert!(time(&failures) >= 600 * MS, "{:?}", time(&failures));
    }

    #[test]
    fn it_counts_from_the_hash_if_that_had_to_wait() {
        let failures = FailureTime::default();
        failures.record(None, 100 * MS);
        let arrived = Instant::now();
        let began = arrived + 500 * MS;
        assert!(failures.not_before(arrived, began) >= began + 110 * MS);
    }

    #[test]
    fn the_number_of_kinds_is_bounded() {
        let failures = FailureTime::default();
        for rounds in 0..1000 {
            failures.record(kind(rounds), MS);
        }
        assert_eq!(failures.lock().quickest.len(), MAX_KINDS);
    }
}

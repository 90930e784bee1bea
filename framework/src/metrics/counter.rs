//! Counters of one thread each, which any thread may read.
//!
//! A counter that all workers share would move its cache line from core to core with every request. Here each worker has its own,
//! and whoever wants the number adds them up.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A number that one thread counts. Any thread may read it.
#[derive(Debug, Default)]
pub struct OwnCounter(AtomicU64);

impl OwnCounter {
    /// Adds to the number. Only one thread may call it: of two at the same time, one may be lost. So it needs no lock, and no
    /// instruction that locks the bus.
    pub fn add(&self, count: u64) {
        self.0.store(self.get().wrapping_add(count), Ordering::Relaxed);
    }

    /// Returns the number.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Replaces the number, as [`add`](Self::add) on one thread only.
    pub(super) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }
}

/// The counters of each worker. Clones share them.
#[derive(Debug)]
pub struct PerWorker<T>(Arc<Mutex<Vec<Arc<T>>>>);

impl<T> PerWorker<T> {
    /// Adds the counters of a worker that starts. Those of a worker that has ended stay, because a counter never decreases.
    pub fn add(&self, counters: T) -> Arc<T> {
        let counters = Arc::new(counters);
        self.workers().push(Arc::clone(&counters));
        counters
    }

    /// Adds up a number of all workers.
    pub fn sum(&self, number: impl Fn(&T) -> u64) -> u64 {
        self.workers().iter().map(|counters| number(counters)).fold(0, u64::wrapping_add)
    }

    /// Calls the function with each worker's counters.
    pub(super) fn for_each(&self, visit: impl FnMut(&T)) {
        self.workers().iter().map(AsRef::as_ref).for_each(visit);
    }

    fn workers(&self) -> MutexGuard<'_, Vec<Arc<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for PerWorker<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for PerWorker<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

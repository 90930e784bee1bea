//! Decides whether caching tokens is worth it. If others commit constantly, most entries are dropped before their first
//! use. A lookup is then a tenth of the request cheaper without creating and dropping an entry, which is mostly not in
//! the processor's cache.

/// Number of states without caching before it is tried again.
const SKIPPED_STATES: u32 = 15;

/// Counts how useful the entries of the current state are.
#[derive(Default)]
pub(super) struct Usage {
    /// Lookups in the current state that missed the cache, and those that hit it.
    reads: usize,
    hits: usize,
    /// Number of states left, this one included, that start without caching.
    states_to_skip: u32,
    /// Caching resumes within a state once it has more reads than this, because it lasts longer than the states before.
    resume_after: usize,
}

impl Usage {
    /// Counts a cache hit.
    pub(super) const fn record_hit(&mut self) {
        self.hits += 1;
    }

    /// Counts a miss, and returns whether the row should be cached.
    pub(super) const fn should_insert(&mut self) -> bool {
        self.reads += 1;
        if self.reads > self.resume_after {
            self.states_to_skip = 0;
        }
        self.states_to_skip == 0
    }

    /// Ends the current state; its entries are dropped.
    pub(super) const fn end_state(&mut self) {
        if self.states_to_skip > 0 {
            self.states_to_skip -= 1;
        } else if self.hits < self.reads / 2 {
            (self.states_to_skip, self.resume_after) = (SKIPPED_STATES, 2 * self.reads);
        }
        (self.reads, self.hits) = (0, 0);
    }
}

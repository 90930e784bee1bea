//! Counts the tokens that were found in the cache, and those that were looked up.

use vitamin_framework::metrics::{OwnCounter, PerWorker, Snapshot};

/// The counts of one worker. They are always on: a count takes no longer than to ask whether anybody wants it.
#[derive(Debug, Default)]
pub(crate) struct LookupCounts {
    /// Tokens that the cache had.
    pub(super) hits: OwnCounter,
    /// Tokens that were looked up in the database, also unknown ones.
    pub(super) misses: OwnCounter,
}

impl LookupCounts {
    /// Adds the counts of all workers.
    pub(crate) fn collect(workers: &PerWorker<Self>, metrics: &mut Snapshot) {
        metrics
            .counters("vitamin_token_lookups", "Tokens that were looked up, by whether the cache had them.")
            .sample(&[("cache", "hit")], workers.sum(|counts| counts.hits.get()))
            .sample(&[("cache", "miss")], workers.sum(|counts| counts.misses.get()));
    }
}

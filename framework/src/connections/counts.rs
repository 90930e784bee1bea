//! Counts connections, for the metrics.

use crate::metrics::{OwnCounter, PerWorker, Snapshot};

/// The counts of one worker.
#[derive(Debug)]
pub(crate) struct ConnectionCounts {
    /// Connections at a time, at most.
    most: usize,
    pub(super) opened: OwnCounter,
    /// By either side.
    pub(super) closed: OwnCounter,
    /// To be closed, because the client has taken too long.
    pub(super) too_slow: OwnCounter,
    /// To be closed, because of `MAX_CONNECTIONS`.
    pub(super) at_limit: OwnCounter,
    /// To be closed, because of a bare line feed in a head.
    pub(super) invalid: OwnCounter,
}

impl ConnectionCounts {
    pub(super) fn new(most: usize) -> Self {
        let new = OwnCounter::default;
        Self { most, opened: new(), closed: new(), too_slow: new(), at_limit: new(), invalid: new() }
    }

    /// Adds the counts of all workers.
    pub(crate) fn collect(workers: &PerWorker<Self>, snapshot: &mut Snapshot) {
        // In this order, a connection that is opened and closed meanwhile does not make the difference negative.
        let closed = workers.sum(|counts| counts.closed.get());
        let opened = workers.sum(|counts| counts.opened.get());
        snapshot.gauge("vitamin_connections", "Open connections of clients.", opened.saturating_sub(closed));
        snapshot.gauge(
            "vitamin_connections_limit",
            "Connections of clients at a time (MAX_CONNECTIONS).",
            workers.sum(|counts| u64::try_from(counts.most).unwrap_or(u64::MAX)),
        );
        snapshot.counter("vitamin_connections_opened", "Connections that clients have opened.", opened);
        snapshot
            .counters("vitamin_connections_ended", "Connections that the server has ended, by the reason.")
            .sample(&[("reason", "too_slow")], workers.sum(|counts| counts.too_slow.get()))
            .sample(&[("reason", "limit")], workers.sum(|counts| counts.at_limit.get()))
            .sample(&[("reason", "invalid_head")], workers.sum(|counts| counts.invalid.get()));
    }
}

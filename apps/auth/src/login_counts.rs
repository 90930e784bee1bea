//! Counts logins by their outcome.

use std::sync::atomic::{AtomicU64, Ordering};

use vitamin_framework::metrics::Snapshot;

use super::backends::AuthenticationError;
use super::models::User;

/// The logins so far, of all workers. Each costs a hash or a refusal, so that they may share a counter.
#[derive(Debug, Default)]
pub(super) struct LoginCounts([AtomicU64; OUTCOMES.len()]);

/// The outcomes, as the metrics call them. [`LoginCounts::record`] knows their order.
const OUTCOMES: [&str; 5] = ["accepted", "refused", "throttled", "busy", "error"];

impl LoginCounts {
    /// Counts a login.
    pub(super) fn record(&self, outcome: &Result<Option<User>, AuthenticationError>) {
        let index = match outcome {
            Ok(Some(_)) => 0,
            Ok(None) => 1,
            Err(AuthenticationError::Throttled(_)) => 2,
            Err(AuthenticationError::Busy(_)) => 3,
            Err(AuthenticationError::Database(_) | AuthenticationError::NotInstalled) => 4,
        };
        if let Some(count) = self.0.get(index) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn collect(&self, metrics: &mut Snapshot) {
        let logins =
            metrics.counters("vitamin_logins", "Logins with a name and a password, by their outcome.");
        for (outcome, count) in OUTCOMES.iter().zip(&self.0) {
            logins.sample(&[("outcome", outcome)], count.load(Ordering::Relaxed));
        }
    }
}

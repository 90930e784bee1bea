//! What was counted in the last hour, minute by minute, for a page of the project itself.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::snapshot::Snapshot;

/// How often the numbers are looked at.
pub(super) const PERIOD: Duration = Duration::from_secs(60);

/// The periods that are kept: an hour of them.
const PERIODS: usize = 60;

/// What was counted in a period.
#[derive(Clone, Debug)]
pub struct Period {
    /// When it ended.
    pub ended: SystemTime,
    /// How long it was: about a minute. The last one, which has not ended, is shorter.
    pub length: Duration,
    /// What its counters and histograms counted, and its gauges at its end.
    pub counted: Snapshot,
}

/// The periods of the last hour. Memory: what was counted at all, at most a sample for each view, method and status, and minute.
#[derive(Debug)]
pub(super) struct History(Mutex<State>);

#[derive(Debug)]
struct State {
    periods: VecDeque<Period>,
    /// The numbers at the end of the last period.
    last: Snapshot,
    ended: Instant,
}

/// A history that begins with the process, when nothing is counted.
impl Default for History {
    fn default() -> Self {
        Self(Mutex::new(State { periods: VecDeque::new(), last: Snapshot::default(), ended: Instant::now() }))
    }
}

impl History {
    /// Ends a period with these numbers.
    pub(super) fn end_period(&self, snapshot: Snapshot) {
        let mut state = self.state();
        let period = state.until(&snapshot);
        if state.periods.len() >= PERIODS {
            state.periods.pop_front();
        }
        state.periods.push_back(period);
        (state.last, state.ended) = (snapshot, Instant::now());
    }

    /// The periods, the oldest first, and last the one until now.
    pub(super) fn periods(&self, snapshot: &Snapshot) -> Vec<Period> {
        let state = self.state();
        state.periods.iter().cloned().chain([state.until(snapshot)]).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn until(&self, snapshot: &Snapshot) -> Period {
        Period { ended: SystemTime::now(), length: self.ended.elapsed(), counted: snapshot.since(&self.last) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logins(count: u64) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.counter("logins", "Logins.", count);
        snapshot
    }

    #[test]
    fn an_hour_is_kept() {
        let history = History::default();
        for minute in 1..=70 {
            history.end_period(logins(minute * minute));
        }
        let periods = history.periods(&logins(70 * 70 + 3));
        assert_eq!(periods.len(), 61);
        let count = |period: &Period| period.counted.get("logins").unwrap().samples[0].value.clone();
        // Of minute 11: 11² - 10².
        assert_eq!(count(&periods[0]), 21_u64.into());
        assert_eq!(count(&periods[60]), 3_u64.into());
    }
}

//! The sliding log of a throttle (`SimpleRateThrottle.allow_request`, `.wait` in `rest_framework/throttling.py`): the
//! times of the recent hits, newest first.

use std::collections::VecDeque;

/// A rate: `limit` hits in `seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The hits to accept; none if not positive.
    pub limit: i64,
    /// The length of the window.
    pub seconds: u32,
}

/// The result of a hit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hit {
    /// The hit was accepted and added to the log.
    Counted,
    /// The window is full, so the hit was not added.
    Full {
        /// The hits in the window.
        count: usize,
        /// The time of the oldest of them.
        oldest: Option<f64>,
    },
}

/// A log. It expires when its newest hit is older than that hit's window.
#[derive(Default)]
pub(super) struct SlidingLog {
    /// Newest first.
    moments: VecDeque<f64>,
    /// When the whole log expires.
    expires: f64,
}

impl SlidingLog {
    /// A log may serve several windows: an accepted hit drops old ones for all of them, a rejected hit drops none.
    pub(super) fn hit(&mut self, window: Window, now: f64) -> Hit {
        if self.expires <= now {
            self.moments.clear();
        }
        let edge = now - f64::from(window.seconds);
        let passed = self.moments.iter().rev().take_while(|moment| **moment <= edge).count();
        let count = self.moments.len().saturating_sub(passed);
        if i64::try_from(count).unwrap_or(i64::MAX) >= window.limit {
            let oldest = count.checked_sub(1).and_then(|last| self.moments.get(last)).copied();
            return Hit::Full { count, oldest };
        }
        self.moments.truncate(count);
        self.moments.push_front(now);
        self.expires = now + f64::from(window.seconds);
        Hit::Counted
    }

    /// The memory it uses in bytes.
    pub(super) fn size(&self) -> usize {
        self.moments.capacity() * size_of::<f64>()
    }
}

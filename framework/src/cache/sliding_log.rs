//! The sliding log of a throttle (`SimpleRateThrottle.allow_request`, `.wait` in `rest_framework/throttling.py`): the
//! moments of the hits that count still, newest first.

use std::collections::VecDeque;

/// So many hits in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Hits that are let through; none where it is not positive.
    pub limit: i64,
    /// Seconds that a hit counts.
    pub seconds: u32,
}

/// What became of a hit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hit {
    /// It had room, and is in the log now.
    Counted,
    /// It had none, and was not written down.
    Full {
        /// Hits that count at this moment.
        count: usize,
        /// The moment of the oldest of them.
        oldest: Option<f64>,
    },
}

/// A log, which is gone once its newest hit is too old for the window that it came through.
#[derive(Default)]
pub(super) struct SlidingLog {
    /// Newest first.
    moments: VecDeque<f64>,
    /// When all of it is forgotten.
    expires: f64,
}

impl SlidingLog {
    /// A log may serve several windows: what a hit drops is dropped for all, but a refused one drops nothing.
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

    /// Bytes that it takes up.
    pub(super) fn size(&self) -> usize {
        self.moments.capacity() * size_of::<f64>()
    }
}

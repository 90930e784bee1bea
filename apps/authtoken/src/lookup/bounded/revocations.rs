//! The revocations that the listener has received. Workers read them without a lock.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::MAX_DELAY;

/// Users share slots by the hash of their keys: a revocation of one user costs a thousandth of the others an extra
/// query.
const SLOTS: usize = 1024;
/// Entries expire after this, whatever was received: a safeguard for unforeseen cases, such as a lookup that went to
/// another server than the listener's.
const MAX_AGE: Duration = Duration::from_secs(60);

/// The point just before a lookup starts, which is before its query's snapshot is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReadPoint {
    generation: u64,
    /// Milliseconds of [`Revocations::now`].
    at: u64,
}

/// How current the received revocations are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FeedState {
    /// Every revocation committed more than [`MAX_DELAY`] ago has been received.
    Current,
    /// A revocation may be missing. Entries may become usable again later.
    Late,
    /// No listener is running.
    Stopped,
}

/// The newest revocation of each slot, counted by one generation. The listener is the only writer.
pub(super) struct Revocations {
    started: Instant,
    /// Number of invalidations so far.
    generation: AtomicU64,
    /// Entries of an older generation are invalid: the listener was not running then.
    floor: AtomicU64,
    /// The generation of each slot's last invalidation.
    slots: Box<[AtomicU64]>,
    /// When the last answered ping was sent, in milliseconds of [`Revocations::now`]; 0 if no listener runs.
    last_ping: AtomicU64,
    /// Whether any lookup happened since the listener last checked.
    is_used: AtomicBool,
    /// Wakes the sleeping listener.
    waker: OnceLock<UnixStream>,
}

/// The listener's end of the waker: readable once a lookup has happened.
pub(super) struct WakeReceiver(UnixStream);

impl AsFd for WakeReceiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Default for Revocations {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            generation: AtomicU64::new(1),
            floor: AtomicU64::new(1),
            slots: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
            last_ping: AtomicU64::new(0),
            is_used: AtomicBool::new(true),
            waker: OnceLock::new(),
        }
    }
}

/// For the workers.
impl Revocations {
    /// Milliseconds, never 0.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Starts a lookup, and returns whether cached entries may be used at all.
    pub(super) fn start_lookup(&self) -> (ReadPoint, FeedState) {
        // Only write if unset: all workers share this cache line.
        if !self.is_used.load(Ordering::Relaxed) {
            self.wake_listener();
        }
        // Load before the generations and slots: a worker that sees a ping sees everything received before it.
        let last_ping = self.last_ping.load(Ordering::Acquire);
        let read_point = ReadPoint { generation: self.generation.load(Ordering::Acquire), at: self.now() };
        let state = match last_ping {
            0 => FeedState::Stopped,
            _ if read_point.at.saturating_sub(last_ping) >= millis(MAX_DELAY) => FeedState::Late,
            _ => FeedState::Current,
        };
        (read_point, state)
    }

    /// Wakes the listener, because lookups need it again.
    #[cold]
    fn wake_listener(&self) {
        if !self.is_used.swap(true, Ordering::AcqRel)
            && let Some(mut waker) = self.waker.get()
        {
            // The socket is full if no listener reads it; then there is nothing to wake.
            let _ = waker.write(b"!");
        }
    }

    /// Whether an entry read at `then` is still valid at `now`, for a user of this slot.
    pub(super) fn is_valid(&self, then: ReadPoint, slot: usize, now: ReadPoint) -> bool {
        let invalidated_at = self.slots.get(slot).map_or(u64::MAX, |slot| slot.load(Ordering::Acquire));
        then.generation >= invalidated_at.max(self.floor.load(Ordering::Acquire))
            && now.at.saturating_sub(then.at) < millis(MAX_AGE)
    }

    /// The slot of a user. The key is written as PostgreSQL writes it.
    pub(super) fn slot(user_id: &str) -> usize {
        let mut hasher = DefaultHasher::new();
        user_id.hash(&mut hasher);
        usize::try_from(hasher.finish() % SLOTS as u64).unwrap_or(0)
    }
}

/// For the listener.
impl Revocations {
    /// Invalidates the entries of this user, or of all users if the key is empty.
    pub(super) fn invalidate(&self, user_id: &str) {
        if user_id.is_empty() {
            return self.invalidate_all();
        }
        let next = self.generation.load(Ordering::Relaxed).saturating_add(1);
        // The slot first: a lookup that starts at the new generation reads what was committed.
        if let Some(slot) = self.slots.get(Self::slot(user_id)) {
            slot.store(next, Ordering::Release);
        }
        self.generation.store(next, Ordering::Release);
    }

    /// Invalidates every entry read so far.
    pub(super) fn invalidate_all(&self) {
        let next = self.generation.load(Ordering::Relaxed).saturating_add(1);
        self.floor.store(next, Ordering::Release);
        self.generation.store(next, Ordering::Release);
    }

    /// Records that the ping sent then was answered: everything committed before it has been received.
    pub(super) fn record_ping(&self, sent: u64) {
        self.last_ping.store(sent, Ordering::Release);
    }

    /// Records that the listener stopped.
    pub(super) fn mark_stopped(&self) {
        self.last_ping.store(0, Ordering::Release);
    }

    /// Creates the waker, once.
    pub(super) fn create_waker(&self) -> io::Result<WakeReceiver> {
        let (ours, workers) = UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        workers.set_nonblocking(true)?;
        let _ = self.waker.set(workers);
        Ok(WakeReceiver(ours))
    }

    /// Returns whether any lookup happened since the last call, and resets the waker.
    pub(super) fn take_used(&self, waker: &WakeReceiver) -> bool {
        // Before the flag is taken: a later lookup wakes the listener again.
        let mut bytes = [0; 64];
        while (&waker.0).read(&mut bytes).is_ok_and(|count| count == bytes.len()) {}
        self.is_used.swap(false, Ordering::AcqRel)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
impl Revocations {
    /// Pretends that the last ping was answered this much earlier.
    pub(super) fn age_last_ping(&self, passed: Duration) {
        let last_ping = self.last_ping.load(Ordering::Relaxed);
        self.last_ping.store(last_ping.saturating_sub(millis(passed)), Ordering::Relaxed);
    }

    /// The same point, this much earlier.
    pub(super) fn aged(read_point: ReadPoint, passed: Duration) -> ReadPoint {
        ReadPoint { at: read_point.at.saturating_sub(millis(passed)), ..read_point }
    }

    /// Revocations created more than a minute ago.
    pub(super) fn started_long_ago() -> Self {
        let started = Instant::now().checked_sub(Duration::from_secs(100)).unwrap();
        Self { started, ..Self::default() }
    }
}

//! What the listener has heard, for the workers to ask without a lock.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::MAX_DELAY;

/// Users share one, by the hash of their keys: what is heard of one user costs a thousandth of the others another query.
const SLOTS: usize = 1024;
/// Nothing is kept for longer, whatever was heard or was not: a belt for what nobody thought of, such as a look-up that
/// went to another server than the listener's.
const MAX_AGE: Duration = Duration::from_secs(60);

/// When a look-up was about to begin, which is before its query's snapshot was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReadPoint {
    generation: u64,
    /// Milliseconds of [`Revocations::now`].
    at: u64,
}

/// What the listener hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FeedState {
    /// All that was committed more than [`MAX_DELAY`] ago.
    Current,
    /// It may be that something has not come yet. What has come is still good for later.
    Late,
    /// Nobody listens.
    Stopped,
}

/// The newest of the things heard of each user, counted by one generation. There is one writer, the listener.
pub(super) struct Revocations {
    started: Instant,
    /// Counts what was heard.
    generation: AtomicU64,
    /// What was read at an older generation doesn't count: then the listener did not listen yet.
    floor: AtomicU64,
    /// The generation at which each was last heard of.
    slots: Box<[AtomicU64]>,
    /// When the last pulse that came back was sent, in milliseconds of [`Revocations::now`]; 0: nobody listens.
    last_ping: AtomicU64,
    /// Whether anybody asked since the listener last looked.
    is_used: AtomicBool,
    /// Wakes the listener that rests.
    waker: OnceLock<UnixStream>,
}

/// The listener's end of the bell: it can be read when somebody has asked.
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

/// A worker's side.
impl Revocations {
    /// Milliseconds, never 0.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// The beginning of a look-up, and whether what was kept may be used at all.
    pub(super) fn start_lookup(&self) -> (ReadPoint, FeedState) {
        // Only where it is not set: this line of memory is every worker's.
        if !self.is_used.load(Ordering::Relaxed) {
            self.wake_listener();
        }
        // Before the generations and the slots: whoever sees a pulse sees all that was heard before it.
        let last_ping = self.last_ping.load(Ordering::Acquire);
        let reading = ReadPoint { generation: self.generation.load(Ordering::Acquire), at: self.now() };
        let state = match last_ping {
            0 => FeedState::Stopped,
            _ if reading.at.saturating_sub(last_ping) >= millis(MAX_DELAY) => FeedState::Late,
            _ => FeedState::Current,
        };
        (reading, state)
    }

    /// Tells the listener that what it hears is of use again.
    #[cold]
    fn wake_listener(&self) {
        if !self.is_used.swap(true, Ordering::AcqRel)
            && let Some(mut bell) = self.waker.get()
        {
            // It is full where nobody listens; then there is nobody to wake.
            let _ = bell.write(b"!");
        }
    }

    /// Whether what was read then still holds now, of a user of this slot.
    pub(super) fn is_valid(&self, then: ReadPoint, slot: usize, now: ReadPoint) -> bool {
        let invalidated_at = self.slots.get(slot).map_or(u64::MAX, |slot| slot.load(Ordering::Acquire));
        then.generation >= invalidated_at.max(self.floor.load(Ordering::Acquire))
            && now.at.saturating_sub(then.at) < millis(MAX_AGE)
    }

    /// Where a user's revocations are noted. The key is as PostgreSQL writes it.
    pub(super) fn slot(user_id: &str) -> usize {
        let mut hasher = DefaultHasher::new();
        user_id.hash(&mut hasher);
        usize::try_from(hasher.finish() % SLOTS as u64).unwrap_or(0)
    }
}

/// The listener's side.
impl Revocations {
    /// Something was heard of this user; of everybody, where the key is empty.
    pub(super) fn invalidate(&self, user_id: &str) {
        if user_id.is_empty() {
            return self.invalidate_all();
        }
        let next = self.generation.load(Ordering::Relaxed).saturating_add(1);
        // First: whoever begins at the new generation reads what was committed.
        if let Some(slot) = self.slots.get(Self::slot(user_id)) {
            slot.store(next, Ordering::Release);
        }
        self.generation.store(next, Ordering::Release);
    }

    /// Nothing that was read so far counts any more.
    pub(super) fn invalidate_all(&self) {
        let next = self.generation.load(Ordering::Relaxed).saturating_add(1);
        self.floor.store(next, Ordering::Release);
        self.generation.store(next, Ordering::Release);
    }

    /// A pulse that was sent then has come back, and before it all that was committed before then.
    pub(super) fn record_ping(&self, sent: u64) {
        self.last_ping.store(sent, Ordering::Release);
    }

    /// Nobody listens from now on.
    pub(super) fn mark_stopped(&self) {
        self.last_ping.store(0, Ordering::Release);
    }

    /// Hangs up the bell, once.
    pub(super) fn create_waker(&self) -> io::Result<WakeReceiver> {
        let (ours, workers) = UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        workers.set_nonblocking(true)?;
        let _ = self.waker.set(workers);
        Ok(WakeReceiver(ours))
    }

    /// Whether anybody asked since this was last called. The bell is silent afterwards.
    pub(super) fn take_used(&self, bell: &WakeReceiver) -> bool {
        // Before the flag is taken: who asks after that rings again.
        let mut rings = [0; 64];
        while (&bell.0).read(&mut rings).is_ok_and(|count| count == rings.len()) {}
        self.is_used.swap(false, Ordering::AcqRel)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
impl Revocations {
    /// As if this much time had passed since the last pulse.
    pub(super) fn age_last_ping(&self, passed: Duration) {
        let last_ping = self.last_ping.load(Ordering::Relaxed);
        self.last_ping.store(last_ping.saturating_sub(millis(passed)), Ordering::Relaxed);
    }

    /// As it was so long ago.
    pub(super) fn aged(reading: ReadPoint, passed: Duration) -> ReadPoint {
        ReadPoint { at: reading.at.saturating_sub(millis(passed)), ..reading }
    }

    /// At least a minute old.
    pub(super) fn started_long_ago() -> Self {
        let started = Instant::now().checked_sub(Duration::from_secs(100)).unwrap();
        Self { started, ..Self::default() }
    }
}

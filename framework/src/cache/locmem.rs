//! The in-memory cache (`django/core/cache/backends/locmem.py`), shared by all threads of this process.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;

use super::sliding_log::{Hit, SlidingLog, Window};

/// The number of shards, each with its own lock, to reduce contention.
const SHARDS: usize = 16;
/// Bytes per entry in addition to its key and value: nodes, pointers, hash table slots.
const ENTRY_OVERHEAD: usize = 160;

/// A bounded map with atomic operations. It evicts the least recently used entry.
///
/// Django's cache holds 300 entries and drops a third when full, so requests from 300 addresses would reset all
/// throttles. This one holds 64 MiB, about 300,000 clients of a throttle.
pub struct LocMem {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    max_bytes_of_shard: usize,
}

struct Shard {
    /// Randomly seeded, since clients choose the content of `X-Forwarded-For`.
    entries: LruCache<Box<str>, CacheEntry, RandomState>,
    bytes: usize,
}

enum CacheEntry {
    Value { bytes: Box<[u8]>, expires: Option<Instant> },
    Log(SlidingLog),
}

impl LocMem {
    /// The capacity of [`LocMem::default`] in bytes.
    pub const MAX_BYTES: usize = 64 << 20;

    /// Creates a map of about `max_bytes`. A shard always keeps its last entry, however large.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        let hasher = RandomState::new();
        let shard = || {
            let entries = LruCache::unbounded_with_hasher(hasher.clone());
            Mutex::new(Shard { entries, bytes: 0 })
        };
        let shards = (0..SHARDS).map(|_| shard()).collect();
        Self { shards, hasher, max_bytes_of_shard: max_bytes / SHARDS }
    }

    /// Returns a key's value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        let mut shard = self.shard(key)?;
        let now = Instant::now();
        match shard.entries.get(key)? {
            CacheEntry::Value { bytes, expires } if expires.is_none_or(|expires| now < expires) => {
                Some(bytes.to_vec())
            }
            CacheEntry::Value { .. } => {
                shard.remove(key);
                None
            }
            CacheEntry::Log(_) => None,
        }
    }

    /// Sets a key for `timeout`.
    pub fn set(&self, key: &str, value: &[u8], timeout: Option<Duration>) {
        let Some(mut shard) = self.shard(key) else { return };
        shard.remove(key);
        // A time beyond the clock's range never comes.
        let expires = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        shard.put(key, CacheEntry::Value { bytes: value.into(), expires });
        shard.cull(self.max_bytes_of_shard);
    }

    /// Removes a key.
    pub fn delete(&self, key: &str) {
        if let Some(mut shard) = self.shard(key) {
            shard.remove(key);
        }
    }

    /// Adds a time to a key's sliding log, if the window is not full.
    pub fn hit(&self, key: &str, window: Window, now: f64) -> Hit {
        let Some(mut guard) = self.shard(key) else { return SlidingLog::default().hit(window, now) };
        let shard = &mut *guard;
        if let Some(CacheEntry::Log(log)) = shard.entries.get_mut(key) {
            let before = log.size();
            let hit = log.hit(window, now);
            shard.bytes = (shard.bytes + log.size()).saturating_sub(before);
            shard.cull(self.max_bytes_of_shard);
            return hit;
        }
        let mut log = SlidingLog::default();
        let hit = log.hit(window, now);
        if hit == Hit::Counted {
            shard.remove(key);
            shard.put(key, CacheEntry::Log(log));
            shard.cull(self.max_bytes_of_shard);
        }
        hit
    }

    /// Always `Some`; the types can't express that.
    fn shard(&self, key: &str) -> Option<MutexGuard<'_, Shard>> {
        let hash = usize::try_from(self.hasher.hash_one(key) >> 32).unwrap_or_default();
        Some(self.shards.get(hash % SHARDS)?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for LocMem {
    fn default() -> Self {
        Self::new(Self::MAX_BYTES)
    }
}

impl Shard {
    fn put(&mut self, key: &str, entry: CacheEntry) {
        self.bytes += entry.cost(key);
        self.entries.put(key.into(), entry);
    }

    fn remove(&mut self, key: &str) {
        if let Some(entry) = self.entries.pop(key) {
            self.bytes = self.bytes.saturating_sub(entry.cost(key));
        }
    }

    fn cull(&mut self, max_bytes: usize) {
        while self.bytes > max_bytes && self.entries.len() > 1 {
            let Some((key, entry)) = self.entries.pop_lru() else { return };
            self.bytes = self.bytes.saturating_sub(entry.cost(&key));
        }
    }
}

impl CacheEntry {
    fn cost(&self, key: &str) -> usize {
        let size = match self {
            Self::Value { bytes, .. } => bytes.len(),
            Self::Log(log) => log.size(),
        };
        ENTRY_OVERHEAD + key.len() + size
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn values_expire() {
        let cache = LocMem::default();
        cache.set("brief", b"1", Some(Duration::from_millis(20)));
        cache.set("long", b"2", Some(Duration::MAX));
        assert_eq!(cache.get("brief"), Some(b"1".to_vec()));
        std::thread::sleep(Duration::from_millis(30));
        assert_eq!(cache.get("brief"), None);
        assert_eq!(cache.get("long"), Some(b"2".to_vec()));
        let bytes: usize = cache.shards.iter().map(|shard| shard.lock().unwrap().bytes).sum();
        assert_eq!(bytes, ENTRY_OVERHEAD + "long".len() + 1);
    }

    #[test]
    fn it_stays_within_its_capacity() {
        let cache = LocMem::new(SHARDS * 10 * ENTRY_OVERHEAD);
        let window = Window { limit: 3, seconds: 60 };
        for number in 0..2000 {
            cache.hit(&format!("client {number}"), window, f64::from(number));
            // A frequent client is not evicted by clients that come once.
            let busy = cache.hit("busy", window, 0.0);
            assert_eq!(busy == Hit::Counted, number < 3, "{number}");
        }
        for shard in &cache.shards {
            let shard = shard.lock().unwrap();
            let counted: usize = shard.entries.iter().map(|(key, entry)| entry.cost(key)).sum();
            assert_eq!(shard.bytes, counted);
            assert!(counted <= 10 * ENTRY_OVERHEAD && shard.entries.len() > 1, "{counted}");
        }
    }

    #[test]
    fn two_threads_never_both_take_the_last_slot() {
        const THREADS: usize = 8;
        let cache = LocMem::default();
        let window = Window { limit: 3, seconds: 60 };
        for round in 0..200 {
            let (counted, start) = (AtomicUsize::new(0), Barrier::new(THREADS));
            std::thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| {
                        start.wait();
                        if cache.hit(&round.to_string(), window, 1.7e9) == Hit::Counted {
                            counted.fetch_add(1, Ordering::Relaxed);
                        }
                    });
                }
            });
            assert_eq!(counted.into_inner(), 3, "round {round}");
        }
    }
}

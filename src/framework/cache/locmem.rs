//! The cache in this process's memory (`django/core/cache/backends/locmem.py`), shared by all of its threads.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;

use super::sliding_log::{Hit, SlidingLog, Window};

/// Locks, so that threads seldom wait for each other.
const SHARDS: usize = 16;
/// What a key costs beside its text and its value: nodes, pointers, room in the hash table.
const ENTRY_OVERHEAD: usize = 160;

/// A bounded map whose operations are atomic. What was used least recently goes first.
///
/// Django's holds 300 entries, a third of which is dropped when it is full; whoever comes from 300 addresses would so
/// reset everybody's throttles. This one holds 64 MiB, some 300,000 clients of a throttle.
pub struct LocMem {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    max_bytes_of_shard: usize,
}

struct Shard {
    /// Random keys in the hash: clients choose what stands in `X-Forwarded-For`.
    entries: LruCache<Box<str>, CacheEntry, RandomState>,
    bytes: usize,
}

enum CacheEntry {
    Value { bytes: Box<[u8]>, expires: Option<Instant> },
    Log(SlidingLog),
}

impl LocMem {
    /// Bytes that [`LocMem::default`] holds.
    pub const MAX_BYTES: usize = 64 << 20;

    /// A map of about this many bytes; the last entry of a shard stays, however large it is.
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

    /// The value of a key.
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

    /// Sets a key, for this long.
    pub fn set(&self, key: &str, value: &[u8], timeout: Option<Duration>) {
        let Some(mut shard) = self.shard(key) else { return };
        shard.remove(key);
        // A time that the clock can't hold never comes.
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

    /// Adds a moment to a key's sliding log, if the window has room for it.
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

    /// Always there; the type has no way to say so.
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
    fn it_never_outgrows_its_bound() {
        let cache = LocMem::new(SHARDS * 10 * ENTRY_OVERHEAD);
        let window = Window { limit: 3, seconds: 60 };
        for number in 0..2000 {
            cache.hit(&format!("client {number}"), window, f64::from(number));
            // One that comes all the time is not forgotten for those who come once.
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
    fn two_threads_never_both_take_the_last_place() {
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

//! `TOKEN_CACHE=bounded`: on PostgreSQL, cached tokens stay valid until their revocation is received.
//!
//! Triggers send a notification with every commit that changes a token or a user. Each process listens on its own
//! connection. So a revoked token is accepted until the notification arrives, which takes milliseconds. From then on it
//! is never accepted again, even if its row was being read at that moment:
//!
//! 1. A lookup notes the [generation](revocations) before it starts ([`BoundedCache::look_up`]), and so before its
//!    query's snapshot is taken.
//! 2. PostgreSQL sends a notification once the commit is visible to everyone. The listener then records the user as
//!    invalidated at the next generation, and publishes that generation afterwards.
//! 3. So a lookup that starts at this generation or later reads what was committed. A lookup that started earlier has
//!    an older generation, whenever it is inserted, and is not [valid](revocations::Revocations::is_valid) at its first
//!    use. If its row was in fact read after the commit, that costs one extra query.
//! 4. A commit after the snapshot is notified after the lookup's start, so point 3 applies, as long as the listener
//!    runs throughout. Whatever was read before `LISTEN` took effect, or before the triggers existed, has a generation
//!    below the floor.
//!
//! The listener pings the server every [`PING_INTERVAL`]. The server sends pending notifications before its reply, so a
//! reply means that everything committed before the ping has been received. If the last answered ping is older than
//! [`MAX_DELAY`], every lookup is exact until the next reply. So a revocation is never late by more than that, however
//! slow or dead the network, the server or the listener is. The reply also tells the [version](triggers::version_query) of
//! the triggers and their tables: if it changed, they may have been off for a while, and no older entry is used. Every
//! [`SELF_TEST_INTERVAL`] the listener also checks that the triggers exist, and notifies itself; that notification must
//! arrive. Without lookups there are no pings; the next
//! lookup wakes the listener.

mod listener;
mod revocations;
pub(crate) mod triggers;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use self::revocations::{FeedState, ReadPoint, Revocations};
use super::entries::{Entries, TokenAndUser};
use crate::models::Token;
use crate::token_model::TokenModel;
use vitamin_framework::database::Database;

/// The longest time until a revocation takes effect.
const MAX_DELAY: Duration = Duration::from_millis(40);
/// How often the server is pinged, and the triggers are compared.
const PING_INTERVAL: Duration = Duration::from_millis(10);
/// How often a notification is sent end to end as a self-test.
const SELF_TEST_INTERVAL: Duration = Duration::from_millis(500);

/// The revocations received, and the thread that listens. All workers share it.
#[derive(Default)]
pub(crate) struct RevocationFeed {
    revocations: Arc<Revocations>,
    started: OnceLock<()>,
}

impl RevocationFeed {
    /// Starts the listener, once. Its thread ends when nothing uses the revocations any more.
    pub(crate) fn listen(&self, database: &Database) {
        self.started.get_or_init(|| listener::start(database.clone(), &self.revocations));
    }

    /// Creates a worker's cache of at most `size` tokens.
    pub(crate) fn cache(&self, size: usize) -> BoundedCache {
        BoundedCache { entries: Entries::new(size), revocations: Arc::clone(&self.revocations) }
    }
}

/// The bounded cache of one worker.
pub(crate) struct BoundedCache<M = Token> {
    entries: Entries<M, (ReadPoint, usize)>,
    revocations: Arc<Revocations>,
}

/// The result of a cache lookup.
pub(super) enum CacheLookup<M> {
    /// The cached entry, which is valid.
    Hit(TokenAndUser<M>),
    /// The key has to be looked up in the database.
    Miss(LookupStart),
}

/// The start of a database lookup, needed to insert its result.
pub(super) struct LookupStart(ReadPoint);

impl<M: TokenModel> BoundedCache<M> {
    pub(super) fn look_up(&mut self, key: &[u8]) -> CacheLookup<M> {
        let (now, state) = self.revocations.start_lookup();
        match state {
            FeedState::Current => match self.entries.get(key) {
                Some((found, (then, slot))) if self.revocations.is_valid(then, slot, now) => {
                    return CacheLookup::Hit(found);
                }
                _ => {}
            },
            FeedState::Late => {}
            // Entries read now are useless to the next listener too.
            FeedState::Stopped => self.entries.clear(),
        }
        CacheLookup::Miss(LookupStart(now))
    }

    /// Inserts the result of a lookup. Unknown keys are not cached: a client can make up any number.
    pub(super) fn insert(
        &mut self,
        LookupStart(read_point): LookupStart,
        key: &str,
        found: &TokenAndUser<M>,
    ) {
        let slot = Revocations::slot(&found.1.id.to_string());
        self.entries.insert(key, found.clone(), (read_point, slot));
    }
}

#[cfg(test)]
mod tests {
    use super::super::entries::tests::entry;
    use super::*;

    /// A cache whose listener has just started.
    fn new_cache(revocations: Revocations) -> BoundedCache {
        let feed = RevocationFeed { revocations: Arc::new(revocations), ..RevocationFeed::default() };
        feed.revocations.invalidate_all();
        feed.revocations.record_ping(feed.revocations.now());
        feed.cache(10)
    }

    fn start_lookup(cache: &mut BoundedCache) -> LookupStart {
        match cache.look_up(b"1") {
            CacheLookup::Miss(start) => start,
            CacheLookup::Hit(_) => panic!("it is still cached"),
        }
    }

    fn is_cached(cache: &mut BoundedCache) -> bool {
        matches!(cache.look_up(b"1"), CacheLookup::Hit(_))
    }

    fn look_up(cache: &mut BoundedCache) {
        let start = start_lookup(cache);
        cache.insert(start, "1", &entry(1));
        assert!(is_cached(cache));
    }

    // The key of every entry's user is 1.
    #[test]
    fn only_the_revoked_user_is_invalidated() {
        let mut cache = new_cache(Revocations::default());
        look_up(&mut cache);
        assert_ne!(Revocations::slot("1"), Revocations::slot("2"));
        cache.revocations.invalidate("2");
        assert!(is_cached(&mut cache));
        cache.revocations.invalidate("1");
        assert!(!is_cached(&mut cache));
        look_up(&mut cache);
        cache.revocations.invalidate("");
        assert!(!is_cached(&mut cache));
    }

    /// The row is read before the commit, and the notification arrives before the row.
    #[test]
    fn a_revocation_during_the_lookup_invalidates_its_result() {
        for user in ["1", ""] {
            let mut cache = new_cache(Revocations::default());
            let start = start_lookup(&mut cache);
            cache.revocations.invalidate(user);
            cache.insert(start, "1", &entry(1));
            assert!(!is_cached(&mut cache));
            look_up(&mut cache);
        }
    }

    /// Two lookups of one key, one before and one after the revocation, inserted in either order.
    #[test]
    fn a_late_result_never_hides_a_revocation() {
        for old_one_last in [false, true] {
            let mut cache = new_cache(Revocations::default());
            let old = start_lookup(&mut cache);
            cache.revocations.invalidate("1");
            let new = start_lookup(&mut cache);
            let [first, second] = if old_one_last { [new, old] } else { [old, new] };
            cache.insert(first, "1", &entry(1));
            cache.insert(second, "1", &entry(1));
            assert_eq!(is_cached(&mut cache), !old_one_last);
        }
    }

    #[test]
    fn entries_are_unused_but_stay_while_the_feed_is_late() {
        let mut cache = new_cache(Revocations::started_long_ago());
        look_up(&mut cache);
        cache.revocations.age_last_ping(MAX_DELAY);
        assert!(!is_cached(&mut cache));
        let start = start_other_lookup(&mut cache);
        cache.insert(start, "2", &entry(2));
        cache.revocations.record_ping(cache.revocations.now());
        assert!(is_cached(&mut cache));
        assert!(matches!(cache.look_up(b"2"), CacheLookup::Hit(_)));
    }

    #[test]
    fn a_new_listener_invalidates_older_entries() {
        let mut cache = new_cache(Revocations::default());
        look_up(&mut cache);
        let before = start_other_lookup(&mut cache);
        cache.revocations.mark_stopped();
        let meanwhile = start_lookup(&mut cache);
        cache.revocations.invalidate_all();
        cache.revocations.record_ping(cache.revocations.now());
        cache.insert(before, "2", &entry(2));
        cache.insert(meanwhile, "1", &entry(1));
        assert!(!is_cached(&mut cache));
        start_other_lookup(&mut cache);
    }

    fn start_other_lookup(cache: &mut BoundedCache) -> LookupStart {
        match cache.look_up(b"2") {
            CacheLookup::Miss(start) => start,
            CacheLookup::Hit(_) => panic!("it is cached already"),
        }
    }

    #[test]
    fn nothing_is_cached_before_the_first_ping() {
        let mut cache = RevocationFeed::default().cache(10);
        let start = start_lookup(&mut cache);
        cache.insert(start, "1", &entry(1));
        assert!(!is_cached(&mut cache));
    }

    #[test]
    fn entries_expire_after_a_minute() {
        let mut cache = new_cache(Revocations::started_long_ago());
        for (seconds, stays) in [(59, true), (60, false)] {
            let LookupStart(read_point) = start_other_lookup(&mut cache);
            let then = Revocations::aged(read_point, Duration::from_secs(seconds));
            cache.insert(LookupStart(then), "2", &entry(2));
            assert_eq!(matches!(cache.look_up(b"2"), CacheLookup::Hit(_)), stays);
            cache.entries.clear();
        }
    }

    /// Workers run beside the listener: an entry they use is never older than what was received before the lookup. The
    /// database is a number, which a "commit" increments before the notification is received.
    #[test]
    fn no_outdated_entry_is_used_after_its_notification() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let (committed, notified, hits) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let shared = RevocationFeed::default();
        shared.revocations.invalidate_all();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut cache = shared.cache(10);
                    while notified.load(Ordering::SeqCst) < 20_000 {
                        let at_least = notified.load(Ordering::SeqCst);
                        let version = match cache.look_up(b"1") {
                            CacheLookup::Hit((token, _)) => {
                                hits.fetch_add(1, Ordering::SeqCst);
                                token.created.and_utc().timestamp_micros()
                            }
                            CacheLookup::Miss(start) => {
                                let version = committed.load(Ordering::SeqCst);
                                let (mut token, user) = entry(1);
                                let micros = i64::try_from(version).unwrap();
                                std::rc::Rc::make_mut(&mut token).created =
                                    chrono::DateTime::from_timestamp_micros(micros).unwrap().naive_utc();
                                cache.insert(start, "1", &(token, user));
                                micros
                            }
                        };
                        assert!(usize::try_from(version).unwrap() >= at_least, "{version} < {at_least}");
                    }
                });
            }
            for version in 1..=20_000 {
                shared.revocations.record_ping(shared.revocations.now());
                committed.store(version, Ordering::SeqCst);
                shared.revocations.invalidate("1");
                notified.store(version, Ordering::SeqCst);
                // A worker that is rarely scheduled would never find its entry still valid.
                if version % 500 == 250 {
                    let (before, since) = (hits.load(Ordering::SeqCst), std::time::Instant::now());
                    while hits.load(Ordering::SeqCst) == before && since.elapsed() < Duration::from_secs(1) {
                        shared.revocations.record_ping(shared.revocations.now());
                        std::thread::yield_now();
                    }
                }
            }
        });
        assert!(hits.into_inner() > 0, "no entry was ever used");
    }
}

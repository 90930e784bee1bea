//! `TOKEN_CACHE=bounded`: tokens that are used again on PostgreSQL until their revocation is heard of.
//!
//! Triggers send a notification with every commit that changes a token or a user; each process listens on a connection
//! of its own. So a revoked token is accepted until the notification has come, which takes milliseconds. Then it never
//! is again, also where its row was being read just then:
//!
//! 1. A look-up notes the [generation](revocations) before it begins ([`BoundedCache::get`]), and so before its query's
//!    snapshot is taken.
//! 2. A notification is sent once its commit can be seen by everybody. The listener then notes the user as heard of at
//!    the next generation, and publishes that generation afterwards.
//! 3. So who begins at this generation or later reads what was committed. What was start before is of an older
//!    generation, whenever it is inserted, and doesn't [hold](revocations::Revocations::is_valid) at its first use. That
//!    the row may have been read after the commit costs a query more, no more.
//! 4. What commits after a snapshot is heard of after the look-up's beginning, which is 3 again, as long as somebody
//!    listens all the while: so what was read before `LISTEN` took effect, or before the triggers were there, is of a
//!    generation below the floor.
//!
//! The listener asks the server for a sign of life every [`PING_INTERVAL`]. Before the server answers, it sends what it was
//! notified of, so what was committed before the question has been heard with the answer. Where the last answer's
//! question is older than [`MAX_DELAY`], every look-up is exact, until the next answer: a revocation is never late by more,
//! however slow or dead the network, the server or the listener is. Every [`SELF_TEST_INTERVAL`] the listener also looks whether
//! the triggers are there, and notifies itself: that has to come back. While nobody asks, there is no pulse; the first
//! who does wakes the listener.

mod listener;
mod revocations;
pub(in crate::apps::authtoken) mod triggers;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use self::revocations::{FeedState, ReadPoint, Revocations};
use super::entries::{Entries, TokenAndUser};
use crate::framework::database::Database;

/// How late a revocation may count.
const MAX_DELAY: Duration = Duration::from_millis(40);
/// How often the server is asked for a sign of life.
const PING_INTERVAL: Duration = Duration::from_millis(10);
/// How often the whole way of a notification is tried.
const SELF_TEST_INTERVAL: Duration = Duration::from_millis(500);

/// What all workers share: what was heard, and the thread that listens.
#[derive(Default)]
pub(in crate::apps::authtoken) struct RevocationFeed {
    revocations: Arc<Revocations>,
    started: OnceLock<()>,
}

impl RevocationFeed {
    /// Starts to listen, once. The thread ends with the last user of what it hears.
    pub(in crate::apps::authtoken) fn listen(&self, database: &Database) {
        self.started.get_or_init(|| listener::start(database.clone(), &self.revocations));
    }

    /// A worker's map of this many tokens at most.
    pub(in crate::apps::authtoken) fn cache(&self, size: usize) -> BoundedCache {
        BoundedCache { entries: Entries::new(size), revocations: Arc::clone(&self.revocations) }
    }
}

/// What one worker has cache.
pub(in crate::apps::authtoken) struct BoundedCache {
    entries: Entries<(ReadPoint, usize)>,
    revocations: Arc<Revocations>,
}

/// What the map says of a key.
pub(super) enum CacheLookup {
    /// Whose it is.
    Hit(TokenAndUser),
    /// It has to be looked up.
    Miss(LookupStart),
}

/// A look-up that has start.
pub(super) struct LookupStart(ReadPoint);

impl BoundedCache {
    pub(super) fn look_up(&mut self, key: &[u8]) -> CacheLookup {
        let (now, state) = self.revocations.start_lookup();
        match state {
            FeedState::Current => match self.entries.get(key) {
                Some((found, (then, slot))) if self.revocations.is_valid(then, slot, now) => {
                    return CacheLookup::Hit(found);
                }
                _ => {}
            },
            FeedState::Late => {}
            // What is read now is of no use to the next listener either.
            FeedState::Stopped => self.entries.clear(),
        }
        CacheLookup::Miss(LookupStart(now))
    }

    /// Keeps what a look-up has found. Keys that are nobody's are not kept: a client can make up any number.
    pub(super) fn insert(&mut self, LookupStart(reading): LookupStart, found: &TokenAndUser) {
        let slot = Revocations::slot(&found.0.user_id.to_string());
        self.entries.insert(found.clone(), (reading, slot));
    }
}

#[cfg(test)]
mod tests {
    use super::super::entries::tests::entry;
    use super::*;

    /// A map that is listened for, since just now.
    fn new_cache(revocations: Revocations) -> BoundedCache {
        let bounded = RevocationFeed { revocations: Arc::new(revocations), ..RevocationFeed::default() };
        bounded.revocations.invalidate_all();
        bounded.revocations.record_ping(bounded.revocations.now());
        bounded.cache(10)
    }

    fn begin(cache: &mut BoundedCache) -> LookupStart {
        match cache.look_up(b"1") {
            CacheLookup::Miss(start) => start,
            CacheLookup::Hit(_) => panic!("it is still there"),
        }
    }

    fn is_cached(cache: &mut BoundedCache) -> bool {
        matches!(cache.look_up(b"1"), CacheLookup::Hit(_))
    }

    fn look_up(cache: &mut BoundedCache) {
        let start = begin(cache);
        cache.insert(start, &entry(1));
        assert!(is_cached(cache));
    }

    // The user of each of these entries has the key 1.
    #[test]
    fn what_is_revoked_goes_and_what_is_not_stays() {
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

    /// The row was read before the commit; the notification came before the row.
    #[test]
    fn what_was_revoked_while_it_was_looked_up_is_not_kept() {
        for user in ["1", ""] {
            let mut cache = new_cache(Revocations::default());
            let start = begin(&mut cache);
            cache.revocations.invalidate(user);
            cache.insert(start, &entry(1));
            assert!(!is_cached(&mut cache));
            look_up(&mut cache);
        }
    }

    /// Two look-ups of one key, one from before the revocation and one from after it, in either order.
    #[test]
    fn a_late_answer_never_hides_a_revocation() {
        for old_one_last in [false, true] {
            let mut cache = new_cache(Revocations::default());
            let old = begin(&mut cache);
            cache.revocations.invalidate("1");
            let new = begin(&mut cache);
            let [first, second] = if old_one_last { [new, old] } else { [old, new] };
            cache.insert(first, &entry(1));
            cache.insert(second, &entry(1));
            assert_eq!(is_cached(&mut cache), !old_one_last);
        }
    }

    #[test]
    fn what_may_be_late_is_not_used_but_stays() {
        let mut cache = new_cache(Revocations::started_long_ago());
        look_up(&mut cache);
        cache.revocations.age_last_ping(MAX_DELAY);
        assert!(!is_cached(&mut cache));
        let start = begin_other(&mut cache);
        cache.insert(start, &entry(2));
        cache.revocations.record_ping(cache.revocations.now());
        assert!(is_cached(&mut cache));
        assert!(matches!(cache.look_up(b"2"), CacheLookup::Hit(_)));
    }

    #[test]
    fn the_next_listener_does_not_know_what_the_last_one_missed() {
        let mut cache = new_cache(Revocations::default());
        look_up(&mut cache);
        let before = begin_other(&mut cache);
        cache.revocations.mark_stopped();
        let meanwhile = begin(&mut cache);
        cache.revocations.invalidate_all();
        cache.revocations.record_ping(cache.revocations.now());
        cache.insert(before, &entry(2));
        cache.insert(meanwhile, &entry(1));
        assert!(!is_cached(&mut cache));
        begin_other(&mut cache);
    }

    fn begin_other(cache: &mut BoundedCache) -> LookupStart {
        match cache.look_up(b"2") {
            CacheLookup::Miss(start) => start,
            CacheLookup::Hit(_) => panic!("it is there already"),
        }
    }

    #[test]
    fn nobody_listens_before_the_first_pulse() {
        let mut cache = RevocationFeed::default().cache(10);
        let start = begin(&mut cache);
        cache.insert(start, &entry(1));
        assert!(!is_cached(&mut cache));
    }

    #[test]
    fn nothing_is_kept_for_longer_than_a_minute() {
        let mut cache = new_cache(Revocations::started_long_ago());
        for (seconds, stays) in [(59, true), (60, false)] {
            let LookupStart(reading) = begin_other(&mut cache);
            let then = Revocations::aged(reading, Duration::from_secs(seconds));
            cache.insert(LookupStart(then), &entry(2));
            assert_eq!(matches!(cache.look_up(b"2"), CacheLookup::Hit(_)), stays);
            cache.entries.clear();
        }
    }

    /// A worker that looks up and uses what it cache, beside the listener: what it uses is never older than what was
    /// heard before it asked. The database is a number, which the "commit" raises before it is heard of.
    #[test]
    fn nothing_outdated_is_used_after_it_was_heard_of() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let (committed, heard, hits) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let shared = RevocationFeed::default();
        shared.revocations.invalidate_all();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut cache = shared.cache(10);
                    while heard.load(Ordering::SeqCst) < 20_000 {
                        let at_least = heard.load(Ordering::SeqCst);
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
                                cache.insert(start, &(token, user));
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
                heard.store(version, Ordering::SeqCst);
                // A worker that gets little time would never find what it kept still there.
                if version % 500 == 250 {
                    let (before, since) = (hits.load(Ordering::SeqCst), std::time::Instant::now());
                    while hits.load(Ordering::SeqCst) == before && since.elapsed() < Duration::from_secs(1) {
                        shared.revocations.record_ping(shared.revocations.now());
                        std::thread::yield_now();
                    }
                }
            }
        });
        assert!(hits.into_inner() > 0, "nothing was ever used again");
    }
}

//! `TOKEN_CACHE=bounded`: tokens that are used again on PostgreSQL until their revocation is heard of.
//!
//! Triggers send a notification with every commit that changes a token or a user; each process listens on a connection
//! of its own. So a revoked token is accepted until the notification has come, which takes milliseconds. Then it never
//! is again, also where its row was being read just then:
//!
//! 1. A look-up notes the [generation](revocations) before it begins ([`Kept::get`]), and so before its query's
//!    snapshot is taken.
//! 2. A notification is sent once its commit can be seen by everybody. The listener then notes the user as heard of at
//!    the next generation, and publishes that generation afterwards.
//! 3. So who begins at this generation or later reads what was committed. What was begun before is of an older
//!    generation, whenever it is inserted, and doesn't [hold](revocations::Revocations::holds) at its first use. That
//!    the row may have been read after the commit costs a query more, no more.
//! 4. What commits after a snapshot is heard of after the look-up's beginning, which is 3 again, as long as somebody
//!    listens all the while: so what was read before `LISTEN` took effect, or before the triggers were there, is of a
//!    generation below the floor.
//!
//! The listener asks the server for a sign of life every [`PULSE`]. Before the server answers, it sends what it was
//! notified of, so what was committed before the question has been heard with the answer. Where the last answer's
//! question is older than [`BOUND`], every look-up is exact, until the next answer: a revocation is never late by more,
//! however slow or dead the network, the server or the listener is. Every [`HEARTBEAT`] the listener also looks whether
//! the triggers are there, and notifies itself: that has to come back. While nobody asks, there is no pulse; the first
//! who does wakes the listener.

mod listener;
mod revocations;
pub(crate) mod triggers;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use self::revocations::{Hearing, Reading, Revocations};
use super::entries::{Entries, TokenAndUser};
use vitamin_framework::database::Database;

/// How late a revocation may count.
const BOUND: Duration = Duration::from_millis(40);
/// How often the server is asked for a sign of life.
const PULSE: Duration = Duration::from_millis(10);
/// How often the whole way of a notification is tried.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// What all workers share: what was heard, and the thread that listens.
#[derive(Default)]
pub(crate) struct Bounded {
    revocations: Arc<Revocations>,
    started: OnceLock<()>,
}

impl Bounded {
    /// Starts to listen, once. The thread ends with the last user of what it hears.
    pub(crate) fn listen(&self, database: &Database) {
        self.started.get_or_init(|| listener::start(database.clone(), &self.revocations));
    }

    /// A worker's map of this many tokens at most.
    pub(crate) fn kept(&self, size: usize) -> Kept {
        Kept { entries: Entries::new(size), revocations: Arc::clone(&self.revocations) }
    }
}

/// What one worker has kept.
pub(crate) struct Kept {
    entries: Entries<(Reading, usize)>,
    revocations: Arc<Revocations>,
}

/// What the map says of a key.
pub(super) enum Answer {
    /// Whose it is.
    Kept(TokenAndUser),
    /// It has to be looked up.
    Unknown(Begun),
}

/// A look-up that has begun.
pub(super) struct Begun(Reading);

impl Kept {
    pub(super) fn get(&mut self, key: &[u8]) -> Answer {
        let (now, hearing) = self.revocations.begin();
        match hearing {
            Hearing::All => match self.entries.get(key) {
                Some((found, (then, slot))) if self.revocations.holds(then, slot, now) => {
                    return Answer::Kept(found);
                }
                _ => {}
            },
            Hearing::Late => {}
            // What is read now is of no use to the next listener either.
            Hearing::Nothing => self.entries.clear(),
        }
        Answer::Unknown(Begun(now))
    }

    /// Keeps what a look-up has found. Keys that are nobody's are not kept: a client can make up any number.
    pub(super) fn insert(&mut self, Begun(reading): Begun, found: &TokenAndUser) {
        let slot = Revocations::slot(&found.0.user_id.to_string());
        self.entries.insert(found.clone(), (reading, slot));
    }
}

#[cfg(test)]
mod tests {
    use super::super::entries::tests::entry;
    use super::*;

    /// A map that is listened for, since just now.
    fn kept(revocations: Revocations) -> Kept {
        let bounded = Bounded { revocations: Arc::new(revocations), ..Bounded::default() };
        bounded.revocations.revoke_all();
        bounded.revocations.heard(bounded.revocations.now());
        bounded.kept(10)
    }

    fn begin(kept: &mut Kept) -> Begun {
        match kept.get(b"1") {
            Answer::Unknown(begun) => begun,
            Answer::Kept(_) => panic!("it is still there"),
        }
    }

    fn is_kept(kept: &mut Kept) -> bool {
        matches!(kept.get(b"1"), Answer::Kept(_))
    }

    fn look_up(kept: &mut Kept) {
        let begun = begin(kept);
        kept.insert(begun, &entry(1));
        assert!(is_kept(kept));
    }

    // The user of each of these entries has the key 1.
    #[test]
    fn what_is_revoked_goes_and_what_is_not_stays() {
        let mut kept = kept(Revocations::default());
        look_up(&mut kept);
        assert_ne!(Revocations::slot("1"), Revocations::slot("2"));
        kept.revocations.revoke("2");
        assert!(is_kept(&mut kept));
        kept.revocations.revoke("1");
        assert!(!is_kept(&mut kept));
        look_up(&mut kept);
        kept.revocations.revoke("");
        assert!(!is_kept(&mut kept));
    }

    /// The row was read before the commit; the notification came before the row.
    #[test]
    fn what_was_revoked_while_it_was_looked_up_is_not_kept() {
        for user in ["1", ""] {
            let mut kept = kept(Revocations::default());
            let begun = begin(&mut kept);
            kept.revocations.revoke(user);
            kept.insert(begun, &entry(1));
            assert!(!is_kept(&mut kept));
            look_up(&mut kept);
        }
    }

    /// Two look-ups of one key, one from before the revocation and one from after it, in either order.
    #[test]
    fn a_late_answer_never_hides_a_revocation() {
        for old_one_last in [false, true] {
            let mut kept = kept(Revocations::default());
            let old = begin(&mut kept);
            kept.revocations.revoke("1");
            let new = begin(&mut kept);
            let [first, second] = if old_one_last { [new, old] } else { [old, new] };
            kept.insert(first, &entry(1));
            kept.insert(second, &entry(1));
            assert_eq!(is_kept(&mut kept), !old_one_last);
        }
    }

    #[test]
    fn what_may_be_late_is_not_used_but_stays() {
        let mut kept = kept(Revocations::old());
        look_up(&mut kept);
        kept.revocations.hush(BOUND);
        assert!(!is_kept(&mut kept));
        let begun = begin_other(&mut kept);
        kept.insert(begun, &entry(2));
        kept.revocations.heard(kept.revocations.now());
        assert!(is_kept(&mut kept));
        assert!(matches!(kept.get(b"2"), Answer::Kept(_)));
    }

    #[test]
    fn the_next_listener_does_not_know_what_the_last_one_missed() {
        let mut kept = kept(Revocations::default());
        look_up(&mut kept);
        let before = begin_other(&mut kept);
        kept.revocations.silence();
        let meanwhile = begin(&mut kept);
        kept.revocations.revoke_all();
        kept.revocations.heard(kept.revocations.now());
        kept.insert(before, &entry(2));
        kept.insert(meanwhile, &entry(1));
        assert!(!is_kept(&mut kept));
        begin_other(&mut kept);
    }

    fn begin_other(kept: &mut Kept) -> Begun {
        match kept.get(b"2") {
            Answer::Unknown(begun) => begun,
            Answer::Kept(_) => panic!("it is there already"),
        }
    }

    #[test]
    fn nobody_listens_before_the_first_pulse() {
        let mut kept = Bounded::default().kept(10);
        let begun = begin(&mut kept);
        kept.insert(begun, &entry(1));
        assert!(!is_kept(&mut kept));
    }

    #[test]
    fn nothing_is_kept_for_longer_than_a_minute() {
        let mut kept = kept(Revocations::old());
        for (seconds, stays) in [(59, true), (60, false)] {
            let Begun(reading) = begin_other(&mut kept);
            let then = Revocations::ago(reading, Duration::from_secs(seconds));
            kept.insert(Begun(then), &entry(2));
            assert_eq!(matches!(kept.get(b"2"), Answer::Kept(_)), stays);
            kept.entries.clear();
        }
    }

    /// A worker that looks up and uses what it kept, beside the listener: what it uses is never older than what was
    /// heard before it asked. The database is a number, which the "commit" raises before it is heard of.
    #[test]
    fn nothing_outdated_is_used_after_it_was_heard_of() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let (committed, heard, hits) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let shared = Bounded::default();
        shared.revocations.revoke_all();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut kept = shared.kept(10);
                    while heard.load(Ordering::SeqCst) < 20_000 {
                        let at_least = heard.load(Ordering::SeqCst);
                        let version = match kept.get(b"1") {
                            Answer::Kept((token, _)) => {
                                hits.fetch_add(1, Ordering::SeqCst);
                                token.created.and_utc().timestamp_micros()
                            }
                            Answer::Unknown(begun) => {
                                let version = committed.load(Ordering::SeqCst);
                                let (mut token, user) = entry(1);
                                let micros = i64::try_from(version).unwrap();
                                std::rc::Rc::make_mut(&mut token).created =
                                    chrono::DateTime::from_timestamp_micros(micros).unwrap().naive_utc();
                                kept.insert(begun, &(token, user));
                                micros
                            }
                        };
                        assert!(usize::try_from(version).unwrap() >= at_least, "{version} < {at_least}");
                    }
                });
            }
            for version in 1..=20_000 {
                shared.revocations.heard(shared.revocations.now());
                committed.store(version, Ordering::SeqCst);
                shared.revocations.revoke("1");
                heard.store(version, Ordering::SeqCst);
                // A worker that gets little time would never find what it kept still there.
                if version % 500 == 250 {
                    let (before, since) = (hits.load(Ordering::SeqCst), std::time::Instant::now());
                    while hits.load(Ordering::SeqCst) == before && since.elapsed() < Duration::from_secs(1) {
                        shared.revocations.heard(shared.revocations.now());
                        std::thread::yield_now();
                    }
                }
            }
        });
        assert!(hits.into_inner() > 0, "nothing was ever used again");
    }
}

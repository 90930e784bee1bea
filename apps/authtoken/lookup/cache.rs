//! The tokens that one thread has seen, with their users.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::mem;
use std::rc::Rc;

use foldhash::fast::RandomState;

use super::usage::Usage;
use crate::apps::auth::models::User;
use crate::apps::authtoken::models::Token;
use crate::framework::database::sentinel::Stamp;

/// A token and whose it is.
pub type TokenAndUser = (Rc<Token>, Rc<User>);

/// Found by the key: by its hash, which is seeded at random, then by all of it. There is no copy of the key beside the
/// token's own.
struct Entry<T> {
    found: TokenAndUser,
    more: T,
}

impl<T> Entry<T> {
    fn key(&self) -> &[u8] {
        self.found.0.key.as_bytes()
    }
}

impl<T> Borrow<[u8]> for Entry<T> {
    fn borrow(&self) -> &[u8] {
        self.key()
    }
}

impl<T> Hash for Entry<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Entry<T> {}

/// Tokens with what is known of each beside it. Two generations: when the younger is full it becomes the older one, and
/// what is asked for again moves back. So what is in use stays, at the cost of a hash table.
pub(super) struct Entries<T> {
    // Only keys that the server made are in it, so nobody can choose them to collide.
    younger: HashSet<Entry<T>, RandomState>,
    older: HashSet<Entry<T>, RandomState>,
    generation: usize,
}

impl<T: Clone> Entries<T> {
    /// Keeps `size` entries at most.
    pub(super) fn new(size: usize) -> Self {
        Self { younger: HashSet::default(), older: HashSet::default(), generation: size.div_ceil(2) }
    }

    pub(super) fn clear(&mut self) {
        self.younger.clear();
        self.older.clear();
    }

    /// The entry of a key, which is compared as the client sent it: it is none where it is none of the entries'.
    pub(super) fn get(&mut self, key: &[u8]) -> Option<(TokenAndUser, T)> {
        if let Some(Entry { found, more }) = self.younger.get(key) {
            return Some((found.clone(), more.clone()));
        }
        let Entry { found, more } = self.older.take(key)?;
        self.insert(found.clone(), more.clone());
        Some((found, more))
    }

    /// Keeps an entry, in the place of one with the same key.
    pub(super) fn insert(&mut self, found: TokenAndUser, more: T) {
        // A key with white space is none of an `Authorization` header, which is looked up here before it is split.
        if self.generation == 0 || found.0.key.bytes().any(|byte| byte <= b' ') {
            return;
        }
        if self.younger.len() >= self.generation {
            self.older = mem::take(&mut self.younger);
        }
        self.younger.replace(Entry { found, more });
    }
}

/// Entries that are all of one state of the database.
pub(super) struct Cache {
    entries: Entries<()>,
    /// What the entries were read from. Without one there are none.
    stamp: Option<Stamp>,
    usage: Usage,
}

impl Cache {
    /// Keeps `size` entries at most.
    pub(super) fn new(size: usize) -> Self {
        Self { entries: Entries::new(size), stamp: None, usage: Usage::default() }
    }

    /// The state that the entries are of.
    pub(super) const fn stamp(&self) -> Option<&Stamp> {
        self.stamp.as_ref()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        if self.stamp.take().is_some() {
            self.usage.state_ended();
        }
    }

    /// The entry of a key. The caller has made sure that the stamp still holds.
    pub(super) fn get(&mut self, key: &[u8]) -> Option<TokenAndUser> {
        let (found, ()) = self.entries.get(key)?;
        self.usage.found();
        Some(found)
    }

    /// Keeps what was read in the state of this stamp, where that is worth it, and drops what is of another.
    pub(super) fn insert(&mut self, stamp: Stamp, found: TokenAndUser) {
        if self.entries.generation == 0 {
            return;
        }
        if self.stamp.as_ref() != Some(&stamp) {
            self.clear();
            self.stamp = Some(stamp);
        }
        if self.usage.is_worth_keeping() {
            self.entries.insert(found, ());
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::framework::database::sentinel::Sentinel;

    pub(in super::super) fn entry(n: usize) -> TokenAndUser {
        let user = User {
            id: 1.into(),
            password: String::new(),
            last_login: None,
            is_superuser: false,
            username: format!("user-{n}"),
            first_name: String::new(),
            last_name: String::new(),
            email: String::new(),
            is_staff: false,
            is_active: true,
            date_joined: chrono::NaiveDateTime::default(),
        };
        (
            Rc::new(Token {
                key: n.to_string(),
                created: chrono::NaiveDateTime::default(),
                user_id: 1.into(),
            }),
            Rc::new(user),
        )
    }

    /// Two states of a database.
    fn stamps() -> [Stamp; 2] {
        use diesel::Connection as _;
        use diesel::connection::SimpleConnection;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db").to_str().unwrap().to_owned();
        let mut connection = diesel::SqliteConnection::establish(&path).unwrap();
        connection.batch_execute("CREATE TABLE t (n INTEGER)").unwrap();
        let mut sentinel = Sentinel::open(&path).unwrap();
        let before = sentinel.read(|| ()).1.unwrap();
        connection.batch_execute("INSERT INTO t VALUES (1)").unwrap();
        [before, sentinel.read(|| ()).1.unwrap()]
    }

    #[test]
    fn it_is_bounded_and_keeps_what_is_in_use() {
        let [stamp, _] = stamps();
        let mut cache = Cache::new(10);
        for n in 0..1000 {
            cache.insert(stamp.clone(), entry(n));
            assert!(cache.entries.younger.len() + cache.entries.older.len() <= 10);
            assert_eq!(cache.get(b"0").unwrap().1.username, "user-0");
            assert_eq!(cache.get(n.to_string().as_bytes()).unwrap().1.username, format!("user-{n}"));
        }
        assert!(cache.get(b"500").is_none());
    }

    #[test]
    fn the_newer_of_two_with_one_key_counts() {
        let mut entries = Entries::new(2);
        entries.insert(entry(1), 'a');
        entries.insert(entry(1), 'b');
        assert_eq!(entries.get(b"1").unwrap().1, 'b');
        entries.insert(entry(2), 'c');
        entries.insert(entry(1), 'd');
        assert_eq!(entries.get(b"1").unwrap().1, 'd');
    }

    #[test]
    fn a_key_that_no_header_can_name_is_not_kept() {
        let mut entries = Entries::new(2);
        let (token, user) = entry(1);
        entries.insert((Rc::new(Token { key: "1 2".to_owned(), ..Token::clone(&token) }), user), ());
        assert!(entries.get(b"1 2").is_none());
    }

    #[test]
    fn one_state_at_a_time() {
        let [before, after] = stamps();
        let mut cache = Cache::new(10);
        cache.insert(before, entry(1));
        cache.insert(after.clone(), entry(2));
        assert!(cache.get(b"1").is_none() && cache.get(b"2").is_some());
        assert!(cache.stamp() == Some(&after));
        cache.clear();
        assert!(cache.get(b"2").is_none() && cache.stamp().is_none());
    }

    #[test]
    fn of_size_zero_it_keeps_nothing() {
        let [stamp, _] = stamps();
        let mut cache = Cache::new(0);
        cache.insert(stamp, entry(1));
        assert!(cache.get(b"1").is_none() && cache.stamp().is_none());
    }

    /// How many of these look-ups a cache answers, each state having as many of as many tokens in turn.
    fn hits(cache: &mut Cache, states: usize, look_ups: usize, tokens: usize) -> usize {
        let stamps = stamps();
        let mut hits = 0;
        for state in 0..states {
            let stamp = &stamps[state % 2];
            if cache.stamp() != Some(stamp) {
                cache.clear();
            }
            for n in 0..look_ups {
                match cache.get((n % tokens).to_string().as_bytes()) {
                    Some(_) => hits += 1,
                    None => cache.insert(stamp.clone(), entry(n % tokens)),
                }
            }
        }
        hits
    }

    #[test]
    fn what_is_used_is_kept() {
        for (look_ups, tokens) in [(1, 1), (2, 1), (1000, 1), (1000, 600), (10_000, 1000)] {
            let all = 100 * (look_ups - tokens);
            assert_eq!(hits(&mut Cache::new(10_000), 100, look_ups, tokens), all, "{look_ups} of {tokens}");
        }
    }

    #[test]
    fn what_is_never_used_is_not_kept_until_it_would_be() {
        let mut cache = Cache::new(10_000);
        assert_eq!(hits(&mut cache, 100, 250, 250), 0);
        assert!(cache.entries.younger.is_empty() && cache.stamp().is_some());
        // One state lasts longer: patience is 500.
        assert_eq!(hits(&mut cache, 1, 10_000, 100), 10_000 - 501 - 99);
        // Fewer tokens are used: it is tried now and then.
        let mut cache = Cache::new(10_000);
        hits(&mut cache, 2, 250, 250);
        assert_eq!(hits(&mut cache, 100, 250, 1), (100 - 14) * 249);
    }
}

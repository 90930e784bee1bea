//! Tokens with their users, by the token's key.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::mem;
use std::rc::Rc;

use foldhash::fast::RandomState;

use crate::models::Token;
use vitamin_auth::models::User;

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

    /// Whether it keeps anything at all.
    pub(super) const fn is_enabled(&self) -> bool {
        self.generation > 0
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.younger.is_empty() && self.older.is_empty()
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
        if !self.is_enabled() || found.0.key.bytes().any(|byte| byte <= b' ') {
            return;
        }
        if self.younger.len() >= self.generation {
            self.older = mem::take(&mut self.younger);
        }
        self.younger.replace(Entry { found, more });
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn entry(n: usize) -> TokenAndUser {
        let token =
            Token { key: n.to_string(), created: chrono::NaiveDateTime::default(), user_id: 1.into() };
        (Rc::new(token), Rc::new(User::named(1, &format!("user-{n}"))))
    }

    #[test]
    fn they_are_bounded_and_what_is_in_use_stays() {
        let mut entries = Entries::new(10);
        for n in 0..1000 {
            entries.insert(entry(n), ());
            assert!(entries.younger.len() + entries.older.len() <= 10);
            assert_eq!(entries.get(b"0").unwrap().0.1.username, "user-0");
            assert_eq!(entries.get(n.to_string().as_bytes()).unwrap().0.1.username, format!("user-{n}"));
        }
        assert!(entries.get(b"500").is_none());
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
}

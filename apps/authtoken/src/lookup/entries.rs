//! Tokens with their users, indexed by the token's key.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::mem;
use std::rc::Rc;

use foldhash::fast::RandomState;

use crate::models::Token;
use vitamin_auth::models::User;

/// A token and its user.
pub type TokenAndUser = (Rc<Token>, Rc<User>);

/// Indexed by the key: by its randomly seeded hash, then by equality. The key is not copied; it is the token's own.
struct Entry<T> {
    token_and_user: TokenAndUser,
    extra: T,
}

impl<T> Entry<T> {
    fn key(&self) -> &[u8] {
        self.token_and_user.0.key.as_bytes()
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

/// Tokens, each with extra data. There are two generations: when the younger is full it becomes the older one, and an
/// entry that is read moves back to the younger. So entries in use stay, at the cost of a second hash table.
pub(super) struct Entries<T> {
    // Holds only keys that the server generated, so a client cannot choose them to collide.
    younger: HashSet<Entry<T>, RandomState>,
    older: HashSet<Entry<T>, RandomState>,
    generation_size: usize,
}

impl<T: Clone> Entries<T> {
    /// Creates a map of at most `size` entries.
    pub(super) fn new(size: usize) -> Self {
        Self { younger: HashSet::default(), older: HashSet::default(), generation_size: size.div_ceil(2) }
    }

    /// Whether the map can hold any entry.
    pub(super) const fn is_enabled(&self) -> bool {
        self.generation_size > 0
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.younger.is_empty() && self.older.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.younger.clear();
        self.older.clear();
    }

    /// Returns the entry of a key, given as the client sent it.
    pub(super) fn get(&mut self, key: &[u8]) -> Option<(TokenAndUser, T)> {
        if let Some(Entry { token_and_user, extra }) = self.younger.get(key) {
            return Some((token_and_user.clone(), extra.clone()));
        }
        let Entry { token_and_user, extra } = self.older.take(key)?;
        self.insert(token_and_user.clone(), extra.clone());
        Some((token_and_user, extra))
    }

    /// Inserts an entry, replacing one with the same key.
    pub(super) fn insert(&mut self, token_and_user: TokenAndUser, extra: T) {
        // An `Authorization` header is looked up here before it is split, so a key with white space must never match.
        if !self.is_enabled() || token_and_user.0.key.bytes().any(|byte| byte <= b' ') {
            return;
        }
        if self.younger.len() >= self.generation_size {
            self.older = mem::take(&mut self.younger);
        }
        self.younger.replace(Entry { token_and_user, extra });
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
    fn the_size_is_bounded_and_used_entries_stay() {
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
    fn a_second_insert_replaces_the_first() {
        let mut entries = Entries::new(2);
        entries.insert(entry(1), 'a');
        entries.insert(entry(1), 'b');
        assert_eq!(entries.get(b"1").unwrap().1, 'b');
        entries.insert(entry(2), 'c');
        entries.insert(entry(1), 'd');
        assert_eq!(entries.get(b"1").unwrap().1, 'd');
    }

    #[test]
    fn a_key_with_white_space_is_not_cached() {
        let mut entries = Entries::new(2);
        let (token, user) = entry(1);
        entries.insert((Rc::new(Token { key: "1 2".to_owned(), ..Token::clone(&token) }), user), ());
        assert!(entries.get(b"1 2").is_none());
    }
}

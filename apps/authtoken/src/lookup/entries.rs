//! Tokens with their users, indexed by the token's key.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::mem;
use std::rc::Rc;

use foldhash::fast::RandomState;

use crate::models::Token;
use crate::token_model::TokenModel;
use vitamin_auth::models::User;

/// A token and its user.
pub type TokenAndUser<M = Token> = (Rc<M>, Rc<User>);

/// Indexed by the key: by its randomly seeded hash, then by equality.
struct Entry<M, T> {
    token_and_user: TokenAndUser<M>,
    /// The key, if the token does not hold it itself. Boxed twice, so that it is one word for those that do.
    own_key: Option<Box<Box<str>>>,
    extra: T,
}

impl<M: TokenModel, T> Entry<M, T> {
    fn key(&self) -> &[u8] {
        let key = self.own_key.as_ref().map(|key| key.as_ref().as_ref());
        key.or_else(|| self.token_and_user.0.key()).unwrap_or_default().as_bytes()
    }
}

impl<M: TokenModel, T> Borrow<[u8]> for Entry<M, T> {
    fn borrow(&self) -> &[u8] {
        self.key()
    }
}

impl<M: TokenModel, T> Hash for Entry<M, T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl<M: TokenModel, T> PartialEq for Entry<M, T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<M: TokenModel, T> Eq for Entry<M, T> {}

/// Tokens, each with extra data. There are two generations: when the younger is full it becomes the older one, and an
/// entry that is read moves back to the younger. So entries in use stay, at the cost of a second hash table.
pub(super) struct Entries<M, T> {
    // Holds only keys that exist in the database, so a client cannot choose them to collide.
    younger: HashSet<Entry<M, T>, RandomState>,
    older: HashSet<Entry<M, T>, RandomState>,
    generation_size: usize,
}

impl<M: TokenModel, T: Clone> Entries<M, T> {
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
    pub(super) fn get(&mut self, key: &[u8]) -> Option<(TokenAndUser<M>, T)> {
        if let Some(Entry { token_and_user, extra, .. }) = self.younger.get(key) {
            return Some((token_and_user.clone(), extra.clone()));
        }
        let entry = self.older.take(key)?;
        let found = (entry.token_and_user.clone(), entry.extra.clone());
        self.add(entry);
        Some(found)
    }

    /// Inserts what was found with this key, replacing the key's entry.
    pub(super) fn insert(&mut self, key: &str, token_and_user: TokenAndUser<M>, extra: T) {
        let own_key = match token_and_user.0.key() {
            Some(_) => None,
            None => Some(Box::new(key.into())),
        };
        let entry = Entry { token_and_user, own_key, extra };
        // An `Authorization` header is looked up here before it is split, so a key with white space must never match.
        if self.is_enabled() && !entry.key().is_empty() && !entry.key().iter().any(|byte| *byte <= b' ') {
            self.add(entry);
        }
    }

    fn add(&mut self, entry: Entry<M, T>) {
        if self.younger.len() >= self.generation_size {
            self.older = mem::take(&mut self.younger);
        }
        self.younger.replace(entry);
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
            entries.insert(&n.to_string(), entry(n), ());
            assert!(entries.younger.len() + entries.older.len() <= 10);
            assert_eq!(entries.get(b"0").unwrap().0.1.username, "user-0");
            assert_eq!(entries.get(n.to_string().as_bytes()).unwrap().0.1.username, format!("user-{n}"));
        }
        assert!(entries.get(b"500").is_none());
    }

    #[test]
    fn a_second_insert_replaces_the_first() {
        let mut entries = Entries::new(2);
        entries.insert("1", entry(1), 'a');
        entries.insert("1", entry(1), 'b');
        assert_eq!(entries.get(b"1").unwrap().1, 'b');
        entries.insert("2", entry(2), 'c');
        entries.insert("1", entry(1), 'd');
        assert_eq!(entries.get(b"1").unwrap().1, 'd');
    }

    #[test]
    fn a_key_with_white_space_is_not_cached() {
        let mut entries = Entries::new(2);
        let (token, user) = entry(1);
        let token = Rc::new(Token { key: "1 2".to_owned(), ..Token::clone(&token) });
        entries.insert("1 2", (token, user), ());
        assert!(entries.get(b"1 2").is_none());
    }
}

//! The cache keys that throttles count by (`SimpleRateThrottle.cache_format`).
//!
//! Django REST framework's key is `throttle_<scope>_<ident>`, where `ident` is a primary key or whatever the client sent as
//! its address. So a client that sends `X-Forwarded-For: 7` counts as the user 7, and one that sends 60 KB has a key of
//! 60 KB. Here the key names the kind too, and is at most about a hundred characters long. No response depends on the
//! text: counts are never shared with Django, as the [cache](vitamin_framework::cache) stores them in a form of its own.

use sha2::{Digest as _, Sha256};

use vitamin_auth::{User, UserId};

/// Longer texts are hashed. No address is longer (`INET6_ADDRSTRLEN` without its end).
const MAX_LENGTH: usize = 45;

/// Whom a throttle counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ident<'a> {
    /// A user.
    User(&'a UserId),
    /// The address of an anonymous client, as [`get_ident`](super::get_ident) returns it.
    Address(&'a str),
    /// Anything else, such as the key of a partner.
    Other(&'a str),
}

impl<'a> From<&'a User> for Ident<'a> {
    fn from(user: &'a User) -> Self {
        Self::User(&user.id)
    }
}

impl<'a> From<&'a str> for Ident<'a> {
    fn from(text: &'a str) -> Self {
        Self::Other(text)
    }
}

/// The cache key of a scope and a user or client: `throttle_user_user:7`, `throttle_anon_address:192.0.2.1`. Two
/// identities never have the same key. A text that is not a plain address or number is replaced by its SHA-256.
#[must_use]
pub fn cache_key<'a>(scope: &str, ident: impl Into<Ident<'a>>) -> String {
    let (kind, text) = match ident.into() {
        Ident::User(id) => return format!("throttle_{scope}_user:{id}"),
        Ident::Address(text) => ("address", text),
        Ident::Other(text) => ("other", text),
    };
    // The form of a hash is longer than that of any text that stays.
    let is_plain = text.len() <= MAX_LENGTH
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'-'));
    if is_plain {
        return format!("throttle_{scope}_{kind}:{text}");
    }
    let digest: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("throttle_{scope}_{kind}:{digest}")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn users_and_addresses_have_different_keys() {
        let seven = UserId::from(7);
        let keys = [Ident::User(&seven), Ident::Address("7"), Ident::Other("7")]
            .map(|ident| cache_key("user", ident));
        assert_eq!(keys, ["throttle_user_user:7", "throttle_user_address:7", "throttle_user_other:7"]);
        assert_eq!(cache_key("anon", Ident::Address("2001:db8::1")), "throttle_anon_address:2001:db8::1");
        // What a client can send instead of an address.
        assert_eq!(cache_key("a", Ident::Address("x_user:7")).len(), "throttle_a_address:".len() + 64);
    }

    proptest! {
        #[test]
        fn keys_are_short_and_differ(texts in proptest::collection::hash_set("[a-f0-9:._,éx-]{0,80}", 2..20)) {
            let mut known = HashMap::new();
            for text in &texts {
                for ident in [Ident::Address(text), Ident::Other(text)] {
                    let key = cache_key("anon", ident);
                    prop_assert!(key.len() <= 100 && key.bytes().all(|byte| byte.is_ascii_graphic()));
                    prop_assert_eq!(known.insert(key, ident), None);
                }
            }
            let hash = cache_key("anon", Ident::Address(&"1".repeat(60_000)));
            prop_assert!(hash.len() <= 100);
        }
    }
}

//! The `session_data` column of `django_session` (`django/contrib/sessions/backends/base.py`), and the keys that
//! `django/contrib/auth` stores in it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use vitamin_framework::crypto::{constant_time_compare, salted_hmac};
use vitamin_framework::database::{KeyType, UserId};
use vitamin_framework::signing::{self, SigningError};

/// The salt of the database's sessions. Django's other backends have their class's name in it.
const KEY_SALT: &str = "django.contrib.sessions.SessionStore";
/// The salt of sessions in cookies.
const COOKIE_SALT: &str = "django.contrib.sessions.backends.signed_cookies";
const SESSION_KEY: &str = "_auth_user_id";
const BACKEND_SESSION_KEY: &str = "_auth_user_backend";
const HASH_SESSION_KEY: &str = "_auth_user_hash";
const AUTH_HASH_SALT: &str = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash";

/// A session's data: the logged-in user, and the project's own values.
#[derive(Clone, Default, PartialEq)]
pub struct SessionData(Map<String, Value>);

impl std::fmt::Debug for SessionData {
    /// Omits the values, which are secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SessionData").finish_non_exhaustive()
    }
}

impl SessionData {
    /// Decodes a column's value, signed with one of `keys` (`SECRET_KEY`, then `SECRET_KEY_FALLBACKS`). The signature's
    /// age is ignored: the row's `expire_date` decides.
    ///
    /// # Errors
    /// [`SigningError`]. Django logs "Session data corrupted" and goes on with an empty session.
    pub fn decode(session_data: &str, keys: &[&[u8]]) -> Result<Self, SigningError> {
        Self::loads(session_data, keys, KEY_SALT, None)
    }

    /// Decodes the cookie of a session that is kept there (`SESSION_ENGINE`), not older than `max_age`.
    ///
    /// # Errors
    /// [`SigningError`]. Django goes on with an empty session.
    pub fn decode_cookie(cookie: &str, keys: &[&[u8]], max_age: Duration) -> Result<Self, SigningError> {
        Self::loads(cookie, keys, COOKIE_SALT, Some(max_age))
    }

    fn loads(
        signed: &str,
        keys: &[&[u8]],
        salt: &str,
        max_age: Option<Duration>,
    ) -> Result<Self, SigningError> {
        match signing::loads(signed, keys, salt, max_age) {
            Ok(data) => Ok(Self(data)),
            Err(SigningError::Malformed) => Self::loads_partly(signed, keys, salt, max_age),
            Err(error) => Err(error),
        }
    }

    /// Decodes data of which some value is more than serde_json holds: nested deeper than 127, or a number of hundreds of
    /// digits. Such a value is left out.
    fn loads_partly(
        signed: &str,
        keys: &[&[u8]],
        salt: &str,
        max_age: Option<Duration>,
    ) -> Result<Self, SigningError> {
        let raw: BTreeMap<String, Box<RawValue>> = signing::loads(signed, keys, salt, max_age)?;
        let read = |(key, raw): (String, Box<RawValue>)| Some((key, serde_json::from_str(raw.get()).ok()?));
        Ok(Self(raw.into_iter().filter_map(read).collect()))
    }

    /// Encodes the column's value, signed with the first of `keys`.
    ///
    /// # Errors
    /// [`SigningError::NoKey`].
    pub fn encode(&self, keys: &[&[u8]]) -> Result<String, SigningError> {
        signing::dumps(&self.0, keys, KEY_SALT, true)
    }

    /// Logs a user in, like `django.contrib.auth.login`. `backend` is a path from `AUTHENTICATION_BACKENDS`;
    /// `auth_hash` is from [`session_auth_hash`].
    pub fn log_in(&mut self, user_id: UserId, backend: &str, auth_hash: &str) {
        for (key, value) in [
            (SESSION_KEY, user_id.to_string()),
            (BACKEND_SESSION_KEY, backend.to_owned()),
            (HASH_SESSION_KEY, auth_hash.to_owned()),
        ] {
            self.set(key, Value::String(value));
        }
    }

    /// Replaces the hash of the user's password, so that the session goes on after a change of it.
    pub(super) fn set_auth_hash(&mut self, auth_hash: &str) {
        self.set(HASH_SESSION_KEY, Value::String(auth_hash.to_owned()));
    }

    /// Returns the primary key of the logged-in user. `None` if nobody is logged in, or the key has another type.
    pub fn user_id(&self, key: KeyType) -> Option<UserId> {
        match self.get(SESSION_KEY)? {
            Value::String(text) => UserId::parse(text, key),
            number => number.as_i64().filter(|_| key == KeyType::Integer).map(UserId::Integer),
        }
    }

    /// Whether a user is logged in, of any type of key.
    pub(super) fn has_user(&self) -> bool {
        self.get(SESSION_KEY).is_some()
    }

    /// The path of the backend that logged the user in, e.g. `django.contrib.auth.backends.ModelBackend`. The session
    /// is valid only if `AUTHENTICATION_BACKENDS` contains it.
    pub fn backend(&self) -> Option<&str> {
        self.get(BACKEND_SESSION_KEY)?.as_str()
    }

    /// The hash of the user's password at login, for [`verify_session_hash`].
    pub fn auth_hash(&self) -> Option<&str> {
        self.get(HASH_SESSION_KEY)?.as_str()
    }

    /// Returns a value of the session.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Sets a value of the session.
    pub fn set(&mut self, key: &str, value: Value) {
        self.0.insert(key.to_owned(), value);
    }
}

/// The hash of a user's `password` column, which invalidates all sessions when the password changes: 64 hexadecimal
/// digits (`AbstractBaseUser._get_session_auth_hash` of `django/contrib/auth/base_user.py`).
pub fn session_auth_hash(password_column: &str, secret_key: &[u8]) -> String {
    let hash = salted_hmac(AUTH_HASH_SALT, password_column.as_bytes(), secret_key);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The result of [`verify_session_hash`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionHash {
    /// The hash matches.
    Verified,
    /// The hash matches with an older key: Django then gives the session a new key and the current hash.
    VerifiedByFallback,
    /// The hash does not match: Django deletes the session.
    Refused,
}

/// Checks a session's hash against the user's current password (`get_user` of `django/contrib/auth/__init__.py`). A
/// missing hash is refused.
pub fn verify_session_hash(auth_hash: Option<&str>, password_column: &str, keys: &[&[u8]]) -> SessionHash {
    let Some(auth_hash) = auth_hash.filter(|hash| !hash.is_empty()) else { return SessionHash::Refused };
    let made_by = |key: &&[u8]| {
        constant_time_compare(auth_hash.as_bytes(), session_auth_hash(password_column, key).as_bytes())
    };
    match keys.iter().position(made_by) {
        Some(0) => SessionHash::Verified,
        Some(_) => SessionHash::VerifiedByFallback,
        None => SessionHash::Refused,
    }
}

#[cfg(test)]
mod tests;

//! Settings come from the environment and a `.env` file. They are read once and passed on as typed structs.

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::str::FromStr;

/// An invalid setting. The message names the variable and the problem; it never shows a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImproperlyConfigured(String);

impl ImproperlyConfigured {
    /// Creates an error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl Display for ImproperlyConfigured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ImproperlyConfigured {}

/// The variables of the environment and of the `.env` file; the environment wins.
///
/// An empty variable counts as unset, so a line of `.env` can be left blank.
#[derive(Clone)]
pub struct Env(HashMap<String, String>);

impl Env {
    /// Reads `.env` (in this folder or the nearest parent that has one, as diesel's own command does) and the process's
    /// environment, which wins.
    ///
    /// # Errors
    /// A `.env` file that can't be read or parsed.
    pub fn read() -> Result<Self, ImproperlyConfigured> {
        let mut values = HashMap::new();
        match dotenvy::dotenv_iter() {
            Ok(lines) => {
                for line in lines {
                    // dotenvy's own message quotes the line, which may hold a secret.
                    let (name, value) = line.map_err(|_| {
                        ImproperlyConfigured::new("The .env file has a line that can't be parsed.")
                    })?;
                    values.entry(name).or_insert(value);
                }
            }
            Err(error) if error.not_found() => {}
            Err(_) => return Err(ImproperlyConfigured::new("The .env file can't be read.")),
        }
        values.extend(std::env::vars_os().filter_map(|(name, value)| {
            // All of our variables are UTF-8.
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }));
        Ok(Self(values))
    }

    /// Returns a variable's value, or `None` if it is unset or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// Returns a variable's value, even if it is empty.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns a variable's parsed value, or the default.
    ///
    /// # Errors
    /// The message names the variable, its value and `T`'s reason, so this is not for secrets.
    pub fn parse<T>(&self, name: &str, default: T) -> Result<T, ImproperlyConfigured>
    where
        T: FromStr<Err: Display>,
    {
        self.optional(name).map(|value| value.unwrap_or(default))
    }

    /// Returns a variable's parsed value, or `None`.
    ///
    /// # Errors
    /// As [`Env::parse`].
    pub fn optional<T>(&self, name: &str) -> Result<Option<T>, ImproperlyConfigured>
    where
        T: FromStr<Err: Display>,
    {
        self.get(name)
            .map(|value| {
                value.trim().parse().map_err(|error| {
                    ImproperlyConfigured::new(format!("{name}: '{value}' can't be used: {error}"))
                })
            })
            .transpose()
    }

    /// Reads a boolean: `1`, `true`, `yes`, `on`, or `0`, `false`, `no`, `off`, in any case.
    ///
    /// # Errors
    /// Any other value.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, ImproperlyConfigured> {
        match self.get(name).map(|value| value.trim().to_ascii_lowercase()).as_deref() {
            None => Ok(default),
            Some("1" | "true" | "yes" | "on") => Ok(true),
            Some("0" | "false" | "no" | "off") => Ok(false),
            Some(other) => {
                Err(ImproperlyConfigured::new(format!("{name}: '{other}' is neither true nor false.")))
            }
        }
    }

    /// Reads a comma-separated list; items are trimmed, empty ones dropped.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        let items = self.get(name).unwrap_or_default().split(',').map(str::trim);
        items.filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// `SECRET_KEY` or one of its fallbacks. `Debug` prints asterisks.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(String);

impl SecretKey {
    /// Wraps a key.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// Returns the key's bytes, to sign with.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Returns whether Django's `check --deploy` reports the key (security.W009): under 50 characters, under five
    /// distinct ones, or generated by `startproject` (`django/core/checks/security/base.py`).
    #[must_use]
    pub fn is_weak(&self) -> bool {
        let mut distinct: Vec<char> = self.0.chars().collect();
        distinct.sort_unstable();
        distinct.dedup();
        self.0.chars().count() < 50 || distinct.len() < 5 || self.0.starts_with("django-insecure-")
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(******)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Env {
        pairs.iter().copied().collect()
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        assert_eq!(env(&[("WORKERS", "")]).parse("WORKERS", 4).unwrap(), 4);
    }

    #[test]
    fn an_error_names_the_variable() {
        let error = env(&[("WORKERS", "many")]).parse("WORKERS", 4_usize).unwrap_err().to_string();
        assert_eq!(error, "WORKERS: 'many' can't be used: invalid digit found in string");
        let error = env(&[("DEBUG", "maybe")]).flag("DEBUG", false).unwrap_err().to_string();
        assert_eq!(error, "DEBUG: 'maybe' is neither true nor false.");
    }

    #[test]
    fn lists_are_trimmed() {
        assert_eq!(env(&[("ALLOWED_HOSTS", " a.example , ,b ")]).list("ALLOWED_HOSTS"), ["a.example", "b"]);
    }

    #[test]
    fn a_secret_key_never_prints() {
        let key = SecretKey::new("k".repeat(60));
        assert_eq!(format!("{key:?}"), "SecretKey(******)");
        assert!(key.is_weak());
        assert!(!SecretKey::new("abcdefghij".repeat(5)).is_weak());
    }
}

//! Schemes of a single round, which only old hashes have: `md5$<salt>$<hex>`, `sha1$<salt>$<hex>`, and without a salt
//! `<hex of MD5>` (also `md5$$<hex>`) and `sha1$$<hex>`.
//!
//! Of these Django 5.2 has `MD5PasswordHasher`. It identifies the unsalted ones (`identify_hasher`), and earlier versions
//! had their hashers, which projects copied. They read hashes only if `PASSWORD_HASHERS` names them, as in Django, and a
//! login replaces their hashes, unless one of them is first.

use std::fmt::Write as _;

use md5::{Digest as _, Md5};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::{HashError, PasswordHasher, check_salt, must_update_salt};
use vitamin_framework::crypto::{constant_time_compare, get_random_string};

/// Each scheme with its `algorithm` and its class in Django.
pub(super) const LEGACY: [(&str, &str, LegacyPasswordHasher); 4] = [
    ("md5", "MD5PasswordHasher", LegacyPasswordHasher { digest: LegacyDigest::Md5, is_salted: true }),
    (
        "unsalted_md5",
        "UnsaltedMD5PasswordHasher",
        LegacyPasswordHasher { digest: LegacyDigest::Md5, is_salted: false },
    ),
    ("sha1", "SHA1PasswordHasher", LegacyPasswordHasher { digest: LegacyDigest::Sha1, is_salted: true }),
    (
        "unsalted_sha1",
        "UnsaltedSHA1PasswordHasher",
        LegacyPasswordHasher { digest: LegacyDigest::Sha1, is_salted: false },
    ),
];

/// Returns whether hashes of this scheme are guessed at billions a second.
pub(crate) fn is_legacy(algorithm: &str) -> bool {
    LEGACY.iter().any(|(name, ..)| *name == algorithm)
}

/// The name of the hasher that reads `encoded`, by the rules of Django's `identify_hasher`.
pub(super) fn algorithm_of(encoded: &str) -> &str {
    let length = encoded.chars().count();
    if (length == 32 && !encoded.contains('$')) || (length == 37 && encoded.starts_with("md5$$")) {
        "unsalted_md5"
    } else if length == 46 && encoded.starts_with("sha1$$") {
        "unsalted_sha1"
    } else {
        encoded.split('$').next().unwrap_or_default()
    }
}

/// The hash function of a legacy scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegacyDigest {
    /// 32 hexadecimal digits.
    Md5,
    /// 40 hexadecimal digits.
    Sha1,
}

/// Django's `MD5PasswordHasher`, and `SHA1PasswordHasher`, `UnsaltedMD5PasswordHasher` and `UnsaltedSHA1PasswordHasher` of
/// earlier versions.
#[derive(Clone, Copy, Debug)]
pub struct LegacyPasswordHasher {
    /// The hash function.
    pub digest: LegacyDigest,
    /// Whether a salt precedes the password.
    pub is_salted: bool,
}

impl LegacyPasswordHasher {
    /// Splits a hash into its salt and its digest.
    fn decode<'a>(&self, encoded: &'a str) -> Option<(&'a str, &'a str)> {
        if algorithm_of(encoded) != self.algorithm() {
            return None;
        }
        let (salt, digest) = match encoded.rsplit_once('$') {
            Some((start, digest)) => (start.split_once('$').map_or("", |(_, salt)| salt), digest),
            None => ("", encoded),
        };
        let length = match self.digest {
            LegacyDigest::Md5 => 32,
            LegacyDigest::Sha1 => 40,
        };
        let is_hex =
            digest.len() == length && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (is_hex && !salt.contains('$') && salt.is_empty() != self.is_salted).then_some((salt, digest))
    }

    fn digest(&self, password: &str, salt: &str) -> String {
        let text = Zeroizing::new([salt.as_bytes(), password.as_bytes()].concat());
        let hex = |bytes: &[u8]| {
            bytes.iter().fold(String::new(), |mut hex, byte| {
                // Writing to a String can't fail.
                let _ = write!(hex, "{byte:02x}");
                hex
            })
        };
        match self.digest {
            LegacyDigest::Md5 => hex(&Md5::digest(&*text)),
            LegacyDigest::Sha1 => hex(&Sha1::digest(&*text)),
        }
    }
}

impl PasswordHasher for LegacyPasswordHasher {
    fn algorithm(&self) -> &'static str {
        match (self.digest, self.is_salted) {
            (LegacyDigest::Md5, true) => "md5",
            (LegacyDigest::Md5, false) => "unsalted_md5",
            (LegacyDigest::Sha1, true) => "sha1",
            (LegacyDigest::Sha1, false) => "unsalted_sha1",
        }
    }

    fn salt(&self) -> String {
        if self.is_salted { get_random_string(super::SALT_LENGTH) } else { String::new() }
    }

    fn encode(&self, password: &str, salt: &str) -> Result<String, HashError> {
        if self.is_salted {
            check_salt(salt)?;
        } else if !salt.is_empty() {
            return Err(HashError::InvalidSalt);
        }
        let digest = self.digest(password, salt);
        Ok(match (self.digest, self.is_salted) {
            (LegacyDigest::Md5, false) => digest,
            (LegacyDigest::Sha1, false) => format!("sha1$${digest}"),
            _ => format!("{}${salt}${digest}", self.algorithm()),
        })
    }

    fn is_readable(&self, encoded: &str) -> bool {
        self.decode(encoded).is_some()
    }

    fn verify(&self, password: &str, encoded: &str) -> bool {
        self.decode(encoded).is_some_and(|(salt, digest)| {
            constant_time_compare(digest.as_bytes(), self.digest(password, salt).as_bytes())
        })
    }

    fn must_update(&self, encoded: &str) -> bool {
        // Django's unsalted hashers do not ask for a salt.
        self.decode(encoded).is_none_or(|(salt, _)| self.is_salted && must_update_salt(salt.chars().count()))
    }

    fn harden_runtime(&self, _password: &str, _encoded: &str) {}
}

//! `bcrypt_sha256` and `bcrypt`: `<algorithm>$$2b$<rounds>$<22 characters of salt><31 of hash>`.

use std::hint::black_box;
use std::io::Write as _;

use base64::alphabet::BCRYPT;
use base64::engine::general_purpose::NO_PAD;
use base64::engine::{Engine as _, GeneralPurpose};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::limits::{self, Cost};
use super::{HashError, PasswordHasher};
use vitamin_framework::crypto::{constant_time_compare, fill_random};

const BASE64: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD);

/// The rounds that the algorithm allows: the binary logarithm of its iterations.
pub(super) const ROUNDS: std::ops::RangeInclusive<u32> = 4..=31;

/// The maximum length of bcrypt's key, including the terminating NUL if it fits.
const MAX_KEY_LENGTH: usize = 72;

/// Characters of a salt, and of a salt with its hash.
const SALT_LENGTH: usize = 22;
const DATA_LENGTH: usize = 53;

/// Django's `BCryptSHA256PasswordHasher` and, with `sha256` false, its `BCryptPasswordHasher`.
///
/// Plain bcrypt reads 72 bytes of a password. Python's bcrypt truncates longer ones before version 5.0, and rejects
/// them since. Here [`encode`](PasswordHasher::encode) rejects them, because otherwise another password could log in.
/// [`verify`](PasswordHasher::verify) truncates, so that hashes made with the older versions stay valid.
#[derive(Clone, Copy, Debug)]
pub struct BCryptPasswordHasher {
    /// The binary logarithm of the iterations, 4 to 31; 12 in Django 5.2.
    pub rounds: u32,
    /// Whether bcrypt hashes the hexadecimal SHA-256 of the password, which removes the length limit.
    pub sha256: bool,
}

struct DecodedBcrypt<'a> {
    version: &'a str,
    rounds: u32,
    salt: [u8; 16],
}

impl DecodedBcrypt<'_> {
    /// Reads `$2b$12$` and a salt, with or without the hash.
    fn parse(text: &str) -> Option<DecodedBcrypt<'_>> {
        let mut parts = text.splitn(4, '$');
        let ("", version, rounds, data) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?) else {
            return None;
        };
        // Python's bcrypt treats all four alike: 2x is not crypt_blowfish's broken one.
        if !matches!(version, "2a" | "2b" | "2x" | "2y")
            || rounds.len() != 2
            || !rounds.bytes().all(|byte| byte.is_ascii_digit())
            || !matches!(data.len(), SALT_LENGTH | DATA_LENGTH)
        {
            return None;
        }
        let rounds = rounds.parse().ok()?;
        let salt = BASE64.decode(data.get(..SALT_LENGTH)?).ok()?.try_into().ok()?;
        ROUNDS.contains(&rounds).then_some(DecodedBcrypt { version, rounds, salt })
    }
}

impl BCryptPasswordHasher {
    fn cost(&self, rounds: u32) -> Cost {
        Cost::new("rounds", rounds, limits::BCRYPT_ROUNDS, self.rounds)
    }

    /// Decodes a stored hash.
    fn decode<'a>(&self, encoded: &'a str) -> Option<DecodedBcrypt<'a>> {
        self.parse(encoded).filter(|decoded| self.cost(decoded.rounds).is_affordable())
    }

    fn parse<'a>(&self, encoded: &'a str) -> Option<DecodedBcrypt<'a>> {
        let (algorithm, data) = encoded.split_once('$')?;
        let whole = algorithm == self.algorithm() && data.len() == "$2b$12$".len() + DATA_LENGTH;
        if whole { DecodedBcrypt::parse(data) } else { None }
    }

    fn encode_with(
        &self,
        password: &str,
        DecodedBcrypt { version, rounds, salt }: &DecodedBcrypt<'_>,
    ) -> String {
        // With room for all of it: a reallocation would leave a copy behind.
        let mut key = Zeroizing::new(Vec::with_capacity(password.len().max(2 * Sha256::output_size()) + 1));
        if self.sha256 {
            for byte in Sha256::digest(password) {
                // Writing to a Vec can't fail.
                let _ = write!(key, "{byte:02x}");
            }
        } else {
            key.extend_from_slice(password.as_bytes());
        }
        key.push(0);
        key.truncate(MAX_KEY_LENGTH);
        let hash = ::bcrypt::bcrypt(*rounds, *salt, &key);
        // The format drops the last of 24 bytes, as the first implementation did.
        let hash = BASE64.encode(hash.split_last().map_or(&[][..], |(_, kept)| kept));
        format!("{}$${version}${rounds:02}${}{hash}", self.algorithm(), BASE64.encode(salt))
    }
}

impl PasswordHasher for BCryptPasswordHasher {
    fn algorithm(&self) -> &'static str {
        if self.sha256 { "bcrypt_sha256" } else { "bcrypt" }
    }

    /// Like bcrypt's `gensalt`: includes the cost.
    fn salt(&self) -> String {
        let mut salt = [0; 16];
        fill_random(&mut salt);
        format!("$2b${:02}${}", self.rounds, BASE64.encode(salt))
    }

    fn encode(&self, password: &str, salt: &str) -> Result<String, HashError> {
        if !ROUNDS.contains(&self.rounds) {
            return Err(HashError::InvalidCost);
        }
        if !self.sha256 && password.len() > MAX_KEY_LENGTH {
            return Err(HashError::PasswordTooLong);
        }
        let salt = DecodedBcrypt::parse(salt).ok_or(HashError::InvalidSalt)?;
        Ok(self.encode_with(password, &salt))
    }

    fn is_readable(&self, encoded: &str) -> bool {
        self.decode(encoded).is_some()
    }

    fn excessive_cost(&self, encoded: &str) -> Option<String> {
        limits::excess(&[self.cost(self.parse(encoded)?.rounds)])
    }

    fn verify(&self, password: &str, encoded: &str) -> bool {
        self.decode(encoded).is_some_and(|decoded| {
            constant_time_compare(encoded.as_bytes(), self.encode_with(password, &decoded).as_bytes())
        })
    }

    fn must_update(&self, encoded: &str) -> bool {
        self.decode(encoded).is_none_or(|decoded| decoded.rounds != self.rounds)
    }

    fn harden_runtime(&self, password: &str, encoded: &str) {
        if let Some(decoded) = self.decode(encoded) {
            // Each round doubles the work.
            let missing = self.rounds.checked_sub(decoded.rounds).and_then(|rounds| 1u64.checked_shl(rounds));
            for _ in 1..missing.unwrap_or(1) {
                black_box(self.encode_with(password, &decoded));
            }
        }
    }
}

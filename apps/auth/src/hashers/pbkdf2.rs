//! `pbkdf2_sha256` and `pbkdf2_sha1`: `<algorithm>$<iterations>$<salt>$<base64 of the key>`.

use std::hint::black_box;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use sha1::Sha1;
use sha2::Sha256;

use super::limits::{self, Cost};
use super::{HashError, PasswordHasher, check_salt, must_update_salt, parse_cost};
use vitamin_framework::crypto::constant_time_compare;

/// The hash function that PBKDF2 uses in HMAC: Django's `digest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prf {
    /// `pbkdf2_sha256`, a key of 32 bytes.
    Sha256,
    /// `pbkdf2_sha1`, a key of 20 bytes.
    Sha1,
}

/// Django's `PBKDF2PasswordHasher` and, with [`Prf::Sha1`], its `PBKDF2SHA1PasswordHasher`.
#[derive(Clone, Copy, Debug)]
pub struct PBKDF2PasswordHasher {
    /// Rounds of HMAC, at least 1; 1,000,000 in Django 5.2.
    pub iterations: u32,
    /// The hash function, which also names the scheme.
    pub digest: Prf,
}

struct DecodedPbkdf2<'a> {
    iterations: u32,
    salt: &'a str,
}

impl PBKDF2PasswordHasher {
    fn cost(&self, iterations: u32) -> Cost {
        Cost::new("iterations", iterations, limits::PBKDF2_ITERATIONS, self.iterations)
    }

    fn decode<'a>(&self, encoded: &'a str) -> Option<DecodedPbkdf2<'a>> {
        self.parse(encoded).filter(|decoded| self.cost(decoded.iterations).is_affordable())
    }

    fn parse<'a>(&self, encoded: &'a str) -> Option<DecodedPbkdf2<'a>> {
        let mut parts = encoded.splitn(4, '$');
        let (algorithm, iterations, salt) = (parts.next()?, parse_cost(parts.next()?)?, parts.next()?);
        (algorithm == self.algorithm() && iterations > 0 && !salt.is_empty() && parts.next().is_some())
            .then_some(DecodedPbkdf2 { iterations, salt })
    }

    fn encode_with(&self, password: &str, salt: &str, iterations: u32) -> String {
        let (password, bytes) = (password.as_bytes(), salt.as_bytes());
        let key = match self.digest {
            Prf::Sha256 => {
                BASE64_STANDARD.encode(pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password, bytes, iterations))
            }
            Prf::Sha1 => {
                BASE64_STANDARD.encode(pbkdf2::pbkdf2_hmac_array::<Sha1, 20>(password, bytes, iterations))
            }
        };
        format!("{}${iterations}${salt}${key}", self.algorithm())
    }
}

impl PasswordHasher for PBKDF2PasswordHasher {
    fn algorithm(&self) -> &'static str {
        match self.digest {
            Prf::Sha256 => "pbkdf2_sha256",
            Prf::Sha1 => "pbkdf2_sha1",
        }
    }

    fn encode(&self, password: &str, salt: &str) -> Result<String, HashError> {
        check_salt(salt)?;
        if self.iterations == 0 {
            return Err(HashError::InvalidCost);
        }
        Ok(self.encode_with(password, salt, self.iterations))
    }

    fn is_readable(&self, encoded: &str) -> bool {
        self.decode(encoded).is_some()
    }

    fn excessive_cost(&self, encoded: &str) -> Option<String> {
        limits::excess(&[self.cost(self.parse(encoded)?.iterations)])
    }

    fn verify(&self, password: &str, encoded: &str) -> bool {
        self.decode(encoded).is_some_and(|DecodedPbkdf2 { iterations, salt }| {
            let expected = self.encode_with(password, salt, iterations);
            constant_time_compare(encoded.as_bytes(), expected.as_bytes())
        })
    }

    fn must_update(&self, encoded: &str) -> bool {
        self.decode(encoded).is_none_or(|DecodedPbkdf2 { iterations, salt }| {
            iterations != self.iterations || must_update_salt(salt.chars().count())
        })
    }

    fn harden_runtime(&self, password: &str, encoded: &str) {
        if let Some(DecodedPbkdf2 { iterations, salt }) = self.decode(encoded) {
            let missing = self.iterations.saturating_sub(iterations);
            if missing > 0 {
                black_box(self.encode_with(password, salt, missing));
            }
        }
    }
}

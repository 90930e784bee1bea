//! `scrypt`: `scrypt$<n>$<salt>$<r>$<p>$<base64 of 64 bytes>`.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use scrypt::Params;

use super::limits::{self, Cost};
use super::{HashError, PasswordHasher, check_salt, parse_cost};
use vitamin_framework::crypto::constant_time_compare;

/// Bytes of a hash: Django's `dklen`.
const HASH_LENGTH: usize = 64;

/// Django's `ScryptPasswordHasher`. Reads larger hashes than Django, which keeps OpenSSL's limit of 32 MiB.
#[derive(Clone, Copy, Debug)]
pub struct ScryptPasswordHasher {
    /// N, a power of two and at least 2; 16,384 in Django 5.2. Memory is 128 × N × r bytes.
    pub work_factor: u32,
    /// r, at least 1; 8 in Django 5.2.
    pub block_size: u32,
    /// p, at least 1; 5 in Django 5.2. The time is in proportion to N × r × p.
    pub parallelism: u32,
}

struct DecodedScrypt<'a> {
    costs: ScryptPasswordHasher,
    salt: &'a str,
}

impl ScryptPasswordHasher {
    fn factors(&self) -> (u128, u128, u128) {
        (self.work_factor.into(), self.block_size.into(), self.parallelism.into())
    }

    /// Bytes: the large vector, and the `p` blocks that are mixed one after the other.
    fn memory(&self) -> u128 {
        let (n, r, p) = self.factors();
        128 * r * (n + p)
    }

    /// Bytes that are passed over. PBKDF2, which makes the blocks, takes as long as eight steps of the mixing.
    fn work(&self) -> u128 {
        let (n, r, p) = self.factors();
        128 * r * p * (n + 8)
    }

    fn costs(&self, own: &Self) -> [Cost; 2] {
        [
            Cost::new("bytes of memory", self.memory(), limits::SCRYPT_MEMORY, own.memory()),
            Cost::new("bytes passed over", self.work(), limits::SCRYPT_WORK, own.work()),
        ]
    }

    pub(super) fn params(&self) -> Result<Params, HashError> {
        let log_n = self.work_factor.trailing_zeros();
        // The crate multiplies r by p unchecked; 2^30 is its own bound for the product.
        if !self.work_factor.is_power_of_two()
            || log_n == 0
            || u64::from(self.block_size) * u64::from(self.parallelism) >= 1 << 30
        {
            return Err(HashError::InvalidCost);
        }
        let log_n = u8::try_from(log_n).map_err(|_| HashError::InvalidCost)?;
        Params::new(log_n, self.block_size, self.parallelism).map_err(|_| HashError::InvalidCost)
    }

    fn decode<'a>(&self, encoded: &'a str) -> Option<DecodedScrypt<'a>> {
        self.parse(encoded).filter(|decoded| {
            decoded.costs.costs(self).iter().all(Cost::is_affordable) && decoded.costs.params().is_ok()
        })
    }

    fn parse<'a>(&self, encoded: &'a str) -> Option<DecodedScrypt<'a>> {
        let mut parts = encoded.split('$');
        if parts.next()? != self.algorithm() {
            return None;
        }
        let (n, salt, r, p, _hash) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let costs =
            Self { work_factor: parse_cost(n)?, block_size: parse_cost(r)?, parallelism: parse_cost(p)? };
        let whole = parts.next().is_none() && !salt.is_empty();
        whole.then_some(DecodedScrypt { costs, salt })
    }
}

impl PasswordHasher for ScryptPasswordHasher {
    fn algorithm(&self) -> &'static str {
        "scrypt"
    }

    fn encode(&self, password: &str, salt: &str) -> Result<String, HashError> {
        check_salt(salt)?;
        let mut hash = [0; HASH_LENGTH];
        scrypt::scrypt(password.as_bytes(), salt.as_bytes(), &self.params()?, &mut hash)
            .map_err(|_| HashError::InvalidCost)?;
        let Self { work_factor, block_size, parallelism } = self;
        let hash = BASE64_STANDARD.encode(hash);
        Ok(format!("scrypt${work_factor}${salt}${block_size}${parallelism}${hash}"))
    }

    fn is_readable(&self, encoded: &str) -> bool {
        self.decode(encoded).is_some()
    }

    fn excessive_cost(&self, encoded: &str) -> Option<String> {
        limits::excess(&self.parse(encoded)?.costs.costs(self))
    }

    fn verify(&self, password: &str, encoded: &str) -> bool {
        self.decode(encoded).is_some_and(|DecodedScrypt { costs, salt }| {
            costs
                .encode(password, salt)
                .is_ok_and(|expected| constant_time_compare(encoded.as_bytes(), expected.as_bytes()))
        })
    }

    /// Ignores the salt, as Django 5.2 does.
    fn must_update(&self, encoded: &str) -> bool {
        self.decode(encoded).is_none_or(|DecodedScrypt { costs, .. }| {
            (costs.work_factor, costs.block_size, costs.parallelism)
                != (self.work_factor, self.block_size, self.parallelism)
        })
    }

    fn harden_runtime(&self, _password: &str, _encoded: &str) {}
}

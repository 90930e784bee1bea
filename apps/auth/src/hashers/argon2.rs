//! `argon2`: `argon2` and then the string of the reference C library,
//! `$argon2id$v=19$m=102400,t=2,p=8$<base64 of the salt>$<base64 of the hash>`, both without padding.

use argon2::{Algorithm, Argon2, Error, Params, Version};
use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine as _};

use super::limits::{self, Cost};
use super::{HashError, PasswordHasher, check_salt, must_update_salt, parse_cost};
use vitamin_framework::crypto::constant_time_compare;

/// Bytes of a new hash: `DEFAULT_HASH_LENGTH` of argon2-cffi.
const HASH_LENGTH: usize = 32;

/// Django's `Argon2PasswordHasher`. Makes argon2id of version 19; also reads argon2i, argon2d and version 16.
///
/// The lanes are computed sequentially: the caller chooses the number of threads.
#[derive(Clone, Copy, Debug)]
pub struct Argon2PasswordHasher {
    /// Passes over the memory, at least 1; 2 in Django 5.2.
    pub time_cost: u32,
    /// KiB of memory, at least 8 a lane; 102,400 in Django 5.2.
    pub memory_cost: u32,
    /// Lanes, which change the hash; 8 in Django 5.2.
    pub parallelism: u32,
}

struct DecodedArgon2 {
    argon2: Argon2<'static>,
    is_current_variety: bool,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Argon2PasswordHasher {
    pub(super) fn params(&self) -> Result<Params, HashError> {
        Params::new(self.memory_cost, self.time_cost, self.parallelism, None)
            .map_err(|_| HashError::InvalidCost)
    }

    fn decode(&self, encoded: &str) -> Option<DecodedArgon2> {
        let mut parts = encoded.split('$');
        if parts.next()? != self.algorithm() {
            return None;
        }
        let algorithm = match parts.next()? {
            "argon2id" => Algorithm::Argon2id,
            "argon2i" => Algorithm::Argon2i,
            "argon2d" => Algorithm::Argon2d,
            _ => return None,
        };
        // Argon2 before version 1.3 wrote no version.
        let (version, costs) = match parts.next()? {
            "v=19" => (Version::V0x13, parts.next()?),
            "v=16" => (Version::V0x10, parts.next()?),
            costs => (Version::V0x10, costs),
        };
        let params = self.parse_params(costs)?;
        let salt = BASE64_STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let hash = BASE64_STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let whole = parts.next().is_none()
            && salt.len() >= argon2::MIN_SALT_LEN
            && hash.len() >= Params::MIN_OUTPUT_LEN;
        whole.then(|| DecodedArgon2 {
            argon2: Argon2::new(algorithm, version, params),
            is_current_variety: algorithm == Algorithm::Argon2id && version == Version::V0x13,
            salt,
            hash,
        })
    }

    fn parse_params(&self, costs: &str) -> Option<Params> {
        let costs = Self::parse_costs(costs)?;
        costs.costs(self).iter().all(Cost::is_affordable).then(|| costs.params().ok())?
    }

    fn parse_costs(costs: &str) -> Option<Self> {
        let mut costs = costs.split(',');
        let memory_cost = parse_cost(costs.next()?.strip_prefix("m=")?)?;
        let time_cost = parse_cost(costs.next()?.strip_prefix("t=")?)?;
        let parallelism = parse_cost(costs.next()?.strip_prefix("p=")?)?;
        costs.next().is_none().then_some(Self { time_cost, memory_cost, parallelism })
    }

    fn work(&self) -> u64 {
        u64::from(self.memory_cost) * u64::from(self.time_cost)
    }

    fn costs(&self, own: &Self) -> [Cost; 3] {
        [
            Cost::new("KiB of memory", self.memory_cost, limits::ARGON2_MEMORY, own.memory_cost),
            Cost::new("KiB passed over", self.work(), limits::ARGON2_WORK, own.work()),
            Cost::new("lanes", self.parallelism, limits::ARGON2_LANES, own.parallelism),
        ]
    }
}

impl PasswordHasher for Argon2PasswordHasher {
    fn algorithm(&self) -> &'static str {
        "argon2"
    }

    fn encode(&self, password: &str, salt: &str) -> Result<String, HashError> {
        check_salt(salt)?;
        let mut hash = [0; HASH_LENGTH];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params()?)
            .hash_password_into(password.as_bytes(), salt.as_bytes(), &mut hash)
            .map_err(|error| match error {
                Error::SaltTooShort | Error::SaltTooLong => HashError::InvalidSalt,
                Error::OutOfMemory => HashError::OutOfMemory,
                _ => HashError::InvalidCost,
            })?;
        let Self { time_cost, memory_cost, parallelism } = self;
        let (salt, hash) = (BASE64_STANDARD_NO_PAD.encode(salt), BASE64_STANDARD_NO_PAD.encode(hash));
        Ok(format!("argon2$argon2id$v=19$m={memory_cost},t={time_cost},p={parallelism}${salt}${hash}"))
    }

    fn is_readable(&self, encoded: &str) -> bool {
        self.decode(encoded).is_some()
    }

    fn excessive_cost(&self, encoded: &str) -> Option<String> {
        let costs = encoded.split('$').find(|part| part.starts_with("m="))?;
        limits::excess(&Self::parse_costs(costs)?.costs(self))
    }

    fn verify(&self, password: &str, encoded: &str) -> bool {
        self.decode(encoded).is_some_and(|DecodedArgon2 { argon2, salt, hash, .. }| {
            let mut expected = vec![0; hash.len()];
            argon2.hash_password_into(password.as_bytes(), &salt, &mut expected).is_ok()
                && constant_time_compare(&hash, &expected)
        })
    }

    fn must_update(&self, encoded: &str) -> bool {
        self.decode(encoded).is_none_or(|DecodedArgon2 { argon2, is_current_variety, salt, hash }| {
            let params = argon2.params();
            !is_current_variety
                || hash.len() != HASH_LENGTH
                || (params.m_cost(), params.t_cost(), params.p_cost())
                    != (self.memory_cost, self.time_cost, self.parallelism)
                || must_update_salt(salt.len())
        })
    }

    fn harden_runtime(&self, _password: &str, _encoded: &str) {}
}

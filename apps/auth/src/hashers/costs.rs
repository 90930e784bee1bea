//! The cost settings, one for each class attribute in `django/contrib/auth/hashers.py`.

use super::bcrypt::ROUNDS;
use super::legacy::LEGACY;
use super::{
    Argon2PasswordHasher, BCryptPasswordHasher, PBKDF2PasswordHasher, PasswordHasher, Prf,
    ScryptPasswordHasher,
};

/// The cost of every scheme. The default is that of Django 5.2.
///
/// On a Django database they must equal Django's: each side rehashes a hash of another cost at every login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HasherCosts {
    /// Rounds of HMAC for `pbkdf2_sha256` and `pbkdf2_sha1`, at least 1. Django 6.0 has 1,200,000.
    pub pbkdf2_iterations: u32,
    /// KiB of memory for `argon2`, at least 8 for each of `argon2_parallelism`.
    pub argon2_memory_cost: u32,
    /// Passes over the memory for `argon2`, at least 1.
    pub argon2_time_cost: u32,
    /// Lanes of `argon2`, at least 1.
    pub argon2_parallelism: u32,
    /// The binary logarithm of the iterations for `bcrypt_sha256` and `bcrypt`, 4 to 31.
    pub bcrypt_rounds: u32,
    /// N of `scrypt`, a power of two from 2 on. From 131,072 on a hash exceeds the column's 128 characters.
    pub scrypt_work_factor: u32,
    /// r of `scrypt`, at least 1.
    pub scrypt_block_size: u32,
    /// p of `scrypt`, at least 1.
    pub scrypt_parallelism: u32,
}

impl Default for HasherCosts {
    fn default() -> Self {
        Self {
            pbkdf2_iterations: 1_000_000,
            argon2_memory_cost: 102_400,
            argon2_time_cost: 2,
            argon2_parallelism: 8,
            bcrypt_rounds: 12,
            scrypt_work_factor: 1 << 14,
            scrypt_block_size: 8,
            scrypt_parallelism: 5,
        }
    }
}

/// An error in `PASSWORD_HASHERS` or in a cost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HasherSettingError {
    /// The list of hashers is empty.
    #[error("PASSWORD_HASHERS is empty: name at least one hasher")]
    Empty,
    /// An entry names an unknown hasher, and no other one is known.
    #[error("PASSWORD_HASHERS names an unknown hasher '{0}'; there are {names}", names = algorithms(", "))]
    Unknown(String),
    /// A cost outside of its algorithm's range, with that range.
    #[error("a password hasher's cost is not allowed: {0}")]
    Cost(&'static str),
}

fn algorithms(separator: &str) -> String {
    let legacy = LEGACY.map(|(algorithm, ..)| algorithm);
    [SCHEMES.map(|(algorithm, ..)| algorithm).as_slice(), &legacy].concat().join(separator)
}

/// The supported schemes.
#[derive(Clone, Copy)]
pub(super) enum Scheme {
    BcryptSha256,
    Pbkdf2Sha256,
    Pbkdf2Sha1,
    Argon2,
    Bcrypt,
    Scrypt,
}

/// Every scheme with its `algorithm` and its class in Django. The default list is in this order: Django's, but with
/// this project's preferred scheme first.
pub(super) const SCHEMES: [(&str, &str, Scheme); 6] = [
    ("bcrypt_sha256", "BCryptSHA256PasswordHasher", Scheme::BcryptSha256),
    ("pbkdf2_sha256", "PBKDF2PasswordHasher", Scheme::Pbkdf2Sha256),
    ("pbkdf2_sha1", "PBKDF2SHA1PasswordHasher", Scheme::Pbkdf2Sha1),
    ("argon2", "Argon2PasswordHasher", Scheme::Argon2),
    ("bcrypt", "BCryptPasswordHasher", Scheme::Bcrypt),
    ("scrypt", "ScryptPasswordHasher", Scheme::Scrypt),
];

impl HasherCosts {
    /// Checks every cost, even of schemes that are not in use.
    ///
    /// [`HasherSettingError::Cost`] for the first invalid cost.
    pub fn validate(&self) -> Result<(), HasherSettingError> {
        let rules = [
            (self.pbkdf2_iterations > 0, "pbkdf2_iterations is at least 1"),
            (
                self.argon2().params().is_ok(),
                "argon2_time_cost and argon2_parallelism are at least 1, argon2_memory_cost at least 8 KiB a lane",
            ),
            (ROUNDS.contains(&self.bcrypt_rounds), "bcrypt_rounds is 4 to 31"),
            (
                self.scrypt().params().is_ok(),
                "scrypt_work_factor is a power of two from 2, the product of scrypt_block_size and \
                 scrypt_parallelism 1 to 2^30 - 1",
            ),
        ];
        rules.iter().find(|(kept, _)| !kept).map_or(Ok(()), |(_, rule)| Err(HasherSettingError::Cost(rule)))
    }

    fn argon2(&self) -> Argon2PasswordHasher {
        Argon2PasswordHasher {
            time_cost: self.argon2_time_cost,
            memory_cost: self.argon2_memory_cost,
            parallelism: self.argon2_parallelism,
        }
    }

    fn scrypt(&self) -> ScryptPasswordHasher {
        ScryptPasswordHasher {
            work_factor: self.scrypt_work_factor,
            block_size: self.scrypt_block_size,
            parallelism: self.scrypt_parallelism,
        }
    }

    /// Returns the hasher called `name`: an `algorithm`, or a Django class with or without its module. A hasher that Django
    /// removed may be of any module, since projects copied it into their own.
    ///
    /// # Errors
    /// [`HasherSettingError::Unknown`] with the name.
    pub fn hasher(&self, name: &str) -> Result<Box<dyn PasswordHasher>, HasherSettingError> {
        let class = name.strip_prefix("django.contrib.auth.hashers.").unwrap_or(name);
        let copied = name.rsplit('.').next().unwrap_or(name);
        if let Some((.., legacy)) =
            LEGACY.iter().find(|(algorithm, known, _)| name == *algorithm || copied == *known)
        {
            return Ok(Box::new(*legacy));
        }
        let known = SCHEMES.iter().find(|(algorithm, known, _)| name == *algorithm || class == *known);
        known
            .map(|(.., scheme)| self.build(*scheme))
            .ok_or_else(|| HasherSettingError::Unknown(name.to_owned()))
    }

    pub(super) fn build(&self, scheme: Scheme) -> Box<dyn PasswordHasher> {
        let pbkdf2 = |digest| Box::new(PBKDF2PasswordHasher { iterations: self.pbkdf2_iterations, digest });
        let bcrypt = |sha256| Box::new(BCryptPasswordHasher { rounds: self.bcrypt_rounds, sha256 });
        match scheme {
            Scheme::BcryptSha256 => bcrypt(true),
            Scheme::Pbkdf2Sha256 => pbkdf2(Prf::Sha256),
            Scheme::Pbkdf2Sha1 => pbkdf2(Prf::Sha1),
            Scheme::Argon2 => Box::new(self.argon2()),
            Scheme::Bcrypt => bcrypt(false),
            Scheme::Scrypt => Box::new(self.scrypt()),
        }
    }
}

//! Password hashers: Django's text formats around the hashes of well-known crates (`django/contrib/auth/hashers.py` of
//! Django 5.2).
//!
//! The rest of the project uses [`Hashers`]: the list of `PASSWORD_HASHERS`, the first preferred and all readable. Each
//! file holds one family of schemes; each scheme implements [`PasswordHasher`].
//!
//! Where Django raises `ValueError` or `AssertionError` on a malformed stored hash (its client then gets a 500), such a
//! hash matches no password here. The same goes for a stored hash that would cost far more than anybody configures: a
//! client that can write one into the table must not be able to stop the server.

use vitamin_framework::crypto;

mod argon2;
mod bcrypt;
mod costs;
mod legacy;
mod limits;
mod list;
mod pbkdf2;
mod scrypt;
mod summary;
#[cfg(test)]
mod tests;

pub use self::argon2::Argon2PasswordHasher;
pub use self::bcrypt::BCryptPasswordHasher;
pub use self::costs::{HasherCosts, HasherSettingError};
pub(crate) use self::legacy::is_legacy;
pub use self::legacy::{LegacyDigest, LegacyPasswordHasher};
pub use self::list::{Hashers, Verdict};
pub use self::pbkdf2::{PBKDF2PasswordHasher, Prf};
pub use self::scrypt::ScryptPasswordHasher;
pub use self::summary::{Summary, summarize};

/// The prefix of an unusable password, which no scheme's name shares.
pub const UNUSABLE_PASSWORD_PREFIX: &str = "!";

/// The number of random characters after [`UNUSABLE_PASSWORD_PREFIX`].
pub const UNUSABLE_PASSWORD_SUFFIX_LENGTH: usize = 40;

/// Characters in a salt: the fewest of 62 letters and digits that hold 128 bits (log2(62) × 22 ≈ 131).
const SALT_LENGTH: usize = 22;

/// Why a password could not be hashed. Never contains the password or its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The salt is empty, too short for the scheme, or contains the separator `$`.
    #[error("the salt is empty, too short or contains $")]
    InvalidSalt,
    /// The cost is out of the algorithm's range.
    #[error("the hasher's cost is outside of what its algorithm allows")]
    InvalidCost,
    /// The password exceeds the 72 bytes that `bcrypt` reads. Truncating it would let another password log in.
    #[error("bcrypt reads no more than 72 bytes of a password")]
    PasswordTooLong,
    /// The memory for the scheme's cost could not be allocated.
    #[error("no memory for the hasher's memory cost")]
    OutOfMemory,
}

/// One scheme at one cost: Django's `BasePasswordHasher`.
///
/// Every method except [`algorithm`](Self::algorithm) and [`salt`](Self::salt) may take as long as a whole hash, so do
/// not call them on a request's thread.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a password hasher",
    label = "not a `PasswordHasher`",
    note = "implement `PasswordHasher` for it, or use one of `vitamin::auth::hashers`"
)]
pub trait PasswordHasher: Send + Sync {
    /// The name before the first `$` of the scheme's hashes.
    fn algorithm(&self) -> &'static str;

    /// Returns a new random salt of at least 128 bits, in the form that [`encode`](Self::encode) expects.
    fn salt(&self) -> String {
        crypto::get_random_string(SALT_LENGTH)
    }

    /// Hashes `password` in Django's format. At Django's costs it fits the 128 characters of `auth_user.password`.
    ///
    /// # Errors
    /// See [`HashError`].
    fn encode(&self, password: &str, salt: &str) -> Result<String, HashError>;

    /// Whether `encoded` is of this scheme, well formed, and of an affordable cost. If not, [`verify`](Self::verify)
    /// returns false at once.
    fn is_readable(&self, encoded: &str) -> bool;

    /// Why `encoded` is too expensive to be checked, in words for the log. `None` if it is affordable or malformed.
    fn excessive_cost(&self, _encoded: &str) -> Option<String> {
        None
    }

    /// Whether `password` matches `encoded`; false if `encoded` is malformed or too expensive. Uses the cost in
    /// `encoded`, not this hasher's.
    fn verify(&self, password: &str, encoded: &str) -> bool;

    /// Whether Django would rehash `encoded` at the next login: its cost differs from this hasher's, or its salt is too
    /// weak. True if `encoded` is not readable.
    fn must_update(&self, encoded: &str) -> bool;

    /// Spends the time by which `encoded` is cheaper than this hasher's cost, so that a wrong password takes equally
    /// long for an old hash and a new one. Does nothing if the scheme has no sensible way (argon2, scrypt).
    fn harden_runtime(&self, password: &str, encoded: &str);
}

/// Returns a random value for a user without a password; it never matches.
pub fn unusable_password() -> String {
    format!("{UNUSABLE_PASSWORD_PREFIX}{}", crypto::get_random_string(UNUSABLE_PASSWORD_SUFFIX_LENGTH))
}

/// Whether `encoded` can ever match: false for the result of [`Hashers::make_password`] with `None`.
pub fn is_password_usable(encoded: &str) -> bool {
    !encoded.starts_with(UNUSABLE_PASSWORD_PREFIX)
}

/// Django's `must_update_salt`, for a salt of `length` characters: less than 128 bits if all were random.
const fn must_update_salt(length: usize) -> bool {
    length < SALT_LENGTH
}

/// Django's `_check_encode_args`.
fn check_salt(salt: &str) -> Result<(), HashError> {
    if salt.is_empty() || salt.contains('$') { Err(HashError::InvalidSalt) } else { Ok(()) }
}

/// Parses a decimal number in the canonical form that hashers write. Other forms (`+7`, `07`) are rejected early: they
/// could not match, because Django compares the whole text.
fn parse_cost(text: &str) -> Option<u32> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if canonical { text.parse().ok() } else { None }
}

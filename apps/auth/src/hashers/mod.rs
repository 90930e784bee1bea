//! Password hashers: Django's text formats around the hashes of well-known crates, after
//! `django/contrib/auth/hashers.py` of Django 5.2.
//!
//! [`Hashers`] is what the rest of the project uses: the list of `PASSWORD_HASHERS`, the first preferred and
//! all readable. One file holds one family of schemes; each implements [`PasswordHasher`].
//!
//! Where Django raises `ValueError` or `AssertionError` on a malformed stored hash (its client then sees a
//! 500), such a hash here is one that no password matches. The same goes for a stored hash that would cost
//! far more than anybody configures: whoever can write one into the table must not be able to stop the
//! server.

use vitamin_framework::crypto;

mod argon2;
mod bcrypt;
mod costs;
mod list;
mod pbkdf2;
mod scrypt;
mod summary;
#[cfg(test)]
mod tests;

pub use self::argon2::Argon2PasswordHasher;
pub use self::bcrypt::BCryptPasswordHasher;
pub use self::costs::{HasherCosts, HasherSettingError};
pub use self::list::{Hashers, Verdict};
pub use self::pbkdf2::{PBKDF2PasswordHasher, Prf};
pub use self::scrypt::ScryptPasswordHasher;
pub use self::summary::{Summary, summarize};

/// What an unusable password starts with: no scheme has a name like it.
pub const UNUSABLE_PASSWORD_PREFIX: &str = "!";

/// How many random characters follow [`UNUSABLE_PASSWORD_PREFIX`].
pub const UNUSABLE_PASSWORD_SUFFIX_LENGTH: usize = 40;

/// Characters in a salt: the fewest of 62 letters and digits that hold 128 bits (log2(62) × 22 ≈ 131).
const SALT_LENGTH: usize = 22;

/// Why a password could not be hashed. Never holds the password, nor its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The salt is empty, too short for the scheme, or has a `$`, which separates the parts of the format.
    #[error("the salt is empty, too short or contains $")]
    InvalidSalt,
    /// The scheme's cost is outside of what its algorithm allows.
    #[error("the hasher's cost is outside of what its algorithm allows")]
    InvalidCost,
    /// More bytes than `bcrypt` reads (72). Cutting it would let another password in.
    #[error("bcrypt reads no more than 72 bytes of a password")]
    PasswordTooLong,
    /// The memory that the scheme's cost asks for could not be had.
    #[error("no memory for the hasher's memory cost")]
    OutOfMemory,
}

/// One scheme at one cost: Django's `BasePasswordHasher`.
///
/// All functions but [`algorithm`](Self::algorithm) and [`salt`](Self::salt) may take as long as a whole
/// hash, so they are not for a request's thread.
pub trait PasswordHasher: Send + Sync {
    /// The name before the first `$` of the scheme's hashes.
    fn algorithm(&self) -> &'static str;

    /// A new random salt of at least 128 bits, in the form that [`encode`](Self::encode) takes.
    fn salt(&self) -> String {
        crypto::get_random_string(SALT_LENGTH)
    }

    /// The hash of `password` in Django's format. At Django's costs it fits the 128 characters of
    /// `auth_user.password`.
    ///
    /// # Errors
    /// See [`HashError`].
    fn encode(&self, password: &str, salt: &str) -> Result<String, HashError>;

    /// Whether `encoded` is of this scheme, well formed, and of a cost that the server can bear. If not,
    /// [`verify`](Self::verify) is false at once.
    fn is_readable(&self, encoded: &str) -> bool;

    /// Whether `password` is the one that `encoded` was made of; false where `encoded` is malformed or of an
    /// absurd cost. Costs what `encoded` says, not what this hasher is set to.
    fn verify(&self, password: &str, encoded: &str) -> bool;

    /// Whether Django would write `encoded` anew at the next login: its cost is not this hasher's, or its
    /// salt is too weak. True where `encoded` is not readable.
    fn must_update(&self, encoded: &str) -> bool;

    /// Spends the time by which `encoded` is cheaper than this hasher's cost, so that a wrong password takes
    /// as long for an old hash as for a new one. Nothing happens where the scheme has no sensible way
    /// (argon2, scrypt).
    fn harden_runtime(&self, password: &str, encoded: &str);
}

/// What stands for a password where there is none: it never matches, and each is another.
pub fn unusable_password() -> String {
    format!("{UNUSABLE_PASSWORD_PREFIX}{}", crypto::get_random_string(UNUSABLE_PASSWORD_SUFFIX_LENGTH))
}

/// Whether `encoded` can ever match: false for what [`Hashers::make_password`] makes of `None`.
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

/// A decimal number in the one form that hashers write. Other forms (`+7`, `07`) are refused early: they
/// could not match, since Django compares the whole text.
fn parse_cost(text: &str) -> Option<u32> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if canonical { text.parse().ok() } else { None }
}

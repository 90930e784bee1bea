//! [`Hashers`]: the setting `PASSWORD_HASHERS`, and the functions of `django/contrib/auth/hashers.py` that
//! work on it.

use std::fmt;
use std::hint::black_box;
use std::iter::once;
use std::sync::Arc;

use super::costs::SCHEMES;
use super::legacy::{algorithm_of, is_legacy};
use super::{
    HashError, HasherCosts, HasherSettingError, PasswordHasher, UNUSABLE_PASSWORD_SUFFIX_LENGTH,
    is_password_usable, unusable_password,
};
use vitamin_framework::conf::list::words;
use vitamin_framework::crypto::get_random_string;

/// An ordered list of hashers: the first creates new hashes, all can verify. A clone shares the list.
#[derive(Clone)]
pub struct Hashers(Arc<HasherList>);

struct HasherList {
    preferred: Box<dyn PasswordHasher>,
    others: Vec<Box<dyn PasswordHasher>>,
    /// Names of the setting that no hasher here has.
    unknown: Vec<String>,
}

/// The result of [`Hashers::check_password`]. Its `Debug` omits the hash.
#[derive(Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A wrong password, or a hash that no password matches.
    Incorrect,
    /// The correct password.
    Correct {
        /// The hash to store instead, if Django would rehash: the old one has another scheme or cost than the preferred
        /// one, or a weak salt.
        rehashed: Option<String>,
    },
}

impl Verdict {
    /// Whether the password was right.
    pub fn is_correct(&self) -> bool {
        matches!(self, Self::Correct { .. })
    }
}

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Incorrect => "Incorrect",
            Self::Correct { rehashed: None } => "Correct",
            Self::Correct { rehashed: Some(_) } => "Correct, rehashed",
        })
    }
}

impl Hashers {
    /// Creates a list of the caller's own hashers, in order.
    pub fn new(preferred: Box<dyn PasswordHasher>, others: Vec<Box<dyn PasswordHasher>>) -> Self {
        Self(Arc::new(HasherList { preferred, others, unknown: Vec::new() }))
    }

    /// The default list with other costs.
    ///
    /// # Errors
    /// [`HasherSettingError::Cost`].
    pub fn with_costs(costs: &HasherCosts) -> Result<Self, HasherSettingError> {
        costs.validate()?;
        Ok(Self::all(costs))
    }

    fn all(costs: &HasherCosts) -> Self {
        let [(.., preferred), others @ ..] = SCHEMES;
        Self::new(costs.build(preferred), others.map(|(.., scheme)| costs.build(scheme)).into())
    }

    /// Parses a setting: a list of names ([`words`]), each an algorithm (`pbkdf2_sha256`) or a Django class
    /// (`PBKDF2PasswordHasher`, `django.contrib.auth.hashers.PBKDF2PasswordHasher`).
    ///
    /// A name that no hasher here has, such as a class of the project's own, is skipped: [`Hashers::unknown`].
    ///
    /// # Errors
    /// [`HasherSettingError`]: a cost is invalid, or no hasher is left.
    pub fn from_setting(names: &str, costs: &HasherCosts) -> Result<Self, HasherSettingError> {
        costs.validate()?;
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for name in words(names) {
            match costs.hasher(&name) {
                Ok(hasher) => known.push(hasher),
                Err(_) => unknown.push(name),
            }
        }
        if known.is_empty() {
            return Err(unknown
                .into_iter()
                .next()
                .map_or(HasherSettingError::Empty, HasherSettingError::Unknown));
        }
        let others = known.split_off(1);
        let preferred = known.pop().ok_or(HasherSettingError::Empty)?;
        Ok(Self(Arc::new(HasherList { preferred, others, unknown })))
    }

    /// The names of the setting that no hasher here has. Users whose hashes only such a hasher reads can't log in here.
    pub fn unknown(&self) -> &[String] {
        &self.0.unknown
    }

    /// The hasher that creates new hashes.
    pub fn preferred(&self) -> &dyn PasswordHasher {
        &*self.0.preferred
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &dyn PasswordHasher> {
        once(self.preferred()).chain(self.0.others.iter().map(|hasher| &**hasher))
    }

    /// The names of all supported schemes, in the default order.
    pub fn algorithms() -> impl Iterator<Item = &'static str> {
        SCHEMES.into_iter().map(|(algorithm, ..)| algorithm)
    }

    /// Whether the list can verify hashes of this scheme.
    pub fn reads(&self, algorithm: &str) -> bool {
        self.iter().any(|hasher| hasher.algorithm() == algorithm)
    }

    /// Returns the hasher of `encoded`, if it is in the list: the one whose name it begins with, or that of an unsalted
    /// hash.
    pub fn identify_hasher(&self, encoded: &str) -> Option<&dyn PasswordHasher> {
        let algorithm = algorithm_of(encoded);
        self.iter().find(|hasher| hasher.algorithm() == algorithm)
    }

    /// Hashes `password` with the preferred hasher. `None` gives an unusable password: `!` and 40 random characters, so
    /// that no two users share it.
    ///
    /// Takes as long as a hash.
    ///
    /// # Errors
    /// See [`HashError`].
    pub fn make_password(&self, password: Option<&str>) -> Result<String, HashError> {
        match password {
            Some(password) => self.preferred().encode(password, &self.preferred().salt()),
            None => Ok(unusable_password()),
        }
    }

    /// Checks `password` against `encoded`: Django's `check_password` and `verify_password`.
    ///
    /// Takes as long as [`verify`](Self::verify), and one hash more if it rehashes.
    pub fn check_password(&self, password: &str, encoded: &str) -> Verdict {
        if !self.verify(password, Some(encoded), true) {
            return Verdict::Incorrect;
        }
        Verdict::Correct { rehashed: self.rehash(password, encoded) }
    }

    /// Whether the user of this hash may log in with `password`. `None` is an unknown user, and false `may_log_in` one who may
    /// not log in with any password.
    ///
    /// One hash is computed in each case. If the login fails, it has the work of the preferred cost: of a hash of the preferred
    /// scheme, at least that; for a hash that can't match and an unknown user, exactly that. As in Django, another scheme
    /// costs what it costs; what remains of the difference is for the caller to hide.
    pub fn verify(&self, password: &str, encoded: Option<&str>, may_log_in: bool) -> bool {
        let Some((hasher, encoded)) = encoded.and_then(|encoded| Some((self.reader(encoded)?, encoded)))
        else {
            encoded.inspect(|encoded| self.log_excessive_cost(encoded));
            self.hash_dummy(password);
            return false;
        };
        if hasher.verify(password, encoded) && may_log_in {
            return true;
        }
        if hasher.algorithm() != self.preferred().algorithm() {
            if is_legacy(hasher.algorithm()) {
                // Django answers at once, which tells who has such a hash.
                self.hash_dummy(password);
            }
        } else if self.must_update(encoded) {
            hasher.harden_runtime(password, encoded);
        }
        false
    }

    /// Returns a new hash of a correct password, if Django would rehash `encoded`.
    pub fn rehash(&self, password: &str, encoded: &str) -> Option<String> {
        // A password that the preferred scheme rejects (plain bcrypt's 72 bytes) keeps its hash.
        self.must_update(encoded).then(|| self.make_password(Some(password)).ok())?
    }

    /// Says in the log why a hash is refused that the list could verify if it were cheaper.
    fn log_excessive_cost(&self, encoded: &str) {
        let hasher = self.identify_hasher(encoded);
        if let Some((hasher, cost)) =
            hasher.and_then(|hasher| Some((hasher, hasher.excessive_cost(encoded)?)))
        {
            log::warn!(
                "Refused a password because its {} hash is too expensive. {cost}.",
                hasher.algorithm()
            );
        }
    }

    /// Returns the hasher that can verify `encoded`. `None` if no password matches it.
    pub(crate) fn reader(&self, encoded: &str) -> Option<&dyn PasswordHasher> {
        let usable = is_password_usable(encoded);
        self.identify_hasher(encoded).filter(|hasher| usable && hasher.is_readable(encoded))
    }

    /// Whether the next successful login rehashes `encoded`: it has another scheme or cost than the preferred one, or a
    /// weak salt.
    pub fn must_update(&self, encoded: &str) -> bool {
        let algorithm = self.identify_hasher(encoded).map(PasswordHasher::algorithm);
        algorithm != Some(self.preferred().algorithm()) || self.preferred().must_update(encoded)
    }

    /// Spends the time of one hash, for an unknown user, like Django's `ModelBackend.authenticate`.
    pub fn hash_dummy(&self, password: &str) {
        if black_box(self.make_password(Some(password))).is_err() {
            self.fake_runtime();
        }
    }

    /// Hashes a random password, which no scheme rejects.
    fn fake_runtime(&self) {
        let _ = black_box(self.make_password(Some(&get_random_string(UNUSABLE_PASSWORD_SUFFIX_LENGTH))));
    }
}

impl Default for Hashers {
    /// bcrypt_sha256 first, then Django's other schemes, each at the cost of Django 5.2.
    fn default() -> Self {
        Self::all(&HasherCosts::default())
    }
}

impl fmt::Debug for Hashers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(PasswordHasher::algorithm)).finish()
    }
}

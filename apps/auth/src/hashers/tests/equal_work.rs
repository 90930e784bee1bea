//! The work of failed logins, counted.

use super::*;

/// Counts the iterations of a `pbkdf2_sha256` that has [`Self::ITERATIONS`].
struct CountingIterations(Arc<AtomicUsize>);

impl CountingIterations {
    const ITERATIONS: usize = 8;

    fn of(encoded: &str) -> usize {
        encoded.split('$').nth(1).and_then(|iterations| iterations.parse().ok()).unwrap_or_default()
    }

    fn count(&self, iterations: usize) {
        self.0.fetch_add(iterations, Ordering::Relaxed);
    }
}

impl PasswordHasher for CountingIterations {
    fn algorithm(&self) -> &'static str {
        "pbkdf2_sha256"
    }
    fn encode(&self, password: &str, salt: &str) -> Result<String, HashError> {
        self.count(Self::ITERATIONS);
        Ok(format!("pbkdf2_sha256${}${salt}${password}", Self::ITERATIONS))
    }
    fn is_readable(&self, encoded: &str) -> bool {
        Self::of(encoded) > 0
    }
    fn verify(&self, password: &str, encoded: &str) -> bool {
        self.count(Self::of(encoded));
        encoded.rsplit('$').next() == Some(password)
    }
    fn must_update(&self, encoded: &str) -> bool {
        Self::of(encoded) != Self::ITERATIONS
    }
    fn harden_runtime(&self, _password: &str, encoded: &str) {
        self.count(Self::ITERATIONS.saturating_sub(Self::of(encoded)));
    }
}

/// However a login fails, it has the iterations of the preferred hash, and not one more. Only a dearer hash has its own.
#[test]
fn every_failed_login_does_the_same_work() {
    let done = Arc::<AtomicUsize>::default();
    let preferred = CountingIterations(done.clone());
    let hashers = Hashers::new(Box::new(preferred), vec![CHEAP.hasher("pbkdf2_sha1").unwrap()]);
    let unusable = unusable_password();
    for (stored, password, is_active, iterations) in [
        (None, "pw", true, 8),
        (Some("pbkdf2_sha256$8$salt$pw"), "no", true, 8),
        (Some("pbkdf2_sha256$8$salt$pw"), "no", false, 8),
        (Some("pbkdf2_sha256$8$salt$pw"), "pw", false, 8),
        (Some("pbkdf2_sha256$1$salt$pw"), "no", true, 8),
        (Some("pbkdf2_sha256$1$salt$pw"), "pw", false, 8),
        (Some(unusable.as_str()), "pw", true, 8),
        (Some("pbkdf2_sha256$many$salt$pw"), "pw", true, 8),
        (Some("pbkdf2_sha1$4294967295$salt$x"), "pw", true, 8),
        (Some("md5$salt$pw"), "pw", true, 8),
        (Some(""), "pw", true, 8),
        (Some("pbkdf2_sha256$9$salt$pw"), "no", true, 9),
    ] {
        done.store(0, Ordering::Relaxed);
        assert!(!hashers.verify(password, stored, is_active), "{stored:?}");
        assert_eq!(done.load(Ordering::Relaxed), iterations, "{stored:?} {password} {is_active}");
    }
    // A success does no more either.
    done.store(0, Ordering::Relaxed);
    assert!(hashers.verify("pw", Some("pbkdf2_sha256$1$salt$pw"), true));
    assert_eq!(done.load(Ordering::Relaxed), 1);
}

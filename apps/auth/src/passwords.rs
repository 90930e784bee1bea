//! Hashes passwords on a bounded set of threads.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::alarm::Alarm;
use super::failure_time::FailureTime;
use super::hashers::{HashError, HasherCosts, Hashers, Verdict, summarize};
use super::models::User;
use vitamin_framework::conf::{Env, ImproperlyConfigured, Setting};
use vitamin_framework::metrics::Snapshot;
use vitamin_framework::worker_pool::{Busy, JobOwner, WorkerPool, WorkerPoolUsage};
use zeroize::Zeroizing;

/// The settings that this module reads.
pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "PASSWORD_HASHERS",
        "Password schemes that are accepted, comma-separated. The first one hashes new passwords. \
         Django's class paths work too.",
    )
    .default("bcrypt_sha256,pbkdf2_sha256,pbkdf2_sha1,argon2,bcrypt,scrypt")
    .public(),
    Setting::new("PBKDF2_ITERATIONS", "Iterations of `pbkdf2_sha256` and `pbkdf2_sha1`.").default("1000000"),
    Setting::new("BCRYPT_ROUNDS", "Rounds of `bcrypt_sha256` and `bcrypt`, as a power of two.").default("12"),
    Setting::new("ARGON2_TIME_COST", "Passes of `argon2` over its memory.").default("2"),
    Setting::new("ARGON2_MEMORY_COST", "Memory of `argon2`, in KiB.").default("102400"),
    Setting::new("ARGON2_PARALLELISM", "Lanes of `argon2`.").default("8"),
    Setting::new("SCRYPT_WORK_FACTOR", "Work factor N of `scrypt`, a power of two.").default("16384"),
    Setting::new("SCRYPT_BLOCK_SIZE", "Block size r of `scrypt`.").default("8"),
    Setting::new("SCRYPT_PARALLELISM", "Parallelism p of `scrypt`.").default("5"),
    Setting::new("PASSWORD_THREADS", "Threads that hash passwords.")
        .default_description("one per core")
        .public(),
    Setting::new(
        "PASSWORD_QUEUE",
        "Logins that may wait for such a thread. Further ones are answered with 503. Addresses and names share the \
         places.",
    )
    .default("64")
    .public(),
];

/// Which stored hashes a login may replace by one of the preferred scheme and cost, if they have another. Only those about
/// which the operator has decided: the database may be a Django project's that prefers another scheme or cost. Each program would
/// replace the other's hashes at every login, which ends the user's sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewriting {
    /// `PASSWORD_HASHERS` is set: any hash, as in Django.
    All,
    /// Only a cost is set (`BCRYPT_ROUNDS`): hashes of the preferred scheme.
    Preferred,
    /// Neither is set: none.
    None,
}

/// The settings for password hashing.
#[derive(Clone, Debug)]
pub struct PasswordSettings {
    /// `PASSWORD_HASHERS` and the costs.
    pub hashers: Hashers,
    /// Which stored hashes a login may replace.
    pub rewriting: Rewriting,
    /// Number of hashing threads (`PASSWORD_THREADS`, default: one per processor core).
    pub threads: NonZeroUsize,
    /// Logins that may wait for a thread (`PASSWORD_QUEUE`, default 64); the next one gets 503.
    pub queue: usize,
}

impl PasswordSettings {
    /// Reads the settings.
    ///
    /// A hasher is unknown, or a number is invalid.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        let default = HasherCosts::default();
        let costs = HasherCosts {
            pbkdf2_iterations: env.parse("PBKDF2_ITERATIONS", default.pbkdf2_iterations)?,
            argon2_memory_cost: env.parse("ARGON2_MEMORY_COST", default.argon2_memory_cost)?,
            argon2_time_cost: env.parse("ARGON2_TIME_COST", default.argon2_time_cost)?,
            argon2_parallelism: env.parse("ARGON2_PARALLELISM", default.argon2_parallelism)?,
            bcrypt_rounds: env.parse("BCRYPT_ROUNDS", default.bcrypt_rounds)?,
            scrypt_work_factor: env.parse("SCRYPT_WORK_FACTOR", default.scrypt_work_factor)?,
            scrypt_block_size: env.parse("SCRYPT_BLOCK_SIZE", default.scrypt_block_size)?,
            scrypt_parallelism: env.parse("SCRYPT_PARALLELISM", default.scrypt_parallelism)?,
        };
        let hashers = match env.get("PASSWORD_HASHERS") {
            Some(names) => Hashers::from_setting(names, &costs),
            None => Hashers::with_costs(&costs),
        };
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Ok(Self {
            hashers: hashers.map_err(|error| ImproperlyConfigured::new(error.to_string()))?,
            rewriting: match (env.get("PASSWORD_HASHERS"), env.get("BCRYPT_ROUNDS")) {
                (Some(_), _) => Rewriting::All,
                // The default list prefers bcrypt_sha256.
                (None, Some(_)) => Rewriting::Preferred,
                (None, None) => Rewriting::None,
            },
            threads: env.parse("PASSWORD_THREADS", cores)?,
            queue: env.parse("PASSWORD_QUEUE", 64)?,
        })
    }
}

/// Hashes and checks passwords. Clones share the threads, which start on first use.
#[derive(Clone)]
pub struct Passwords {
    settings: Arc<PasswordSettings>,
    pool: Arc<OnceLock<WorkerPool>>,
    timing: Arc<Timing>,
}

/// How long one login measures hashes. The next logins measure the rest: in a development build, all kinds together take longer
/// than a client waits.
const MEASURING: Duration = Duration::from_secs(1);

/// The measured times of hashes, and the clock that wakes failed logins.
struct Timing {
    failures: FailureTime,
    alarm: Alarm,
    /// Hashes that the next logins compute once to measure their time: one of the preferred scheme (`None`), and one of each
    /// kind in the database.
    unmeasured: Mutex<Vec<Option<String>>>,
}

impl Default for Timing {
    fn default() -> Self {
        Self { failures: FailureTime::default(), alarm: Alarm::default(), unmeasured: Mutex::new(vec![None]) }
    }
}

/// The result of [`Passwords::check_login`].
#[derive(Debug)]
pub(super) struct Login {
    /// Whether the user may log in.
    pub(super) verdict: Verdict,
    /// When a failed login may be answered: a time that does not depend on its user.
    pub(super) not_before: Instant,
}

impl Passwords {
    /// Creates the service with these settings.
    #[must_use]
    pub fn new(settings: PasswordSettings) -> Self {
        Self { settings: Arc::new(settings), pool: Arc::default(), timing: Arc::default() }
    }

    /// The hashers, in their order.
    #[must_use]
    pub fn hashers(&self) -> &Hashers {
        &self.settings.hashers
    }

    /// Hashes a password on the calling thread: for commands, never for a request.
    ///
    /// The preferred scheme rejects this password.
    pub fn make_password(&self, password: Option<&str>) -> Result<String, HashError> {
        self.settings.hashers.make_password(password)
    }

    /// Hashes a new password on the threads for passwords. `owner` is as in [`check_password`](Self::check_password).
    ///
    /// # Errors
    /// [`Busy`] if too many passwords are waiting already. The inner error: the preferred scheme rejects this password.
    pub async fn hash_password(
        &self,
        owner: JobOwner,
        password: &str,
    ) -> Result<Result<String, HashError>, Busy> {
        let (passwords, password) = (self.clone(), Zeroizing::new(password.to_owned()));
        self.pool()?.run(owner, move || passwords.make_password(Some(&password))).await
    }

    /// Whether the next login replaces this hash: if Django would, and [`Rewriting`] allows it.
    #[must_use]
    pub fn rewrites(&self, encoded: &str) -> bool {
        let hashers = &self.settings.hashers;
        let allowed = match self.settings.rewriting {
            Rewriting::All => true,
            Rewriting::Preferred => encoded.split('$').next() == Some(hashers.preferred().algorithm()),
            Rewriting::None => false,
        };
        allowed && hashers.must_update(encoded)
    }

    /// Checks a password against a stored hash, or spends the time of one if there is none (an unknown user).
    ///
    /// For a login, [`authenticate`](crate::authenticate) does more: it limits failures, and hides which users exist if their
    /// hashes differ in scheme or cost.
    ///
    /// `owner` is for whom: addresses and names share the queue, and the check is dropped if the client closes its connection
    /// before it begins.
    ///
    /// [`Busy`] if too many passwords are waiting already.
    pub async fn check_password(
        &self,
        owner: JobOwner,
        password: &str,
        encoded: Option<&str>,
    ) -> Result<Verdict, Busy> {
        let passwords = self.clone();
        let (password, encoded) = (Zeroizing::new(password.to_owned()), encoded.map(str::to_owned));
        let check = move || passwords.check(&password, encoded.as_deref(), true, Instant::now()).verdict;
        self.pool()?.run(owner, check).await
    }

    /// Tells which hashes the database has, so that the first failed login already takes the time of the dearest.
    pub(super) fn expect(&self, samples: Vec<String>) {
        self.unmeasured().extend(samples.into_iter().map(Some));
    }

    /// Checks the login of a user (`None`: an unknown one) who may be inactive. `arrived` is when its request was first
    /// looked at.
    ///
    /// [`Busy`] if too many passwords are waiting already.
    pub(super) async fn check_login(
        &self,
        owner: JobOwner,
        password: &str,
        user: Option<&User>,
        arrived: Instant,
    ) -> Result<Login, Busy> {
        let passwords = self.clone();
        let (password, encoded) =
            (Zeroizing::new(password.to_owned()), user.map(|user| user.password.clone()));
        let is_active = user.is_none_or(|user| user.is_active);
        let check = move || passwords.check(&password, encoded.as_deref(), is_active, arrived);
        self.pool()?.run(owner, check).await
    }

    /// Waits until a failed login may be answered.
    pub(super) async fn wait(&self, login: &Login) {
        self.timing.alarm.sleep_until(login.not_before).await;
    }

    /// Runs on a hashing thread.
    fn check(&self, password: &str, encoded: Option<&str>, is_active: bool, arrived: Instant) -> Login {
        let (hashers, failures) = (&self.settings.hashers, &self.timing.failures);
        self.measure();
        let began = Instant::now();
        let not_before = failures.not_before(arrived, began);
        let readable = encoded.filter(|encoded| hashers.reader(encoded).is_some());
        let accepted = hashers.verify(password, encoded, is_active);
        let took = began.elapsed();
        let is_outdated = readable.is_some_and(|encoded| hashers.must_update(encoded));
        // A failed check of an outdated hash has more work than a successful one.
        if !accepted || !is_outdated {
            failures.record(readable.and_then(|encoded| summarize(encoded).ok()), took);
        }
        let verdict = match encoded.filter(|_| accepted) {
            Some(encoded) => {
                let rehashed = self.rewrites(encoded).then(|| hashers.rehash(password, encoded));
                Verdict::Correct { rehashed: rehashed.flatten() }
            }
            None => Verdict::Incorrect,
        };
        Login { verdict, not_before }
    }

    fn unmeasured(&self) -> MutexGuard<'_, Vec<Option<String>>> {
        self.timing.unmeasured.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Measures what is not measured yet. Other logins wait meanwhile: they too would be answered too early.
    fn measure(&self) {
        let hashers = &self.settings.hashers;
        let (began_all, mut unmeasured) = (Instant::now(), self.unmeasured());
        while !unmeasured.is_empty() && began_all.elapsed() < MEASURING {
            let sample = unmeasured.remove(0);
            let readable = sample.as_deref().filter(|sample| hashers.reader(sample).is_some());
            if sample.is_some() && readable.is_none() {
                continue;
            }
            let began = Instant::now();
            hashers.verify("", readable, true);
            let kind = readable.and_then(|sample| summarize(sample).ok());
            self.timing.failures.record(kind, began.elapsed());
        }
    }

    /// Adds the use of the threads to the metrics.
    pub(super) fn collect(&self, metrics: &mut Snapshot) {
        let unused = WorkerPoolUsage { places: self.settings.queue, ..WorkerPoolUsage::default() };
        let WorkerPoolUsage { running, waiting, places, finished, busy, refused } =
            self.pool.get().map_or(unused, WorkerPool::usage);
        metrics.counter("vitamin_password_hashes", "Password checks and hashes that have ended.", finished);
        metrics.counter(
            "vitamin_password_hash_seconds",
            "The time that they took on the password threads.",
            busy.as_secs_f64(),
        );
        metrics.gauge(
            "vitamin_password_threads",
            "Password threads (PASSWORD_THREADS).",
            self.settings.threads.get(),
        );
        metrics.gauge("vitamin_password_threads_busy", "Password threads that hash.", running);
        metrics.gauge("vitamin_password_queue_waiting", "Logins that wait for a password thread.", waiting);
        metrics.gauge("vitamin_password_queue_limit", "Logins that may wait (PASSWORD_QUEUE).", places);
        metrics.counter(
            "vitamin_password_queue_refused",
            "Logins that got no place in the queue, or lost it.",
            refused,
        );
    }

    fn pool(&self) -> Result<&WorkerPool, Busy> {
        if self.pool.get().is_none() {
            let pool = WorkerPool::new("password", self.settings.threads, self.settings.queue);
            // If two calls race, the second's threads end at once.
            let _ = self.pool.set(pool.map_err(|error| {
                log::error!("No threads to hash passwords on: {error}");
                Busy
            })?);
        }
        self.pool.get().ok_or(Busy)
    }
}

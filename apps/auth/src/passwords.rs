//! Hashes passwords on a bounded set of threads.

use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

use super::hashers::{HashError, HasherCosts, Hashers, Verdict};
use vitamin_framework::conf::{Env, ImproperlyConfigured, Setting};
use vitamin_framework::worker_pool::{Busy, WorkerPool};

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
        "Logins that may wait for such a thread. Further ones are answered with 503.",
    )
    .default("64")
    .public(),
];

/// The settings for password hashing.
#[derive(Clone, Debug)]
pub struct PasswordSettings {
    /// `PASSWORD_HASHERS` and the costs.
    pub hashers: Hashers,
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
}

impl Passwords {
    /// Creates the service with these settings.
    #[must_use]
    pub fn new(settings: PasswordSettings) -> Self {
        Self { settings: Arc::new(settings), pool: Arc::default() }
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

    /// Checks a password against a stored hash, or spends the same time if there is none (an unknown user).
    ///
    /// [`Busy`] if too many passwords are waiting already.
    pub async fn check_password(&self, password: &str, encoded: Option<&str>) -> Result<Verdict, Busy> {
        let hashers = self.settings.hashers.clone();
        let (password, encoded) = (password.to_owned(), encoded.map(str::to_owned));
        let check = move || match encoded {
            Some(encoded) => hashers.check_password(&password, &encoded),
            None => {
                hashers.hash_dummy(&password);
                Verdict::Incorrect
            }
        };
        self.pool()?.run(check).await
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

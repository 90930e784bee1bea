//! The settings of connections.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::conf::{Env, ImproperlyConfigured, Setting};

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "MAX_CONNECTIONS",
        "Connections of clients at a time. At the limit, those that have waited longest for their client are \
         closed.",
    )
    .default_description("10,000, or three quarters of the limit of open files"),
    Setting::new(
        "REQUEST_HEAD_TIMEOUT",
        "Seconds that a request's head may take. Then the answer is 408 and the connection is closed.",
    )
    .default("5"),
    Setting::new(
        "REQUEST_BODY_IDLE_TIMEOUT",
        "Seconds to wait for the next bytes of a body. Then the answer is 408 and the connection is \
         closed.",
    )
    .default("10"),
    Setting::new(
        "REQUEST_BODY_TIMEOUT",
        "Seconds that a whole body may take. Then the answer is 408 and the connection is closed.",
    )
    .default("60"),
    Setting::new(
        "RESPONSE_IDLE_TIMEOUT",
        "Seconds that a client may leave a response unread. Then the connection is closed.",
    )
    .default("60"),
];

/// The most connections by default.
const MAX_CONNECTIONS: u64 = 10_000;

/// Open files that connections leave to the rest of the program: databases, the log, the workers' own.
const RESERVED_FILES: u64 = 64;

/// The deadlines of connections and their number.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionSettings {
    /// `MAX_CONNECTIONS`, of all workers. `None`: 10,000, or less if the limit of open files is low.
    pub max_connections: Option<NonZeroUsize>,
    /// `REQUEST_HEAD_TIMEOUT` (seconds, default 5).
    pub head_timeout: Duration,
    /// `REQUEST_BODY_IDLE_TIMEOUT` (seconds, default 10).
    pub body_idle_timeout: Duration,
    /// `REQUEST_BODY_TIMEOUT` (seconds, default 60).
    pub body_timeout: Duration,
    /// `RESPONSE_IDLE_TIMEOUT` (seconds, default 60).
    pub response_idle_timeout: Duration,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        Self {
            max_connections: None,
            head_timeout: Duration::from_secs(5),
            body_idle_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(60),
            response_idle_timeout: Duration::from_secs(60),
        }
    }
}

impl ConnectionSettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// A setting is not a number from 1 on.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        let default = Self::default();
        let seconds = |name, default| -> Result<_, ImproperlyConfigured> {
            let set: Option<NonZeroU32> = env.optional(name)?;
            Ok(set.map_or(default, |seconds| Duration::from_secs(seconds.get().into())))
        };
        Ok(Self {
            max_connections: env.optional("MAX_CONNECTIONS")?,
            head_timeout: seconds("REQUEST_HEAD_TIMEOUT", default.head_timeout)?,
            body_idle_timeout: seconds("REQUEST_BODY_IDLE_TIMEOUT", default.body_idle_timeout)?,
            body_timeout: seconds("REQUEST_BODY_TIMEOUT", default.body_timeout)?,
            response_idle_timeout: seconds("RESPONSE_IDLE_TIMEOUT", default.response_idle_timeout)?,
        })
    }

    /// The number of connections, below the limit of open files. Raises that limit as far as the system allows.
    pub(super) fn limit(&self) -> usize {
        let files = raise_file_limit();
        let most = files.saturating_sub(RESERVED_FILES).max(1);
        let limit = match self.max_connections.map(|set| u64::try_from(set.get()).unwrap_or(u64::MAX)) {
            Some(set) if set > most => {
                log::warn!("MAX_CONNECTIONS is {set}, but the limit of open files, {files}, allows {most}.");
                most
            }
            Some(set) => set,
            None => MAX_CONNECTIONS.min(files / 4 * 3).min(most).max(1),
        };
        usize::try_from(limit).unwrap_or(usize::MAX)
    }
}

/// Raises the soft limit of open files to the hard one, and returns the limit.
fn raise_file_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let current = limit.current.unwrap_or(u64::MAX);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // macOS refuses an infinite limit. The program then lives with the one it has.
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum.unwrap_or(u64::MAX),
        Err(_) => current,
    }
}

//! The thread that listens for revocations.

use std::os::fd::AsFd;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::revocations::{Revocations, WakeReceiver};
use super::triggers::{CHANNEL, installed_condition, version_query};
use super::{PING_INTERVAL, SELF_TEST_INTERVAL};
use vitamin_framework::database::postgres::notifications::Listener;
use vitamin_framework::database::{Database, DatabaseError};

/// Delay before reconnecting.
const RETRY_DELAY: Duration = Duration::from_millis(500);

const MISSING: &str =
    "its triggers are missing or of another version: `manage install_token_triggers` installs them";
const POOLED: &str = "a connection pooler in front of the database would hold back the notifications; DATABASE_URL must lead to the server itself";

pub(super) fn start(database: Database, revocations: &Arc<Revocations>) {
    let started = revocations.create_waker().and_then(|waker| {
        let revocations = Arc::downgrade(revocations);
        let thread = move || run(&database, &revocations, &waker);
        thread::Builder::new().name("token-notify".to_owned()).spawn(thread)
    });
    if let Err(error) = started {
        log::warn!("{NOT_IN_FORCE}: {error}");
    }
}

/// In `pg_stat_activity`.
const NAME: &str = "vitamin token-notify";
const SELF_TEST_LOST: &str = "its self-test notification did not arrive";
/// The prepared [`version_query`]: it need not be planned each time.
const PING: &str = "vitamin_token_ping";

const NOT_IN_FORCE: &str = "TOKEN_CACHE=bounded is not in force, so each token is looked up in the database";

fn run(database: &Database, revocations: &Weak<Revocations>, waker: &WakeReceiver) {
    let mut log = StateLog::default();
    while revocations.strong_count() > 0 {
        let ended = listen(database, revocations, waker, &mut log);
        let Some(revocations) = revocations.upgrade() else { return };
        revocations.mark_stopped();
        if let Err(error) = ended {
            log.log_exact(&error.to_string());
        }
        drop(revocations);
        thread::sleep(RETRY_DELAY);
    }
}

/// Logs each state once.
#[derive(Default)]
struct StateLog {
    last_message: Option<String>,
}

impl StateLog {
    fn log_exact(&mut self, reason: &str) {
        if self.last_message.as_deref() != Some(reason) {
            log::warn!("{NOT_IN_FORCE}: {reason}");
            self.last_message = Some(reason.to_owned());
        }
    }

    fn log_bounded(&mut self) {
        if self.last_message.as_deref() != Some("") {
            log::info!("TOKEN_CACHE=bounded is in force: listening for revocations.");
            self.last_message = Some(String::new());
        }
    }
}

/// A connection that listens for notifications.
struct ListeningConnection<'a> {
    listener: Listener,
    /// The server process of this connection.
    process_id: i32,
    /// The channel for its own self-tests, which other processes need not receive.
    own_channel: String,
    revocations: &'a Weak<Revocations>,
    /// Number of self-tests that arrived.
    self_tests_returned: u64,
}

impl<'a> ListeningConnection<'a> {
    fn open(database: &Database, revocations: &'a Weak<Revocations>) -> Result<Self, DatabaseError> {
        let mut listener = database.listen()?;
        let process_id = listener.process_id();
        if listener.execute(&format!("SELECT WHERE pg_backend_pid() = {process_id}"))? == 0 {
            return Err(DatabaseError::Unavailable(POOLED.to_owned()));
        }
        let own_channel = format!("{CHANNEL}_{process_id}");
        let ping = version_query(&database.settings().names);
        listener.execute(&format!(
            "SET application_name = '{NAME}'; LISTEN {CHANNEL}; LISTEN {own_channel}; PREPARE {PING} AS {ping}"
        ))?;
        Ok(Self { listener, process_id, own_channel, revocations, self_tests_returned: 0 })
    }

    /// Processes the notifications that have arrived.
    fn read_notifications(&mut self, revocations: &Revocations) {
        while let Some(notification) = self.listener.next_notification() {
            if notification.channel == CHANNEL {
                revocations.invalidate(&notification.payload);
            } else if notification.process_id == self.process_id {
                // Any database user may send notifications, but not as this server process.
                self.self_tests_returned = self.self_tests_returned.saturating_add(1);
            }
        }
    }

    /// Processes notifications until `until`, or until a lookup wakes the listener.
    fn wait_until(
        &mut self,
        revocations: &Revocations,
        until: Instant,
        waker: Option<&WakeReceiver>,
    ) -> Result<(), DatabaseError> {
        loop {
            let remaining = until.saturating_duration_since(Instant::now());
            if remaining.is_zero() {
                return Ok(());
            }
            let woken = self.listener.wait(remaining, waker.map(AsFd::as_fd))?;
            self.read_notifications(revocations);
            if woken {
                return Ok(());
            }
        }
    }

    /// Pings the server, and processes the notifications that come before the reply. Returns the ping's time, and the
    /// version of the triggers.
    fn ping(&mut self, revocations: &Revocations) -> Result<(u64, Option<String>), DatabaseError> {
        let sent = revocations.now();
        let version = self.listener.get_text(&format!("EXECUTE {PING}"))?;
        self.read_notifications(revocations);
        Ok((sent, version))
    }
}

/// Listens on one connection, until it breaks or nothing uses the revocations any more.
fn listen(
    database: &Database,
    revocations: &Weak<Revocations>,
    waker: &WakeReceiver,
    log: &mut StateLog,
) -> Result<(), DatabaseError> {
    let mut connection = ListeningConnection::open(database, revocations)?;
    let self_test = format!(
        "SELECT pg_notify('{}', '') WHERE {}",
        connection.own_channel,
        installed_condition(&database.settings().names)
    );
    // The version of the triggers while the cache is in force: they exist, and no older entry is valid.
    let mut version = None;
    let (mut self_tests_sent, mut next_self_test) = (0, Instant::now());
    while let Some(revocations) = connection.revocations.upgrade() {
        if Instant::now() >= next_self_test {
            next_self_test = Instant::now() + SELF_TEST_INTERVAL;
            if connection.self_tests_returned < self_tests_sent {
                return Err(DatabaseError::Unavailable(SELF_TEST_LOST.to_owned()));
            }
            // Without lookups, the listener sleeps until the next one.
            if !revocations.take_used(waker) && version.is_some() {
                connection.wait_until(&revocations, next_self_test, Some(waker))?;
                next_self_test = Instant::now();
                continue;
            }
            // Read before the test, so that a change after it is noticed.
            let (_, current) = connection.ping(&revocations)?;
            let is_installed = connection.listener.execute(&self_test)? > 0;
            connection.read_notifications(&revocations);
            if !is_installed {
                revocations.mark_stopped();
                version = None;
                log.log_exact(MISSING);
                connection.wait_until(&revocations, next_self_test, None)?;
                continue;
            }
            self_tests_sent += 1;
            if version != current {
                revocations.invalidate_all();
                version = current;
                log.log_bounded();
            }
        }
        let (sent, current) = connection.ping(&revocations)?;
        if current != version {
            log::info!(
                "The triggers of TOKEN_CACHE=bounded, or their tables, were changed: no cached token is used."
            );
            revocations.mark_stopped();
            version = None;
            next_self_test = Instant::now();
            continue;
        }
        revocations.record_ping(sent);
        connection.wait_until(&revocations, Instant::now() + PING_INTERVAL, None)?;
    }
    Ok(())
}

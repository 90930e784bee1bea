//! The thread that listens.

use std::os::fd::AsFd;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::revocations::{Bell, Revocations};
use super::triggers::{CHANNEL, installed_condition};
use super::{HEARTBEAT, PULSE};
use vitamin_framework::database::postgres::notifications::Listener;
use vitamin_framework::database::{Database, DatabaseError};

/// How long it waits before the next connection.
const RETRY: Duration = Duration::from_millis(500);

const MISSING: &str =
    "its triggers are not installed, or are other ones: `manage install_token_triggers` installs them";
const POOLED: &str = "a connection pooler stands before the database, and would keep the notifications; DATABASE_URL must lead to the server itself";

pub(super) fn start(database: Database, revocations: &Arc<Revocations>) {
    let started = revocations.hang_up_bell().and_then(|bell| {
        let revocations = Arc::downgrade(revocations);
        let work = move || work(&database, &revocations, &bell);
        thread::Builder::new().name("token-notify".to_owned()).spawn(work)
    });
    if let Err(error) = started {
        log::warn!("{EXACT}: {error}");
    }
}

/// In `pg_stat_activity`.
const NAME: &str = "vitamin token-notify";
const UNHEARD: &str = "a notification to itself did not come back";
/// The server has nothing to do for it but to answer.
const PULSE_SQL: &str = "";

const EXACT: &str = "TOKEN_CACHE=bounded is not in force, and each token is looked up";

fn work(database: &Database, revocations: &Weak<Revocations>, bell: &Bell) {
    let mut log = Log::default();
    while revocations.strong_count() > 0 {
        let ended = listen(database, revocations, bell, &mut log);
        let Some(revocations) = revocations.upgrade() else { return };
        revocations.silence();
        if let Err(error) = ended {
            log.exact(&error.to_string());
        }
        drop(revocations);
        thread::sleep(RETRY);
    }
}

/// Says each thing once.
#[derive(Default)]
struct Log {
    said: Option<String>,
}

impl Log {
    fn exact(&mut self, reason: &str) {
        if self.said.as_deref() != Some(reason) {
            log::warn!("{EXACT}: {reason}");
            self.said = Some(reason.to_owned());
        }
    }

    fn bounded(&mut self) {
        if self.said.as_deref() != Some("") {
            log::info!("TOKEN_CACHE=bounded is in force: revocations are listened for.");
            self.said = Some(String::new());
        }
    }
}

/// A connection that listens.
struct Ear<'a> {
    listener: Listener,
    /// The server's process that works for it.
    process_id: i32,
    /// The channel of what it sends to itself: other processes need not hear that.
    own: String,
    revocations: &'a Weak<Revocations>,
    /// The heartbeats that came back.
    returned: u64,
}

impl<'a> Ear<'a> {
    fn open(database: &Database, revocations: &'a Weak<Revocations>) -> Result<Self, DatabaseError> {
        let mut listener = database.listen()?;
        let process_id = listener.process_id();
        if listener.execute(&format!("SELECT WHERE pg_backend_pid() = {process_id}"))? == 0 {
            return Err(DatabaseError::Unavailable(POOLED.to_owned()));
        }
        let own = format!("{CHANNEL}_{process_id}");
        listener.execute(&format!("SET application_name = '{NAME}'; LISTEN {CHANNEL}; LISTEN {own}"))?;
        Ok(Self { listener, process_id, own, revocations, returned: 0 })
    }

    /// Notes what has come.
    fn drain(&mut self, revocations: &Revocations) {
        while let Some(notification) = self.listener.next_notification() {
            if notification.channel == CHANNEL {
                revocations.revoke(&notification.payload);
            } else if notification.process_id == self.process_id {
                // Whoever may use the database may notify, but not as this process.
                self.returned = self.returned.saturating_add(1);
            }
        }
    }

    /// Notes what comes until then, or until the bell rings.
    fn rest(
        &mut self,
        revocations: &Revocations,
        until: Instant,
        bell: Option<&Bell>,
    ) -> Result<(), DatabaseError> {
        loop {
            let rest = until.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return Ok(());
            }
            let rang = self.listener.wait(rest, bell.map(AsFd::as_fd))?;
            self.drain(revocations);
            if rang {
                return Ok(());
            }
        }
    }

    /// Asks for a sign of life, and notes what comes before it. Returns when it asked.
    fn ask(&mut self, revocations: &Revocations, sql: &str) -> Result<(u64, usize), DatabaseError> {
        let sent = revocations.now();
        let rows = self.listener.execute(sql)?;
        self.drain(revocations);
        Ok((sent, rows))
    }
}

/// Listens on one connection, until that is lost or nobody uses what is heard any more.
fn listen(
    database: &Database,
    revocations: &Weak<Revocations>,
    bell: &Bell,
    log: &mut Log,
) -> Result<(), DatabaseError> {
    let mut ear = Ear::open(database, revocations)?;
    let heartbeat = format!(
        "SELECT pg_notify('{}', '') WHERE {}",
        ear.own,
        installed_condition(&database.settings().names)
    );
    // Whether what is heard counts: the triggers are there, and nothing is kept from before.
    let mut counts = false;
    let (mut beats, mut next_beat) = (0, Instant::now());
    while let Some(revocations) = ear.revocations.upgrade() {
        if Instant::now() >= next_beat {
            next_beat = Instant::now() + HEARTBEAT;
            if ear.returned < beats {
                return Err(DatabaseError::Unavailable(UNHEARD.to_owned()));
            }
            // Where nobody asks, nobody needs to know, until somebody does.
            if !revocations.take_asked(bell) && counts {
                ear.rest(&revocations, next_beat, Some(bell))?;
                next_beat = Instant::now();
                continue;
            }
            if ear.ask(&revocations, &heartbeat)?.1 == 0 {
                revocations.silence();
                counts = false;
                log.exact(MISSING);
                ear.rest(&revocations, next_beat, None)?;
                continue;
            }
            beats += 1;
            if !counts {
                revocations.revoke_all();
                counts = true;
                log.bounded();
            }
        }
        let (sent, _) = ear.ask(&revocations, PULSE_SQL)?;
        revocations.heard(sent);
        ear.rest(&revocations, Instant::now() + PULSE, None)?;
    }
    Ok(())
}

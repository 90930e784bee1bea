//! Notices a server that stopped answering: it is frozen, or the network drops everything.
//!
//! A client can't tell such a server from one that runs a slow statement. So while a request waits for longer than
//! [`PATIENCE`], a thread asks the server something trivial on a connection of its own. If that is not answered within
//! [`SILENCE`], no request waits any longer, and none begins to, until the answer arrives. An error is an answer too.

use std::pin::pin;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::rt::time::timeout;
use diesel::r2d2::{ManageConnection as _, R2D2Connection as _};

use crate::database::{DatabaseError, DatabaseSettings, DbConnection, Manager};

/// The time that a request waits before the server is asked.
const PATIENCE: Duration = Duration::from_millis(400);
/// The time that the server has to answer.
const SILENCE: Duration = Duration::from_secs(1);
/// How often a waiting request looks whether the server has answered.
const TICK: Duration = Duration::from_millis(50);
/// Delay before a silent server is asked again by a new connection, if the old one broke.
const RETRY_DELAY: Duration = Duration::from_millis(100);
/// The connection is closed if nothing was asked for this long.
const MAX_IDLE: Duration = Duration::from_secs(60);

/// Whether the server answers.
pub(in crate::database) struct Pulse {
    settings: Arc<DatabaseSettings>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Wakes the thread; `None` until it is needed.
    thread: Option<SyncSender<()>>,
    /// Since when an answer is awaited.
    asked_at: Option<Instant>,
}

impl Pulse {
    pub(in crate::database) fn new(settings: &Arc<DatabaseSettings>) -> Arc<Self> {
        Arc::new(Self { settings: Arc::clone(settings), state: Mutex::default() })
    }

    /// Waits for a result, but not while the server does not answer.
    pub(in crate::database) async fn answered<T>(
        self: &Arc<Self>,
        work: impl Future<Output = T>,
    ) -> Result<T, DatabaseError> {
        self.check()?;
        let mut work = pin!(work);
        if let Ok(done) = timeout(PATIENCE, &mut work).await {
            return Ok(done);
        }
        loop {
            self.ask();
            if let Ok(done) = timeout(TICK, &mut work).await {
                return Ok(done);
            }
            self.check()?;
        }
    }

    fn check(&self) -> Result<(), DatabaseError> {
        match self.state().asked_at {
            Some(asked_at) if asked_at.elapsed() >= SILENCE => {
                Err(DatabaseError::Unavailable("the server does not answer".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Asks the server, unless it has been asked already.
    fn ask(self: &Arc<Self>) {
        let mut state = self.state();
        if state.asked_at.is_some() {
            return;
        }
        let asked = state.thread.as_ref().is_some_and(|thread| thread.send(()).is_ok()) || {
            let (sender, receiver) = sync_channel(1);
            let pulse = Arc::downgrade(self);
            let started = thread::Builder::new()
                .name("postgres-pulse".to_owned())
                .spawn(move || run(&pulse, &receiver));
            let asked = started.is_ok() && sender.send(()).is_ok();
            state.thread = Some(sender);
            asked
        };
        state.asked_at = asked.then(Instant::now);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the server each time that something is received, until the database is dropped.
fn run(pulse: &Weak<Pulse>, asked: &Receiver<()>) {
    let Some(manager) = pulse.upgrade().map(|pulse| Manager::new(pulse.settings.as_ref().clone())) else {
        return;
    };
    let mut connection = None;
    loop {
        match asked.recv_timeout(MAX_IDLE) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => {
                connection = None;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while !is_answered(&manager, &mut connection) {
            thread::sleep(RETRY_DELAY);
            if pulse.strong_count() == 0 {
                return;
            }
        }
        let Some(pulse) = pulse.upgrade() else { return };
        pulse.state().asked_at = None;
    }
}

/// Returns false if the server was silent until libpq gave up.
fn is_answered(manager: &Manager, connection: &mut Option<DbConnection>) -> bool {
    let since = Instant::now();
    let mut ask = || {
        let mut open = connection.take().map_or_else(|| manager.connect().ok(), Some)?;
        if let DbConnection::Postgres(open) = &mut open {
            open.ping().ok()?;
        }
        *connection = Some(open);
        Some(())
    };
    // An error at once is an answer: the server refuses the connection, or has closed the old one.
    ask().is_some() || since.elapsed() < SILENCE
}

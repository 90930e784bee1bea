//! PostgreSQL without a blocking thread: a worker's own connections, on its own runtime.
//!
//! A connection for reads takes statements while others still run (pipelining): they are sent together, and the server answers them
//! in order. So many requests share a connection, which therefore has no transactions and no session state. It rejects
//! writes.
//!
//! A statement delays those behind it. So a statement that takes longer than [`LIMIT`] is stopped, and its connection is
//! given up, since there may be more of them behind it. All its reads are repeated on pooled connections, as is a read after
//! any other error of the database. Reads from the same place in the code as the slow one then run on the pool for a while.
//!
//! A thread opens a connection at the first read, and further ones while the first are busy. Meanwhile, and if there can
//! be none, reads run on the pool: behind a connection pooler, or if the connection must be encrypted.
//!
//! A connection for writes takes them in the same way: that takes half the processor time of one at a time. Each is a
//! transaction by itself. One that meets a lock, or takes longer than [`LIMIT`], is refused by the server, so that it
//! holds the few behind it up for a moment only, and is repeated on a pooled connection with the limits of the settings.
//! Nothing else is given up or repeated, since what is behind it may have been done.

use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use diesel_async::AsyncPgConnection;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout_at;

use super::heartbeat::Heartbeat;
use super::lease::Lease;
use super::opening::{Opened, Purpose, open};
use super::target::Refusal;
use crate::database::DatabaseSettings;
use crate::database::statements::StatementCount;

/// The time after which a statement is stopped. A page of 20 rows with relations takes 1 ms.
pub(super) const LIMIT: Duration = Duration::from_millis(250);
/// How long reads from the same place run on the pool after one took too long. So such reads occupy a connection for at most
/// an eighth of the time.
const PAUSE: Duration = Duration::from_secs(2);
/// A connection that has not answered for this long is used only if all others are the same.
const STALL: Duration = Duration::from_millis(20);
/// The reads of one connection at a time. Further ones run on the pool.
const MAX_READS: usize = 256;
/// The writes of one connection at a time.
const MAX_WRITES: usize = 16;
/// How long a write on a worker's connection waits for a lock.
pub(super) const LOCK_LIMIT: Duration = Duration::from_millis(50);
/// How long a write waits for a connection. Most take less than 1 ms.
const TURN: Duration = Duration::from_millis(10);
/// Delay before a connection that could not be opened is tried again.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// The same for a server that supports none.
const UNSUPPORTED_DELAY: Duration = Duration::from_secs(60);

thread_local! {
    static PIPELINES: RefCell<Vec<Pipelines>> = const { RefCell::new(Vec::new()) };
}

/// A thread's connections to one database, for one purpose.
struct Pipelines {
    /// Identifies the database.
    settings: Weak<DatabaseSettings>,
    purpose: Purpose,
    connections: Vec<Rc<Pipeline>>,
    opening: Option<oneshot::Receiver<Result<Opened, Refusal>>>,
    not_before: Option<Instant>,
    /// The kinds of reads or writes that took too long, and when.
    paused: Vec<(TypeId, Instant)>,
    /// Wakes a write that waits for a connection.
    freed: Rc<Notify>,
}

pub(super) struct Pipeline {
    pub(super) connection: AsyncPgConnection,
    statements: StatementCount,
    /// The reads or writes that use it.
    uses: Cell<usize>,
    /// When the server last answered, or the connection had nothing to do.
    pub(super) answered_at: Cell<Instant>,
    /// It takes no more statements.
    pub(super) is_lost: Cell<bool>,
    /// The server has ended it.
    is_closed: Arc<AtomicBool>,
    /// Wakes all its reads when it is given up.
    pub(super) given_up: Notify,
    /// It was given up since the server does not answer.
    pub(super) is_frozen: Cell<bool>,
    freed: Rc<Notify>,
}

/// Returns the connection for a read of this kind. `None`: it must run on the pool.
pub(in crate::database) fn lease(
    settings: &Arc<DatabaseSettings>,
    heartbeat: &Arc<Heartbeat>,
    kind: TypeId,
) -> Option<Lease> {
    if settings.read_connections == 0 {
        return None;
    }
    let pipeline = Pipelines::with(settings, Purpose::Reads, |all| all.choose(settings, kind))?;
    Some(Lease::new(pipeline, settings, heartbeat, (Purpose::Reads, kind)))
}

/// Returns a connection for a write of this kind. `None`: it must run on the pool.
pub(in crate::database) async fn lease_for_write(
    settings: &Arc<DatabaseSettings>,
    heartbeat: &Arc<Heartbeat>,
    kind: TypeId,
) -> Option<Lease> {
    if settings.write_connections == 0 || settings.read_only {
        return None;
    }
    let mut until = None;
    loop {
        let (pipeline, freed) = Pipelines::with(settings, Purpose::Writes, |all| {
            let pipeline = all.choose(settings, kind);
            let is_stuck = all.is_paused(kind) || all.connections.iter().all(|one| one.is_stalled());
            // The pool is there at once.
            Some((pipeline, (!is_stuck).then(|| Rc::clone(&all.freed))))
        })?;
        if let Some(pipeline) = pipeline {
            return Some(Lease::new(pipeline, settings, heartbeat, (Purpose::Writes, kind)));
        }
        let until = *until.get_or_insert_with(|| Instant::now() + TURN);
        timeout_at(until.into(), freed?.notified()).await.ok()?;
    }
}

/// Stops reads or writes of this kind from using the worker's connections for a while.
pub(super) fn pause(settings: &Arc<DatabaseSettings>, purpose: Purpose, kind: TypeId) {
    Pipelines::with(settings, purpose, |all| {
        all.paused.push((kind, Instant::now()));
        Some(())
    });
}

impl Pipelines {
    /// Those of the thread.
    fn with<R>(
        settings: &Arc<DatabaseSettings>,
        purpose: Purpose,
        work: impl FnOnce(&mut Self) -> Option<R>,
    ) -> Option<R> {
        PIPELINES.with_borrow_mut(|all| {
            let is_it = |one: &Self| one.purpose == purpose && one.is_of(settings);
            let index = match all.iter().position(is_it) {
                Some(index) => index,
                None => {
                    // Closes the connections to databases that are gone.
                    all.retain(|one| one.settings.strong_count() > 0);
                    all.push(Self::new(settings, purpose));
                    all.len() - 1
                }
            };
            work(all.get_mut(index)?)
        })
    }

    fn new(settings: &Arc<DatabaseSettings>, purpose: Purpose) -> Self {
        Self {
            settings: Arc::downgrade(settings),
            purpose,
            connections: Vec::new(),
            opening: None,
            not_before: None,
            paused: Vec::new(),
            freed: Rc::default(),
        }
    }

    fn is_of(&self, settings: &Arc<DatabaseSettings>) -> bool {
        std::ptr::eq(self.settings.as_ptr(), Arc::as_ptr(settings))
    }

    /// The connection with the fewest uses that makes progress. Opens another one if it has any.
    fn choose(&mut self, settings: &Arc<DatabaseSettings>, kind: TypeId) -> Option<Rc<Pipeline>> {
        if self.is_paused(kind) {
            return None;
        }
        // Those of reads in progress stay open until these end.
        self.connections.retain(|one| !one.is_over() && !one.statements.is_full());
        self.take_opened();
        let best = self.connections.iter().min_by_key(|one| (one.is_stalled(), one.uses.get())).cloned();
        let is_busy = best.as_ref().is_none_or(|best| best.uses.get() > 0);
        let (connections, uses) = match self.purpose {
            Purpose::Reads => (settings.read_connections, MAX_READS),
            Purpose::Writes => (settings.write_connections, MAX_WRITES),
        };
        if is_busy && self.connections.len() < connections as usize {
            self.open_another(settings);
        }
        let may_wait = self.purpose == Purpose::Reads;
        best.filter(|best| best.uses.get() < uses && (may_wait || !best.is_stalled()))
    }

    fn is_paused(&mut self, kind: TypeId) -> bool {
        if self.paused.is_empty() {
            return false;
        }
        self.paused.retain(|(_, since)| since.elapsed() < PAUSE);
        self.paused.iter().any(|(paused, _)| *paused == kind)
    }

    fn open_another(&mut self, settings: &Arc<DatabaseSettings>) {
        if self.opening.is_some() || self.not_before.is_some_and(|time| Instant::now() < time) {
            return;
        }
        let (sender, receiver) = oneshot::channel();
        let (settings, purpose, freed) = (Arc::clone(settings), self.purpose, Rc::clone(&self.freed));
        // On this runtime, since the connection's own task runs where it is opened.
        actix_web::rt::spawn(async move {
            let _ = sender.send(open(settings, purpose).await);
            freed.notify_one();
        });
        self.opening = Some(receiver);
    }

    fn take_opened(&mut self) {
        let Some(opening) = &mut self.opening else { return };
        let opened = match opening.try_recv() {
            Err(oneshot::error::TryRecvError::Empty) => return,
            Ok(opened) => opened,
            // The runtime ended.
            Err(oneshot::error::TryRecvError::Closed) => Err(Refusal::Failed(String::new())),
        };
        self.opening = None;
        match opened {
            Ok(opened) => {
                self.not_before = None;
                self.connections.push(Rc::new(Pipeline {
                    connection: opened.connection,
                    statements: opened.statements,
                    uses: Cell::new(0),
                    answered_at: Cell::new(Instant::now()),
                    is_lost: Cell::new(false),
                    is_closed: opened.is_closed,
                    given_up: Notify::new(),
                    is_frozen: Cell::new(false),
                    freed: Rc::clone(&self.freed),
                }));
            }
            Err(refusal) => {
                let delay = match refusal {
                    Refusal::Unsupported(_) => UNSUPPORTED_DELAY,
                    Refusal::Failed(_) => RETRY_DELAY,
                };
                self.not_before = Some(Instant::now() + delay);
            }
        }
    }
}

impl Pipeline {
    /// A statement begins to use it.
    pub(super) fn begin_use(&self) {
        if self.uses.get() == 0 {
            self.answered_at.set(Instant::now());
        }
        self.uses.update(|uses| uses + 1);
    }

    /// A statement uses it no more.
    pub(super) fn end_use(&self) {
        self.uses.update(|uses| uses - 1);
        self.freed.notify_one();
    }

    fn is_over(&self) -> bool {
        self.is_lost.get() || self.is_closed.load(Ordering::Relaxed)
    }

    fn is_stalled(&self) -> bool {
        self.uses.get() > 0 && self.answered_at.get().elapsed() >= STALL
    }

    pub(super) fn give_up(&self) {
        self.is_lost.set(true);
        self.given_up.notify_waiters();
    }
}

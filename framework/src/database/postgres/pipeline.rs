//! Reads on PostgreSQL without a blocking thread: a worker's own connections, on its own runtime.
//!
//! A connection takes statements while others still run (pipelining): they are sent together, and the server answers them
//! in order. So many requests share a connection, which therefore has no transactions and no session state. It rejects
//! writes.
//!
//! A statement delays those behind it. So a statement that takes longer than [`LIMIT`] is stopped, and its connection is
//! given up, since there may be more of them behind it. All its reads are repeated on pooled connections, as is a read after
//! any other error of the database. Reads from the same place in the code as the slow one then run on the pool for a while.
//!
//! A thread opens a connection at the first read, and further ones while the first are busy. Meanwhile, and if there can
//! be none, reads run on the pool: behind a connection pooler, or if the connection must be encrypted.

use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use diesel::deserialize::FromSqlRow;
use diesel::pg::Pg;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::query_dsl::CompatibleType;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel_async::{AsyncConnectionCore, AsyncPgConnection};
use futures_util::TryStreamExt as _;
use futures_util::future::{Either, select};
use tokio::sync::{Notify, oneshot};

use super::heartbeat::{Frozen, Heartbeat, patience};
use super::opening::{Opened, open};
use super::target::Refusal;
use crate::database::named::OUTDATED_PLAN;
use crate::database::renamed_query::RenamedQuery;
use crate::database::statements::StatementCount;
use crate::database::{DatabaseSettings, Names};

/// The time after which a statement is stopped. A page of 20 rows with relations takes 1 ms.
const LIMIT: Duration = Duration::from_millis(250);
/// How long reads from the same place run on the pool after one took too long. So such reads occupy a connection for at most
/// an eighth of the time.
const PAUSE: Duration = Duration::from_secs(2);
/// A connection that has not answered for this long is used only if all others are the same.
const STALL: Duration = Duration::from_millis(20);
/// The reads of one connection at a time. Further ones run on the pool.
const MAX_READS: usize = 256;
/// Delay before a connection that could not be opened is tried again.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// The same for a server that supports none.
const UNSUPPORTED_DELAY: Duration = Duration::from_secs(60);

/// A row of a pipelined statement.
type PipelinedRow = <AsyncPgConnection as AsyncConnectionCore>::Row<'static, 'static>;

thread_local! {
    static PIPELINES: RefCell<Vec<Pipelines>> = const { RefCell::new(Vec::new()) };
}

/// A thread's connections to one database.
struct Pipelines {
    /// Identifies the database.
    settings: Weak<DatabaseSettings>,
    connections: Vec<Rc<Pipeline>>,
    opening: Option<oneshot::Receiver<Result<Opened, Refusal>>>,
    not_before: Option<Instant>,
    /// The kinds of reads that took too long, and when.
    paused: Vec<(TypeId, Instant)>,
}

struct Pipeline {
    connection: AsyncPgConnection,
    statements: StatementCount,
    reads: Cell<usize>,
    /// When the server last answered, or the connection had nothing to do.
    answered_at: Cell<Instant>,
    /// It takes no more reads.
    is_lost: Cell<bool>,
    /// Wakes all its reads when it is given up.
    given_up: Notify,
    /// It was given up since the server does not answer.
    is_frozen: Cell<bool>,
}

/// A connection for one read.
pub(crate) struct Lease {
    pipeline: Rc<Pipeline>,
    settings: Arc<DatabaseSettings>,
    heartbeat: Arc<Heartbeat>,
    kind: TypeId,
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
    let pipeline = PIPELINES.with_borrow_mut(|all| {
        let index = match all.iter().position(|one| one.is_of(settings)) {
            Some(index) => index,
            None => {
                // Closes the connections to databases that are gone.
                all.retain(|one| one.settings.strong_count() > 0);
                all.push(Pipelines::new(settings));
                all.len() - 1
            }
        };
        all.get_mut(index)?.choose(settings, kind)
    })?;
    if pipeline.reads.get() == 0 {
        pipeline.answered_at.set(Instant::now());
    }
    pipeline.reads.update(|reads| reads + 1);
    Some(Lease { pipeline, settings: Arc::clone(settings), heartbeat: Arc::clone(heartbeat), kind })
}

impl Pipelines {
    fn new(settings: &Arc<DatabaseSettings>) -> Self {
        Self {
            settings: Arc::downgrade(settings),
            connections: Vec::new(),
            opening: None,
            not_before: None,
            paused: Vec::new(),
        }
    }

    fn is_of(&self, settings: &Arc<DatabaseSettings>) -> bool {
        std::ptr::eq(self.settings.as_ptr(), Arc::as_ptr(settings))
    }

    /// The connection with the fewest reads that makes progress. Opens another one if it has any.
    fn choose(&mut self, settings: &Arc<DatabaseSettings>, kind: TypeId) -> Option<Rc<Pipeline>> {
        if self.is_paused(kind) {
            return None;
        }
        // Those of reads in progress stay open until these end.
        self.connections.retain(|one| !one.is_lost.get() && !one.statements.is_full());
        self.take_opened();
        let best = self.connections.iter().min_by_key(|one| (one.is_stalled(), one.reads.get())).cloned();
        let is_busy = best.as_ref().is_none_or(|best| best.reads.get() > 0);
        if is_busy && self.connections.len() < settings.read_connections as usize {
            self.open_another(settings);
        }
        best.filter(|best| best.reads.get() < MAX_READS)
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
        let settings = Arc::clone(settings);
        // On this runtime, since the connection's own task runs where it is opened.
        tokio::spawn(async move {
            let _ = sender.send(open(settings, LIMIT).await);
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
                    reads: Cell::new(0),
                    answered_at: Cell::new(Instant::now()),
                    is_lost: Cell::new(false),
                    given_up: Notify::new(),
                    is_frozen: Cell::new(false),
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
    fn is_stalled(&self) -> bool {
        self.reads.get() > 0 && self.answered_at.get().elapsed() >= STALL
    }

    fn give_up(&self) {
        self.is_lost.set(true);
        self.given_up.notify_waiters();
    }
}

impl Lease {
    /// Returns the database's table and column names.
    pub(crate) fn names(&self) -> &Names {
        &self.settings.names
    }

    /// Runs statements of this connection. `None` if they must be repeated on the pool, where all errors of the database are
    /// met again, but that the server does not answer.
    pub(crate) async fn run<T>(
        &self,
        work: impl Future<Output = Result<T, QueryError>>,
    ) -> Option<Result<T, QueryError>> {
        let (work, given_up) = (pin!(work), pin!(self.pipeline.given_up.notified()));
        let mut work = pin!(select(work, given_up));
        let (started, patience) = (Instant::now(), patience(&self.settings));
        let ended = loop {
            match self.heartbeat.wait_for(&self.settings, patience, work.as_mut()).await {
                Ok(Some(ended)) => break ended,
                // Each of its statements is stopped long before.
                Ok(None) if self.pipeline.answered_at.get().elapsed() >= patience => {}
                Ok(None) if started.elapsed() < self.settings.timeout => continue,
                Ok(None) => self.pause(),
                Err(frozen) => {
                    self.pipeline.is_frozen.set(true);
                    self.pipeline.give_up();
                    return Some(Err(frozen.into()));
                }
            }
            self.pipeline.give_up();
            return None;
        };
        match ended {
            Either::Left((Err(QueryError::DatabaseError(kind, information)), _)) => {
                self.look_at(&kind, information.message());
                None
            }
            Either::Left((result, _)) => Some(result),
            Either::Right(_) if self.pipeline.is_frozen.get() => Some(Err(Frozen.into())),
            Either::Right(_) => None,
        }
    }

    /// Runs a statement, and calls `each` with every row.
    pub(crate) async fn for_each<Q>(
        &self,
        query: Q,
        mut each: impl FnMut(&PipelinedRow) -> Result<(), QueryError>,
    ) -> Result<(), QueryError>
    where
        Q: Query + QueryFragment<Pg> + QueryId,
    {
        let query = RenamedQuery::new(query, self.settings.names.clone());
        let mut rows = (&mut &self.pipeline.connection).load(query).await?;
        while let Some(row) = rows.try_next().await? {
            each(&row)?;
        }
        self.pipeline.answered_at.set(Instant::now());
        Ok(())
    }

    /// Runs a statement, and returns all rows.
    pub(in crate::database) async fn load<U, S, Q>(&self, query: Q) -> Result<Vec<U>, QueryError>
    where
        Q: Query<SqlType: CompatibleType<U, Pg, SqlType = S>> + QueryFragment<Pg> + QueryId,
        U: FromSqlRow<S, Pg>,
    {
        let mut rows = Vec::new();
        let each = |row: &PipelinedRow| {
            rows.push(U::build_from_row(row).map_err(QueryError::DeserializationError)?);
            Ok(())
        };
        self.for_each(query, each).await?;
        Ok(rows)
    }

    fn look_at(&self, kind: &DatabaseErrorKind, message: &str) {
        self.pipeline.answered_at.set(Instant::now());
        let is_lost =
            matches!(kind, DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection)
                || message.starts_with("terminating connection")
                || message == OUTDATED_PLAN;
        if is_lost {
            self.pipeline.is_lost.set(true);
        }
        if message.contains("statement timeout") {
            self.pause();
            self.pipeline.give_up();
        }
    }

    fn pause(&self) {
        PIPELINES.with_borrow_mut(|all| {
            if let Some(one) = all.iter_mut().find(|one| one.is_of(&self.settings)) {
                one.paused.push((self.kind, Instant::now()));
            }
        });
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.pipeline.reads.update(|reads| reads - 1);
    }
}

//! The writer's thread: takes the jobs that wait, and commits them together.

use std::any::TypeId;
use std::collections::HashSet;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::r2d2::ManageConnection as _;
use diesel::result::{DatabaseErrorKind, Error as QueryError};

use super::job::{Job, Outcome};
use crate::database::manager::Manager;
use crate::database::sqlite::transactions::{self, on_sqlite};
use crate::database::{DatabaseError, DatabaseSettings, DbConnection};
use crate::logging::warn_sometimes;

/// Jobs in one transaction. A commit costs as much as about ten short jobs, so more would gain little.
const MAX_JOBS: usize = 128;
/// The time after which a transaction takes no further job. A job that takes longer than this is slow.
const MAX_TIME: Duration = Duration::from_millis(10);

/// If the thread held the write lock for nearly all of this time, it leaves it to other processes for [`LEFT_TO_OTHERS`].
/// They ask for the lock again and again, and would not find it free for long.
const WINDOW: Duration = Duration::from_millis(45);
const LEFT_TO_OTHERS: Duration = Duration::from_millis(5);

type BoxedJob = Box<dyn Job>;

pub(super) struct Batches {
    manager: Manager,
    queue: Receiver<BoxedJob>,
    /// A job that was taken from the queue, but begins the next batch.
    held: Option<BoxedJob>,
    connection: Option<DbConnection>,
    /// Kinds of jobs that were slow the last time. They begin a batch, so that no quick job waits for them to end after
    /// it was run.
    slow: HashSet<TypeId>,
    share: LockShare,
}

/// How much of a window of time the lock was held.
struct LockShare {
    since: Instant,
    held: Duration,
}

impl LockShare {
    fn new() -> Self {
        Self { since: Instant::now(), held: Duration::ZERO }
    }

    /// Counts a transaction that ends now. Returns true at the end of a window with little time for others.
    fn is_greedy(&mut self, begun: Instant) -> bool {
        self.held += begun.elapsed();
        let window = self.since.elapsed();
        if window < WINDOW {
            return false;
        }
        let is_greedy = self.held > window * 9 / 10;
        *self = Self::new();
        is_greedy
    }
}

impl Batches {
    pub(super) fn new(settings: DatabaseSettings, queue: Receiver<BoxedJob>) -> Self {
        let (manager, slow, share) = (Manager::new(settings), HashSet::new(), LockShare::new());
        Self { manager, queue, held: None, connection: None, slow, share }
    }

    /// Runs until the other side of the queue is dropped.
    pub(super) fn run(mut self) {
        while let Some(first) = self.held.take().or_else(|| self.queue.recv().ok()) {
            self.run_batch(first);
        }
    }

    fn run_batch(&mut self, mut first: BoxedJob) {
        // No job is taken before it can run: until then, its request can give up.
        let mut connection = match self.begin() {
            Ok(connection) => connection,
            Err(error) => {
                if first.take() {
                    first.fail(error);
                    first.answer();
                }
                return;
            }
        };
        let begun = Instant::now();
        let mut batch = Batch { connection: &mut connection, jobs: Vec::new(), culprit: None };
        let ran = self.run_jobs(&mut batch, first);
        let Batch { mut jobs, culprit, .. } = batch;
        let committed = ran.and_then(|()| on_sqlite(&mut connection, transactions::commit));
        match committed {
            // After some errors of the disk it must be opened again.
            Ok(()) => self.connection = Some(connection).filter(|one| !one.has_failed()),
            Err(error) => {
                let error = format!("a transaction of several writes failed: {error}");
                warn_sometimes(module_path!(), &format!("Writes were rolled back: {error}"));
                for (index, job) in jobs.iter_mut().enumerate() {
                    if culprit != Some(index) {
                        job.fail(DatabaseError::Unavailable(error.clone()));
                    }
                }
                // Otherwise dropping the connection rolls back.
                if on_sqlite(&mut connection, transactions::rollback).is_ok() && !connection.has_failed() {
                    self.connection = Some(connection);
                }
            }
        }
        jobs.into_iter().for_each(|job| job.answer());
        if self.share.is_greedy(begun) {
            thread::sleep(LEFT_TO_OTHERS);
        }
    }

    /// Begins a transaction. Waits for other processes as long as `DATABASE_TIMEOUT`.
    fn begin(&mut self) -> Result<DbConnection, DatabaseError> {
        let kept = self.connection.take();
        // Unless the file was replaced.
        let kept = kept.and_then(|mut kept| self.manager.is_valid(&mut kept).is_ok().then_some(kept));
        let connect =
            || self.manager.connect().map_err(|error| DatabaseError::Unavailable(error.to_string()));
        let mut connection = kept.map_or_else(connect, Ok)?;
        match on_sqlite(&mut connection, transactions::begin_immediate) {
            Ok(()) => Ok(connection),
            Err(error) => {
                if on_sqlite(&mut connection, transactions::depth).is_ok_and(|depth| depth == 0)
                    && !connection.has_failed()
                {
                    self.connection = Some(connection);
                }
                Err(error.into())
            }
        }
    }

    /// Runs the jobs that wait now. After an error the transaction can't be committed.
    fn run_jobs(&mut self, batch: &mut Batch<'_>, first: BoxedJob) -> QueryResult<()> {
        let started = Instant::now();
        let mut next = Some(first);
        while let Some(job) = next.take() {
            if job.take() {
                let (kind, job_started) = (job.kind(), Instant::now());
                batch.run(job)?;
                if job_started.elapsed() >= MAX_TIME {
                    self.slow.insert(kind);
                } else {
                    self.slow.remove(&kind);
                }
            }
            if batch.jobs.len() >= MAX_JOBS || started.elapsed() >= MAX_TIME {
                break;
            }
            next = self.queue.try_recv().ok();
            if next.as_ref().is_some_and(|next| !batch.jobs.is_empty() && self.slow.contains(&next.kind())) {
                self.held = next.take();
            }
        }
        Ok(())
    }
}

/// A transaction, and the jobs that ran in it.
struct Batch<'a> {
    connection: &'a mut DbConnection,
    jobs: Vec<BoxedJob>,
    /// The job whose own error ended the transaction.
    culprit: Option<usize>,
}

impl Batch<'_> {
    /// Runs one job in a savepoint. After an error the transaction can't be committed.
    fn run(&mut self, job: BoxedJob) -> QueryResult<()> {
        // Kept first, since each job must be answered.
        self.jobs.push(job);
        let index = self.jobs.len() - 1;
        let Some(job) = self.jobs.last_mut() else { return Ok(()) };
        on_sqlite(self.connection, transactions::savepoint)?;
        if job.run(self.connection) == Outcome::Failed {
            // Some errors, such as a trigger's RAISE(ROLLBACK), end the whole transaction.
            return on_sqlite(self.connection, transactions::undo)
                .inspect_err(|_| self.culprit = Some(index));
        }
        if on_sqlite(self.connection, transactions::has_deferred_violations)? {
            // What COMMIT would report.
            let message = Box::new("FOREIGN KEY constraint failed".to_owned());
            let error = QueryError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, message);
            job.fail(error.into());
            return on_sqlite(self.connection, transactions::undo);
        }
        on_sqlite(self.connection, transactions::release)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_left_to_others_if_it_was_held_all_the_time() {
        let ago = |milliseconds| Instant::now() - Duration::from_millis(milliseconds);
        let mut share = LockShare { since: ago(20), held: Duration::ZERO };
        assert!(!share.is_greedy(ago(20)), "too soon");
        share.since = ago(50);
        assert!(!share.is_greedy(ago(20)), "40 of 50 ms");
        assert_eq!(share.held, Duration::ZERO, "another window began");
        let mut share = LockShare { since: ago(50), held: Duration::from_millis(30) };
        assert!(share.is_greedy(ago(19)));
    }
}

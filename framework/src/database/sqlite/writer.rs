//! The one thread that writes to a SQLite database, and commits what waits together.
//!
//! A batch is one `BEGIN IMMEDIATE … COMMIT`. Each job in it has a savepoint, so it fails alone. No job is answered
//! before the commit, since even a failed one may have seen what another wrote. If the commit fails, all of them fail.

mod batch;
mod job;

use std::panic::resume_unwind;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use actix_web::rt::time::timeout;
use tokio::sync::oneshot;

use self::batch::Batches;
use self::job::{Answer, Job, Pending, Ticket, WithdrawOnDrop};
use crate::database::{DatabaseError, DatabaseSettings, DbConnection};
use crate::request_scope::RequestScope;

/// Jobs that may wait. More would take longer than most clients wait.
const QUEUE: usize = 1024;

type Queue = SyncSender<Box<dyn Job>>;

/// The writer of one database. Its thread ends when this is dropped.
pub(in crate::database) struct Writer {
    settings: Arc<DatabaseSettings>,
    /// None until the first job.
    queue: Mutex<Option<Queue>>,
}

/// Returns whether a database has a writer. A URI may name a database in memory, of which each connection has another.
pub(in crate::database) fn is_for(settings: &DatabaseSettings) -> bool {
    settings.url.sqlite_file().is_some()
}

impl Writer {
    pub(in crate::database) fn new(settings: &Arc<DatabaseSettings>) -> Self {
        Self { settings: Arc::clone(settings), queue: Mutex::default() }
    }

    /// Runs a job in a transaction, and returns once it is committed. Requires actix-web's runtime.
    pub(in crate::database) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let unavailable = |why: &str| E::from(DatabaseError::Unavailable(why.to_owned()));
        let since = Instant::now();
        let (answer, mut answered) = oneshot::channel();
        let ticket = Ticket::default();
        self.submit(Box::new(Pending::new(work, ticket.clone(), RequestScope::current(), answer)))?;
        let withdraw = WithdrawOnDrop(ticket);
        let left = self.settings.timeout.saturating_sub(since.elapsed());
        let answer = match timeout(left, &mut answered).await {
            Ok(answer) => answer,
            Err(_) if withdraw.0.take() => return Err(unavailable("timed out waiting for other writes")),
            // It has begun, and so it may be committed.
            Err(_) => answered.await,
        };
        match answer {
            Ok(Answer::Returned(result)) => result,
            Ok(Answer::Panicked(payload)) => resume_unwind(payload),
            Err(_) => Err(unavailable("the writer thread ended")),
        }
    }

    fn submit(&self, mut job: Box<dyn Job>) -> Result<(), DatabaseError> {
        let unavailable = |why: String| DatabaseError::Unavailable(why);
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = &*queue {
            match queue.try_send(job) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(_)) => return Err(unavailable("too many writes wait".to_owned())),
                // The thread panicked.
                Err(TrySendError::Disconnected(returned)) => job = returned,
            }
        }
        let (sender, receiver) = sync_channel(QUEUE);
        let batches = Batches::new(self.settings.as_ref().clone(), receiver);
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || batches.run())
            .map_err(|error| unavailable(format!("the writer thread can't be started: {error}")))?;
        let sent = sender.try_send(job).map_err(|error| unavailable(error.to_string()));
        *queue = Some(sender);
        sent
    }
}

#[cfg(test)]
mod tests;

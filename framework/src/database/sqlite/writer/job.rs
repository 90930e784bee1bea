//! What a request passes to the writer.

use std::any::{Any, TypeId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;

use crate::database::{DatabaseError, DbConnection};
use crate::request_scope::RequestScope;

/// The right to decide on a job: the writer takes it to run the job, the request takes it to give up.
#[derive(Clone, Default)]
pub(super) struct Ticket(Arc<AtomicBool>);

impl Ticket {
    /// Returns true for the first caller only.
    pub(super) fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// Withdraws a waiting job if the request is dropped.
pub(super) struct WithdrawOnDrop(pub(super) Ticket);

impl Drop for WithdrawOnDrop {
    fn drop(&mut self) {
        self.0.take();
    }
}

/// The end of a job, as its request learns it.
pub(super) enum Answer<T, E> {
    Returned(Result<T, E>),
    Panicked(Box<dyn Any + Send>),
}

/// How a job's queries ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Succeeded,
    Failed,
}

/// A waiting job, of any type.
pub(super) trait Job: Send {
    /// Identifies the place in the code that made the job.
    fn kind(&self) -> TypeId;
    /// Returns whether the job must be run: the request still waits for it.
    fn take(&self) -> bool;
    /// Runs the queries, once. A panic is a failure.
    fn run(&mut self, connection: &mut DbConnection) -> Outcome;
    /// Replaces the result of the queries.
    fn fail(&mut self, error: DatabaseError);
    /// Answers the request.
    fn answer(self: Box<Self>);
}

/// A job with the types of its request.
pub(super) struct Pending<F, T, E> {
    work: Option<F>,
    ticket: Ticket,
    request: RequestScope,
    result: Option<Answer<T, E>>,
    answer: oneshot::Sender<Answer<T, E>>,
}

impl<F, T, E> Pending<F, T, E> {
    pub(super) const fn new(
        work: F,
        ticket: Ticket,
        request: RequestScope,
        answer: oneshot::Sender<Answer<T, E>>,
    ) -> Self {
        Self { work: Some(work), ticket, request, result: None, answer }
    }
}

impl<F, T, E> Job for Pending<F, T, E>
where
    F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    T: Send,
    E: From<DatabaseError> + Send,
{
    fn kind(&self) -> TypeId {
        TypeId::of::<F>()
    }

    fn take(&self) -> bool {
        self.ticket.take()
    }

    fn run(&mut self, connection: &mut DbConnection) -> Outcome {
        let Some(work) = self.work.take() else { return Outcome::Failed };
        let work = || catch_unwind(AssertUnwindSafe(|| work(connection)));
        let (outcome, result) = match self.request.run(work) {
            Ok(Ok(value)) => (Outcome::Succeeded, Answer::Returned(Ok(value))),
            Ok(Err(error)) => (Outcome::Failed, Answer::Returned(Err(error))),
            Err(payload) => (Outcome::Failed, Answer::Panicked(payload)),
        };
        self.result = Some(result);
        outcome
    }

    fn fail(&mut self, error: DatabaseError) {
        if !matches!(self.result, Some(Answer::Panicked(_))) {
            self.result = Some(Answer::Returned(Err(error.into())));
        }
    }

    fn answer(self: Box<Self>) {
        if let Some(result) = self.result {
            // The request may be gone.
            let _ = self.answer.send(result);
        }
    }
}

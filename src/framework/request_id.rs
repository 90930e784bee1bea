//! The id of the request that is being answered, so that every log line can name it.
//!
//! It belongs to the task on a request's thread and is handed on to blocking work by whoever starts that.

use std::future::Future;

use uuid::Uuid;

tokio::task_local! {
    static CURRENT: Option<Uuid>;
}

/// The id of the request at hand, or `None` outside of one.
#[must_use]
pub fn current() -> Option<Uuid> {
    CURRENT.try_with(|id| *id).ok().flatten()
}

/// Runs a future as part of a request.
pub fn scope<F: Future>(id: Uuid, future: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(Some(id), future)
}

/// Runs blocking work as part of the request that asked for it.
pub fn sync_scope<T>(id: Option<Uuid>, work: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(id, work)
}

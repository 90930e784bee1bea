//! What code finds of the current request without being passed it: its id and its language. Work for the request on another
//! thread takes it along.

use uuid::Uuid;

use super::request_id;
use super::translation::{self, Translation};

/// The request that a thread works for, if any.
#[derive(Clone, Copy, Default)]
pub(crate) struct RequestScope {
    id: Option<Uuid>,
    translation: Option<&'static Translation>,
}

impl RequestScope {
    /// That of this thread.
    pub(crate) fn current() -> Self {
        Self { id: request_id::current(), translation: translation::active() }
    }

    /// Runs work for this request.
    pub(crate) fn run<T>(self, work: impl FnOnce() -> T) -> T {
        let _active = translation::activate(self.translation);
        request_id::scope(self.id, work)
    }
}

//! Work that waits for the commit of a transaction (`on_commit` of `django/db/transaction.py`).

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::TransactionManager;

use super::DbConnection;
use super::manager::on_variant;
use super::named::RenamingConnection;
use super::statements::Statements;
use crate::request_scope::RequestScope;

type Callback = Box<dyn FnOnce() + Send>;

/// The callbacks of a connection's open transaction. Each has the number of open transactions and savepoints that it is
/// within.
#[derive(Default)]
pub(super) struct Callbacks(Vec<(u32, Callback)>);

impl Callbacks {
    /// A transaction or a savepoint was committed, and `depth` are still open. Runs the callbacks if none is.
    pub(super) fn committed(&mut self, depth: u32) {
        if depth > 0 {
            self.0.iter_mut().for_each(|(within, _)| *within = depth.min(*within));
            return;
        }
        for (_, callback) in std::mem::take(&mut self.0) {
            run(callback);
        }
    }

    /// A transaction or a savepoint was rolled back, and `depth` are still open. Drops its callbacks.
    pub(super) fn rolled_back(&mut self, depth: u32) {
        self.0.retain(|(within, _)| *within <= depth);
    }

    /// Whether there is none.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What was written is committed, whatever the callback does: a panic ends nothing else.
fn run(callback: Callback) {
    if catch_unwind(AssertUnwindSafe(callback)).is_err() {
        log::error!("a callback of on_commit panicked");
    }
}

impl<C: Statements> RenamingConnection<C> {
    /// The number of transactions and savepoints that are open, with one that is [still to
    /// begin](super::late_transactions). None after an error that ended them.
    pub(super) fn depth(&mut self) -> u32 {
        if self.late().is_pending() {
            return 1;
        }
        let status = C::TransactionManager::transaction_manager_status_mut(self.raw());
        status.transaction_depth().ok().flatten().map_or(0, std::num::NonZeroU32::get)
    }

    fn on_commit(&mut self, callback: Callback) {
        match self.depth() {
            0 => run(callback),
            depth => self.callbacks().0.push((depth, callback)),
        }
    }
}

impl DbConnection {
    /// Runs a callback once the outermost transaction is committed, and at once if none is open. It is dropped if the
    /// transaction is rolled back, or the savepoint that it was added in.
    ///
    /// It runs on the thread that commits, before the answer. On SQLite that is the one of all writes, so it must be short:
    /// what takes long belongs on another thread. A panic is logged.
    pub fn on_commit(&mut self, callback: impl FnOnce() + Send + 'static) {
        let scope = RequestScope::current();
        let callback = Box::new(move || scope.run(callback));
        on_variant!(self, |connection| connection.on_commit(callback));
    }

    /// Whether a transaction is open.
    pub(crate) fn is_in_transaction(&mut self) -> bool {
        on_variant!(self, |connection| connection.depth()) > 0
    }

    /// Forgets the callbacks of a transaction whose work is repeated.
    pub(super) fn forget_callbacks(&mut self) {
        on_variant!(self, |connection| connection.callbacks().rolled_back(0));
    }
}

#[cfg(test)]
mod tests;

//! Transactions that begin with the first statement that needs one.
//!
//! On PostgreSQL a statement is atomic by itself, and each statement of a transaction sees what was committed before it
//! (`READ COMMITTED`). So it makes no difference whether the queries before the first change are within the transaction,
//! and a change that is the only one needs none. `BEGIN` and `COMMIT` are a round trip each.
//!
//! A connection in such a transaction sends `BEGIN` before any statement but two: the query of a query set, which neither
//! changes nor locks anything, and a change that its caller knows to be the last statement. So what an app runs itself is
//! in the transaction, with all that follows.
//!
//! With another isolation level all queries must see one state, and behind a connection pooler those outside of a
//! transaction may reach a server that lags behind. There the transaction begins at once.

use diesel::QueryResult;
use diesel::connection::{Connection, TransactionManager as _};

use super::manager::on_variant;
use super::named::RenamingConnection;
use super::returning::{TransactionError, finish};
use super::{DatabaseError, DbConnection};

/// What a connection knows of late transactions.
#[derive(Default)]
pub(super) struct LateTransaction {
    /// Its transactions may begin late.
    is_supported: bool,
    /// There is one that has not begun.
    is_pending: bool,
}

impl LateTransaction {
    pub(super) const fn is_pending(&self) -> bool {
        self.is_pending
    }
}

impl<C: Connection> RenamingConnection<C> {
    /// Lets transactions begin late, if `is_supported`.
    #[cfg(feature = "postgres")]
    pub(super) fn with_late_transactions(mut self, is_supported: bool) -> Self {
        self.late().is_supported = is_supported;
        self
    }

    /// Begins the transaction that has not begun yet, if there is one. After an error the next statement tries again: none
    /// may run outside.
    pub(super) fn begin_late(&mut self) -> QueryResult<()> {
        if self.late().is_pending {
            C::TransactionManager::begin_transaction(self.raw())?;
            self.late().is_pending = false;
        }
        Ok(())
    }
}

impl DbConnection {
    /// [`atomic`](Self::atomic), where the transaction begins late if that makes no difference.
    ///
    /// # Errors
    /// As `atomic`.
    pub(super) fn atomic_late<T, E: From<DatabaseError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let is_late =
            on_variant!(self, |connection| connection.late().is_supported && connection.depth() == 0);
        if !is_late {
            return self.atomic(work);
        }
        on_variant!(self, |connection| {
            connection.callbacks().rolled_back(0);
            connection.late().is_pending = true;
        });
        // If it panics, the pool closes the connection.
        let result = work(self);
        let is_pending = on_variant!(self, |connection| std::mem::take(&mut connection.late().is_pending));
        if !is_pending {
            return finish(self, result.map_err(TransactionError::Work))
                .map_err(TransactionError::into_error);
        }
        on_variant!(self, |connection| match &result {
            Ok(_) => connection.callbacks().committed(0),
            Err(_) => connection.callbacks().rolled_back(0),
        });
        result
    }

    /// Whether it is in the transaction of a [`Database::write`](super::Database::write) that has not begun, as only query
    /// sets were read so far. Then a change that is the last statement needs no transaction.
    #[must_use]
    pub fn is_before_transaction(&mut self) -> bool {
        on_variant!(self, |connection| connection.late().is_pending && connection.callbacks().is_empty())
    }
}

#[cfg(test)]
#[cfg(feature = "postgres")]
mod tests;

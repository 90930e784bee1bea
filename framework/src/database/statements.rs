//! Bounds the prepared statements that a connection keeps.
//!
//! diesel keeps each statement for as long as the connection lives. A client chooses the combination of filters and
//! orderings, and so the statement's text.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::QueryResult;
use diesel::connection::{
    CacheSize, Connection, Instrumentation, InstrumentationEvent, get_default_instrumentation,
};

/// A connection keeps at most this many statements, of 5 to 20 KB each on SQLite. The next one drops all of them.
/// Preparing an application's usual statements again takes a few milliseconds.
pub(super) const MAX_STATEMENTS: usize = 500;

/// A connection whose prepared statements can be dropped.
pub trait Statements: Connection {
    /// Drops all prepared statements.
    ///
    /// # Errors
    /// The server still keeps them.
    fn drop_statements(&mut self) -> QueryResult<()>;
}

fn clear_cache(connection: &mut impl Connection) {
    connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    connection.set_prepared_statement_cache_size(CacheSize::Unbounded);
}

impl Statements for diesel::SqliteConnection {
    fn drop_statements(&mut self) -> QueryResult<()> {
        clear_cache(self);
        Ok(())
    }
}

#[cfg(feature = "postgres")]
impl Statements for diesel::PgConnection {
    fn drop_statements(&mut self) -> QueryResult<()> {
        use diesel::connection::SimpleConnection as _;

        clear_cache(self);
        self.batch_execute("DEALLOCATE ALL")
    }
}

/// Counts the statements that diesel adds to a connection's cache.
pub(super) struct StatementCount(Arc<AtomicUsize>);

impl StatementCount {
    /// Counts from now on. The connection's cache is empty, or has few statements.
    pub(super) fn new(connection: &mut impl Connection) -> Self {
        let count = Self(Arc::default());
        count.set_instrumentation(connection, get_default_instrumentation());
        count
    }

    /// Replaces the instrumentation that sees the connection's events.
    pub(super) fn set_instrumentation(
        &self,
        connection: &mut impl Connection,
        instrumentation: impl Instrumentation,
    ) {
        let counter = Counter { cached: Arc::clone(&self.0), next: Box::new(instrumentation) };
        connection.set_instrumentation(counter);
    }

    /// Whether the connection must drop its statements; starts to count anew if it must.
    pub(super) fn is_full(&self) -> bool {
        // Only the thread that has the connection changes it.
        let is_full = self.0.load(Ordering::Relaxed) >= MAX_STATEMENTS;
        if is_full {
            self.0.store(0, Ordering::Relaxed);
        }
        is_full
    }
}

struct Counter {
    cached: Arc<AtomicUsize>,
    next: Box<dyn Instrumentation>,
}

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::CacheQuery { .. } = event {
            self.cached.fetch_add(1, Ordering::Relaxed);
        }
        self.next.on_connection_event(event);
    }
}

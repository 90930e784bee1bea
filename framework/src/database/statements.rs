//! Bounds the prepared statements that a connection keeps.
//!
//! diesel keeps each statement for as long as the connection lives. A client chooses the combination of filters and
//! orderings, and so the statement's text.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use diesel::QueryResult;
use diesel::connection::{
    CacheSize, Connection, Instrumentation, InstrumentationEvent, get_default_instrumentation,
};

use super::failures::ends_connection;

/// A connection with more statements, of 5 to 20 KB each on SQLite, drops all of them before its next query. Preparing an
/// application's usual statements again takes a few milliseconds.
const MAX_STATEMENTS: usize = 500;

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

/// Counts the statements that diesel adds to a connection's cache, and notes an error after which the connection must not
/// be used again. Some errors are known here only, since they occur while rows are read.
pub(super) struct StatementCount(Arc<Seen>);

#[derive(Default)]
struct Seen {
    cached: AtomicUsize,
    has_failed: AtomicBool,
}

impl StatementCount {
    /// Counts from now on. The connection's cache is empty, or has few statements.
    pub(super) fn new(connection: &mut impl Connection) -> Self {
        let count = Self(Arc::default());
        count.set_instrumentation(connection, get_default_instrumentation());
        count
    }

    /// Counts from now on, by an instrumentation for a new connection.
    #[cfg(feature = "postgres")]
    pub(super) fn with_counter() -> (Self, impl Instrumentation) {
        let count = Self(Arc::default());
        let counter = Counter { seen: Arc::clone(&count.0), next: Box::new(get_default_instrumentation()) };
        (count, counter)
    }

    /// Replaces the instrumentation that sees the connection's events.
    pub(super) fn set_instrumentation(
        &self,
        connection: &mut impl Connection,
        instrumentation: impl Instrumentation,
    ) {
        let counter = Counter { seen: Arc::clone(&self.0), next: Box::new(instrumentation) };
        connection.set_instrumentation(counter);
    }

    /// Whether the connection must drop its statements; starts to count anew if it must.
    pub(super) fn is_full(&self) -> bool {
        // Only the thread that has the connection changes it.
        let is_full = self.0.cached.load(Ordering::Relaxed) > MAX_STATEMENTS;
        if is_full {
            self.0.cached.store(0, Ordering::Relaxed);
        }
        is_full
    }

    /// Notes an error that diesel does not tell its instrumentation of.
    pub(super) fn note(&self, error: &diesel::result::Error) {
        if ends_connection(error) {
            self.0.has_failed.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the connection must not be used again.
    pub(super) fn has_failed(&self) -> bool {
        self.0.has_failed.load(Ordering::Relaxed)
    }
}

struct Counter {
    seen: Arc<Seen>,
    next: Box<dyn Instrumentation>,
}

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match &event {
            InstrumentationEvent::CacheQuery { .. } => {
                self.seen.cached.fetch_add(1, Ordering::Relaxed);
            }
            InstrumentationEvent::FinishQuery { error: Some(error), .. } if ends_connection(error) => {
                self.seen.has_failed.store(true, Ordering::Relaxed);
            }
            _ => {}
        }
        self.next.on_connection_event(event);
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::DefaultLoadingMode;
    use diesel::prelude::*;

    use super::*;
    use crate::conf::Env;
    use crate::database::{Database, DatabaseSettings, DbConnection};

    diesel::table! {
        numbers (id) {
            id -> Integer,
            n -> Integer,
        }
    }

    #[diesel::declare_sql_function]
    extern "SQL" {
        fn vitamin_statement_bytes() -> diesel::sql_types::Integer;
    }

    /// Runs a query whose text is new for each number, with a cursor that stays open meanwhile.
    fn run(connection: &mut DbConnection, number: i32) {
        let mut query = numbers::table.select(numbers::id).into_boxed();
        for bit in 0..14 {
            query = match number >> bit & 1 {
                0 => query.filter(numbers::n.gt(bit)),
                _ => query.filter(numbers::n.lt(bit)),
            };
        }
        let rows = query.load_iter::<i32, DefaultLoadingMode>(connection).unwrap();
        assert_eq!(rows.count(), 0);
    }

    fn create(connection: &mut DbConnection) {
        let sql = "CREATE TABLE numbers (id integer PRIMARY KEY, n integer NOT NULL)";
        diesel::sql_query(sql).execute(connection).unwrap();
    }

    #[test]
    fn sqlite_keeps_a_bounded_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db").to_str().unwrap().to_owned();
        let env = Env::from_iter([("DATABASE_URL", path.as_str())]);
        let database = Database::new(&DatabaseSettings::from_env(&env).unwrap()).creating_file();
        let connection = &mut *database.get().unwrap();
        create(connection);
        let mut bytes = |numbers: std::ops::Range<i32>| {
            {
                numbers.map(|number| {
                    run(connection, number);
                    diesel::select(vitamin_statement_bytes()).get_result::<i32>(connection).unwrap()
                })
            }
            .max()
            .unwrap()
        };
        let few = bytes(0..400);
        let many = bytes(400..2000);
        assert!(few > 1_000_000 && many < few * 3 / 2, "{few} bytes for 400, {many} bytes later");
    }

    #[test]
    fn other_instrumentation_still_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db").to_str().unwrap().to_owned();
        let env = Env::from_iter([("DATABASE_URL", path.as_str())]);
        let database = Database::new(&DatabaseSettings::from_env(&env).unwrap()).creating_file();
        let connection = &mut *database.get().unwrap();
        create(connection);
        let (sender, receiver) = std::sync::mpsc::channel();
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::CacheQuery { .. } = event {
                sender.send(()).unwrap();
            }
        });
        (0..500).chain(0..500).for_each(|number| run(connection, number));
        assert_eq!(receiver.try_iter().count(), 500);
        run(connection, 501);
        run(connection, 0);
        assert_eq!(receiver.try_iter().count(), 2, "all were dropped");
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn postgres_keeps_a_bounded_number() {
        use crate::testing::{TestDatabase, TestEnvironment as _};

        let Some(database) = TestDatabase::postgres() else { return };
        let connection = &mut *database.database().get().unwrap();
        create(connection);
        let mut kept = |numbers: std::ops::Range<i32>| {
            numbers.for_each(|number| run(connection, number));
            let count = diesel::dsl::sql::<diesel::sql_types::BigInt>(
                "(SELECT count(*) FROM pg_prepared_statements)",
            );
            diesel::select(count).get_result::<i64>(connection).unwrap()
        };
        assert!((400..420).contains(&kept(0..400)));
        assert!(kept(400..700) < 300);
        assert!(kept(700..2000) <= 501);
    }
}

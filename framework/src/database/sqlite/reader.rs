//! Bounded reads on the request's own thread, for SQLite in WAL mode.
//!
//! A thread has one connection a database, opened at the first read. It never waits and never takes long: a read that
//! meets a lock, or takes longer than [`LIMITS`], is stopped, and the caller repeats it on a pooled connection.

use std::any::TypeId;
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection as _;
use diesel::r2d2::R2D2Connection as _;
use diesel::sql_types::Text;

use super::opening::{Limits, within};
use super::sentinel::{FileLocation, PATH_CHECK_INTERVAL, clock};
use super::transactions::{self, on_sqlite};
use crate::database::manager::Manager;
use crate::database::{DatabaseError, DatabaseSettings, DbConnection};

/// The time after which a read is stopped. Other requests of the worker wait for so long at most, apart from one step of
/// SQLite that can't be stopped, such as the count of a whole table. A page of 20 rows with relations takes 0.3 ms.
const LIMITS: Limits = Limits { processor: Duration::from_millis(5), clock: Duration::from_millis(25) };
/// After a read that was stopped, or took longer, reads from the same place in the code are left to the pool for this
/// long. So a worker spends at most a fifth of its time on such reads.
const PAUSE: Duration = Duration::from_millis(100);
/// Delay before a connection that could not be opened is tried again.
const RETRY_DELAY: Duration = Duration::from_millis(100);

thread_local! {
    static READERS: RefCell<Vec<Slot>> = const { RefCell::new(Vec::new()) };
}

/// A thread's connection to one database.
struct Slot {
    /// Identifies the database.
    settings: Weak<DatabaseSettings>,
    /// None while it is in use, and after a failure.
    reader: Option<Reader>,
    failed_at: Option<Instant>,
    /// The kinds of reads that took too long, and when; measured by [`clock`].
    paused: Vec<(TypeId, Duration)>,
}

struct Reader {
    connection: DbConnection,
    location: FileLocation,
    /// Measured by [`clock`].
    path_checked_at: Duration,
}

/// Runs reading queries in one read transaction on this thread. None if they must run on a pooled connection instead;
/// they may have run already.
pub(in crate::database) fn read<T, E, F>(
    settings: &Arc<DatabaseSettings>,
    queries: &F,
) -> Option<Result<T, E>>
where
    F: Fn(&mut DbConnection) -> Result<T, E> + 'static,
{
    let kind = TypeId::of::<F>();
    let mut reader = take(settings, kind)?;
    let started = Instant::now();
    // A panic drops the reader, and its transaction.
    let result = reader.read(queries);
    let is_slow = started.elapsed() >= LIMITS.clock;
    let reader = reader.is_usable().then_some(reader);
    put_back(settings, reader, (result.is_none() || is_slow).then_some(kind));
    result
}

/// Runs reading queries in one read transaction on a pooled connection.
pub(in crate::database) fn read_on<T, E: From<DatabaseError>>(
    connection: &mut DbConnection,
    queries: impl FnOnce(&mut DbConnection) -> Result<T, E>,
) -> Result<T, E> {
    // Whether the transaction is committed or rolled back is the same to a reader.
    on_sqlite(connection, transactions::begin).map_err(DatabaseError::from)?;
    let result = queries(connection);
    match on_sqlite(connection, transactions::commit) {
        Ok(()) => result,
        // The pool drops a connection with an open transaction. The result was read, whatever happened afterwards.
        Err(_) => result,
    }
}

fn take(settings: &Arc<DatabaseSettings>, kind: TypeId) -> Option<Reader> {
    READERS.with_borrow_mut(|slots| {
        let index = match slots.iter().position(|slot| slot.is_of(settings)) {
            Some(index) => index,
            None => {
                // Closes the connections of databases that are gone.
                slots.retain(|slot| slot.settings.strong_count() > 0);
                let settings = Arc::downgrade(settings);
                slots.push(Slot { settings, reader: None, failed_at: None, paused: Vec::new() });
                slots.len() - 1
            }
        };
        let slot = slots.get_mut(index)?;
        if slot.is_paused(kind) {
            return None;
        }
        if let Some(mut reader) = slot.reader.take()
            && reader.is_current()
        {
            return Some(reader);
        }
        if slot.failed_at.is_some_and(|failed_at| failed_at.elapsed() < RETRY_DELAY) {
            return None;
        }
        let reader = Reader::open(settings);
        slot.failed_at = reader.is_none().then(Instant::now);
        reader
    })
}

/// Keeps the reader for the next read, and leaves reads of the `slow` kind to the pool for a while.
fn put_back(settings: &Arc<DatabaseSettings>, reader: Option<Reader>, slow: Option<TypeId>) {
    READERS.with_borrow_mut(|slots| {
        if let Some(slot) = slots.iter_mut().find(|slot| slot.is_of(settings)) {
            slot.reader = reader;
            slot.paused.extend(slow.map(|kind| (kind, clock())));
        }
    });
}

impl Slot {
    fn is_of(&self, settings: &Arc<DatabaseSettings>) -> bool {
        std::ptr::eq(self.settings.as_ptr(), Arc::as_ptr(settings))
    }

    fn is_paused(&mut self, kind: TypeId) -> bool {
        if self.paused.is_empty() {
            return false;
        }
        let now = clock();
        self.paused.retain(|(_, since)| now.saturating_sub(*since) < PAUSE);
        self.paused.iter().any(|(paused, _)| *paused == kind)
    }
}

impl Reader {
    /// Opens the database, if it is an existing file in WAL mode. In another mode a reader would block commits.
    fn open(settings: &DatabaseSettings) -> Option<Self> {
        // This connection would repair the file after a crash.
        let path = settings.url.sqlite_file().filter(|_| !settings.read_only)?;
        let (before, path_checked_at) = (FileLocation::from_path(PathBuf::from(path)).ok()?, clock());
        let mut connection = Manager::sqlite_reader(path, settings).ok()?;
        let mode: String =
            diesel::select(diesel::dsl::sql::<Text>("(SELECT journal_mode FROM pragma_journal_mode)"))
                .get_result(&mut connection)
                .ok()?;
        // At most 8 MB of page cache: beyond it, pages come from the operating system's. From the first read on, SQLite
        // keeps other processes from leaving WAL mode.
        connection.batch_execute("PRAGMA cache_size = -8000; SELECT 1 FROM sqlite_schema LIMIT 1").ok()?;
        let location = FileLocation::from_path(PathBuf::from(path)).ok()?;
        let is_usable = mode == "wal" && location.is_same_file(&before) && location.is_current();
        let connection = DbConnection::Sqlite(connection);
        is_usable.then_some(Self { connection, location, path_checked_at })
    }

    /// None if it gave up.
    fn read<T, E>(
        &mut self,
        queries: impl FnOnce(&mut DbConnection) -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        on_sqlite(&mut self.connection, transactions::begin).ok()?;
        let (result, gave_up) = within(LIMITS, || queries(&mut self.connection));
        if gave_up {
            self.connection.forget_callbacks();
            return None;
        }
        // The error may come from the replacement.
        if result.is_err() && !self.location.is_current() {
            self.connection.forget_callbacks();
            return None;
        }
        Some(result)
    }

    /// Ends the transaction, and returns whether the connection can be used again.
    fn is_usable(&mut self) -> bool {
        on_sqlite(&mut self.connection, transactions::commit).is_ok() && !self.connection.is_broken()
    }

    /// Returns whether the path still names the open file; checked as often as the sentinel does.
    fn is_current(&mut self) -> bool {
        let now = clock();
        if now.saturating_sub(self.path_checked_at) < PATH_CHECK_INTERVAL {
            return true;
        }
        self.path_checked_at = now;
        self.location.is_current()
    }
}

#[cfg(test)]
mod tests;

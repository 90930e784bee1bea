//! The pool of connections.
//!
//! It replaces r2d2's, which opens connections in threads of its own, and again and again with a growing delay: a request
//! would learn only after its whole timeout that the file or the server is gone, and the pool for another second that it
//! is back. Here the thread that asks opens the connection, and gets its error.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::r2d2::ManageConnection as _;

use super::{DatabaseError, DatabaseSettings, DbConnection, Manager};

/// A connection that was not used for this long is closed, at the next use of the pool.
const MAX_IDLE: Duration = Duration::from_secs(10 * 60);
/// The longest life of a connection.
const MAX_AGE: Duration = Duration::from_secs(30 * 60);

/// Connections to one database. Clones share them.
#[derive(Clone)]
pub(super) struct Pool(Arc<Shared>);

struct Shared {
    manager: Manager,
    size: u32,
    state: Mutex<State>,
    /// A connection was returned or closed.
    freed: Condvar,
}

#[derive(Default)]
struct State {
    /// The last one was used last.
    idle: Vec<Idle>,
    /// Those in use and those that are idle.
    open: u32,
    /// Threads that wait for a connection.
    waiting: u32,
    /// How many have waited in vain.
    timeouts: u64,
}

/// The use of the pool at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PoolUsage {
    pub(super) size: u32,
    pub(super) used: u32,
    pub(super) idle: u32,
    pub(super) waiting: u32,
    pub(super) timeouts: u64,
}

struct Idle {
    connection: DbConnection,
    opened_at: Instant,
    used_at: Instant,
}

/// A connection of the pool, which goes back when this is dropped.
pub struct PooledConnection {
    /// `None` only while it is dropped.
    connection: Option<DbConnection>,
    opened_at: Instant,
    pool: Arc<Shared>,
}

impl Pool {
    /// Creates a pool that connects at first use.
    pub(super) fn new(settings: &DatabaseSettings) -> Self {
        let (manager, size) = (Manager::new(settings.clone()), settings.pool_size);
        Self(Arc::new(Shared { manager, size, state: Mutex::default(), freed: Condvar::new() }))
    }

    /// Takes a connection, or opens one. Waits for at most `limit` until one is free.
    pub(super) fn get(&self, limit: Duration) -> Result<PooledConnection, DatabaseError> {
        let until = Instant::now() + limit;
        let mut state = self.0.state();
        loop {
            if let Some(Idle { connection, opened_at, .. }) = state.idle.pop() {
                drop(state);
                let mut pooled =
                    PooledConnection { connection: Some(connection), opened_at, pool: Arc::clone(&self.0) };
                // It may ask the server.
                if opened_at.elapsed() < MAX_AGE && self.0.manager.is_valid(&mut pooled).is_ok() {
                    return Ok(pooled);
                }
                pooled.close();
                state = self.0.state();
                continue;
            }
            if state.open < self.0.size {
                state.open += 1;
                drop(state);
                return self.0.open();
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                state.timeouts += 1;
                let reason = format!("all {} connections are in use", self.0.size);
                return Err(DatabaseError::Unavailable(reason));
            }
            state.waiting += 1;
            let waited = self.0.freed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.waiting -= 1;
        }
    }

    pub(super) fn usage(&self) -> PoolUsage {
        let state = self.0.state();
        let idle = u32::try_from(state.idle.len()).unwrap_or(u32::MAX);
        PoolUsage {
            size: self.0.size,
            used: state.open.saturating_sub(idle),
            idle,
            waiting: state.waiting,
            timeouts: state.timeouts,
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a connection that is counted already.
    fn open(self: &Arc<Self>) -> Result<PooledConnection, DatabaseError> {
        // Also if it panics, the count is corrected.
        let mut pooled =
            PooledConnection { connection: None, opened_at: Instant::now(), pool: Arc::clone(self) };
        let opened = self.manager.connect().map_err(|error| DatabaseError::Unavailable(error.to_string()))?;
        pooled.connection = Some(opened);
        Ok(pooled)
    }

    /// `None`: the connection is closed. If `failed`, so are those that are idle: what ended one may have ended all, for
    /// example a restart of the server.
    fn put_back(&self, returned: Option<Idle>, failed: bool) {
        let mut old = Vec::new();
        {
            let mut state = self.state();
            if failed {
                old.append(&mut state.idle);
                state.open = state.open.saturating_sub(u32::try_from(old.len()).unwrap_or(u32::MAX));
            }
            match returned {
                Some(idle) => state.idle.push(idle),
                None => state.open = state.open.saturating_sub(1),
            }
            while state.idle.first().is_some_and(|idle| idle.used_at.elapsed() >= MAX_IDLE) {
                old.push(state.idle.remove(0));
                state.open = state.open.saturating_sub(1);
            }
        }
        self.freed.notify_one();
        // Closed here, without the lock.
        drop(old);
    }
}

impl PooledConnection {
    fn close(mut self) {
        // Dropping it corrects the count.
        self.connection = None;
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        let (pool, opened_at) = (&self.pool, self.opened_at);
        let mut connection = self.connection.take();
        let failed = connection.as_ref().is_some_and(DbConnection::has_failed);
        if connection.as_mut().is_some_and(|connection| pool.manager.has_broken(connection)) {
            connection = None;
        }
        let idle = connection.map(|connection| Idle { connection, opened_at, used_at: Instant::now() });
        pool.put_back(idle, failed);
    }
}

impl Deref for PooledConnection {
    type Target = DbConnection;

    #[expect(clippy::expect_used, reason = "it is there until the value is dropped")]
    fn deref(&self) -> &DbConnection {
        self.connection.as_ref().expect("the connection is there until the value is dropped")
    }
}

impl DerefMut for PooledConnection {
    #[expect(clippy::expect_used, reason = "it is there until the value is dropped")]
    fn deref_mut(&mut self) -> &mut DbConnection {
        self.connection.as_mut().expect("the connection is there until the value is dropped")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use diesel::connection::SimpleConnection as _;

    use super::*;
    use crate::conf::Env;

    fn settings(path: &std::path::Path) -> DatabaseSettings {
        let env = [("DATABASE_URL", path.to_str().unwrap()), ("DATABASE_POOL_SIZE", "2")];
        DatabaseSettings::from_env(&Env::from_iter(env)).unwrap()
    }

    fn create(path: &std::path::Path) {
        let created = DatabaseSettings { creates_file: true, ..settings(path) };
        Pool::new(&created).get(Duration::ZERO).unwrap().batch_execute("CREATE TABLE t (n INTEGER)").unwrap();
    }

    fn open(pool: &Pool) -> u32 {
        pool.0.state().open
    }

    #[test]
    fn connections_are_used_again_unless_they_are_broken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        create(&path);
        let pool = Pool::new(&settings(&path));
        let (first, second) = (pool.get(Duration::ZERO).unwrap(), pool.get(Duration::ZERO).unwrap());
        let waited = Instant::now();
        let full = pool.get(Duration::from_millis(50)).err().unwrap();
        assert!(full.to_string().ends_with("all 2 connections are in use"), "{full}");
        assert!(waited.elapsed() >= Duration::from_millis(50));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(20));
                drop(first);
            });
            assert!(pool.get(Duration::from_secs(20)).is_ok(), "as soon as one is free");
        });
        drop(second);
        assert_eq!((open(&pool), pool.0.state().idle.len()), (2, 2));
        let mut broken = pool.get(Duration::ZERO).unwrap();
        assert!(broken.batch_execute("PRAGMA query_only = OFF; BEGIN").is_ok());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _broken = broken;
            panic!("a test");
        }));
        assert!(panicked.is_err());
        assert_eq!((open(&pool), pool.0.state().idle.len()), (1, 1));
    }

    #[test]
    fn a_missing_file_is_an_error_at_once_and_is_not_created() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let pool = Pool::new(&settings(&path));
        for _ in 0..3 {
            let since = Instant::now();
            let error = pool.get(Duration::from_secs(20)).err().unwrap();
            assert!(error.to_string().contains("unable to open database file"), "{error}");
            assert!(since.elapsed() < Duration::from_secs(1));
        }
        assert!(!path.exists() && open(&pool) == 0);
        create(&path);
        assert!(pool.get(Duration::ZERO).is_ok(), "as soon as it is back");
        fs::remove_file(&path).unwrap();
        assert!(pool.get(Duration::ZERO).is_err(), "its connection is to a file that nobody else sees");
        assert!(!path.exists());
        fs::write(&path, "").unwrap();
        let error = pool.get(Duration::ZERO).err().unwrap();
        assert!(error.to_string().contains("the database file is empty"), "{error}");
    }
}

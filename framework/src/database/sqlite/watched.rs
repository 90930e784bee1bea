//! A SQLite database for one thread: its own connection, read on the thread itself, and a sentinel that detects
//! commits.
//!
//! A read takes about ten microseconds, less than passing the query to another thread, so a request thread may do it.
//! It never waits for a lock: the caller then uses [`Database::run`](crate::database::Database::run), which
//! does.
//!
//! **Turns.** In WAL mode, all reads in one turn, that is until the thread next waits, share a read transaction
//! ([`Watched::read_in_turn`]), so that its locks are taken once. This is as exact as one transaction per read:
//!
//! 1. the stamp is taken;
//! 2. the transaction's first read takes the snapshot;
//! 3. each later read first checks that the stamp is unchanged, otherwise it ends the transaction and starts over.
//!
//! A commit that returned before step 1 is in the snapshot. A commit between steps 1 and 3 makes the stamp outdated at
//! step 3.
//!
//! A snapshot blocks no writer, but it blocks checkpoints past it and the log's reuse, so it must end with the turn. In
//! rollback mode a read transaction is a lock that commits wait for, so reads don't share one.

use std::mem;

use diesel::Connection;
use diesel::connection::{SimpleConnection as _, TransactionManager};

use super::sentinel::{Changes, Sentinel, Stamp};
use crate::database::manager::Manager;
use crate::database::{DatabaseError, DatabaseSettings, DbConnection};

/// A database and its sentinel; see the module. It stays on the thread that opened it.
pub struct Watched {
    sentinel: Sentinel,
    connection: DbConnection,
    turn: Turn,
    /// A transaction could not be ended, so the connection may read old data.
    broken: bool,
}

/// The reads since [`Watched::end_turn`].
enum Turn {
    Nothing,
    /// One read in its own transaction: most turns have no other.
    Once,
    /// An open transaction that reads this state, or a newer one.
    Snapshot(Stamp),
}

type DbTransactions = <DbConnection as Connection>::TransactionManager;

impl Watched {
    pub(in crate::database) fn open(settings: &DatabaseSettings) -> Result<Self, DatabaseError> {
        let unavailable = |reason: String| DatabaseError::Unavailable(reason);
        let Some(path) = settings.url.sqlite_path() else {
            return Err(unavailable("only SQLite databases can be watched".to_owned()));
        };
        // Opened first, since it does not create a missing file.
        let mut sentinel = Sentinel::open(path).map_err(|error| unavailable(error.to_string()))?;
        let mut connection =
            Manager::sqlite_reader(path, settings).map_err(|error| unavailable(error.to_string()))?;
        // At most 32 MB of page cache, used only as pages are read: a thousand tokens among ten million rows touch 20
        // MB. A smaller cache would reread each page before its next use. Automatic indexes are off, since `places`
        // could read a row's offset from one.
        connection
            .batch_execute("PRAGMA cache_size = -32000; PRAGMA automatic_index = OFF")
            .map_err(|error| unavailable(error.to_string()))?;
        // Both must have opened the same file.
        if sentinel.check_path() {
            return Err(unavailable("the database file was replaced".to_owned()));
        }
        let connection = DbConnection::Sqlite(connection);
        Ok(Self { sentinel, connection, turn: Turn::Nothing, broken: false })
    }

    /// Returns whether there was no commit since `stamp` was taken; see [`Sentinel::is_unchanged`].
    pub fn is_unchanged(&mut self, stamp: &Stamp) -> bool {
        self.sentinel.is_unchanged(stamp)
    }

    /// Returns whether [`changes_since`](Self::changes_since) can report pages.
    pub const fn tells_changes(&self) -> bool {
        self.sentinel.is_wal()
    }

    /// Returns the changes since `stamp` was taken; see [`Sentinel::changes_since`].
    pub fn changes_since(&mut self, stamp: &Stamp) -> Option<Changes> {
        self.sentinel.changes_since(stamp)
    }

    /// Returns whether it must be reopened; see [`Sentinel::is_lost`].
    pub fn is_lost(&mut self) -> bool {
        self.broken || self.connection.has_failed() || self.sentinel.is_lost()
    }

    /// Runs reading queries, and returns the stamp of what they read, if there is one. Queries that need one snapshot
    /// must run in one call.
    ///
    /// If [`is_in_turn`](Self::is_in_turn) is true afterwards, call [`end_turn`](Self::end_turn) before the thread
    /// waits for anything.
    ///
    /// # Errors
    /// Query errors. A lock held by another connection is [`DatabaseError::Unavailable`].
    pub fn read_in_turn<T>(
        &mut self,
        queries: impl FnOnce(&mut DbConnection) -> Result<T, DatabaseError>,
    ) -> Result<(T, Option<Stamp>), DatabaseError> {
        if let Turn::Snapshot(stamp) = &self.turn {
            if self.sentinel.is_unchanged(stamp) {
                let stamp = stamp.clone();
                return Ok((queries(&mut self.connection)?, Some(stamp)));
            }
            self.end_turn();
        }
        if self.broken {
            return Err(DatabaseError::Unavailable("a transaction could not be ended".to_owned()));
        }
        let is_wal = self.sentinel.is_wal();
        let is_second = is_wal && self.is_in_turn();
        if !(is_second && DbTransactions::begin_transaction(&mut self.connection).is_ok()) {
            let (result, stamp) = self.sentinel.read(|| queries(&mut self.connection));
            if is_wal {
                self.turn = Turn::Once;
            }
            return Ok((result?, stamp));
        }
        // Set before the queries, which may panic.
        self.broken = true;
        let (result, stamp) = self.sentinel.read(|| queries(&mut self.connection));
        match &stamp {
            Some(stamp) if result.is_ok() => {
                self.turn = Turn::Snapshot(stamp.clone());
                self.broken = false;
            }
            _ => self.commit(),
        }
        Ok((result?, stamp))
    }

    /// Returns whether anything was read since [`end_turn`](Self::end_turn), in WAL mode.
    #[must_use]
    pub const fn is_in_turn(&self) -> bool {
        !matches!(self.turn, Turn::Nothing)
    }

    /// Ends this turn's transaction, if there is one.
    pub fn end_turn(&mut self) {
        if let Turn::Snapshot(_) = mem::replace(&mut self.turn, Turn::Nothing) {
            self.commit();
        }
    }

    fn commit(&mut self) {
        self.broken = DbTransactions::commit_transaction(&mut self.connection).is_err();
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;
    use diesel::sql_types::Integer;
    use diesel::{QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
    use tempfile::TempDir;

    use super::*;
    use crate::conf::Env;

    const MODES: [&str; 2] = ["WAL", "DELETE"];

    #[derive(QueryableByName)]
    struct CounterRow {
        #[diesel(sql_type = Integer)]
        n: i32,
    }

    /// Opens a database and a writer that never waits for a lock.
    fn open(mode: &str) -> (TempDir, SqliteConnection, Watched) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db").to_str().unwrap().to_owned();
        let mut writer = SqliteConnection::establish(&path).unwrap();
        let sql =
            format!("PRAGMA journal_mode = {mode}; CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (0)");
        writer.batch_execute(&sql).unwrap();
        let env = Env::from_iter([("DATABASE_URL", path.as_str())]);
        let watched = Watched::open(&DatabaseSettings::from_env(&env).unwrap()).unwrap();
        (folder, writer, watched)
    }

    fn read(watched: &mut Watched) -> i32 {
        watched
            .read_in_turn(|connection| Ok(sql_query("SELECT n FROM t").get_result::<CounterRow>(connection)?))
            .unwrap()
            .0
            .n
    }

    fn set(writer: &mut SqliteConnection, n: i32) {
        sql_query(format!("UPDATE t SET n = {n}")).execute(writer).unwrap();
    }

    /// Returns whether a checkpoint could empty the whole log.
    fn checkpoints(writer: &mut SqliteConnection) -> bool {
        #[derive(QueryableByName)]
        struct CheckpointRow {
            #[diesel(sql_type = Integer)]
            busy: i32,
        }
        sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result::<CheckpointRow>(writer).unwrap().busy == 0
    }

    #[test]
    fn a_commit_within_a_turn_is_seen_and_never_blocked() {
        for mode in MODES {
            let (_folder, mut writer, mut watched) = open(mode);
            let mut n = 0;
            for reads in 0..5 {
                for _ in 0..20 {
                    for _ in 0..reads {
                        assert_eq!(read(&mut watched), n, "{mode}: {reads} reads");
                    }
                    n += 1;
                    set(&mut writer, n);
                }
                assert_eq!(read(&mut watched), n, "{mode}");
                watched.end_turn();
            }
        }
    }

    #[test]
    fn the_stamp_matches_the_snapshot() {
        let (_folder, mut writer, mut watched) = open("WAL");
        let mut stamps = (0..4).map(|_| watched.read_in_turn(|_| Ok(())).unwrap().1.unwrap());
        let first = stamps.next().unwrap();
        assert!(stamps.all(|stamp| stamp == first));
        set(&mut writer, 1);
        assert!(!watched.is_unchanged(&first));
        assert!(watched.read_in_turn(|_| Ok(())).unwrap().1.is_some_and(|stamp| stamp != first));
    }

    #[test]
    fn a_commit_during_the_first_read_outdates_its_stamp() {
        let (_folder, mut writer, mut watched) = open("WAL");
        for n in 1..10 {
            let (_, stamp) = watched
                .read_in_turn(|_| {
                    set(&mut writer, n);
                    Ok(())
                })
                .unwrap();
            assert!(!watched.is_unchanged(&stamp.unwrap()));
            assert_eq!(read(&mut watched), n);
        }
    }

    #[test]
    fn the_second_read_of_a_turn_opens_a_snapshot() {
        let (_folder, mut writer, mut watched) = open("WAL");
        for (reads, has_snapshot) in [(0, false), (1, false), (2, true), (3, true)] {
            (0..reads).for_each(|_| assert!(read(&mut watched) >= 0));
            assert_eq!(watched.is_in_turn(), reads > 0);
            // A snapshot keeps a checkpoint from completing.
            writer.batch_execute("UPDATE t SET n = n + 1").unwrap();
            assert_eq!(checkpoints(&mut writer), !has_snapshot, "{reads} reads");
            watched.end_turn();
            assert!(!watched.is_in_turn());
            assert!(checkpoints(&mut writer));
        }
    }

    #[test]
    fn the_log_is_reused_despite_constant_reads() {
        let (folder, mut writer, mut watched) = open("WAL");
        writer.batch_execute("PRAGMA wal_autocheckpoint = 10; PRAGMA synchronous = OFF").unwrap();
        for n in 1..1000 {
            set(&mut writer, n);
            // Turns end at any point between two commits.
            for at in 0..5 {
                assert_eq!(read(&mut watched), n);
                if at == n % 7 {
                    watched.end_turn();
                }
            }
        }
        assert!(std::fs::metadata(folder.path().join("db-wal")).unwrap().len() < 50 * 4096);
    }

    #[test]
    fn a_failed_read_ends_its_transaction() {
        let (_folder, mut writer, mut watched) = open("WAL");
        for reads in 0..4 {
            (0..reads).for_each(|_| assert!(read(&mut watched) >= 0));
            let failed = watched
                .read_in_turn(|connection| Ok(sql_query("SELECT x").get_result::<CounterRow>(connection)?));
            assert!(failed.is_err());
            set(&mut writer, reads);
            assert_eq!(read(&mut watched), reads);
            watched.end_turn();
            assert!(checkpoints(&mut writer) && !watched.is_lost());
        }
    }

    #[test]
    fn a_panic_leaves_no_open_transaction() {
        let (_folder, mut writer, mut watched) = open("WAL");
        let mut panic = |watched: &mut Watched| {
            let panicking = std::panic::AssertUnwindSafe(|| {
                watched.read_in_turn(|_| -> Result<(), _> { panic!("a test") })
            });
            assert!(std::panic::catch_unwind(panicking).is_err());
            set(&mut writer, 1);
            checkpoints(&mut writer)
        };
        assert!(panic(&mut watched) && !watched.is_in_turn(), "the first read");
        (0..3).for_each(|_| drop(watched.read_in_turn(|_| Ok(()))));
        panic(&mut watched);
        assert!(watched.is_in_turn(), "one of several");
        watched.end_turn();
        assert_eq!(read(&mut watched), 1);
        panic(&mut watched);
        assert!(watched.is_lost() && watched.read_in_turn(|_| Ok(())).is_err(), "the second one");
    }

    #[test]
    fn a_failed_commit_requires_reopening() {
        let (_folder, _writer, mut watched) = open("WAL");
        (0..2).for_each(|_| assert_eq!(read(&mut watched), 0));
        let ended = watched.read_in_turn(|connection| Ok(connection.batch_execute("COMMIT")?));
        assert!(ended.is_ok());
        watched.end_turn();
        assert!(watched.is_lost() && watched.read_in_turn(|_| Ok(())).is_err());
    }
}

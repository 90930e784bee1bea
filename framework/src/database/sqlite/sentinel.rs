//! Detects commits to a SQLite database by any process, cheap enough to check before each use of a cached value. It is
//! exact in one direction: an unchanged result is always right. When in doubt it reports a change, and the caller
//! queries the database.
//!
//! **WAL mode.** A commit is published by writing the WAL-index header, two copies of 48 bytes at the start of the
//! shared memory (<https://sqlite.org/walformat.html#the_wal_index_header>), before the committing call returns. This
//! header defines a reader's snapshot, so equal headers mean equal snapshots: a commit changes its change counter and
//! its checksum over the log, a new log changes its salts. The header is read from the memory that SQLite has mapped
//! for the sentinel's own connection. Opening the `-shm` or the database file a second time would drop the process's
//! POSIX locks when it is closed. The connection also holds SQLite's shared lock, so that no process can leave WAL
//! mode, or remove the log and the index, unnoticed.
//!
//! **Rollback mode.** A commit writes the file's first page, with its change counter
//! (<https://sqlite.org/fileformat2.html#file_change_counter>), before the call returns. The file's header is read
//! again without a lock. It may show a commit that is in progress or is rolled back later. That only causes an
//! unnecessary query, since the header in a stamp was read under a shared lock, when no commit could be in progress. A
//! file system where processes don't see each other's writes at once has no such sentinel.
//!
//! In WAL mode it also reports [which pages](Changes) were written, so that cached rows on other pages stay valid.
//!
//! **The file.** Whether the path still names this file (and its `-shm`) is checked every [`PATH_CHECK_INTERVAL`],
//! since even that one system call would show in a profile.

mod changes;
#[expect(unsafe_code, reason = "diesel shows neither the file nor the shared memory of a connection")]
mod raw;

use std::path::{Path, PathBuf};
use std::time::Duration;

use self::changes::is_initialized;
pub use self::changes::{Changes, FirstPage, Page};
use self::raw::{FileHeader, RawConnection, WalIndexHeader};
use super::file_id::FileId;

/// How often the path is checked: the longest time until a replaced or deleted file is detected.
pub const PATH_CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// The offsets of the two format versions in the file's header: 1 is a rollback journal, 2 is WAL.
const FORMAT_VERSIONS: std::ops::Range<usize> = 18..20;

/// A state of the database. Equal stamps of one sentinel mean equal states; stamps of different sentinels can't be
/// compared.
#[derive(Clone, PartialEq, Eq)]
pub struct Stamp(State);

#[derive(Clone, PartialEq, Eq)]
enum State {
    Wal(WalIndexHeader),
    Rollback(FileHeader),
}

/// Why a database can't be watched, now or ever.
#[derive(Debug, thiserror::Error)]
pub enum SentinelError {
    /// SQLite's result code, for example for a lock held by another connection.
    #[error("SQLite error {0}")]
    Sqlite(i32),
    /// The path can't be read.
    #[error(transparent)]
    Path(#[from] std::io::Error),
    /// The file was replaced while it was opened.
    #[error("the database file was replaced")]
    Replaced,
    /// An empty file, a `file:` URI with parameters, or a file system that is not known to be coherent.
    #[error("{0}")]
    Unsuitable(&'static str),
}

/// Watches one database. It is used by one thread.
pub struct Sentinel {
    connection: RawConnection,
    mode: Mode,
    location: FileLocation,
    /// When the path is checked again, by [`clock`].
    path_check_due: Duration,
    lost: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Wal,
    Rollback,
}

impl Sentinel {
    /// Opens its own connection to the database at `path`, and detects the journal mode.
    ///
    /// # Errors
    /// [`SentinelError`]: every read must query the database. A retry may succeed.
    pub fn open(path: &str) -> Result<Self, SentinelError> {
        if path.starts_with("file:") && path.contains('?') {
            return Err(SentinelError::Unsuitable("a URI may change what its file's locks mean"));
        }
        let mut connection = RawConnection::open(path)?;
        let path = connection.path()?;
        let mut lock = connection.lock_shared()?;
        let header = lock.read_header().ok_or(SentinelError::Unsuitable("the file is empty"))?;
        let mode = match header.get(FORMAT_VERSIONS) {
            Some([2, 2]) => {
                lock.map_wal_index()?;
                Mode::Wal
            }
            Some([1, 1]) => Mode::Rollback,
            _ => return Err(SentinelError::Unsuitable("the file's format is unknown")),
        };
        drop(lock);
        if mode == Mode::Rollback && !is_coherent(&path) {
            return Err(SentinelError::Unsuitable("the file system is not known to be coherent"));
        }
        let location = FileLocation::from_path(path)?;
        // The path may name another file by now; SQLite knows which one is open.
        if connection.has_moved() {
            return Err(SentinelError::Replaced);
        }
        Ok(Self { connection, mode, location, path_check_due: clock() + PATH_CHECK_INTERVAL, lost: false })
    }

    /// Returns whether there was no commit since `stamp` was taken. May return false without a commit, but never true
    /// after one.
    pub fn is_unchanged(&mut self, stamp: &Stamp) -> bool {
        let unchanged = match (self.mode, &stamp.0) {
            (Mode::Wal, State::Wal(old)) => self.connection.read_wal_index().as_ref() == Some(old),
            (Mode::Rollback, State::Rollback(old)) => self.connection.read_header().as_ref() == Some(old),
            _ => false,
        };
        unchanged && !self.is_lost()
    }

    /// Returns the current state and the pages written since `stamp` was taken, or `None` if any row may have changed.
    /// In rollback mode, each commit gives `None`.
    pub fn changes_since(&mut self, stamp: &Stamp) -> Option<Changes> {
        changes::since(&self.connection, stamp).filter(|_| !self.is_lost())
    }

    /// Returns whether the database is in WAL mode, where readers don't block writers.
    pub(super) const fn is_wal(&self) -> bool {
        matches!(self.mode, Mode::Wal)
    }

    /// Runs `read`, and returns the stamp of the state that it reads, or none while another connection writes. `read`
    /// must read this file through its own connection, and must not wait for a lock: the other side may be waiting for
    /// the sentinel's lock.
    ///
    /// The stamp may be older than what was read, never newer: an older one does not match, so nothing is reused.
    pub fn read<T>(&mut self, read: impl FnOnce() -> T) -> (T, Option<Stamp>) {
        if self.is_lost() {
            return (read(), None);
        }
        match self.mode {
            Mode::Wal => {
                let header = self.connection.read_wal_index().filter(is_initialized);
                (read(), header.map(|header| Stamp(State::Wal(header))))
            }
            Mode::Rollback => {
                // No commit is possible until the lock is dropped.
                let Ok(lock) = self.connection.lock_shared() else { return (read(), None) };
                let header = lock.read_header();
                match header.as_ref().and_then(|header| header.get(FORMAT_VERSIONS)) {
                    Some([1, 1]) if lock.is_locked() => {
                        (read(), header.map(|header| Stamp(State::Rollback(header))))
                    }
                    // Without a row, no lock is held.
                    Some([1, 1]) => (read(), None),
                    // The database was switched to WAL mode.
                    _ => {
                        self.lost = true;
                        drop(lock);
                        (read(), None)
                    }
                }
            }
        }
    }

    /// Returns whether the sentinel must be reopened: the file was replaced, or the journal mode changed.
    pub fn is_lost(&mut self) -> bool {
        if !self.lost && clock() >= self.path_check_due {
            self.check_path();
        }
        self.lost
    }

    /// Like [`Sentinel::is_lost`], but checks the path now.
    pub fn check_path(&mut self) -> bool {
        self.path_check_due = clock() + PATH_CHECK_INTERVAL;
        let now = FileLocation::from_path(self.location.path.clone());
        self.lost |= !now.is_ok_and(|now| self.location.is_same(&now, self.mode));
        self.lost
    }
}

/// A monotonic time. On Linux up to a few milliseconds late, but several times cheaper.
#[cfg(target_os = "linux")]
pub(super) fn clock() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    Duration::try_from(now).unwrap_or_default()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn clock() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

/// A path and the files it names.
pub(super) struct FileLocation {
    path: PathBuf,
    file: FileId,
    wal_index: Option<FileId>,
}

impl FileLocation {
    pub(super) fn from_path(path: PathBuf) -> Result<Self, std::io::Error> {
        let file = FileId::from_path(&path)?;
        let mut wal_index = path.clone().into_os_string();
        wal_index.push("-shm");
        Ok(Self { file, wal_index: FileId::from_path(Path::new(&wal_index)).ok(), path })
    }

    /// Returns whether both are the same database file.
    pub(super) fn is_same_file(&self, other: &Self) -> bool {
        self.file == other.file
    }

    /// Returns whether the path of a database in WAL mode names the same files.
    pub(super) fn is_current(&self) -> bool {
        Self::from_path(self.path.clone()).is_ok_and(|now| self.is_same(&now, Mode::Wal))
    }

    fn is_same(&self, now: &Self, mode: Mode) -> bool {
        self.file == now.file
            && match mode {
                Mode::Wal => self.wal_index.is_some() && self.wal_index == now.wal_index,
                Mode::Rollback => true,
            }
    }
}

/// Returns whether lock-free reads see other processes' writes at once: true on a local file system, false on one with
/// its own caches, such as NFS.
#[cfg(target_os = "linux")]
fn is_coherent(path: &Path) -> bool {
    // ext2 to ext4, XFS, Btrfs, tmpfs, F2FS, ZFS, bcachefs, overlayfs (its upper layer is never remote).
    const LOCAL: [u32; 8] =
        [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0xf2f5_2010, 0x2fc1_2fc1, 0xca45_1a4e, 0x794c_7630];
    // The type's width and sign depend on the architecture; the magic numbers have 32 bits.
    rustix::fs::statfs(path).is_ok_and(|found| LOCAL.contains(&(found.f_type as u32)))
}

#[cfg(not(target_os = "linux"))]
fn is_coherent(_path: &Path) -> bool {
    false
}

#[cfg(test)]
pub(in crate::database) mod tests;

//! Whether anybody, in any process, committed to a SQLite database since the last look: for next to nothing, so that
//! what was read before can be used again, and exactly, so that nothing outdated ever is. When in doubt it says that
//! something changed; then one asks the database.
//!
//! **WAL mode.** A commit is published by writing the WAL-index header, twice 48 bytes at the start of the shared
//! memory (<https://sqlite.org/walformat.html#the_wal_index_header>), before the committing call returns. A reader's
//! snapshot is what this header says, so equal headers are equal snapshots: a commit changes its change counter and
//! its checksum over the log, a new log its salts. The header is read in the memory that SQLite has mapped for the
//! sentinel's own connection. Opening the `-shm` or the database file once more would drop the process's POSIX locks
//! at its closing. The connection also keeps SQLite's shared lock, so that nobody can leave WAL mode, or remove the
//! log and the index, behind the sentinel's back.
//!
//! **Rollback mode.** A commit writes the file's first page, with its change counter
//! (<https://sqlite.org/fileformat2.html#file_change_counter>), before the call returns: the file's header is read
//! again, without a lock. It may show a commit that is still under way, or that is rolled back later; which only means
//! a query too many, since what is compared with was read under a shared lock, when no commit could be under way. A
//! file system where a file's content is not seen at once by everybody has no such sentinel.
//!
//! In WAL mode it also tells [which pages](Changes) commits wrote, so that what was read of other rows still counts.
//!
//! **The file.** Whether the path still names this file (and its `-shm`) is looked up every [`PATH_CHECK_INTERVAL`], since
//! even that one system call would show in a profile.

mod changes;
#[expect(unsafe_code, reason = "diesel shows neither the file nor the shared memory of a connection")]
mod raw;

use std::path::{Path, PathBuf};
use std::time::Duration;

use self::changes::is_initialized;
pub use self::changes::{Changes, FirstPage, Page};
use self::raw::{FileHeader, RawConnection, WalIndexHeader};
use super::file_id::FileId;

/// How often the path is looked up: a replaced or deleted file is noticed as late as this.
pub const PATH_CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// Where in the file's header stand the two format versions: 1 for a rollback journal, 2 for WAL.
const FORMAT_VERSIONS: std::ops::Range<usize> = 18..20;

/// A state of the database. Equal stamps of one sentinel are the same state; of several they mean nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Stamp(State);

#[derive(Clone, PartialEq, Eq)]
enum State {
    Wal(WalIndexHeader),
    Rollback(FileHeader),
}

/// Why a database has no sentinel, now or at all.
#[derive(Debug, thiserror::Error)]
pub enum SentinelError {
    /// SQLite's own result code; a lock that another holds among them.
    #[error("SQLite's error {0}")]
    Sqlite(i32),
    /// The path can't be looked up.
    #[error(transparent)]
    Path(#[from] std::io::Error),
    /// Somebody put another file there meanwhile.
    #[error("the file was replaced")]
    Replaced,
    /// An empty file, a `file:` URI with parameters, a file system that is not known to be coherent.
    #[error("{0}")]
    Unsuitable(&'static str),
}

/// Watches one database. It belongs to one thread.
pub struct Sentinel {
    connection: RawConnection,
    mode: Mode,
    location: FileLocation,
    /// By [`clock`].
    path_checked_at: Duration,
    lost: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Wal,
    Rollback,
}

impl Sentinel {
    /// Opens a connection of its own to the database at `path`, and finds out how to watch it.
    ///
    /// # Errors
    /// [`SentinelError`]: the database then has to be asked each time. Another attempt may succeed.
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
            _ => return Err(SentinelError::Unsuitable("the file's format is not known")),
        };
        drop(lock);
        if mode == Mode::Rollback && !is_coherent(&path) {
            return Err(SentinelError::Unsuitable("the file system is not known to be coherent"));
        }
        let location = FileLocation::from_path(path)?;
        // The path may name another file by now; SQLite knows which one it has open.
        if connection.has_moved() {
            return Err(SentinelError::Replaced);
        }
        Ok(Self { connection, mode, location, path_checked_at: clock(), lost: false })
    }

    /// Whether nobody committed since `stamp` was taken. It may be false for no reason, and is never true wrongly.
    pub fn is_unchanged(&mut self, stamp: &Stamp) -> bool {
        let unchanged = match (self.mode, &stamp.0) {
            (Mode::Wal, State::Wal(old)) => self.connection.read_wal_index().as_ref() == Some(old),
            (Mode::Rollback, State::Rollback(old)) => self.connection.read_header().as_ref() == Some(old),
            _ => false,
        };
        unchanged && !self.is_lost()
    }

    /// The state of now, and which pages were written since `stamp` was taken; or `None` where any row may have changed, which
    /// in rollback mode each commit means.
    pub fn changes_since(&mut self, stamp: &Stamp) -> Option<Changes> {
        changes::since(&self.connection, stamp).filter(|_| !self.is_lost())
    }

    /// Whether it watches a log, so that whoever reads is in no writer's way.
    pub(super) const fn is_wal(&self) -> bool {
        matches!(self.mode, Mode::Wal)
    }

    /// Runs `read`, with the stamp of the state that it reads; or without, where that can't be told: another writes
    /// just now. `read` has to read this very file, by a connection of its own that waits for no lock: it may be the
    /// sentinel's lock that the other side waits for.
    ///
    /// The stamp is older than what was read, never newer: then it does not match, and nothing is used again.
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
                // From here until it is dropped nobody can commit.
                let Ok(lock) = self.connection.lock_shared() else { return (read(), None) };
                let header = lock.read_header();
                match header.as_ref().and_then(|header| header.get(FORMAT_VERSIONS)) {
                    Some([1, 1]) if lock.is_locked() => {
                        (read(), header.map(|header| Stamp(State::Rollback(header))))
                    }
                    // Without a row there is no lock either.
                    Some([1, 1]) => (read(), None),
                    // It was switched to WAL mode.
                    _ => {
                        self.lost = true;
                        drop(lock);
                        (read(), None)
                    }
                }
            }
        }
    }

    /// Whether the database must be opened anew: its file was replaced, or its journal mode changed.
    pub fn is_lost(&mut self) -> bool {
        if !self.lost && clock().saturating_sub(self.path_checked_at) >= PATH_CHECK_INTERVAL {
            self.check_path();
        }
        self.lost
    }

    /// [`Sentinel::is_lost`], by looking the path up now.
    pub fn check_path(&mut self) -> bool {
        self.path_checked_at = clock();
        let now = FileLocation::from_path(self.location.path.clone());
        self.lost |= !now.is_ok_and(|now| self.location.is_same(&now, self.mode));
        self.lost
    }
}

/// Time since some moment, a few milliseconds late where that is several times cheaper.
#[cfg(target_os = "linux")]
fn clock() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    Duration::try_from(now).unwrap_or_default()
}

#[cfg(not(target_os = "linux"))]
fn clock() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

/// Which file a path names.
struct FileLocation {
    path: PathBuf,
    file: FileId,
    wal_index: Option<FileId>,
}

impl FileLocation {
    fn from_path(path: PathBuf) -> Result<Self, std::io::Error> {
        let file = FileId::from_path(&path)?;
        let mut wal_index = path.clone().into_os_string();
        wal_index.push("-shm");
        Ok(Self { file, wal_index: FileId::from_path(Path::new(&wal_index)).ok(), path })
    }

    fn is_same(&self, now: &Self, mode: Mode) -> bool {
        self.file == now.file
            && match mode {
                Mode::Wal => self.wal_index.is_some() && self.wal_index == now.wal_index,
                Mode::Rollback => true,
            }
    }
}

/// Whether a write by one process is seen at once by another's lock-free read: yes on a local file system, not on one
/// that keeps copies, such as NFS.
#[cfg(target_os = "linux")]
fn is_coherent(path: &Path) -> bool {
    // ext2 to ext4, XFS, Btrfs, tmpfs, F2FS, ZFS, bcachefs, overlayfs (whose upper layer can't be remote).
    const LOCAL: [u32; 8] =
        [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0xf2f5_2010, 0x2fc1_2fc1, 0xca45_1a4e, 0x794c_7630];
    // The type's width and sign differ from one architecture to the next; the magic numbers have 32 bits.
    rustix::fs::statfs(path).is_ok_and(|found| LOCAL.contains(&(found.f_type as u32)))
}

#[cfg(not(target_os = "linux"))]
fn is_coherent(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests;

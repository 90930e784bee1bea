//! The few functions of SQLite's C interface that the sentinel needs. With `opening` and the libpq calls in
//! `notifications`, this is all of vitamin's unsafe code.

use std::array;
use std::ffi::{CStr, CString, OsStr, c_int, c_void};
use std::mem::ManuallyDrop;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU64, Ordering, fence};

use libsqlite3_sys as ffi;

use super::SentinelError;

/// One of the two copies of the WAL-index header, of 48 bytes.
pub(super) type WalIndexHeader = [u64; 6];
/// The header of the database file.
pub(super) type FileHeader = [u8; 100];

/// The size of a WAL-index region, as SQLite itself requests it.
const WAL_INDEX_REGION: c_int = 32 * 1024;

/// A connection. It is neither `Send` nor `Sync`, and never waits for a lock.
pub(super) struct RawConnection {
    handle: NonNull<ffi::sqlite3>,
    file: NonNull<ffi::sqlite3_file>,
    pin: NonNull<ffi::sqlite3_stmt>,
    wal: Option<Wal>,
}

/// The WAL-index and log of a database in WAL mode.
#[derive(Clone, Copy)]
struct Wal {
    /// The two copies of the WAL-index header, 12 words.
    index: NonNull<AtomicU64>,
    log: NonNull<ffi::sqlite3_file>,
}

impl RawConnection {
    /// Opens an existing file.
    pub(super) fn open(path: &str) -> Result<Self, SentinelError> {
        let path = CString::new(path).map_err(|_| SentinelError::Unsuitable("a path with a NUL"))?;
        // One thread uses it, hence NOMUTEX.
        let flags = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_URI | ffi::SQLITE_OPEN_NOMUTEX;
        let mut handle = ptr::null_mut();
        // SAFETY: the path ends with a NUL, and the handle may be written to.
        let code = unsafe { ffi::sqlite3_open_v2(path.as_ptr(), &raw mut handle, flags, ptr::null()) };
        let handle = Handle(NonNull::new(handle).ok_or(SentinelError::Sqlite(ffi::SQLITE_NOMEM))?);
        if code != ffi::SQLITE_OK {
            return Err(SentinelError::Sqlite(code));
        }
        let file = file_of(handle.0, ffi::SQLITE_FCNTL_FILE_POINTER)?;
        let mut pin = ptr::null_mut();
        let sql = c"SELECT 1 FROM sqlite_schema LIMIT 1".as_ptr();
        // SAFETY: the handle is open, the text ends with a NUL, the statement may be written to.
        let code =
            unsafe { ffi::sqlite3_prepare_v2(handle.0.as_ptr(), sql, -1, &raw mut pin, ptr::null_mut()) };
        let pin = NonNull::new(pin).ok_or(SentinelError::Sqlite(code))?;
        Ok(Self { handle: handle.keep(), file, pin, wal: None })
    }

    /// Returns the absolute path.
    pub(super) fn path(&self) -> Result<PathBuf, SentinelError> {
        // SAFETY: the handle is open.
        let path = unsafe { ffi::sqlite3_db_filename(self.handle.as_ptr(), c"main".as_ptr()) };
        if path.is_null() {
            return Err(SentinelError::Unsuitable("the database is not a file"));
        }
        // SAFETY: SQLite's string ends with a NUL and lives as long as the connection; it is copied at once.
        let path = unsafe { CStr::from_ptr(path) };
        Ok(PathBuf::from(OsStr::from_bytes(path.to_bytes())))
    }

    /// Returns whether the path no longer names the open file.
    pub(super) fn has_moved(&self) -> bool {
        let mut moved: c_int = 0;
        // SAFETY: the handle is open, and this operation writes an int.
        let code = unsafe { control(self.handle, ffi::SQLITE_FCNTL_HAS_MOVED, (&raw mut moved).cast()) };
        code != ffi::SQLITE_OK || moved != 0
    }

    /// Takes SQLite's shared lock, until the result is dropped.
    pub(super) fn lock_shared(&mut self) -> Result<SharedLock<'_>, SentinelError> {
        // Reading could leave WAL mode, which unmaps the memory and closes the log.
        self.wal = None;
        // SAFETY: the statement is prepared.
        let code = unsafe { ffi::sqlite3_step(self.pin.as_ptr()) };
        let lock = SharedLock { is_locked: code == ffi::SQLITE_ROW, connection: self };
        if lock.is_locked || code == ffi::SQLITE_DONE { Ok(lock) } else { Err(SentinelError::Sqlite(code)) }
    }

    /// Reads the file's header without a lock. Returns `None` if the file is shorter.
    pub(super) fn read_header(&self) -> Option<FileHeader> {
        // SAFETY: the file is open as long as the connection.
        unsafe { read(self.file, 0) }
    }

    /// Reads from the log without a lock. Returns `None` if there is no log or it is shorter.
    pub(super) fn read_log<const N: usize>(&self, offset: i64) -> Option<[u8; N]> {
        // SAFETY: `SharedLock::map_wal_index` got the file from SQLite, which keeps it open while the connection is
        // open and reads nothing.
        unsafe { read(self.wal?.log, offset) }
    }

    /// Reads the WAL-index header. Returns `None` if it is not mapped, or is being written, when its copies differ.
    pub(super) fn read_wal_index(&self) -> Option<WalIndexHeader> {
        let copies = self.wal?.index;
        // SAFETY: `SharedLock::map_wal_index` got the pointer, to 32 KiB at the start of a memory page. They stay
        // mapped while the connection is open and reads nothing (`lock_shared` clears the pointer). Other processes
        // write there concurrently, hence the atomics.
        let word = |at: usize| unsafe { copies.add(at).as_ref() }.load(Ordering::Relaxed);
        // A writer writes the second copy first, so the first copy is read first. A word changed by a commit can be old
        // only until that commit returns.
        let first: WalIndexHeader = array::from_fn(word);
        fence(Ordering::Acquire);
        let second: WalIndexHeader = array::from_fn(|at| word(at + first.len()));
        (first == second).then_some(first)
    }

    fn methods(&self) -> Option<&ffi::sqlite3_io_methods> {
        // SAFETY: SQLite returned the file, which lives as long as the connection; its methods are static, or null.
        unsafe { self.file.as_ref().pMethods.as_ref() }
    }
}

impl Drop for RawConnection {
    fn drop(&mut self) {
        // SAFETY: both are open; the statement must be finalized first.
        unsafe {
            ffi::sqlite3_finalize(self.pin.as_ptr());
            ffi::sqlite3_close(self.handle.as_ptr());
        }
    }
}

/// A connection positioned on a row, which holds the shared lock. Dropping it releases the lock, also on a panic.
pub(super) struct SharedLock<'a> {
    connection: &'a mut RawConnection,
    is_locked: bool,
}

impl SharedLock<'_> {
    /// Returns whether the lock is held. A database without tables has no row, and then there is no lock.
    pub(super) const fn is_locked(&self) -> bool {
        self.is_locked
    }

    /// Like [`RawConnection::read_header`], without concurrent changes.
    pub(super) fn read_header(&self) -> Option<FileHeader> {
        self.connection.read_header()
    }

    /// Enables [`RawConnection::read_wal_index`] and [`RawConnection::read_log`], for a database in WAL mode.
    pub(super) fn map_wal_index(&mut self) -> Result<(), SentinelError> {
        let methods = self.connection.methods().filter(|methods| methods.iVersion >= 2);
        let map = methods.and_then(|methods| methods.xShmMap);
        let map = map.ok_or(SentinelError::Unsuitable("no shared memory"))?;
        let mut region = ptr::null_mut();
        // SAFETY: the file is open. In WAL mode SQLite mapped region 0 of this size when the statement began to read,
        // so this only returns its address; the second 0 prevents an allocation.
        let code = unsafe { map(self.connection.file.as_ptr(), 0, WAL_INDEX_REGION, 0, &raw mut region) };
        if code != ffi::SQLITE_OK {
            return Err(SentinelError::Sqlite(code));
        }
        let index = NonNull::new(region.cast()).ok_or(SentinelError::Unsuitable("no shared memory"))?;
        let log = file_of(self.connection.handle, ffi::SQLITE_FCNTL_JOURNAL_POINTER)?;
        self.connection.wal = Some(Wal { index, log });
        Ok(())
    }
}

impl Drop for SharedLock<'_> {
    fn drop(&mut self) {
        // SAFETY: the statement is prepared.
        unsafe { ffi::sqlite3_reset(self.connection.pin.as_ptr()) };
    }
}

/// An open handle, closed if a later step of opening fails.
struct Handle(NonNull<ffi::sqlite3>);

impl Handle {
    fn keep(self) -> NonNull<ffi::sqlite3> {
        ManuallyDrop::new(self).0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle is open.
        unsafe { ffi::sqlite3_close(self.0.as_ptr()) };
    }
}

/// Returns a file that the connection has open, selected by the operation.
fn file_of(
    handle: NonNull<ffi::sqlite3>,
    operation: c_int,
) -> Result<NonNull<ffi::sqlite3_file>, SentinelError> {
    let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
    // SAFETY: the handle is open, and these operations write a pointer.
    let code = unsafe { control(handle, operation, (&raw mut file).cast()) };
    NonNull::new(file).filter(|_| code == ffi::SQLITE_OK).ok_or(SentinelError::Sqlite(code))
}

/// Reads `N` bytes at an offset. Returns `None` if the file is shorter.
///
/// # Safety
/// SQLite has the file open.
unsafe fn read<const N: usize>(file: NonNull<ffi::sqlite3_file>, offset: i64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    // SAFETY: the caller's promise; a file's methods are static, or null.
    let read = unsafe { file.as_ref().pMethods.as_ref() }?.xRead?;
    let size = c_int::try_from(N).ok()?;
    // SAFETY: the file is open, and the buffer has the size that is named.
    let code = unsafe { read(file.as_ptr(), bytes.as_mut_ptr().cast(), size, offset) };
    (code == ffi::SQLITE_OK).then_some(bytes)
}

/// # Safety
/// The handle is open, and `argument` is what the operation's documentation asks for.
unsafe fn control(handle: NonNull<ffi::sqlite3>, operation: c_int, argument: *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { ffi::sqlite3_file_control(handle.as_ptr(), c"main".as_ptr(), operation, argument) }
}

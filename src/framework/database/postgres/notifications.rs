//! PostgreSQL's notifications (`LISTEN`, `NOTIFY`), as one thread waits for them on a connection of its own.
//!
//! libpq itself, since diesel's `notifications_iter` never waits: it would have to be asked again and again, which costs
//! either time or processor. It is the same libpq, so the same URL leads to the same server by the same rules.

use std::ffi::{CStr, CString, c_char, c_void};
use std::os::fd::BorrowedFd;
use std::ptr::{self, NonNull};
use std::time::Duration;

use pq_sys as ffi;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::libpq_url;
use crate::framework::database::{DatabaseError, DatabaseSettings, DatabaseUrl};

/// What somebody sent by `NOTIFY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Where it was sent to.
    pub channel: String,
    /// What was said; empty where nothing was.
    pub payload: String,
    /// The server's process that works for the sender.
    pub process_id: i32,
}

/// A connection that listens. It stays on the thread that made it.
pub struct Listener(NonNull<ffi::PGconn>);

impl Listener {
    pub(in crate::framework::database) fn connect(
        settings: &DatabaseSettings,
    ) -> Result<Self, DatabaseError> {
        let DatabaseUrl::Postgres(url) = &settings.url else {
            return Err(unavailable("only a PostgreSQL database sends notifications"));
        };
        let url = CString::new(libpq_url(settings, url)).map_err(|_| unavailable("a URL with a NUL"))?;
        // SAFETY: the text ends with a NUL. The result is null or a connection, good or bad, that is ours to end.
        let connection = unsafe { ffi::PQconnectdb(url.as_ptr()) };
        let connection = Self(NonNull::new(connection).ok_or_else(|| unavailable("out of memory"))?);
        // SAFETY: the connection is open, and the function does nothing; libpq's own would write to standard error.
        unsafe {
            ffi::PQsetNoticeProcessor(connection.0.as_ptr(), Some(ignore_notice), ptr::null_mut());
        }
        // SAFETY: the connection is open.
        match unsafe { ffi::PQstatus(connection.0.as_ptr()) } {
            ffi::ConnStatusType::CONNECTION_OK => Ok(connection),
            _ => Err(unavailable(&settings.url.redact(&connection.error_text()))),
        }
    }

    /// The server's process that works for this connection, as the server introduced it. A pooler between invents one.
    #[must_use]
    pub fn process_id(&self) -> i32 {
        // SAFETY: the connection is open.
        unsafe { ffi::PQbackendPID(self.0.as_ptr()) }
    }

    /// Runs statements, or none, and returns how many rows the last one gave. What the server was notified of before it
    /// began comes before its answer, and waits for [`Listener::next_notification`].
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`], whatever it is: the caller begins with a new connection.
    pub fn execute(&mut self, sql: &str) -> Result<usize, DatabaseError> {
        let sql = CString::new(sql).map_err(|_| unavailable("a statement with a NUL"))?;
        // SAFETY: the connection is open, the text ends with a NUL.
        let result = unsafe { ffi::PQexec(self.0.as_ptr(), sql.as_ptr()) };
        // SAFETY: a result of libpq or null, which both functions take.
        let (status, rows) = unsafe { (ffi::PQresultStatus(result), ffi::PQntuples(result)) };
        // SAFETY: it is not used any more.
        unsafe { ffi::PQclear(result) };
        match status {
            ffi::ExecStatusType::PGRES_EMPTY_QUERY
            | ffi::ExecStatusType::PGRES_COMMAND_OK
            | ffi::ExecStatusType::PGRES_TUPLES_OK => Ok(usize::try_from(rows).unwrap_or(0)),
            _ => Err(self.error()),
        }
    }

    /// Waits until the server has sent something, `wake_fd` can be read, or the time is over.
    /// [`Listener::next_notification`] tells what was sent; whether the wake_fd woken is returned.
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] when the connection is lost.
    pub fn wait(
        &mut self,
        timeout: Duration,
        wake_fd: Option<BorrowedFd<'_>>,
    ) -> Result<bool, DatabaseError> {
        // SAFETY: the connection is open.
        let socket = unsafe { ffi::PQsocket(self.0.as_ptr()) };
        if socket < 0 {
            return Err(self.error());
        }
        // SAFETY: a socket that libpq has open, and doesn't close before its next call.
        let socket = unsafe { BorrowedFd::borrow_raw(socket) };
        let timeout = Timespec::try_from(timeout).map_err(|error| unavailable(&error.to_string()))?;
        let mut both =
            [socket, wake_fd.unwrap_or(socket)].map(|one| PollFd::from_borrowed_fd(one, PollFlags::IN));
        match poll(&mut both, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(unavailable(&error.to_string())),
        }
        let woken = wake_fd.is_some() && !both[1].revents().is_empty();
        // Also when the time is over: with TLS, something may have been read already.
        // SAFETY: the connection is open.
        if unsafe { ffi::PQconsumeInput(self.0.as_ptr()) } == 0 { Err(self.error()) } else { Ok(woken) }
    }

    /// The next notification of those that have come, in the order of their commits.
    pub fn next_notification(&mut self) -> Option<Notification> {
        // SAFETY: the connection is open. The result is null or ours to free.
        let received = NonNull::new(unsafe { ffi::PQnotifies(self.0.as_ptr()) })?;
        // SAFETY: both texts are part of what was received.
        let notification = unsafe {
            let received = received.as_ref();
            Notification {
                channel: text(received.relname),
                payload: text(received.extra),
                process_id: received.be_pid,
            }
        };
        // SAFETY: it is not used any more.
        unsafe { ffi::PQfreemem(received.as_ptr().cast()) };
        Some(notification)
    }

    fn error(&self) -> DatabaseError {
        unavailable(&self.error_text())
    }

    /// The last error, in the server's or libpq's words.
    fn error_text(&self) -> String {
        // SAFETY: the connection is open, good or bad; the text is copied at once.
        let message = unsafe { text(ffi::PQerrorMessage(self.0.as_ptr())) };
        message.trim().to_owned()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // SAFETY: it is not used any more.
        unsafe { ffi::PQfinish(self.0.as_ptr()) };
    }
}

/// A copy of a text of libpq's, without what is not UTF-8.
///
/// # Safety
/// `text` is null, or ends with a NUL.
unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

extern "C" fn ignore_notice(_: *mut c_void, _: *const c_char) {}

fn unavailable(reason: &str) -> DatabaseError {
    DatabaseError::Unavailable(reason.to_owned())
}

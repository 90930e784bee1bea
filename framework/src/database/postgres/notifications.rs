//! Receives PostgreSQL's notifications (`LISTEN`, `NOTIFY`), on one thread with its own connection.
//!
//! Uses libpq directly, since diesel's `notifications_iter` never waits, and polling it costs latency or CPU time. It
//! is the same libpq, so the same URL leads to the same server.

use std::ffi::CString;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;
use std::time::Duration;

use pq_sys as ffi;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::libpq::{Connection, text};
use super::libpq_url;
use crate::database::{DatabaseError, DatabaseSettings, DatabaseUrl};

/// A notification sent by `NOTIFY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The channel.
    pub channel: String,
    /// The payload; may be empty.
    pub payload: String,
    /// The process id of the sender's backend.
    pub process_id: i32,
}

/// A listening connection. It stays on the thread that opened it.
pub struct Listener(Connection);

impl Listener {
    pub(in crate::database) fn connect(settings: &DatabaseSettings) -> Result<Self, DatabaseError> {
        let DatabaseUrl::Postgres(url) = &settings.url else {
            return Err(unavailable("only a PostgreSQL database sends notifications"));
        };
        let url = libpq_url(settings, url);
        Connection::open(&url).map(Self).map_err(|reason| unavailable(&settings.url.redact(&reason)))
    }

    /// Returns the backend's process id, as the server sent it. A pooler in between invents one.
    #[must_use]
    pub fn process_id(&self) -> i32 {
        // SAFETY: the connection is open.
        unsafe { ffi::PQbackendPID(self.0.raw()) }
    }

    /// Runs zero or more statements, and returns the number of rows of the last one. Notifications that the server
    /// received before are delivered before the result, and returned by [`Listener::next_notification`].
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] for every error: the caller must open a new connection.
    pub fn execute(&mut self, sql: &str) -> Result<usize, DatabaseError> {
        let sql = CString::new(sql).map_err(|_| unavailable("a statement with a NUL"))?;
        // SAFETY: the connection is open, the text ends with a NUL.
        let result = unsafe { ffi::PQexec(self.0.raw(), sql.as_ptr()) };
        // SAFETY: both functions accept a result of libpq or null.
        let (status, rows) = unsafe { (ffi::PQresultStatus(result), ffi::PQntuples(result)) };
        // SAFETY: it is not used after this.
        unsafe { ffi::PQclear(result) };
        match status {
            ffi::ExecStatusType::PGRES_EMPTY_QUERY
            | ffi::ExecStatusType::PGRES_COMMAND_OK
            | ffi::ExecStatusType::PGRES_TUPLES_OK => Ok(usize::try_from(rows).unwrap_or(0)),
            _ => Err(self.error()),
        }
    }

    /// Runs one statement, and returns the first column of its first row as text. `None`: there is no row, or it is NULL.
    /// Notifications are as in [`Listener::execute`].
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] for every error: the caller must open a new connection.
    pub fn get_text(&mut self, sql: &str) -> Result<Option<String>, DatabaseError> {
        let sql = CString::new(sql).map_err(|_| unavailable("a statement with a NUL"))?;
        // SAFETY: the connection is open, the text ends with a NUL.
        let result = unsafe { ffi::PQexec(self.0.raw(), sql.as_ptr()) };
        // SAFETY: the functions accept a result of libpq or null. The value is read only if there is one, and copied before
        // the result is cleared, which is not used after this.
        let value = unsafe {
            let is_ok = ffi::PQresultStatus(result) == ffi::ExecStatusType::PGRES_TUPLES_OK;
            let is_null = !is_ok
                || ffi::PQntuples(result) == 0
                || ffi::PQnfields(result) == 0
                || ffi::PQgetisnull(result, 0, 0) != 0;
            let value = if is_null { None } else { Some(text(ffi::PQgetvalue(result, 0, 0))) };
            ffi::PQclear(result);
            is_ok.then_some(value)
        };
        value.ok_or_else(|| self.error())
    }

    /// Waits until the server has sent something, `wake_fd` is readable, or the timeout expires. Returns whether
    /// `wake_fd` is readable; [`Listener::next_notification`] returns what was sent.
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] if the connection is lost.
    pub fn wait(
        &mut self,
        timeout: Duration,
        wake_fd: Option<BorrowedFd<'_>>,
    ) -> Result<bool, DatabaseError> {
        // SAFETY: the connection is open.
        let socket = unsafe { ffi::PQsocket(self.0.raw()) };
        if socket < 0 {
            return Err(self.error());
        }
        // SAFETY: libpq keeps this socket open until its next call.
        let socket = unsafe { BorrowedFd::borrow_raw(socket) };
        let timeout = Timespec::try_from(timeout).map_err(|error| unavailable(&error.to_string()))?;
        let mut both =
            [socket, wake_fd.unwrap_or(socket)].map(|one| PollFd::from_borrowed_fd(one, PollFlags::IN));
        match poll(&mut both, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(unavailable(&error.to_string())),
        }
        let woken = wake_fd.is_some() && !both[1].revents().is_empty();
        // Also after a timeout: with TLS, data may have been read already.
        // SAFETY: the connection is open.
        if unsafe { ffi::PQconsumeInput(self.0.raw()) } == 0 { Err(self.error()) } else { Ok(woken) }
    }

    /// Returns the next received notification, in the order of commits.
    pub fn next_notification(&mut self) -> Option<Notification> {
        // SAFETY: the connection is open. The result is null, or we must free it.
        let received = NonNull::new(unsafe { ffi::PQnotifies(self.0.raw()) })?;
        // SAFETY: both texts belong to the notification.
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
        unavailable(&self.0.error_text())
    }
}

fn unavailable(reason: &str) -> DatabaseError {
    DatabaseError::Unavailable(reason.to_owned())
}

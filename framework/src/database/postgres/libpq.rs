//! A connection of libpq itself, for what diesel doesn't show.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{self, NonNull};

use pq_sys as ffi;

/// An open connection.
pub(super) struct Connection(NonNull<ffi::PGconn>);

impl Connection {
    /// Opens a connection. This blocks.
    ///
    /// # Errors
    /// libpq's message, which may quote the URL.
    pub(super) fn open(url: &str) -> Result<Self, String> {
        let url = CString::new(url).map_err(|_| "a URL with a NUL")?;
        // SAFETY: the text ends with a NUL. The result is null or a connection, open or failed, that we own.
        let connection = unsafe { ffi::PQconnectdb(url.as_ptr()) };
        let connection = Self(NonNull::new(connection).ok_or("out of memory")?);
        // SAFETY: the connection is open, and the function does nothing; libpq's default writes to standard error.
        unsafe {
            ffi::PQsetNoticeProcessor(connection.raw(), Some(ignore_notice), ptr::null_mut());
        }
        // SAFETY: the connection is open.
        match unsafe { ffi::PQstatus(connection.raw()) } {
            ffi::ConnStatusType::CONNECTION_OK => Ok(connection),
            _ => Err(connection.error_text()),
        }
    }

    /// The pointer to libpq's connection, which is valid as long as this value.
    pub(super) const fn raw(&self) -> *mut ffi::PGconn {
        self.0.as_ptr()
    }

    /// Returns the last error message of the server or libpq.
    pub(super) fn error_text(&self) -> String {
        // SAFETY: the connection is open or failed; the text is copied at once.
        let message = unsafe { text(ffi::PQerrorMessage(self.raw())) };
        message.trim().to_owned()
    }

    /// Where and how it is connected.
    pub(super) fn endpoint(&self) -> Endpoint {
        // SAFETY: the connection is open; each text belongs to it and is copied at once.
        unsafe {
            let raw = self.raw();
            Endpoint {
                host: text(ffi::PQhost(raw)),
                address: text(ffi::PQhostaddr(raw)),
                port: text(ffi::PQport(raw)),
                user: text(ffi::PQuser(raw)),
                password: bytes(ffi::PQpass(raw)),
                database: text(ffi::PQdb(raw)),
                options: text(ffi::PQoptions(raw)),
                is_encrypted: ffi::PQsslInUse(raw) != 0 || ffi::PQgssEncInUse(raw) != 0,
            }
        }
    }

    /// The connection's parameters that have a value, wherever it comes from: the URL, the environment, a service file, or
    /// libpq's defaults.
    pub(super) fn parameters(&self) -> Vec<(String, String)> {
        let mut parameters = Vec::new();
        // SAFETY: the connection is open. The result is null, or we must free it.
        let Some(first) = NonNull::new(unsafe { ffi::PQconninfo(self.raw()) }) else { return parameters };
        let mut next = first.as_ptr();
        // SAFETY: the array ends with an option whose keyword is null; the texts belong to the array.
        unsafe {
            while !(*next).keyword.is_null() {
                if !(*next).val.is_null() {
                    parameters.push((text((*next).keyword), text((*next).val)));
                }
                next = next.add(1);
            }
            ffi::PQconninfoFree(first.as_ptr());
        }
        parameters
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: it is not used any more.
        unsafe { ffi::PQfinish(self.raw()) };
    }
}

/// Waits until a server at this URL says whether it accepts connections, or refuses them, or the URL's `connect_timeout`
/// is over. This blocks.
pub(super) fn ping(url: &str) {
    let Ok(url) = CString::new(url) else { return };
    // SAFETY: the text ends with a NUL.
    unsafe { ffi::PQping(url.as_ptr()) };
}

/// Where and how a connection is connected.
pub(super) struct Endpoint {
    /// A name, an address, or the folder of a Unix socket.
    pub(super) host: String,
    /// The address; empty for a Unix socket.
    pub(super) address: String,
    pub(super) port: String,
    pub(super) user: String,
    /// From the URL, the environment or a password file; empty if there is none.
    pub(super) password: Vec<u8>,
    pub(super) database: String,
    /// The command-line options of its session.
    pub(super) options: String,
    /// By TLS or GSSAPI.
    pub(super) is_encrypted: bool,
}

/// Copies a text of libpq; invalid UTF-8 is replaced.
///
/// # Safety
/// `text` is null, or ends with a NUL.
pub(super) unsafe fn text(text: *const c_char) -> String {
    // SAFETY: the caller's promise.
    String::from_utf8_lossy(&unsafe { bytes(text) }).into_owned()
}

/// Copies a text of libpq.
///
/// # Safety
/// `text` is null, or ends with a NUL.
unsafe fn bytes(text: *const c_char) -> Vec<u8> {
    if text.is_null() {
        return Vec::new();
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_bytes().to_vec()
}

extern "C" fn ignore_notice(_: *mut c_void, _: *const c_char) {}

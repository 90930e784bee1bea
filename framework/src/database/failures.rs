//! Which errors mean that the database, or its disk, does not work for the moment.
//!
//! diesel has a kind for few of them, so they are told by SQLite's and PostgreSQL's messages. SQLite's are complete texts
//! (`sqlite3_errstr`); PostgreSQL's begin or end with a name, and are English unless `lc_messages` is set.

use diesel::result::{DatabaseErrorKind, Error as QueryError};

use super::named::OUTDATED_PLAN;

/// The disk or the file does not work: a retry may succeed once someone has repaired it. A connection that has seen one of
/// these is not used again: it may have opened the file for reading only, or hold a broken page in its cache.
const SQLITE_STORAGE: [&str; 9] = [
    "attempt to write a readonly database",
    "database disk image is malformed",
    "database or disk is full",
    "disk I/O error",
    "file is not a database",
    "locking protocol",
    "out of memory",
    "unable to open database file",
    "access permission denied",
];

/// Another connection holds a lock.
const SQLITE_LOCKED: [&str; 2] = ["database is locked", "database table is locked"];

const POSTGRES: [&str; 18] = [
    OUTDATED_PLAN,
    "statement timeout",
    "lock timeout",
    "deadlock detected",
    // A role that may only read.
    "permission denied for ",
    // The disk.
    "could not extend file ",
    "could not write ",
    "could not read ",
    "could not open file ",
    "could not fsync file ",
    "could not access status of transaction ",
    "invalid page in block ",
    "No space left on device",
    // The server stops, starts, or has too much to do.
    "terminating connection",
    "the database system is ",
    "conflict with recovery",
    "out of memory",
    "out of shared memory",
];

/// Returns whether a retry of the query may succeed, so that a client gets 503.
pub(super) fn is_transient(error: &QueryError) -> bool {
    match error {
        // A read-only transaction means that the server is a standby, or was demoted.
        QueryError::DatabaseError(DatabaseErrorKind::ClosedConnection, _)
        | QueryError::DatabaseError(DatabaseErrorKind::UnableToSendCommand, _)
        | QueryError::DatabaseError(DatabaseErrorKind::SerializationFailure, _)
        | QueryError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _)
        | QueryError::BrokenTransactionManager => true,
        QueryError::DatabaseError(DatabaseErrorKind::Unknown, information) => {
            let message = information.message();
            SQLITE_STORAGE.contains(&message)
                || SQLITE_LOCKED.iter().any(|text| message.starts_with(text))
                || POSTGRES.iter().any(|text| message.contains(text))
        }
        _ => false,
    }
}

/// Returns whether a connection must not be used again after this error.
pub(super) fn ends_connection(error: &QueryError) -> bool {
    match error {
        QueryError::DatabaseError(DatabaseErrorKind::Unknown, information) => {
            SQLITE_STORAGE.contains(&information.message())
        }
        QueryError::DatabaseError(kind, _) => {
            matches!(kind, DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(message: &str) -> QueryError {
        QueryError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()))
    }

    #[test]
    fn failures_of_the_disk_are_no_mistakes_of_the_query() {
        for message in [
            "disk I/O error",
            "database table is locked: auth_user",
            "could not extend file \"base/5/1259\": No space left on device",
            "permission denied for table authtoken_token",
        ] {
            assert!(is_transient(&error(message)), "{message}");
        }
        for message in
            ["no such column: x", "near \"SELEC\": syntax error", "integer overflow", "invalid input syntax"]
        {
            assert!(!is_transient(&error(message)) && !ends_connection(&error(message)), "{message}");
        }
        assert!(ends_connection(&error("disk I/O error")) && !ends_connection(&error("database is locked")));
    }

    /// The texts are those of the SQLite that is compiled in.
    #[test]
    fn sqlite_has_these_messages() {
        use libsqlite3_sys as ffi;
        let known = [
            ffi::SQLITE_READONLY,
            ffi::SQLITE_CORRUPT,
            ffi::SQLITE_FULL,
            ffi::SQLITE_IOERR,
            ffi::SQLITE_NOTADB,
            ffi::SQLITE_PROTOCOL,
            ffi::SQLITE_NOMEM,
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_PERM,
            ffi::SQLITE_BUSY,
            ffi::SQLITE_LOCKED,
        ];
        for code in known {
            #[expect(unsafe_code, reason = "the texts are only in the C library")]
            // SAFETY: the result is a static text that ends with a NUL.
            let message = unsafe { std::ffi::CStr::from_ptr(ffi::sqlite3_errstr(code)) };
            assert!(is_transient(&error(message.to_str().unwrap())), "{message:?}");
        }
    }
}

//! Opens connections: the URL's scheme selects the database, and each database gets its own session settings.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::{ConnectionError, RunQueryDsl, SqliteConnection};
use percent_encoding::percent_decode_str;

use super::clock::set_time_zone;
use super::sqlite::file_id::FileId;
use super::sqlite::opening::{Patience, establish};
use super::{DatabaseSettings, DatabaseUrl, JournalMode, Names, RenamingConnection};
use crate::models::signals::Signals;

// The derive does not support generic types.
type RenamingSqlite = RenamingConnection<SqliteConnection>;
#[cfg(feature = "postgres")]
type RenamingPostgres = RenamingConnection<diesel::PgConnection>;

/// A connection to either database. It works with ordinary diesel queries. For what `MultiConnection` lacks
/// (`on_conflict`, batch insert, `for_update`), match on the variant. Either variant maps table and column names
/// ([`Names`]).
#[derive(diesel::MultiConnection)]
pub enum DbConnection {
    /// SQLite.
    Sqlite(RenamingSqlite),
    /// PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(RenamingPostgres),
}

impl DbConnection {
    /// Returns whether it is PostgreSQL.
    #[must_use]
    pub const fn is_postgres(&self) -> bool {
        !matches!(self, Self::Sqlite(_))
    }

    /// Returns the database's table and column names.
    #[must_use]
    pub const fn names(&self) -> &Names {
        match self {
            Self::Sqlite(connection) => connection.names(),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => connection.names(),
        }
    }

    /// Returns whether an error ended the use of this connection: of the disk, or of a file that was opened for reading only.
    pub(super) fn has_failed(&self) -> bool {
        match self {
            Self::Sqlite(connection) => connection.has_failed(),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => connection.has_failed(),
        }
    }

    /// Returns the signals that the writes of models send.
    pub(crate) const fn signals(&self) -> &Signals {
        match self {
            Self::Sqlite(connection) => connection.signals(),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => connection.signals(),
        }
    }
}

/// Runs the same diesel code on either variant: `on_variant!(connection, |inner| query.load(inner))`.
#[cfg(feature = "postgres")]
#[macro_export]
macro_rules! on_variant {
    ($connection:expr, |$inner:ident| $work:expr) => {
        match $connection {
            $crate::database::DbConnection::Sqlite($inner) => $work,
            $crate::database::DbConnection::Postgres($inner) => $work,
        }
    };
}

/// Runs the same diesel code on either variant: `on_variant!(connection, |inner| query.load(inner))`.
#[cfg(not(feature = "postgres"))]
#[macro_export]
macro_rules! on_variant {
    ($connection:expr, |$inner:ident| $work:expr) => {
        match $connection {
            $crate::database::DbConnection::Sqlite($inner) => $work,
        }
    };
}
pub use on_variant;

/// Returns the URI that opens a path in a mode (<https://sqlite.org/uri.html>): `ro`, `rw`, or `rwc`, which creates a missing
/// file. A mode in the path itself, if it is a URI, stays.
fn uri(path: &str, mode: &str) -> String {
    if !path.starts_with("file:") {
        // In a URI, SQLite would end the path at these characters (RFC 3986).
        let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        // After two slashes it would look for a host.
        let start = if path.starts_with('/') { "file://" } else { "file:" };
        return format!("{start}{path}?mode={mode}");
    }
    match path.split_once('?') {
        Some((_, parameters)) if parameters.split('&').any(|one| one.starts_with("mode=")) => path.to_owned(),
        Some(_) => format!("{path}&mode={mode}"),
        None => format!("{path}?mode={mode}"),
    }
}

/// Opens connections for the pool.
///
/// It reads the URL's scheme itself, since `MultiConnection::establish` tries one database after the other and reports
/// only the last error.
#[derive(Debug)]
pub struct Manager {
    settings: DatabaseSettings,
}

impl Manager {
    pub(super) fn new(settings: DatabaseSettings) -> Self {
        Self { settings }
    }

    fn sqlite(&self, path: &str) -> Result<DbConnection, diesel::r2d2::Error> {
        let before = self.file();
        let is_empty = || Path::new(path).metadata().is_ok_and(|metadata| metadata.len() == 0);
        if before.is_none() && !self.settings.creates_file && is_empty() {
            let reason = "the database file is empty; `migrate` makes its tables".to_owned();
            return Err(diesel::r2d2::Error::ConnectionError(ConnectionError::BadConnection(reason)));
        }
        let connection = if self.settings.read_only {
            self.sqlite_read_only(path)?
        } else {
            self.sqlite_read_write(path)?
        };
        let file = self.file();
        if before.is_some() && before != file {
            return Err(Self::replaced_error());
        }
        let connection = RenamingConnection::with_file(connection, self.settings.names.clone(), file);
        Ok(DbConnection::Sqlite(connection.with_signals(&self.settings.signals)))
    }

    /// Returns the file that the settings name now, if they name it by a plain path, and it is not empty.
    fn file(&self) -> Option<FileId> {
        FileId::from_path(Path::new(self.settings.url.sqlite_file()?)).ok()
    }

    fn replaced_error() -> diesel::r2d2::Error {
        let reason = "the database file was replaced".to_owned();
        diesel::r2d2::Error::ConnectionError(ConnectionError::BadConnection(reason))
    }

    fn sqlite_read_write(&self, path: &str) -> Result<SqliteConnection, diesel::r2d2::Error> {
        let mode = if self.settings.creates_file {
            create_private(path);
            "rwc"
        } else {
            "rw"
        };
        let mut connection = establish(&uri(path, mode), Patience::Waits(self.settings.timeout))?;
        let query = diesel::r2d2::Error::QueryError;
        set_time_zone(&mut connection, &self.settings.time_zone).map_err(query)?;
        if let Some(mode) = self.journal_mode(&mut connection).map_err(query)? {
            let mode = if mode == JournalMode::Wal { "WAL" } else { "DELETE" };
            connection.batch_execute(&format!("PRAGMA journal_mode = {mode}")).map_err(query)?;
        }
        // FULL: a committed login survives a power failure.
        connection.batch_execute("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL").map_err(query)?;
        Ok(connection)
    }

    /// Opens the file in SQLite's read-only mode, which creates no file, keeps the journal mode, and does not roll back
    /// a crashed transaction.
    fn sqlite_read_only(&self, path: &str) -> Result<SqliteConnection, diesel::r2d2::Error> {
        let mut connection = establish(&uri(path, "ro"), Patience::Waits(self.settings.timeout))?;
        let query = diesel::r2d2::Error::QueryError;
        set_time_zone(&mut connection, &self.settings.time_zone).map_err(query)?;
        connection.batch_execute("PRAGMA query_only = ON").map_err(query)?;
        Ok(connection)
    }

    /// Opens a read-only connection that never waits: a lock held by another connection is an error at once.
    pub(super) fn sqlite_reader(
        path: &str,
        settings: &DatabaseSettings,
    ) -> Result<RenamingSqlite, diesel::r2d2::Error> {
        let mut connection = establish(&uri(path, "rw"), Patience::GivesUp)?;
        let query = diesel::r2d2::Error::QueryError;
        connection.batch_execute("PRAGMA query_only = ON").map_err(query)?;
        set_time_zone(&mut connection, &settings.time_zone).map_err(query)?;
        Ok(RenamingConnection::new(connection, settings.names.clone()))
    }

    /// Returns the mode to switch to: the configured one, or WAL for an empty database.
    fn journal_mode(&self, connection: &mut SqliteConnection) -> diesel::QueryResult<Option<JournalMode>> {
        if self.settings.journal_mode.is_some() {
            return Ok(self.settings.journal_mode);
        }
        let pages: i32 = diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>(
            "(SELECT page_count FROM pragma_page_count)",
        ))
        .get_result(connection)?;
        Ok((pages == 0).then_some(JournalMode::Wal))
    }
}

/// Creates the file, if it is missing, so that only its owner can read the tokens in it. SQLite's own files beside it get the
/// same mode.
///
/// An error is left to SQLite, which meets it too.
fn create_private(path: &str) {
    let new = |path: &Path| OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match path.strip_prefix("file:") {
        None => drop(new(Path::new(path))),
        // Parameters may say that the file must be there, or where it is.
        Some(uri) if !uri.starts_with("//") && !uri.contains(['?', '#']) => {
            if let Ok(path) = percent_decode_str(uri).decode_utf8() {
                drop(new(Path::new(path.as_ref())));
            }
        }
        Some(_) => {}
    }
}

impl ManageConnection for Manager {
    type Connection = DbConnection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<DbConnection, Self::Error> {
        let opened = match &self.settings.url {
            DatabaseUrl::Sqlite(path) => self.sqlite(path),
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(url) => super::postgres::connect(&self.settings, url).map(|opened| {
                let connection = RenamingConnection::new(opened.connection, self.settings.names.clone());
                let connection = connection.with_late_transactions(opened.begins_late);
                DbConnection::Postgres(connection.with_signals(&self.settings.signals))
            }),
        };
        opened.map_err(|error| match error {
            // SQLite's message does not name the file.
            Self::Error::ConnectionError(ConnectionError::BadConnection(reason)) => {
                let url = &self.settings.url;
                let reason = format!("{url}: {}", url.redact(&reason));
                Self::Error::ConnectionError(ConnectionError::BadConnection(reason))
            }
            other => other,
        })
    }

    fn is_valid(&self, connection: &mut DbConnection) -> Result<(), Self::Error> {
        match connection {
            // It can't be lost, but if its file was replaced, it would use a file that nobody else sees.
            DbConnection::Sqlite(connection) if connection.file() == self.file() => Ok(()),
            DbConnection::Sqlite(_) => Err(Self::replaced_error()),
            // The server may have restarted.
            #[cfg(feature = "postgres")]
            DbConnection::Postgres(connection) => {
                let idle = connection.since_last_use();
                super::postgres::check(connection.raw(), idle).map_err(Self::Error::QueryError)
            }
        }
    }

    fn has_broken(&self, connection: &mut DbConnection) -> bool {
        std::thread::panicking() || connection.is_broken()
    }
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_keeps_its_characters() {
        for (path, expected) in [
            ("db.sqlite3", "file:db.sqlite3?mode=rw"),
            ("/a b/50%?#", "file:///a b/50%25%3f%23?mode=rw"),
            ("//a", "file:////a?mode=rw"),
            ("file:a", "file:a?mode=rw"),
            ("file:a?vfs=unix", "file:a?vfs=unix&mode=rw"),
            ("file:a?mode=ro&vfs=unix", "file:a?mode=ro&vfs=unix"),
        ] {
            assert_eq!(uri(path, "rw"), expected);
        }
    }
}

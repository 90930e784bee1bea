//! `DATABASE_URL`: its scheme selects the database, as in dj-database-url and django-environ.

#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

/// The database's location. `Display` and `Debug` omit the password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A path or a `file:` URI, for SQLite.
    Sqlite(String),
    /// A `postgres://` URL with the escapes that libpq reads.
    #[cfg(feature = "postgres")]
    Postgres(String),
}

impl DatabaseUrl {
    /// An empty SQLite database of one connection.
    pub(super) fn in_memory() -> Self {
        Self::Sqlite("file:empty?mode=memory".to_owned())
    }

    /// Returns a SQLite database's path, or `None` for PostgreSQL.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&str> {
        match self {
            Self::Sqlite(path) => Some(path),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => None,
        }
    }

    /// Returns a SQLite database's path, unless it is a URI, whose parameters may change what the file's locks mean.
    pub(super) fn sqlite_file(&self) -> Option<&str> {
        self.sqlite_path().filter(|path| !path.starts_with("file:"))
    }

    /// Returns whether this is a SQLite database.
    #[must_use]
    pub const fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// Whether the connection to another machine may be in plain text. `default_mode` is the environment's `PGSSLMODE`.
    #[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "SQLite has no connections"))]
    pub(crate) fn may_be_plain_text(&self, default_mode: Option<&str>) -> bool {
        match self {
            Self::Sqlite(_) => false,
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => postgres::may_be_plain_text(url, default_mode),
        }
    }

    /// Removes the password from a library's message: libpq quotes a URL that it can't parse.
    pub(super) fn redact(&self, words: &str) -> String {
        match self {
            Self::Sqlite(_) => words.to_owned(),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => redact_password(url, words),
        }
    }
}

/// The schemes of PostgreSQL in dj-database-url and django-environ.
const POSTGRES: [&str; 7] =
    ["postgres", "postgresql", "pgsql", "psql", "postgis", "timescale", "timescalegis"];

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    /// Reads a URL, or a path of a SQLite file. The error does not quote it.
    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let url = url.trim();
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let scheme = scheme.to_ascii_lowercase();
        if POSTGRES.contains(&scheme.as_str()) {
            #[cfg(feature = "postgres")]
            return postgres::url(rest).map(Self::Postgres);
            #[cfg(not(feature = "postgres"))]
            return Err("this program was built without PostgreSQL; build it with `--features postgres`.");
        }
        match scheme.as_str() {
            "sqlite" | "spatialite" => sqlite::url(rest),
            _ => sqlite::path(url),
        }
        .map(Self::Sqlite)
    }
}

/// Decodes escapes as Python's `unquote` does: a `%` that starts none stays. `None`: the result is not UTF-8.
fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned)
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.write_str(path),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => {
                // The parts before the last `@` of the authority and the parameters may contain the password.
                let (start, _) = parameters(url);
                let rest = start.split_once("://").map_or(start, |(_, rest)| rest);
                write!(f, "postgres://{}", rest.rsplit('@').next().unwrap_or_default())
            }
        }
    }
}

#[cfg(feature = "postgres")]
fn redact_password(url: &str, words: &str) -> String {
    const HIDDEN: &str = "******";
    let (start, parameters) = parameters(url);
    let user = start.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
    let in_user = user.and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
    let in_parameters = parameters.iter().filter_map(|parameter| parameter.strip_prefix("password="));
    let passwords = in_user.into_iter().chain(in_parameters).filter(|password| !password.is_empty());
    passwords.fold(words.to_owned(), |words, password| {
        let decoded = percent_decode_str(password).decode_utf8_lossy();
        words.replace(password, HIDDEN).replace(decoded.as_ref(), HIDDEN)
    })
}

/// Splits a libpq URL into the part before its parameters, and the parameters. A password may contain a question mark.
#[cfg(feature = "postgres")]
pub(super) fn parameters(url: &str) -> (&str, Vec<&str>) {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(authority..).unwrap_or_default();
    let user = rest.find(['@', '/']).filter(|at| rest.get(*at..).is_some_and(|rest| rest.starts_with('@')));
    let from = authority + user.unwrap_or(0);
    let question = url.get(from..).and_then(|rest| rest.find('?')).map(|at| from + at);
    let (start, query) = question.map_or((url, ""), |at| url.split_at(at));
    (start, query.trim_start_matches('?').split('&').filter(|parameter| !parameter.is_empty()).collect())
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

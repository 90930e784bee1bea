//! `DATABASE_URL`: which database, told by its scheme as diesel's own command tells it.

use std::fmt;
use std::str::FromStr;

/// Where the database is. `Display` and `Debug` leave a password out.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A path, or a `file:` URI, as SQLite takes it.
    Sqlite(String),
    /// A `postgres://` URL, as libpq takes it.
    #[cfg(feature = "postgres")]
    Postgres(String),
}

impl DatabaseUrl {
    /// The path of a SQLite database, or `None` for another kind.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&str> {
        match self {
            Self::Sqlite(path) => Some(path),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => None,
        }
    }

    /// Whether this is a SQLite database.
    #[must_use]
    pub const fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }
}

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            #[cfg(feature = "postgres")]
            return Ok(Self::Postgres(url.to_owned()));
            #[cfg(not(feature = "postgres"))]
            return Err("this program was built without PostgreSQL; build it with `--features postgres`.");
        }
        let path = url.strip_prefix("sqlite://").unwrap_or(url);
        if path.is_empty() {
            return Err("the path of the SQLite file is empty.");
        }
        if path.contains("://") {
            return Err(
                "its scheme is not known; use a path, sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME.",
            );
        }
        if path.contains(":memory:") {
            return Err("a database in memory is another one for every connection; name a file.");
        }
        Ok(Self::Sqlite(path.to_owned()))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.write_str(path),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => {
                // Everything before the last `@` of the authority may hold the password, and so may the query.
                let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                let rest = rest.split('?').next().unwrap_or_default();
                write!(f, "postgres://{}", rest.rsplit('@').next().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_sqlite() {
        for (url, path) in
            [("db.sqlite3", "db.sqlite3"), ("sqlite:///tmp/x.db", "/tmp/x.db"), ("sqlite://x", "x")]
        {
            assert_eq!(url.parse(), Ok(DatabaseUrl::Sqlite(path.to_owned())), "{url}");
        }
    }

    #[test]
    fn what_can_not_be_opened_is_refused() {
        for url in ["mysql://localhost/x", "sqlite://", ":memory:"] {
            assert!(url.parse::<DatabaseUrl>().is_err(), "{url}");
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn a_password_never_prints() {
        let url: DatabaseUrl = "postgres://pepe:s3cr@t@db.example:5432/x?password=s3cret".parse().unwrap();
        assert_eq!(url.to_string(), "postgres://db.example:5432/x");
        assert_eq!(format!("{url:?}"), "DatabaseUrl(postgres://db.example:5432/x)");
    }
}

//! `DATABASE_URL`: its scheme selects the database, as in diesel's command.

use std::fmt;
use std::str::FromStr;

#[cfg(feature = "postgres")]
use percent_encoding::percent_decode_str;

/// The database's location. `Display` and `Debug` omit the password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A path or a `file:` URI, for SQLite.
    Sqlite(String),
    /// A `postgres://` URL, for libpq.
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

    /// Removes the password from a library's message: libpq quotes a URL that it can't parse.
    pub(super) fn redact(&self, words: &str) -> String {
        match self {
            Self::Sqlite(_) => words.to_owned(),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => redact_password(url, words),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            #[cfg(feature = "postgres")]
            return check(url).map(|()| Self::Postgres(url.to_owned()));
            #[cfg(not(feature = "postgres"))]
            return Err("this program was built without PostgreSQL; build it with `--features postgres`.");
        }
        let path = url.strip_prefix("sqlite://").unwrap_or(url);
        if path.is_empty() {
            return Err("the path of the SQLite file is empty.");
        }
        if path.contains("://") {
            return Err(
                "its scheme is unknown; use a path, sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME.",
            );
        }
        if path.contains(":memory:") {
            return Err("each connection would have its own in-memory database; use a file.");
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

/// Rejects URLs that libpq can't parse, since it would quote the invalid part, which may belong to a password.
#[cfg(feature = "postgres")]
fn check(url: &str) -> Result<(), &'static str> {
    let escapes = url.split('%').skip(1);
    let is_escape = |rest: &str| rest.get(..2).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    if !escapes.into_iter().all(is_escape) {
        return Err("it has a % that does not start an escape; write a % in a password as %25.");
    }
    let (start, _) = parameters(url);
    let rest = start.split_once("://").map_or(start, |(_, rest)| rest);
    let rest =
        rest.split_once('@').map_or(rest, |(user, after)| if user.contains('/') { rest } else { after });
    let hosts = rest.split('/').next().unwrap_or_default().split(',');
    // IPv6 addresses are in brackets.
    let is_port = |host: &str| {
        let after =
            if host.starts_with('[') { host.split_once(']').map(|(_, after)| after) } else { Some(host) };
        after.is_some_and(|host| {
            host.rsplit_once(':').is_none_or(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    if hosts.into_iter().all(is_port) {
        return Ok(());
    }
    Err("the text after the host is not a port; write / and @ in a password as %2F and %40.")
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
    fn unsupported_urls_are_rejected() {
        for url in ["mysql://localhost/x", "sqlite://", ":memory:"] {
            assert!(url.parse::<DatabaseUrl>().is_err(), "{url}");
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn a_password_never_prints() {
        for (url, shown) in [
            ("postgres://pepe:s3cr@t@db.example:5432/x?password=s3cret", "postgres://db.example:5432/x"),
            ("postgres://pepe:s3?cret@db.example/x?sslmode=disable", "postgres://db.example/x"),
            ("postgres://db.example/x?password=s3@cret", "postgres://db.example/x"),
            ("postgresql:///x?user=pepe&password=s3cret", "postgres:///x"),
        ] {
            let url: DatabaseUrl = url.parse().unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("DatabaseUrl({shown})"));
        }
        let url = DatabaseUrl::Postgres("postgres://pepe:s3%20cret@[::1/x?password=0ther".to_owned());
        let words = r#"no "]" in URI: "postgres://pepe:s3%20cret@[::1/x?password=0ther" (s3 cret)"#;
        assert_eq!(
            url.redact(words),
            r#"no "]" in URI: "postgres://pepe:******@[::1/x?password=******" (******)"#
        );
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn urls_that_libpq_would_quote_are_rejected() {
        for url in [
            "postgres://pepe:100%safe@h/x",
            "postgres://pepe:s3%",
            "postgres://pepe:s3/cret@h/x",
            "postgres://pepe:s3cret@h:port/x",
            "postgres://pepe:s3cret@[::1/x",
        ] {
            assert!(url.parse::<DatabaseUrl>().is_err(), "{url}");
        }
        for url in [
            "postgres://u:p@h:1,[::1]:2,[::2]/x?target_session_attrs=any",
            "postgres://u@%2Ftmp%2Fx:5432/x",
            "postgres:///x",
            "postgres://h/x?user=a@b:c",
            "postgres://",
        ] {
            assert!(url.parse::<DatabaseUrl>().is_ok(), "{url}");
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn parameters_start_after_the_password() {
        for (url, start, found) in [
            ("postgres://u:a?b@h/x?c=1&&d=2", "postgres://u:a?b@h/x", vec!["c=1", "d=2"]),
            ("postgres://h/x?c=@/", "postgres://h/x", vec!["c=@/"]),
            ("postgres://h?c=1", "postgres://h", vec!["c=1"]),
            ("postgres://u@h/x", "postgres://u@h/x", vec![]),
        ] {
            assert_eq!(parameters(url), (start, found));
        }
    }
}

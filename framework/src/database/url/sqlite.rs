//! URLs and paths of SQLite files.

use std::path::Path;

use super::decode;

/// The parameters that Django projects write, and that have no meaning here: `DATABASE_TIMEOUT` limits the waiting, and
/// transactions begin as they must.
const IGNORED: [&str; 8] = [
    "conn_max_age",
    "conn_health_checks",
    "atomic_requests",
    "autocommit",
    "disable_server_side_cursors",
    "timeout",
    "transaction_mode",
    "check_same_thread",
];

/// Reads the part after `sqlite://`, as dj-database-url does: `/relative`, `//absolute`.
pub(super) fn url(rest: &str) -> Result<String, &'static str> {
    let (location, query) = rest.split_once('?').unwrap_or((rest, ""));
    if location.contains('#') {
        return Err("it has a #; write it as %23.");
    }
    let (host, path) = location.split_once('/').unwrap_or((location, ""));
    if host == ":memory:" || path == ":memory:" || location.is_empty() || location == "/" {
        return Err(IN_MEMORY);
    }
    if !matches!(host, "" | "localhost") {
        // Django would use an in-memory database, or drop the first folder.
        return Err(
            "a SQLite URL has three slashes before a relative path, and four before an absolute one: \
                    sqlite:///db.sqlite3, sqlite:////srv/db.sqlite3.",
        );
    }
    let is_ignored = |parameter: &str| {
        let name = parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
        name.is_empty() || IGNORED.contains(&name.as_str())
    };
    if !query.split('&').all(is_ignored) {
        return Err("it has a parameter that means nothing for SQLite here.");
    }
    let path = decode(path).ok_or("its path is not UTF-8.")?;
    if path.is_empty() || path.contains('\0') {
        return Err(IN_MEMORY);
    }
    if is_meant_absolute(&path) {
        return Err(
            "with three slashes the path is relative, and its folder is missing here; write four slashes for the \
                    absolute path that exists: sqlite:////srv/db.sqlite3.",
        );
    }
    file(&path)
}

const IN_MEMORY: &str = "each connection would have its own in-memory database; use a file.";

/// Reads a path without a scheme.
pub(super) fn path(path: &str) -> Result<String, &'static str> {
    const MARKS: [char; 12] = ['"', '\'', '`', '<', '>', '|', '?', '*', '$', '{', '}', '\\'];
    let is_uri = path.starts_with("file:");
    if path.is_empty() {
        return Err("the path of the SQLite file is empty.");
    }
    if path.contains(":memory:") || is_uri && path.contains("mode=memory") {
        return Err(IN_MEMORY);
    }
    if path.contains("://") {
        return Err(
            "its scheme is unknown; use a path, sqlite:///PATH or postgres://USER:PASSWORD@HOST/NAME.",
        );
    }
    if is_uri {
        return Ok(path.to_owned());
    }
    // A mistake would otherwise become a new, empty database.
    let start = path.split(['/', '.', ' ']).next().unwrap_or_default();
    let is_parameter = start.contains('=') || path.contains("dbname=") || path.contains("host=");
    let is_scheme =
        ["postgres", "postgresql", "postgis", "pgsql", "psql", "sqlite", "sqlite3", "spatialite", "mysql"]
            .contains(&path)
            || start.contains(':');
    if is_parameter || is_scheme || path.chars().any(|c| c.is_control() || MARKS.contains(&c)) {
        return Err(
            "it is neither a URL nor a plain path; write such a path as sqlite:///PATH, with escapes like %3F.",
        );
    }
    file(path)
}

/// The path as SQLite opens it.
fn file(path: &str) -> Result<String, &'static str> {
    if path.ends_with('/') || Path::new(path).is_dir() {
        return Err("it is a folder; name the SQLite file.");
    }
    let rooted = path.trim_start_matches('/');
    Ok(if rooted.len() < path.len() {
        // Two slashes would be a host in SQLite's URIs.
        format!("/{rooted}")
    } else if path.starts_with("file:") {
        format!("./{path}")
    } else {
        path.to_owned()
    })
}

/// Whether a relative path is an absolute one without its slash: `sqlite:///srv/db.sqlite3` was absolute in other programs.
fn is_meant_absolute(path: &str) -> bool {
    let folder = |path: &Path| path.parent().is_some_and(|folder| folder == Path::new("") || folder.is_dir());
    let absolute = Path::new("/").join(path);
    !path.starts_with('/')
        && !folder(Path::new(path))
        && absolute.parent().is_some_and(|parent| parent != Path::new("/") && parent.is_dir())
}

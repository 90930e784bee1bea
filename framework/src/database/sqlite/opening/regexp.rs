//! The SQL function `regexp(pattern, text)`, which is SQLite's operator REGEXP (`_sqlite_regexp` of
//! `django/db/backends/sqlite3/_functions.py`). Patterns are Python's, as on a database that Django opens.
//!
//! diesel's own functions don't keep a compiled pattern for the rows of a statement, and don't know where it begins.

use std::ffi::{c_int, c_uchar, c_void};
use std::ptr;
use std::time::{Duration, Instant};

use libsqlite3_sys as ffi;
use vitamin_parsing::python::Regex;

use super::{Patience, give_up};

/// How long the searches of one statement may take in total. It is checked between rows.
const LIMIT: Duration = Duration::from_millis(if cfg!(test) { 300 } else { 5000 });

/// What one statement keeps for its pattern.
struct Search {
    regex: Regex,
    since: Instant,
}

/// Defines the function. A connection with [`Patience::GivesUp`] gives up at the first search: nothing stops one within a long
/// text.
///
/// # Safety
/// The handle is open.
pub(super) unsafe fn define(handle: *mut ffi::sqlite3, patience: Patience) -> c_int {
    // SAFETY: the caller's promise. The function has the type that SQLite asks for, and lives as long as the process. Its
    // pointer is only a number.
    unsafe {
        ffi::sqlite3_create_function_v2(
            handle,
            c"regexp".as_ptr(),
            2,
            // Also for the CHECK constraints that Django makes.
            ffi::SQLITE_UTF8 | ffi::SQLITE_DETERMINISTIC,
            ptr::without_provenance_mut(usize::from(patience == Patience::GivesUp)),
            Some(regexp),
            None,
            None,
            None,
        )
    }
}

unsafe extern "C" fn regexp(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: SQLite passes the context of a call, and an array of `count` values.
    let result = unsafe {
        match count {
            2 => search(context, *values, *values.add(1)),
            _ => Err("regexp takes two values".to_owned()),
        }
    };
    // SAFETY: the context is that of the call. SQLite copies the message.
    unsafe {
        match result {
            Ok(Some(found)) => ffi::sqlite3_result_int(context, found.into()),
            Ok(None) => ffi::sqlite3_result_null(context),
            Err(message) => {
                let length = c_int::try_from(message.len()).unwrap_or(0);
                ffi::sqlite3_result_error(context, message.as_ptr().cast(), length);
            }
        }
    }
}

/// Whether the text contains a match. `None` if either is NULL.
///
/// # Safety
/// The context and the values are those of a call.
unsafe fn search(
    context: *mut ffi::sqlite3_context,
    pattern: *mut ffi::sqlite3_value,
    text: *mut ffi::sqlite3_value,
) -> Result<Option<bool>, String> {
    // SAFETY: the context is that of a call, and its pointer is only a number.
    let gives_up = unsafe { ffi::sqlite3_user_data(context).addr() } != 0;
    if gives_up {
        give_up();
        return Err("regular expressions run on a pooled connection".to_owned());
    }
    // SAFETY: the values are those of the call. What is kept for a pattern is a `Search`, and SQLite gives it back before it
    // drops it.
    unsafe {
        let Some(text) = text_of(text) else { return Ok(None) };
        let kept = ffi::sqlite3_get_auxdata(context, 0).cast::<Search>();
        if let Some(kept) = kept.as_ref() {
            return kept.matches(&text).map(Some);
        }
        let Some(pattern) = text_of(pattern) else { return Ok(None) };
        let regex = Regex::new(&pattern)
            .map_err(|error| format!("invalid regular expression {pattern:?}: {error}"))?;
        let search = Search { regex, since: Instant::now() };
        let found = search.matches(&text);
        let search = Box::into_raw(Box::new(search)).cast::<c_void>();
        // SQLite may drop it at once.
        ffi::sqlite3_set_auxdata(context, 0, search, Some(drop_search));
        found.map(Some)
    }
}

impl Search {
    fn matches(&self, text: &str) -> Result<bool, String> {
        let found = self.regex.is_match(text);
        // The same words as PostgreSQL's.
        if self.since.elapsed() < LIMIT { Ok(found) } else { Err("statement timeout: regexp".to_owned()) }
    }
}

unsafe extern "C" fn drop_search(search: *mut c_void) {
    // SAFETY: it was made by `Box::into_raw`, and SQLite calls this once.
    drop(unsafe { Box::from_raw(search.cast::<Search>()) });
}

/// A value as text. `None` for NULL. Bytes that are not UTF-8 become replacement characters.
///
/// # Safety
/// The value is that of a call.
unsafe fn text_of(value: *mut ffi::sqlite3_value) -> Option<String> {
    // SAFETY: the caller's promise. The text is followed by a NUL, and its length is that of the same conversion.
    unsafe {
        let text: *const c_uchar = ffi::sqlite3_value_text(value);
        if text.is_null() {
            return None;
        }
        let length = usize::try_from(ffi::sqlite3_value_bytes(value)).unwrap_or(0);
        let bytes = std::slice::from_raw_parts(text, length);
        Some(String::from_utf8_lossy(bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection as _;
    use diesel::dsl::sql;
    use diesel::sql_types::{Bool, Nullable};
    use diesel::{RunQueryDsl as _, SqliteConnection};

    use super::super::{Limits, establish, within};
    use super::*;

    fn open(patience: Patience) -> SqliteConnection {
        establish(":memory:", patience).unwrap()
    }

    fn ask(connection: &mut SqliteConnection, condition: &str) -> Result<Option<bool>, String> {
        diesel::select(sql::<Nullable<Bool>>(condition))
            .get_result(connection)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn patterns_are_python_s() {
        let mut connection = open(Patience::Waits(Duration::ZERO));
        for (condition, expected) in [
            ("'Cup' REGEXP '^C.p$'", Some(true)),
            ("'cup' REGEXP '^C.p$'", Some(false)),
            ("'cup' REGEXP '(?i)^C.p$'", Some(true)),
            ("'é' REGEXP '^\\w\\Z'", Some(true)),
            ("'ab' REGEXP '(?<!b)b'", Some(true)),
            ("12 REGEXP '^\\d{2}$'", Some(true)),
            ("NULL REGEXP 'x'", None),
            ("'x' REGEXP NULL", None),
        ] {
            assert_eq!(ask(&mut connection, condition).unwrap(), expected, "{condition}");
        }
        let error = ask(&mut connection, "'x' REGEXP '('").unwrap_err();
        assert!(error.starts_with("invalid regular expression \"(\": "), "{error}");
    }

    /// A table that Django made with a constraint on a pattern.
    #[test]
    fn constraints_may_have_patterns() {
        let mut connection = open(Patience::Waits(Duration::ZERO));
        connection
            .batch_execute("CREATE TABLE t (x text CHECK (x REGEXP '^a')); INSERT INTO t VALUES ('ab')")
            .unwrap();
        let error = connection.batch_execute("INSERT INTO t VALUES ('b')").unwrap_err();
        assert!(error.to_string().starts_with("CHECK constraint failed"), "{error}");
    }

    #[test]
    fn a_worker_s_own_connection_gives_up() {
        let mut connection = open(Patience::GivesUp);
        let limits = Limits { processor: Duration::from_secs(60), clock: Duration::from_secs(60) };
        let (result, gave_up) = within(limits, || ask(&mut connection, "'x' REGEXP 'x'"));
        assert!(result.is_err() && gave_up);
    }

    #[test]
    fn the_searches_of_a_statement_end_in_time() {
        let kept =
            Search { regex: Regex::new("x").unwrap(), since: Instant::now().checked_sub(LIMIT).unwrap() };
        assert_eq!(kept.matches("x").unwrap_err(), "statement timeout: regexp");
        let mut connection = open(Patience::Waits(Duration::ZERO));
        // Each search takes milliseconds: the limit of the engine that backtracks.
        let started = Instant::now();
        let rows = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1000000)
                    SELECT count(*) FROM c WHERE hex(zeroblob(30)) || x REGEXP '^(?!x)(0+)+\\1$'";
        let error = connection.batch_execute(rows).unwrap_err();
        assert!(error.to_string().contains("statement timeout"), "{error}");
        assert!(started.elapsed() < LIMIT * 10, "{:?}", started.elapsed());
    }
}

//! Opens connections to PostgreSQL.
//!
//! Session settings are sent in the start-up packet, not by `SET`. Behind a connection pooler, another client gets the
//! same session next: a time limit set there would abort Django's migrations, and a read-only session would reject
//! Django's writes. pgbouncer rejects such a packet, or drops the settings. Both are detected, since a marker setting
//! is then missing. In that case the connection uses no session settings and no prepared statements, so that any pool
//! mode works.

pub(super) mod heartbeat;
pub(crate) mod lease;
#[expect(unsafe_code, reason = "diesel doesn't show a connection's parameters")]
mod libpq;
#[expect(unsafe_code, reason = "diesel doesn't show a connection's socket, so it could only be polled")]
pub mod notifications;
mod opening;
pub(super) mod pipeline;
mod target;

use std::sync::Once;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, CacheSize, Connection as _};
use diesel::r2d2::{Error, R2D2Connection as _};
use diesel::sql_types::{Nullable, Text};
use diesel::{ConnectionError, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::DatabaseSettings;
use super::url::parameters;
use crate::crypto::get_random_string;

/// The common part of pgbouncer's messages for unsupported settings; the rest differs by version.
const REFUSED: &str = "startup parameter";
/// A setting of this program's own; PostgreSQL accepts any name with a dot.
const MARK: &str = "vitamin.connection";
/// A connection that was idle for longer is asked for an answer before its use.
const MAX_IDLE: Duration = Duration::from_secs(10);

/// A connection of the pool.
pub(super) struct Pooled {
    pub(super) connection: PgConnection,
    /// Its transactions may [begin late](super::late_transactions).
    pub(super) begins_late: bool,
}

/// Opens a connection. Its session has the time limits of the settings, unless there is a pooler.
///
/// diesel sets the time zone to UTC, which poolers track per client: timestamptz columns are written as plain
/// timestamps. Without `USE_TZ`, Django's sessions use `TIME_ZONE` and so write the same moments.
pub(super) fn connect(settings: &DatabaseSettings, url: &str) -> Result<Pooled, Error> {
    let mark = get_random_string(20);
    let url = libpq_url(settings, url);
    let pgoptions = std::env::var("PGOPTIONS").ok();
    let marked = with_options(&url, &options(settings, &mark), pgoptions.as_deref());
    let mut connection = match PgConnection::establish(&marked) {
        Err(ConnectionError::BadConnection(reason)) if reason.contains(REFUSED) => {
            PgConnection::establish(&url)?
        }
        established => established?,
    };
    // No statement is prepared until a pooler is ruled out.
    connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    let session = read_session(&mut connection).map_err(Error::QueryError)?;
    if session.mark.is_some_and(|found| found == mark) {
        connection.set_prepared_statement_cache_size(CacheSize::Unbounded);
        let begins_late = session.isolation == "read committed" && !settings.read_only;
        return Ok(Pooled { connection, begins_late });
    }
    static LOG_ONCE: Once = Once::new();
    LOG_ONCE.call_once(|| {
        log::info!(
            "PostgreSQL is behind a connection pooler. Statements are not prepared, and the time limits of the pooler \
             and of the database's role apply to statements and locks."
        );
    });
    if settings.read_only {
        // One transaction for the connection's lifetime, since only a transaction's own settings end with it. The pool
        // treats a connection with an open transaction as broken, and opens a new one for the next request.
        AnsiTransactionManager::begin_transaction_sql(&mut connection, "BEGIN READ ONLY")
            .map_err(Error::QueryError)?;
    }
    Ok(Pooled { connection, begins_late: false })
}

#[derive(QueryableByName)]
struct Session {
    #[diesel(sql_type = Nullable<Text>)]
    mark: Option<String>,
    #[diesel(sql_type = Text)]
    isolation: String,
}

fn read_session(connection: &mut PgConnection) -> diesel::QueryResult<Session> {
    let query = format!(
        "SELECT current_setting('{MARK}', true) AS mark, current_setting('default_transaction_isolation') AS isolation"
    );
    sql_query(query).get_result(connection)
}

/// Whether a connection that was idle can still be used.
///
/// # Errors
/// The server has closed it, or doesn't answer.
pub(super) fn check(connection: &mut PgConnection, idle: Duration) -> diesel::QueryResult<()> {
    if idle >= MAX_IDLE {
        // A firewall may have dropped it, and nobody would tell.
        return connection.ping();
    }
    // What the server sent meanwhile is read without waiting: first its last message, then the end.
    for _ in 0..2 {
        connection.notifications_iter().next().transpose()?;
    }
    Ok(())
}

/// Returns options in the form of the server's command line.
fn options(settings: &DatabaseSettings, mark: &str) -> String {
    let mut options = format!(
        "-c statement_timeout={} -c lock_timeout={} -c {MARK}={mark}",
        settings.statement_timeout.as_millis(),
        settings.timeout.as_millis()
    );
    if settings.read_only {
        options.push_str(" -c default_transaction_read_only=on");
    }
    options
}

/// Returns the URL with libpq's own time limits.
pub(super) fn libpq_url(settings: &DatabaseSettings, url: &str) -> String {
    let (start, parameters) = parameters(url);
    let defaults = [
        // libpq accepts whole seconds, at least two.
        format!("connect_timeout={}", settings.timeout.as_secs().max(2)),
        // A vanished server is detected at the next query instead of after a quarter of an hour.
        format!("tcp_user_timeout={}", settings.timeout.as_millis()),
    ];
    // libpq uses the last of repeated parameters.
    let all: Vec<&str> = defaults.iter().map(String::as_str).chain(parameters).collect();
    format!("{start}?{}", all.join("&"))
}

/// Returns the URL with `options` before its own, or before those of `PGOPTIONS`: libpq would use only one source.
fn with_options(url: &str, options: &str, pgoptions: Option<&str>) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (start, parameters) = parameters(url);
    let (own, mut others): (Vec<&str>, Vec<&str>) =
        parameters.into_iter().partition(|parameter| parameter.starts_with("options="));
    let own = own.last().and_then(|parameter| parameter.strip_prefix("options=")).map(str::to_owned);
    let mut options = encoded(options);
    // Of a repeated option, the last one wins too.
    if let Some(own) = own.or_else(|| pgoptions.map(encoded)).filter(|own| !own.is_empty()) {
        options.push_str("%20");
        options.push_str(&own);
    }
    let options = format!("options={options}");
    others.push(&options);
    format!("{start}?{}", others.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::Env;

    #[test]
    fn limits_in_the_url_win() {
        let settings = DatabaseSettings::from_env(&Env::from_iter([("DATABASE_TIMEOUT", "7")])).unwrap();
        for (url, expected) in [
            ("postgres://u:a?b@h/x", "postgres://u:a?b@h/x?connect_timeout=7&tcp_user_timeout=7000"),
            (
                "postgres://h/x?connect_timeout=1&a=b",
                "postgres://h/x?connect_timeout=7&tcp_user_timeout=7000&connect_timeout=1&a=b",
            ),
        ] {
            assert_eq!(libpq_url(&settings, url), expected);
        }
    }

    #[test]
    fn existing_options_follow_ours() {
        for (url, pgoptions, expected) in [
            ("postgres://h/x?a=b", None, "postgres://h/x?a=b&options=%2Dc%20a%3D1"),
            ("postgres://h/x", Some("-c b=2"), "postgres://h/x?options=%2Dc%20a%3D1%20%2Dc%20b%3D2"),
            (
                "postgres://h/x?options=-c%20c%3D3&a=b",
                Some("-c b=2"),
                "postgres://h/x?a=b&options=%2Dc%20a%3D1%20-c%20c%3D3",
            ),
            ("postgres://h/x?options=", Some("-c b=2"), "postgres://h/x?options=%2Dc%20a%3D1"),
        ] {
            assert_eq!(with_options(url, "-c a=1", pgoptions), expected);
        }
    }
}

//! How a connection to PostgreSQL is opened.
//!
//! A session's settings go with the start-up packet, not by `SET`. Where a connection pooler stands before the server, its
//! session is somebody else's next: a time limit that was set there would end Django's migrations, and a session that was
//! set to read only would refuse Django's writes. pgbouncer refuses such a packet, or passes it on without the settings.
//! Either is noticed, since a mark among them does not come back; then the connection leaves nothing behind and counts on
//! nothing that was there before: no settings and no prepared statements, so that any pool mode will do.

#[expect(unsafe_code, reason = "diesel doesn't show a connection's socket, so it could only be polled")]
pub mod notifications;

use std::sync::Once;

use diesel::connection::{AnsiTransactionManager, CacheSize, Connection as _};
use diesel::r2d2::Error;
use diesel::sql_types::{Nullable, Text};
use diesel::{ConnectionError, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::DatabaseSettings;
use super::url::parameters;
use crate::framework::crypto::get_random_string;

/// pgbouncer's words for a packet with settings that it does not take differ by version; these are in all of them.
const REFUSED: &str = "startup parameter";
/// A setting that only this program knows; PostgreSQL keeps any whose name has a dot.
const MARK: &str = "vitamin.connection";

/// A new connection, whose session has the time limits of the settings unless a pooler stands before it.
///
/// diesel sets its time zone to UTC, which poolers keep apart: timestamptz columns are written as plain timestamps, and
/// without `USE_TZ` Django has `TIME_ZONE` there and so writes the same moments.
pub(super) fn connect(settings: &DatabaseSettings, url: &str) -> Result<PgConnection, Error> {
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
    // Not even the question is prepared.
    connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    if read_mark(&mut connection).map_err(Error::QueryError)?.is_some_and(|found| found == mark) {
        connection.set_prepared_statement_cache_size(CacheSize::Unbounded);
        return Ok(connection);
    }
    static LOG_ONCE: Once = Once::new();
    LOG_ONCE.call_once(|| {
        log::info!(
            "A connection pooler stands before PostgreSQL. Statements are not prepared there, and time limits for them and \
             for locks are those of the pooler and of the database's role."
        );
    });
    if settings.read_only {
        // All that it will ever do, since only a transaction's own settings end with it. A pool takes an open transaction for
        // a broken connection, and makes a new one for the next request.
        AnsiTransactionManager::begin_transaction_sql(&mut connection, "BEGIN READ ONLY")
            .map_err(Error::QueryError)?;
    }
    Ok(connection)
}

fn read_mark(connection: &mut PgConnection) -> diesel::QueryResult<Option<String>> {
    #[derive(QueryableByName)]
    struct MarkRow {
        #[diesel(sql_type = Nullable<Text>)]
        mark: Option<String>,
    }
    let query = sql_query(format!("SELECT current_setting('{MARK}', true) AS mark"));
    query.get_result(connection).map(|found: MarkRow| found.mark)
}

/// What the server's own command line would take.
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

/// The URL with the time limits that libpq keeps itself.
pub(super) fn libpq_url(settings: &DatabaseSettings, url: &str) -> String {
    let (start, parameters) = parameters(url);
    let defaults = [
        // libpq takes whole seconds, and two at least.
        format!("connect_timeout={}", settings.timeout.as_secs().max(2)),
        // A server that vanished without a word is noticed at the next query, not after a quarter of an hour.
        format!("tcp_user_timeout={}", settings.timeout.as_millis()),
    ];
    // The later of two counts.
    let all: Vec<&str> = defaults.iter().map(String::as_str).chain(parameters).collect();
    format!("{start}?{}", all.join("&"))
}

/// The URL with further options, before its own, or those of `PGOPTIONS`, of which libpq would take one kind only.
fn with_options(url: &str, options: &str, pgoptions: Option<&str>) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (start, parameters) = parameters(url);
    let (own, mut others): (Vec<&str>, Vec<&str>) =
        parameters.into_iter().partition(|parameter| parameter.starts_with("options="));
    let own = own.last().and_then(|parameter| parameter.strip_prefix("options=")).map(str::to_owned);
    let mut options = encoded(options);
    // Of an option that is there twice, the later counts as well.
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
    use crate::framework::conf::Env;

    #[test]
    fn a_url_s_own_limits_count() {
        let settings = DatabaseSettings::from_env(&Env::from_iter([("DATABASE_TIMEOUT", "7")])).unwrap();
        for (url, wanted) in [
            ("postgres://u:a?b@h/x", "postgres://u:a?b@h/x?connect_timeout=7&tcp_user_timeout=7000"),
            (
                "postgres://h/x?connect_timeout=1&a=b",
                "postgres://h/x?connect_timeout=7&tcp_user_timeout=7000&connect_timeout=1&a=b",
            ),
        ] {
            assert_eq!(libpq_url(&settings, url), wanted);
        }
    }

    #[test]
    fn options_of_others_stay_behind_ours() {
        for (url, pgoptions, wanted) in [
            ("postgres://h/x?a=b", None, "postgres://h/x?a=b&options=%2Dc%20a%3D1"),
            ("postgres://h/x", Some("-c b=2"), "postgres://h/x?options=%2Dc%20a%3D1%20%2Dc%20b%3D2"),
            (
                "postgres://h/x?options=-c%20c%3D3&a=b",
                Some("-c b=2"),
                "postgres://h/x?a=b&options=%2Dc%20a%3D1%20-c%20c%3D3",
            ),
            ("postgres://h/x?options=", Some("-c b=2"), "postgres://h/x?options=%2Dc%20a%3D1"),
        ] {
            assert_eq!(with_options(url, "-c a=1", pgoptions), wanted);
        }
    }
}

//! The time as the database has it. A connection knows it (`connection.timezone` of django/db/backends/base/base.py), so
//! that whoever writes a row needs no setting.

use chrono::NaiveDateTime;
use diesel::{QueryResult, RunQueryDsl as _, SqliteConnection};

use super::{DatabaseError, DbConnection};
use crate::timezone::TimeZone;

#[diesel::declare_sql_function]
extern "SQL" {
    /// Of the connections that a [`Manager`](super::Manager) opened.
    fn vitamin_now() -> diesel::sql_types::Timestamp;
}

/// What Django's `timezone.now()` would be in this database: UTC, but on SQLite without `USE_TZ` what the clocks of
/// `TIME_ZONE` say. PostgreSQL's columns are moments either way. Microseconds.
///
/// # Errors
/// Those of the query; the connection was not opened by a [`Manager`](super::Manager) among them.
pub fn now(connection: &mut DbConnection) -> Result<NaiveDateTime, DatabaseError> {
    match connection {
        DbConnection::Sqlite(connection) => Ok(diesel::select(vitamin_now()).get_result(connection)?),
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(_) => Ok(TimeZone::default().now()),
    }
}

/// Tells the connection the time zone.
pub(super) fn set_time_zone(connection: &mut SqliteConnection, time_zone: &TimeZone) -> QueryResult<()> {
    let time_zone = time_zone.clone();
    vitamin_now_utils::register_nondeterministic_impl(connection, move || time_zone.now())
}

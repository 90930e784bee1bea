//! The database's current time. Each connection knows its time zone (`connection.timezone` of
//! django/db/backends/base/base.py), so code that writes rows needs no setting.

use chrono::NaiveDateTime;
use diesel::{QueryResult, RunQueryDsl as _, SqliteConnection};

use super::{DatabaseError, DbConnection};
use crate::timezone::TimeZone;

#[diesel::declare_sql_function]
extern "SQL" {
    /// Defined on connections that a [`Manager`](super::Manager) opened.
    fn vitamin_now() -> diesel::sql_types::Timestamp;
}

/// Returns Django's `timezone.now()` for this database: UTC, but local time in `TIME_ZONE` on SQLite without `USE_TZ`.
/// PostgreSQL's columns are moments in both cases. Microsecond precision.
///
/// # Errors
/// Query errors, including a connection that no [`Manager`](super::Manager) opened.
pub fn now(connection: &mut DbConnection) -> Result<NaiveDateTime, DatabaseError> {
    match connection {
        DbConnection::Sqlite(connection) => Ok(diesel::select(vitamin_now()).get_result(connection)?),
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(_) => Ok(TimeZone::default().now()),
    }
}

/// Sets the connection's time zone.
pub(super) fn set_time_zone(connection: &mut SqliteConnection, time_zone: &TimeZone) -> QueryResult<()> {
    let time_zone = time_zone.clone();
    vitamin_now_utils::register_nondeterministic_impl(connection, move || time_zone.now())
}

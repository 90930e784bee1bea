//! The SQL function `vitamin_local(moment, zone)`: the local time of a moment in UTC. SQLite itself knows no time zones.

use chrono::NaiveDateTime;
use diesel::sql_types::{Nullable, Text, Timestamp};
use diesel::{QueryResult, SqliteConnection};

use crate::database::timestamp::OptionalMoment;
use crate::timezone::TimeZone;

#[diesel::declare_sql_function]
extern "SQL" {
    /// The local time in a zone of the IANA database; NULL if either is unreadable.
    fn vitamin_local(moment: Nullable<Timestamp>, zone: Text) -> Nullable<Timestamp>;
}

/// Defines the function on a connection.
///
/// # Errors
/// SQLite refuses it.
pub(super) fn define(connection: &mut SqliteConnection) -> QueryResult<()> {
    vitamin_local_utils::register_impl(connection, |moment: OptionalMoment, zone: String| {
        let utc = Option::<NaiveDateTime>::from(moment)?;
        utc.checked_add_signed(TimeZone::new(&zone, true).ok()?.offset_at(utc))
    })
}

//! Regular expressions of clients: whether the database can read them.

use vitamin_parsing::python::Regex;

use crate::database::{DatabaseError, DbConnection};

/// The most characters of a client's pattern.
const MAX_LENGTH: usize = 1000;
/// The most bytes of a compiled pattern on SQLite. Longer ones need longer for each row.
const SIZE_LIMIT: usize = 256 << 10;

/// Whether the database can read these patterns of a client, for [`Lookup::Regex`](super::Lookup::Regex). A pattern of more than
/// 1,000 characters is not valid, nor, on SQLite, one that becomes large by its repetitions.
///
/// Django does not check them: the query fails, and the answer is 500. Do not call it in a transaction: on PostgreSQL an
/// invalid pattern ends it.
///
/// # Errors
/// The database is unavailable.
pub fn are_valid_patterns(connection: &mut DbConnection, patterns: &[String]) -> Result<bool, DatabaseError> {
    if patterns.iter().any(|pattern| pattern.chars().nth(MAX_LENGTH).is_some()) {
        return Ok(false);
    }
    match connection {
        DbConnection::Sqlite(_) => {
            Ok(patterns.iter().all(|pattern| Regex::with_size_limit(pattern, SIZE_LIMIT).is_ok()))
        }
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(connection) => compiles(connection, patterns),
    }
}

/// Lets PostgreSQL compile the patterns.
#[cfg(feature = "postgres")]
fn compiles<C>(connection: &mut C, patterns: &[String]) -> Result<bool, DatabaseError>
where
    C: diesel::connection::LoadConnection<Backend = diesel::pg::Pg>,
{
    use diesel::RunQueryDsl as _;
    use diesel::sql_types::{Array, BigInt, Text};

    let query = diesel::dsl::sql::<BigInt>("SELECT count('' ~ pattern) FROM unnest(")
        .bind::<Array<Text>, _>(patterns)
        .sql(") pattern");
    match query.get_result::<i64>(connection).map_err(DatabaseError::from) {
        Ok(_) => Ok(true),
        // Nothing else can be wrong with this query.
        Err(DatabaseError::Query(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

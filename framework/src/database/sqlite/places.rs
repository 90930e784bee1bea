//! Where in a SQLite file a row stands, by which the [sentinel](super::sentinel::Changes) tells whether a commit may have
//! changed it.

use diesel::sql_types::{Bool, SingleValue, SqlType, Text};
use diesel::{QueryResult, RunQueryDsl, SqliteConnection, dsl, select};

#[diesel::declare_sql_function]
extern "SQL" {
    /// The offset in the file of the record that a column is read from, where [`tells_places`] says so
    /// (<https://sqlite.org/lang_corefunc.html#sqlite_offset>).
    fn sqlite_offset<T: SqlType + SingleValue>(column: T) -> Nullable<BigInt>;

    /// Whether SQLite was compiled with an option.
    fn sqlite_compileoption_used(option: Text) -> Bool;
}

/// Whether [`sqlite_offset`](fn@sqlite_offset) of this column is where the whole row stands: SQLite has the function, the name
/// is a table's, and the column is in no index, from which it might be read instead. It holds until the schema changes, on a
/// connection that makes no indexes by itself (`PRAGMA automatic_index = OFF`).
///
/// # Errors
/// Those of the queries.
pub fn tells_places(connection: &mut SqliteConnection, table: &str, column: &str) -> QueryResult<bool> {
    if !select(sqlite_compileoption_used("ENABLE_OFFSET_SQL_FUNC")).get_result(connection)? {
        return Ok(false);
    }
    // What SQLite makes of a view on the way has offsets too, in no file.
    let query = dsl::sql::<Bool>("EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ")
        .bind::<Text, _>(table)
        .sql(" COLLATE NOCASE) AND NOT EXISTS (SELECT 1 FROM pragma_index_list(")
        .bind::<Text, _>(table)
        .sql(") AS i, pragma_index_info(i.name) AS c WHERE c.name = ")
        .bind::<Text, _>(column)
        .sql(" COLLATE NOCASE)");
    select(query).get_result(connection)
}

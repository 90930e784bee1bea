//! The position of a row in a SQLite file. With it, the [sentinel](super::sentinel::Changes) determines whether a
//! commit may have changed the row.

use diesel::sql_types::{Bool, SingleValue, SqlType, Text};
use diesel::{QueryResult, RunQueryDsl, SqliteConnection, dsl, select};

#[diesel::declare_sql_function]
extern "SQL" {
    /// The file offset of the record that a column is read from, if [`tells_places`] allows it
    /// (<https://sqlite.org/lang_corefunc.html#sqlite_offset>).
    fn sqlite_offset<T: SqlType + SingleValue>(column: T) -> Nullable<BigInt>;

    /// Returns whether SQLite was compiled with an option.
    fn sqlite_compileoption_used(option: Text) -> Bool;
}

/// Returns whether [`sqlite_offset`](fn@sqlite_offset) of this column is the position of the whole row: SQLite has the
/// function, the name is a table's, and no index contains the column, since it might be read from the index. The result
/// is valid until the schema changes, on a connection with `PRAGMA automatic_index = OFF`.
///
/// # Errors
/// Those of the queries.
pub fn tells_places(connection: &mut SqliteConnection, table: &str, column: &str) -> QueryResult<bool> {
    if !select(sqlite_compileoption_used("ENABLE_OFFSET_SQL_FUNC")).get_result(connection)? {
        return Ok(false);
    }
    // A materialized view has offsets too, but not in a file.
    let query = dsl::sql::<Bool>("EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ")
        .bind::<Text, _>(table)
        .sql(" COLLATE NOCASE) AND NOT EXISTS (SELECT 1 FROM pragma_index_list(")
        .bind::<Text, _>(table)
        .sql(") AS i, pragma_index_info(i.name) AS c WHERE c.name = ")
        .bind::<Text, _>(column)
        .sql(" COLLATE NOCASE)");
    select(query).get_result(connection)
}

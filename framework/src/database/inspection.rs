//! The live schema, read from the database's catalogue, like Django's `manage inspectdb`. Reads only.

use std::collections::BTreeMap;

use diesel::sql_types::{Bool, Integer, Nullable, Text};
use diesel::{QueryableByName, RunQueryDsl};

use super::{DatabaseError, DbConnection};

/// A column of a live table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveColumn {
    /// Its name.
    pub name: String,
    /// Its type as the database names it, in lower case and without a length: `varchar`, `bigint`.
    pub type_name: String,
    /// Whether it accepts NULL.
    pub nullable: bool,
    /// Whether an INSERT may omit it.
    pub optional: bool,
    /// The maximum number of characters that its type names: 30 for `varchar(30)`.
    pub max_length: Option<usize>,
}

/// A foreign key of a live table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The referring table.
    pub table: String,
    /// The referring column.
    pub column: String,
    /// The referenced table.
    pub target: String,
}

/// A table or view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveTable {
    /// Its columns; the order has no meaning.
    pub columns: Vec<LiveColumn>,
    /// The unique sets of columns, including the primary key. Each is sorted.
    pub unique: Vec<Vec<String>>,
    /// The columns of the primary key, sorted.
    pub primary_key: Vec<String>,
    /// Whether it is a view. Views have no constraints.
    pub is_view: bool,
}

/// The content of the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveSchema {
    /// Tables by name.
    pub tables: BTreeMap<String, LiveTable>,
    /// The foreign keys of all tables.
    pub foreign_keys: Vec<ForeignKey>,
}

impl LiveSchema {
    /// Reads the catalogue. On PostgreSQL, reads what is visible in the connection's search path.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn read(connection: &mut DbConnection) -> Result<Self, DatabaseError> {
        let [columns, unique, foreign_keys] = match connection {
            DbConnection::Sqlite(_) => SQLITE,
            #[cfg(feature = "postgres")]
            DbConnection::Postgres(_) => POSTGRES,
        };
        let mut schema = Self::default();
        for row in load::<ColumnRow>(connection, columns)? {
            let table = schema.tables.entry(row.table_name).or_default();
            table.is_view = row.is_view;
            table.columns.push(LiveColumn {
                name: row.column_name,
                type_name: base_type(&row.type_name),
                nullable: row.nullable,
                optional: row.optional,
                max_length: row
                    .max_length
                    .map_or_else(|| length(&row.type_name), |length| length.try_into().ok()),
            });
        }
        let mut sets: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for row in load::<UniqueRow>(connection, unique)? {
            sets.entry((row.table_name, row.index_name)).or_default().push(row.column_name);
        }
        for ((table, index), mut columns) in sets {
            columns.sort_unstable();
            if let Some(table) = schema.tables.get_mut(&table) {
                if index.is_empty() {
                    table.primary_key.clone_from(&columns);
                }
                table.unique.push(columns);
            }
        }
        schema.foreign_keys = load::<ForeignKeyRow>(connection, foreign_keys)?
            .into_iter()
            .map(|row| ForeignKey { table: row.table_name, column: row.column_name, target: row.target })
            .collect();
        Ok(schema)
    }

    /// Returns whether this table or view exists.
    #[must_use]
    pub fn has(&self, table: &str) -> bool {
        self.tables.contains_key(table)
    }

    /// Returns the foreign keys that refer to a missing table.
    ///
    /// PostgreSQL allows none. SQLite does, and then rejects every insert into the referring table.
    pub fn broken_references(&self) -> impl Iterator<Item = &ForeignKey> {
        // Names of SQLite are not case-sensitive.
        let exists = |name: &str| self.tables.keys().any(|table| table.eq_ignore_ascii_case(name));
        self.foreign_keys.iter().filter(move |key| !exists(&key.target))
    }
}

/// Returns the lower-case type without its length: `varchar` for `VARCHAR(150)`.
fn base_type(type_name: &str) -> String {
    type_name.split('(').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Returns the length in a type of characters: 150 for `VARCHAR(150)`.
fn length(type_name: &str) -> Option<usize> {
    let (name, rest) = type_name.split_once('(')?;
    let digits = rest.strip_suffix(')').filter(|_| name.to_ascii_lowercase().contains("char"))?;
    digits.trim().parse().ok()
}

/// Queries for columns, unique sets and foreign keys. A set without an index's name is the primary key.
const SQLITE: [&str; 3] = [
    "SELECT m.name AS table_name, c.name AS column_name, c.type AS type_name, \
        c.\"notnull\" = 0 AND c.pk = 0 AS nullable, \
        c.\"notnull\" = 0 OR c.dflt_value IS NOT NULL OR (c.pk = 1 AND lower(c.type) = 'integer') AS optional, \
        m.type = 'view' AS is_view, NULL AS max_length \
     FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c \
     WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.name, c.cid",
    "SELECT m.name AS table_name, i.name AS index_name, c.name AS column_name \
     FROM sqlite_master AS m JOIN pragma_index_list(m.name) AS i JOIN pragma_index_info(i.name) AS c \
     WHERE m.type = 'table' AND i.\"unique\" = 1 AND i.partial = 0 AND c.name IS NOT NULL \
     UNION ALL \
     SELECT m.name, '', c.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c \
     WHERE m.type = 'table' AND c.pk > 0",
    "SELECT m.name AS table_name, k.\"from\" AS column_name, k.\"table\" AS target \
     FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS k WHERE m.type = 'table' ORDER BY 1, 2",
];

#[cfg(feature = "postgres")]
const POSTGRES: [&str; 3] = [
    "SELECT c.relname::text AS table_name, a.attname::text AS column_name, \
        format_type(a.atttypid, NULL) AS type_name, NOT a.attnotnull AS nullable, \
        (NOT a.attnotnull OR a.atthasdef OR a.attidentity <> '') AS optional, \
        c.relkind IN ('v', 'm') AS is_view, \
        CASE WHEN a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND a.atttypmod > 4 THEN a.atttypmod - 4 END \
            AS max_length \
     FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid \
     JOIN pg_namespace AS n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped \
        AND pg_table_is_visible(c.oid) AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
     ORDER BY 1, a.attnum",
    "SELECT c.relname::text AS table_name, CASE WHEN i.indisprimary THEN '' ELSE x.relname::text END AS index_name, a.attname::text AS column_name \
     FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid JOIN pg_class AS x ON x.oid = i.indexrelid \
     JOIN pg_namespace AS n ON n.oid = c.relnamespace \
     JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey) \
     WHERE i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL AND pg_table_is_visible(c.oid) \
        AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')",
    "SELECT c.relname::text AS table_name, a.attname::text AS column_name, t.relname::text AS target \
     FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_class AS t ON t.oid = k.confrelid \
     JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey) \
     WHERE k.contype = 'f' AND pg_table_is_visible(c.oid) ORDER BY 1, 2",
];

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    type_name: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
    #[diesel(sql_type = Bool)]
    optional: bool,
    #[diesel(sql_type = Bool)]
    is_view: bool,
    /// PostgreSQL only: SQLite's type names it.
    #[diesel(sql_type = Nullable<Integer>)]
    max_length: Option<i32>,
}

#[derive(QueryableByName)]
struct UniqueRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    index_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
}

#[derive(QueryableByName)]
struct ForeignKeyRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    target: String,
}

fn load<T>(connection: &mut DbConnection, query: &str) -> Result<Vec<T>, DatabaseError>
where
    T: QueryableByName<<DbConnection as diesel::Connection>::Backend> + 'static,
{
    Ok(diesel::sql_query(query).load(connection)?)
}

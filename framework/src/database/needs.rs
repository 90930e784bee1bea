//! Compares the tables that the program needs, as diesel describes them, with the live tables.

use std::collections::BTreeSet;

use diesel::query_builder::QueryFragment;
use diesel::query_source::Table;
use diesel::sql_types as sql;
use diesel::sqlite::Sqlite;

use super::inspection::{LiveSchema, LiveTable};
use super::names::Names;
use super::user_id::UserKey;

/// The type that a column is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// 32 bits.
    Integer,
    /// 64 bits.
    BigInt,
    /// Text.
    Text,
    /// A boolean.
    Bool,
    /// A date and time.
    Timestamp,
    /// A user's primary key: [`UserId`](super::UserId).
    UserKey,
}

impl ColumnKind {
    /// Returns whether a column of this type can be read as `self`. SQLite has only one integer type.
    fn is_read_from(self, type_name: &str, sqlite: bool) -> bool {
        match self {
            Self::Integer | Self::BigInt if sqlite => type_name.contains("int"),
            Self::Integer => type_name == "integer",
            Self::BigInt => type_name == "bigint",
            Self::Text => ["char", "text"].iter().any(|part| type_name.contains(part)),
            Self::Bool if sqlite => matches!(type_name, "bool" | "boolean"),
            // Tables that were copied from MySQL have integers.
            Self::Bool => matches!(type_name, "boolean" | "smallint" | "integer" | "bigint"),
            Self::Timestamp if sqlite => matches!(type_name, "datetime" | "timestamp"),
            // Django uses this type even without USE_TZ.
            Self::Timestamp => type_name == "timestamp with time zone",
            // On SQLite, Django's UUIDField is char(32).
            Self::UserKey if sqlite => {
                type_name.contains("int") || matches!(type_name, "char" | "varchar" | "text")
            }
            // No citext, of which equal keys differ.
            Self::UserKey => {
                matches!(type_name, "integer" | "bigint" | "smallint" | "uuid" | "character varying" | "text")
            }
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Integer => "a 32-bit integer",
            Self::BigInt => "a 64-bit integer",
            Self::Text => "text",
            Self::Bool => "a boolean",
            Self::Timestamp => "a time (timestamp with time zone; datetime on SQLite)",
            Self::UserKey => "a user's key: an integer, a UUID or a text",
        }
    }
}

/// A supported SQL type of a column.
#[diagnostic::on_unimplemented(
    message = "vitamin does not know the SQL type `{Self}` of a column",
    label = "not a `ColumnType`",
    note = "`NeededTable` describes columns of the types `Integer`, `BigInt`, `Text`, `Bool`, `Timestamp`, `UserKey` and `Nullable` of these",
    note = "implement `ColumnType` for another type, or describe only the columns that are needed"
)]
pub trait ColumnType {
    /// The type it is read as.
    const KIND: ColumnKind;
    /// Whether it accepts NULL.
    const NULLABLE: bool = false;
}

macro_rules! column_types {
    ($($sql_type:ident => $kind:ident),*) => {
        $(impl ColumnType for sql::$sql_type {
            const KIND: ColumnKind = ColumnKind::$kind;
        })*
    };
}
column_types!(Integer => Integer, BigInt => BigInt, Text => Text, Bool => Bool, Timestamp => Timestamp);

impl ColumnType for UserKey {
    const KIND: ColumnKind = ColumnKind::UserKey;
}

impl<T: ColumnType + sql::SqlType<IsNull = sql::is_nullable::NotNull>> ColumnType for sql::Nullable<T> {
    const KIND: ColumnKind = T::KIND;
    const NULLABLE: bool = true;
}

/// The columns of a diesel table: a tuple of up to sixteen.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tuple of columns that vitamin can describe",
    label = "not `Columns`",
    note = "at most sixteen columns of one table are described, each of a `ColumnType`"
)]
pub trait Columns {
    /// Returns name, kind and nullability of each.
    fn describe() -> Vec<(&'static str, ColumnKind, bool)>;
}

macro_rules! columns {
    ($first:ident $($rest:ident)*) => {
        impl<$first, $($rest),*> Columns for ($first, $($rest,)*)
        where
            $first: diesel::Column<SqlType: ColumnType>,
            $($rest: diesel::Column<SqlType: ColumnType>,)*
        {
            fn describe() -> Vec<(&'static str, ColumnKind, bool)> {
                vec![
                    ($first::NAME, <$first::SqlType as ColumnType>::KIND, <$first::SqlType as ColumnType>::NULLABLE),
                    $(($rest::NAME, <$rest::SqlType as ColumnType>::KIND, <$rest::SqlType as ColumnType>::NULLABLE),)*
                ]
            }
        }
        columns!($($rest)*);
    };
    () => {};
}
columns!(A B C D E F G H I J K L M N O P);

/// Returns the table's name in `src/schema.rs`; [`Names::table`] maps it to the database's name.
pub fn table_name<T: QueryFragment<Sqlite>>(table: T) -> String {
    // diesel does not expose the name; this is the text it puts after FROM.
    let quoted = diesel::debug_query::<Sqlite, _>(&table).to_string();
    quoted.split('`').nth(1).unwrap_or_default().to_owned()
}

/// A table that an app reads or writes.
#[derive(Clone, Debug)]
pub struct NeededTable {
    /// Its name in `src/schema.rs`.
    pub name: String,
    columns: Vec<(&'static str, ColumnKind, bool)>,
    unique: &'static [&'static [&'static str]],
    null: &'static [&'static str],
    written: Option<Inserts>,
}

/// When this program inserts rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inserts {
    Always,
    Sometimes(&'static str),
}

/// The differences of a live table; empty if it matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Differences that make the table unusable.
    pub problems: Vec<String>,
    /// Differences that affect only some features.
    pub notes: Vec<String>,
}

impl NeededTable {
    /// The table as described by `src/schema.rs`: `NeededTable::new(auth_user::table)`.
    #[must_use]
    pub fn new<T: Table<AllColumns: Columns> + QueryFragment<Sqlite>>(table: T) -> Self {
        Self {
            name: table_name(table),
            columns: T::AllColumns::describe(),
            unique: &[],
            null: &[],
            written: None,
        }
    }

    /// Requires these sets of columns to be unique; get_or_create depends on it.
    #[must_use]
    pub const fn unique(mut self, sets: &'static [&'static [&'static str]]) -> Self {
        self.unique = sets;
        self
    }

    /// Declares that these columns may be NULL, although `src/schema.rs` says that they are not: the model reads them with
    /// [`TextOrEmpty`](super::TextOrEmpty) or [`Truth`](super::Truth).
    #[must_use]
    pub const fn may_be_null(mut self, columns: &'static [&'static str]) -> Self {
        self.null = columns;
        self
    }

    /// Declares that rows are inserted, so additional columns need a default.
    #[must_use]
    pub const fn written(mut self) -> Self {
        self.written = Some(Inserts::Always);
        self
    }

    /// Declares that only `what` inserts rows: everything else works if an additional column has no default.
    #[must_use]
    pub const fn written_by(mut self, what: &'static str) -> Self {
        self.written = Some(Inserts::Sometimes(what));
        self
    }

    /// Compares with the live table. Returns `None` if it does not exist.
    #[must_use]
    pub fn compare(&self, schema: &LiveSchema, names: &Names, sqlite: bool) -> Option<Differences> {
        let table = names.table(&self.name);
        let live = schema.tables.get(table)?;
        let mut differences = Differences::default();
        let problems = &mut differences.problems;
        let needed = self.columns.iter().filter(|(name, ..)| names.constant(&self.name, name).is_none());
        for (name, kind, nullable) in needed {
            let nullable = *nullable || self.null.contains(name);
            let name = names.column(&self.name, name);
            let Some(column) = live.columns.iter().find(|column| column.name == name) else {
                problems.push(format!("{table}.{name} is missing; it should be {}", kind.description()));
                continue;
            };
            if !kind.is_read_from(&column.type_name, sqlite) {
                let (found, expected) = (&column.type_name, kind.description());
                problems.push(format!("{table}.{name} is of type {found}, but should be {expected}"));
            }
            if column.nullable && !nullable {
                problems.push(format!("{table}.{name} may be NULL, which vitamin can't read"));
            }
        }
        // Two columns of the schema may map to one column of the database.
        let mut seen = BTreeSet::new();
        problems.retain(|what| seen.insert(what.clone()));
        problems.extend(self.missing_unique(live, names));
        let Some(written) = self.written else { return Some(differences) };
        let is_known =
            |name: &str| self.columns.iter().any(|(column, ..)| names.column(&self.name, column) == name);
        for column in live.columns.iter().filter(|column| !column.optional && !is_known(&column.name)) {
            let column = format!("{table}.{} is unknown to vitamin and has no default", column.name);
            match written {
                Inserts::Always => differences.problems.push(format!("{column}, so no row can be inserted")),
                Inserts::Sometimes(what) => differences.notes.push(format!("{column}, so {what}")),
            }
        }
        Some(differences)
    }

    fn missing_unique<'a>(
        &'a self,
        live: &'a LiveTable,
        names: &'a Names,
    ) -> impl Iterator<Item = String> + 'a {
        // A view's underlying constraints are unknown.
        let sets = if live.is_view { &[] } else { self.unique };
        let named = |set: &&[&'static str]| -> BTreeSet<String> {
            set.iter().map(|column| names.column(&self.name, column).to_owned()).collect()
        };
        sets.iter().map(named).filter(|expected| !live.unique.iter().any(|set| set.iter().eq(expected))).map(
            |expected| {
                let columns: Vec<String> = expected.into_iter().collect();
                format!(
                    "{}: there is no unique constraint on {}",
                    names.table(&self.name),
                    columns.join(" and ")
                )
            },
        )
    }
}

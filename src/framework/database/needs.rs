//! What the program needs of a table, read off diesel's own description of it, and whether a live table has it.

use std::collections::BTreeSet;

use diesel::query_builder::QueryFragment;
use diesel::query_source::Table;
use diesel::sql_types as sql;
use diesel::sqlite::Sqlite;

use super::inspection::{LiveSchema, LiveTable};
use super::names::Names;
use super::user_id::UserKey;

/// What a column is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// 32 bits.
    Integer,
    /// 64 bits.
    BigInt,
    /// Text.
    Text,
    /// A truth value.
    Bool,
    /// A moment.
    Timestamp,
    /// A user's primary key: [`UserId`](super::UserId).
    UserKey,
}

impl ColumnKind {
    /// Whether a column of this type can be read so. SQLite has one kind of integer.
    fn is_read_from(self, type_name: &str, sqlite: bool) -> bool {
        match self {
            Self::Integer | Self::BigInt if sqlite => type_name.contains("int"),
            Self::Integer => type_name == "integer",
            Self::BigInt => type_name == "bigint",
            Self::Text => ["char", "text"].iter().any(|part| type_name.contains(part)),
            Self::Bool => matches!(type_name, "bool" | "boolean"),
            Self::Timestamp if sqlite => matches!(type_name, "datetime" | "timestamp"),
            // Django makes no other, also without USE_TZ.
            Self::Timestamp => type_name == "timestamp with time zone",
            // Django's UUIDField is char(32) there.
            Self::UserKey if sqlite => type_name.contains("int") || type_name == "char",
            Self::UserKey => matches!(type_name, "integer" | "bigint" | "smallint" | "uuid"),
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Integer => "a whole number of 32 bits",
            Self::BigInt => "a whole number of 64 bits",
            Self::Text => "text",
            Self::Bool => "a truth value",
            Self::Timestamp => "a moment (timestamp with time zone; datetime on SQLite)",
            Self::UserKey => "a user's key, a whole number or a UUID",
        }
    }
}

/// A SQL type that a column can have here.
pub trait ColumnType {
    /// What it is read as.
    const KIND: ColumnKind;
    /// Whether NULL can be read.
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

/// The columns of a diesel table: a tuple, up to sixteen.
pub trait Columns {
    /// Name, kind, and whether NULL can be read.
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

/// The table's name in `src/schema.rs`; [`Names::table`] tells what the database calls it.
pub fn table_name<T: QueryFragment<Sqlite>>(table: T) -> String {
    // diesel keeps the name to itself; this is the text that it would put behind FROM.
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
    written: Option<Inserts>,
}

/// What it means when no row can be inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inserts {
    Always,
    Sometimes(&'static str),
}

/// What a live table lacks, in description; nothing where it is right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// What makes the table useless here.
    pub problems: Vec<String>,
    /// What only some of it needs.
    pub notes: Vec<String>,
}

impl NeededTable {
    /// The table as `src/schema.rs` describes it: `NeededTable::new(auth_user::table)`.
    #[must_use]
    pub fn new<T: Table<AllColumns: Columns> + QueryFragment<Sqlite>>(table: T) -> Self {
        Self { name: table_name(table), columns: T::AllColumns::describe(), unique: &[], written: None }
    }

    /// Sets of columns that no two rows may have alike: what get_or_create counts on.
    #[must_use]
    pub const fn unique(mut self, sets: &'static [&'static [&'static str]]) -> Self {
        self.unique = sets;
        self
    }

    /// Rows are inserted, so a further column must have a default.
    #[must_use]
    pub const fn written(mut self) -> Self {
        self.written = Some(Inserts::Always);
        self
    }

    /// Rows are inserted by what is named here alone: the rest works where a further column has no default.
    #[must_use]
    pub const fn written_by(mut self, what: &'static str) -> Self {
        self.written = Some(Inserts::Sometimes(what));
        self
    }

    /// How the live table differs. `None` where there is no such table.
    #[must_use]
    pub fn compare(&self, schema: &LiveSchema, names: &Names, sqlite: bool) -> Option<Differences> {
        let table = names.table(&self.name);
        let live = schema.tables.get(table)?;
        let mut differences = Differences::default();
        let problems = &mut differences.problems;
        for (name, kind, nullable) in &self.columns {
            let name = names.column(&self.name, name);
            let Some(column) = live.columns.iter().find(|column| column.name == name) else {
                problems.push(format!("{table}.{name} is missing; it should be {}", kind.description()));
                continue;
            };
            if !kind.is_read_from(&column.type_name, sqlite) {
                let (found, wanted) = (&column.type_name, kind.description());
                problems.push(format!("{table}.{name} is of type {found}, but it is read as {wanted}"));
            }
            if column.nullable && !nullable {
                problems.push(format!("{table}.{name} may be NULL, which can't be read"));
            }
        }
        // Two columns of the code may be one of the database.
        let mut seen = BTreeSet::new();
        problems.retain(|what| seen.insert(what.clone()));
        problems.extend(self.missing_unique(live, names));
        let Some(written) = self.written else { return Some(differences) };
        let is_known =
            |name: &str| self.columns.iter().any(|(column, ..)| names.column(&self.name, column) == name);
        for column in live.columns.iter().filter(|column| !column.optional && !is_known(&column.name)) {
            let column = format!("{table}.{} is not known here and has no default", column.name);
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
        // What stands behind a view is its maker's affair.
        let sets = if live.is_view { &[] } else { self.unique };
        let named = |set: &&[&'static str]| -> BTreeSet<String> {
            set.iter().map(|column| names.column(&self.name, column).to_owned()).collect()
        };
        sets.iter().map(named).filter(|wanted| !live.unique.iter().any(|set| set.iter().eq(wanted))).map(
            |wanted| {
                let columns: Vec<String> = wanted.into_iter().collect();
                format!("{}: two rows may have the same {}", names.table(&self.name), columns.join(" and "))
            },
        )
    }
}

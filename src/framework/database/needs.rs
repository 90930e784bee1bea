//! What the program needs of a table, read off diesel's own description of it, and whether a live table has it.

use diesel::query_builder::QueryFragment;
use diesel::query_source::Table;
use diesel::sql_types as sql;
use diesel::sqlite::Sqlite;

use super::inspection::{LiveSchema, LiveTable};

/// What a column is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
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
}

impl Kind {
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
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Integer => "a whole number of 32 bits",
            Self::BigInt => "a whole number of 64 bits",
            Self::Text => "text",
            Self::Bool => "a truth value",
            Self::Timestamp => "a moment (timestamp with time zone; datetime on SQLite)",
        }
    }
}

/// A SQL type that a column can have here.
pub trait ColumnType {
    /// What it is read as.
    const KIND: Kind;
    /// Whether NULL can be read.
    const NULLABLE: bool = false;
}

macro_rules! column_types {
    ($($sql_type:ident => $kind:ident),*) => {
        $(impl ColumnType for sql::$sql_type {
            const KIND: Kind = Kind::$kind;
        })*
    };
}
column_types!(Integer => Integer, BigInt => BigInt, Text => Text, Bool => Bool, Timestamp => Timestamp);

impl<T: ColumnType + sql::SqlType<IsNull = sql::is_nullable::NotNull>> ColumnType for sql::Nullable<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;
}

/// The columns of a diesel table: a tuple, up to sixteen.
pub trait Columns {
    /// Name, kind, and whether NULL can be read.
    fn describe() -> Vec<(&'static str, Kind, bool)>;
}

macro_rules! columns {
    ($first:ident $($rest:ident)*) => {
        impl<$first, $($rest),*> Columns for ($first, $($rest,)*)
        where
            $first: diesel::Column<SqlType: ColumnType>,
            $($rest: diesel::Column<SqlType: ColumnType>,)*
        {
            fn describe() -> Vec<(&'static str, Kind, bool)> {
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

/// The table's name in the database, which `#[sql_name]` in `src/schema.rs` may have made another.
pub fn table_name<T: QueryFragment<Sqlite>>(table: T) -> String {
    // diesel keeps the name to itself; this is the text that it would put behind FROM.
    let quoted = diesel::debug_query::<Sqlite, _>(&table).to_string();
    quoted.split('`').nth(1).unwrap_or_default().to_owned()
}

/// A table that an app reads or writes.
#[derive(Clone, Debug)]
pub struct NeededTable {
    /// Its name.
    pub name: String,
    columns: Vec<(&'static str, Kind, bool)>,
    unique: &'static [&'static [&'static str]],
    written: bool,
}

impl NeededTable {
    /// The table as `src/schema.rs` describes it: `NeededTable::of(auth_user::table)`.
    #[must_use]
    pub fn of<T: Table<AllColumns: Columns> + QueryFragment<Sqlite>>(table: T) -> Self {
        Self { name: table_name(table), columns: T::AllColumns::describe(), unique: &[], written: false }
    }

    /// Sets of columns, each sorted, that no two rows may have alike: what get_or_create counts on.
    #[must_use]
    pub const fn unique(mut self, sets: &'static [&'static [&'static str]]) -> Self {
        self.unique = sets;
        self
    }

    /// Rows are inserted, so a further column must have a default.
    #[must_use]
    pub const fn written(mut self) -> Self {
        self.written = true;
        self
    }

    /// What is wrong with the live table, in words; empty where it is right. `None` where there is no such table.
    #[must_use]
    pub fn compare(&self, schema: &LiveSchema, sqlite: bool) -> Option<Vec<String>> {
        let live = schema.tables.get(&self.name)?;
        let mut wrong = Vec::new();
        for (name, kind, nullable) in &self.columns {
            let Some(column) = live.columns.iter().find(|column| column.name == *name) else {
                wrong.push(format!("{}.{name} is missing; it should be {}", self.name, kind.words()));
                continue;
            };
            if !kind.is_read_from(&column.type_name, sqlite) {
                let (found, wanted) = (&column.type_name, kind.words());
                wrong.push(format!("{}.{name} is of type {found}, but it is read as {wanted}", self.name));
            }
            if column.nullable && !nullable {
                wrong.push(format!("{}.{name} may be NULL, which can't be read", self.name));
            }
        }
        wrong.extend(self.missing_unique(live));
        if self.written {
            let unknown = |name: &str| self.columns.iter().all(|(known, ..)| *known != name);
            for column in live.columns.iter().filter(|column| !column.optional && unknown(&column.name)) {
                wrong.push(format!(
                    "{}.{} is not known here and has no default, so no row can be inserted",
                    self.name, column.name
                ));
            }
        }
        Some(wrong)
    }

    fn missing_unique<'a>(&'a self, live: &'a LiveTable) -> impl Iterator<Item = String> + 'a {
        // What stands behind a view is its maker's affair.
        let sets = if live.is_view { &[] } else { self.unique };
        sets.iter()
            .filter(|wanted| !live.unique.iter().any(|set| set.iter().eq(wanted.iter())))
            .map(|wanted| format!("{}: two rows may have the same {}", self.name, wanted.join(" and ")))
    }
}

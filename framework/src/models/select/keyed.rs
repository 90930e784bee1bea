//! The rows that are related to a list of others, by a foreign key or by a table between the two.

use diesel::QueryResult;
use diesel::query_builder::AstPass;

use super::Select;
use crate::models::column::ColumnKind;
use crate::models::dialect::{Dialect, push_column};
use crate::models::keys::Keys;

/// Rows that are grouped by the row of another table that refers to them (ManyToManyField).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Through {
    /// The table between the two.
    pub(crate) table: &'static str,
    /// Its column that refers to the selected rows.
    pub(crate) column: &'static str,
    /// Its column that refers to the other rows; the first column of the result.
    pub(crate) group: &'static str,
    /// The kind of that key: SQLite returns UUIDs as text.
    pub(crate) kind: ColumnKind,
}

/// The rows whose column has one of these keys.
#[derive(Clone, Debug)]
pub(crate) struct Keyed {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) keys: Keys,
}

/// The alias of the table of keys.
const KEYS: &str = "vitamin_keys";

impl Keyed {
    /// Writes that the column has one of the keys.
    pub(super) fn condition<'b, DB: Dialect>(&'b self, pass: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        push_column(pass, self.table, self.column)?;
        if !self.is_table::<DB>() {
            return DB::keys(&self.keys, pass.reborrow());
        }
        for part in [" = ", KEYS, ".value"] {
            pass.push_sql(part);
        }
        Ok(())
    }

    /// Whether the keys are a table of the statement.
    fn is_table<DB: Dialect>(&self) -> bool {
        !DB::IS_POSTGRES && self.keys.is_list()
    }
}

impl Select {
    /// The keys as a table, on SQLite. `IN` makes a temporary table of them, and takes each from there. CROSS JOIN has SQLite
    /// begin with this table.
    pub(super) fn key_table<'b, DB: Dialect>(&'b self, pass: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let Some(keyed) = self.keyed.as_ref().filter(|keyed| keyed.is_table::<DB>()) else { return Ok(()) };
        DB::key_table(&keyed.keys, pass.reborrow())?;
        for part in [" AS ", KEYS, " CROSS JOIN "] {
            pass.push_sql(part);
        }
        Ok(())
    }

    /// Writes the column that rows of a relation are grouped by, before their own columns.
    pub(super) fn group<DB: Dialect>(&self, pass: &mut AstPass<'_, '_, DB>) -> QueryResult<()> {
        if let Some(through) = &self.through {
            push_column(pass, through.table, through.group)?;
            pass.push_sql(", ");
        }
        Ok(())
    }
}

//! The migrations that an app brings, as `migrations!()` compiles them in.

use std::fmt;

use diesel::backend::Backend;
use diesel::connection::BoxableConnection;
use diesel::migration::{Migration, MigrationMetadata, MigrationName, MigrationVersion};

/// The migrations of an app: what [`App::migrations`](crate::app::App::migrations) returns.
#[derive(Clone, Copy, Debug)]
pub struct AppMigrations {
    pub(super) label: Option<&'static str>,
    pub(super) migrations: &'static [EmbeddedMigration],
}

impl AppMigrations {
    /// For `migrations!()`.
    #[must_use]
    pub const fn new(migrations: &'static [EmbeddedMigration]) -> Self {
        Self { label: None, migrations }
    }

    /// Puts them below another label than the app's, for an app that takes the place of several of Django's.
    #[must_use]
    pub const fn label(mut self, label: &'static str) -> Self {
        self.label = Some(label);
        self
    }
}

/// A migration's SQL for both databases.
#[derive(Debug)]
pub struct EmbeddedMigration {
    /// The folder's name: `2026-11-23-000200_auth_initial`.
    pub name: &'static str,
    /// For SQLite.
    pub sqlite: Script,
    /// For PostgreSQL.
    pub postgres: Script,
}

/// The two directions of a migration.
#[derive(Debug)]
pub struct Script {
    /// `up.sql`.
    pub up: &'static str,
    /// `down.sql`.
    pub down: &'static str,
}

impl EmbeddedMigration {
    /// For `migrations!()`: the folder's name, then `up.sql` and `down.sql` for each database.
    #[must_use]
    pub const fn new(
        name: &'static str,
        sqlite: (&'static str, &'static str),
        postgres: (&'static str, &'static str),
    ) -> Self {
        Self {
            name,
            sqlite: Script { up: sqlite.0, down: sqlite.1 },
            postgres: Script { up: postgres.0, down: postgres.1 },
        }
    }

    /// The part of the name that diesel's table records: `20261123000200`.
    #[must_use]
    pub fn version(&self) -> String {
        self.name.split('_').next().unwrap_or_default().replace('-', "")
    }
}

/// A script as diesel's migration harness runs it.
pub(super) struct Runnable<'a> {
    pub(super) name: Name,
    /// `None` records the migration and runs nothing.
    pub(super) script: Option<&'a Script>,
}

pub(super) struct Name {
    pub(super) name: &'static str,
    pub(super) version: String,
}

impl<DB: Backend> Migration<DB> for Runnable<'_> {
    fn run(&self, connection: &mut dyn BoxableConnection<DB>) -> diesel::migration::Result<()> {
        Ok(self.script.map_or(Ok(()), |script| connection.batch_execute(script.up))?)
    }

    fn revert(&self, connection: &mut dyn BoxableConnection<DB>) -> diesel::migration::Result<()> {
        Ok(self.script.map_or(Ok(()), |script| connection.batch_execute(script.down))?)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        &InTransaction
    }

    fn name(&self) -> &dyn MigrationName {
        &self.name
    }
}

impl MigrationName for Name {
    fn version(&self) -> MigrationVersion<'_> {
        self.version.as_str().into()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Every migration runs in a transaction of its own.
struct InTransaction;

impl MigrationMetadata for InTransaction {
    fn run_in_transaction(&self) -> bool {
        true
    }
}

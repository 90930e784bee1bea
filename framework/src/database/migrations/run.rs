//! Runs one migration by diesel's harness, which records it.

use std::borrow::Cow;
use std::fmt;

use diesel::backend::Backend;
use diesel::connection::BoxableConnection;
use diesel::migration::{Migration, MigrationMetadata, MigrationName, MigrationVersion};
use diesel_migrations::MigrationHarness;

use super::{EmbeddedMigration, MigrationError};

/// What to do with a migration.
#[derive(Clone, Copy)]
pub(super) enum Change {
    Apply,
    Record,
    Unapply,
}

/// Runs `sql`, or nothing if the migration is only recorded.
pub(super) fn change<C>(
    connection: &mut C,
    migration: &EmbeddedMigration,
    sql: Cow<'_, str>,
    how: Change,
) -> Result<(), MigrationError>
where
    C: MigrationHarness<C::Backend> + diesel::Connection,
{
    let runnable = Runnable {
        name: Name { name: migration.name, version: migration.version() },
        sql,
        transaction: Transaction(migration.run_in_transaction),
    };
    // Creates diesel's table if it is missing.
    connection.applied_migrations().map_err(MigrationError::new)?;
    let done: Result<MigrationVersion<'_>, _> = match how {
        Change::Apply | Change::Record => connection.run_migration(&runnable),
        Change::Unapply => connection.revert_migration(&runnable),
    };
    done.map(drop).map_err(MigrationError::new)
}

/// A script as diesel's migration harness runs it. It is run in one direction only.
struct Runnable<'a> {
    name: Name,
    sql: Cow<'a, str>,
    transaction: Transaction,
}

impl Runnable<'_> {
    fn execute<DB: Backend>(
        &self,
        connection: &mut dyn BoxableConnection<DB>,
    ) -> diesel::migration::Result<()> {
        if self.sql.is_empty() {
            return Ok(());
        }
        Ok(connection.batch_execute(&self.sql)?)
    }
}

impl<DB: Backend> Migration<DB> for Runnable<'_> {
    fn run(&self, connection: &mut dyn BoxableConnection<DB>) -> diesel::migration::Result<()> {
        self.execute(connection)
    }

    fn revert(&self, connection: &mut dyn BoxableConnection<DB>) -> diesel::migration::Result<()> {
        self.execute(connection)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        &self.transaction
    }

    fn name(&self) -> &dyn MigrationName {
        &self.name
    }
}

struct Name {
    name: &'static str,
    version: String,
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

struct Transaction(bool);

impl MigrationMetadata for Transaction {
    fn run_in_transaction(&self) -> bool {
        self.0
    }
}

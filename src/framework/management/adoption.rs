//! Whose a database's tables are: a migration runs where the tables are this project's to make, and is only recorded where a
//! Django project made its own in their place.

use super::CommandError;
use super::migrate::Step;
use crate::framework::app::{App, Apps};
use crate::framework::database::inspection::LiveSchema;
use crate::framework::database::migrations::{self, MigrationError};
use crate::framework::database::{DatabaseError, DbConnection};

/// What becomes of one migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MigrationAction {
    Apply,
    Record,
    Unapply,
}

impl MigrationAction {
    /// The action that leaves all that is Django's alone. It reads only.
    pub(super) fn choose(
        apps: &Apps,
        connection: &mut DbConnection,
        step: &Step,
    ) -> Result<Self, CommandError> {
        let action = if step.forwards { Self::Apply } else { Self::Unapply };
        // A label that no app has (`contenttypes`, `sessions`) is the framework's.
        let Some(app) = apps.get(&step.app) else { return Ok(action) };
        let label = app.label();
        match app.left_to_django() {
            Some(setting) if !step.forwards => Err(CommandError::new(format!(
                "The tables of {label} are your Django project's ({setting}); its own `migrate` takes them back."
            ))),
            Some(setting) => match missing(app, connection)?.as_slice() {
                [] => Ok(Self::Record),
                tables => Err(CommandError::new(format!(
                    "There is no table {}. It is your Django project's to make ({setting}), which knows all of its \
                     columns: run its own `migrate` first. `manage doctor` tells whether the settings are right.",
                    tables.join(", ")
                ))),
            },
            None if step.forwards && is_recorded(label, connection)? => {
                match missing(app, connection)?.as_slice() {
                    [] => Ok(action),
                    tables => Err(CommandError::new(format!(
                        "There is no table {}, though Django has migrated {label}: it was dropped, or your project has a \
                         model of its own in its place, and `manage doctor` tells what to set.",
                        tables.join(", ")
                    ))),
                }
            }
            None => Ok(action),
        }
    }

    pub(super) const fn verb(self) -> &'static str {
        match self {
            Self::Apply => "Applying",
            Self::Record => "Recording",
            Self::Unapply => "Unapplying",
        }
    }

    pub(super) fn run(self, connection: &mut DbConnection, name: &str) -> Result<(), MigrationError> {
        match self {
            Self::Apply => migrations::apply(connection, name),
            Self::Record => migrations::record(connection, name),
            Self::Unapply => migrations::unapply(connection, name),
        }
    }
}

/// Whether Django's own table has migrations of this app.
fn is_recorded(label: &str, connection: &mut DbConnection) -> Result<bool, DatabaseError> {
    Ok(migrations::recorded_by_django(connection)?.iter().any(|(app, _)| app == label))
}

/// The tables of an app that are not there: of those that it needs the ones named after it, as Django names an app's tables.
fn missing(app: &dyn App, connection: &mut DbConnection) -> Result<Vec<String>, DatabaseError> {
    let schema = LiveSchema::read(connection)?;
    let prefix = format!("{}_", app.label());
    let own = app.tables().into_iter().filter(|table| table.name.starts_with(&prefix));
    let live = own.map(|table| connection.names().table(&table.name).to_owned());
    Ok(live.filter(|table| !schema.has(table)).collect())
}

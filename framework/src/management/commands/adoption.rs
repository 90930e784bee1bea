//! Decides whether a migration runs. It runs if this project owns the app's tables; it is only recorded if a Django
//! project creates its own tables instead.

use crate::app::{App, Apps, table_names};
use crate::database::inspection::LiveSchema;
use crate::database::migrations::{self, MigrationError, Migrations};
use crate::database::{DatabaseError, DbConnection};
use crate::management::base::CommandError;

/// What to do with one migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MigrationAction {
    Apply,
    Record,
    Unapply,
}

impl MigrationAction {
    /// Chooses the action that leaves Django's tables alone. Reads only.
    pub(super) fn choose(
        apps: &Apps,
        connection: &mut DbConnection,
        label: &str,
        forwards: bool,
    ) -> Result<Self, CommandError> {
        let action = if forwards { Self::Apply } else { Self::Unapply };
        // Labels without an app (`contenttypes`, `sessions`) belong to the framework.
        let Some(app) = apps.get(label) else { return Ok(action) };
        let label = app.label();
        match app.left_to_django() {
            Some(setting) if !forwards => Err(CommandError::new(format!(
                "The tables of {label} belong to your Django project ({setting}); unapply them with its own `migrate`."
            ))),
            Some(setting) => match missing(app, connection)?.as_slice() {
                [] => Ok(Self::Record),
                tables => Err(CommandError::new(format!(
                    "The table {} is missing. Your Django project creates it ({setting}), with all of its columns: \
                     run its own `migrate` first. `manage doctor` checks the settings.",
                    tables.join(", ")
                ))),
            },
            None if forwards && is_recorded(label, connection)? => {
                match missing(app, connection)?.as_slice() {
                    [] => Ok(action),
                    tables => Err(CommandError::new(format!(
                        "The table {} is missing, although Django has migrated {label}: it was dropped, or your project \
                         has a model of its own instead. `manage doctor` shows what to set.",
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

    pub(super) fn run(
        self,
        migrations: &Migrations,
        connection: &mut DbConnection,
        name: &str,
    ) -> Result<(), MigrationError> {
        match self {
            Self::Apply => migrations.apply(connection, name),
            Self::Record => migrations.record(connection, name),
            Self::Unapply => migrations.unapply(connection, name),
        }
    }
}

/// Returns whether `django_migrations` lists this app.
fn is_recorded(label: &str, connection: &mut DbConnection) -> Result<bool, DatabaseError> {
    Ok(migrations::recorded_by_django(connection)?.iter().any(|(app, _)| app == label))
}

/// Returns the missing tables among those that the app needs and that are named after it, as Django names an app's
/// tables.
fn missing(app: &dyn App, connection: &mut DbConnection) -> Result<Vec<String>, DatabaseError> {
    let schema = LiveSchema::read(connection)?;
    let prefix = format!("{}_", app.label());
    let own = table_names(app).into_iter().filter(|table| table.starts_with(&prefix));
    let live = own.map(|table| connection.names().table(&table).to_owned());
    Ok(live.filter(|table| !schema.has(table)).collect())
}

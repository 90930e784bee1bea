//! `manage install_token_triggers [--uninstall] [--sql]`: installs the triggers that `TOKEN_CACHE=bounded` needs in a
//! PostgreSQL database. No other command installs them.

use std::io::Write;
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};

use vitamin_framework::management::{Command, CommandError};
use vitamin_framework::project::Project;

pub(in super::super) struct InstallTokenTriggers;

#[derive(Args)]
struct InstallOptions {
    /// Remove the triggers.
    #[arg(long)]
    uninstall: bool,
    /// Print the SQL instead of running it.
    #[arg(long)]
    sql: bool,
}

impl Command for InstallTokenTriggers {
    fn command(&self) -> clap::Command {
        let about =
            "Installs or removes the triggers that TOKEN_CACHE=bounded needs in a PostgreSQL database.";
        InstallOptions::augment_args(clap::Command::new("install_token_triggers").about(about))
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let options = InstallOptions::from_arg_matches(arguments)?;
        if project.settings.database.url.is_sqlite() {
            return Err(CommandError::new(
                "The triggers are for PostgreSQL. On SQLite nothing has to be installed: its token cache is exact without \
                 them.",
            ));
        }
        handle(project, &options, out)
    }
}

#[cfg(not(feature = "postgres"))]
fn handle(_: &Project, _: &InstallOptions, _: &mut dyn Write) -> Result<(), CommandError> {
    Err(CommandError::new("This program was built without PostgreSQL."))
}

#[cfg(feature = "postgres")]
fn handle(project: &Project, options: &InstallOptions, out: &mut dyn Write) -> Result<(), CommandError> {
    use diesel::Connection;
    use diesel::connection::SimpleConnection;

    use crate::lookup::bounded::triggers::{TriggerState, install_sql, trigger_state, uninstall_sql};
    use vitamin_framework::database::DatabaseError;

    let InstallOptions { uninstall, sql } = *options;
    let names = &project.database.settings().names;
    let statements = if uninstall { uninstall_sql(names) } else { install_sql(names) };
    if sql {
        return Ok(write!(out, "BEGIN;\n{statements}COMMIT;\n")?);
    }
    let connection = &mut *project.database.get()?;
    let done = match (trigger_state(connection)?, uninstall) {
        (TriggerState::Installed, false) => return Ok(writeln!(out, "The triggers are already installed.")?),
        (TriggerState::Missing, true) => return Ok(writeln!(out, "There are no triggers to remove.")?),
        (_, false) => "Installed the triggers. TOKEN_CACHE=bounded uses them.",
        (_, true) => "Removed the triggers.",
    };
    // In one transaction: all or nothing.
    connection.transaction::<_, DatabaseError, _>(|connection| Ok(connection.batch_execute(&statements)?))?;
    Ok(writeln!(out, "{done}")?)
}

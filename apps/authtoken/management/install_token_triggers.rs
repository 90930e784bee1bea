//! `manage install_token_triggers [--uninstall] [--sql]`: what `TOKEN_CACHE=bounded` takes in a PostgreSQL database. No
//! other command installs it.

use std::io::Write;
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};

use crate::framework::management::{Command, CommandError};
use crate::framework::project::Project;

pub(in super::super) struct InstallTokenTriggers;

#[derive(Args)]
struct Options {
    /// Remove them.
    #[arg(long)]
    uninstall: bool,
    /// Print the SQL, for whoever may run it, and change nothing.
    #[arg(long)]
    sql: bool,
}

impl Command for InstallTokenTriggers {
    fn command(&self) -> clap::Command {
        let about = "Installs what TOKEN_CACHE=bounded needs in a PostgreSQL database, or removes it.";
        Options::augment_args(clap::Command::new("install_token_triggers").about(about))
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let options = Options::from_arg_matches(arguments)?;
        if project.settings.database.url.is_sqlite() {
            return Err(CommandError::new(
                "These triggers are for PostgreSQL. On SQLite nothing has to be installed: tokens are kept there exactly, \
                 until anybody commits.",
            ));
        }
        handle(project, &options, out)
    }
}

#[cfg(not(feature = "postgres"))]
fn handle(_: &Project, _: &Options, _: &mut dyn Write) -> Result<(), CommandError> {
    Err(CommandError::new("This program was built without PostgreSQL."))
}

#[cfg(feature = "postgres")]
fn handle(project: &Project, options: &Options, out: &mut dyn Write) -> Result<(), CommandError> {
    use diesel::Connection;
    use diesel::connection::SimpleConnection;

    use crate::apps::authtoken::lookup::bounded::triggers::{
        TriggerState, install_sql, trigger_state, uninstall_sql,
    };
    use crate::framework::database::DatabaseError;

    let Options { uninstall, sql } = *options;
    let names = &project.database.settings().names;
    let statements = if uninstall { uninstall_sql(names) } else { install_sql(names) };
    if sql {
        return Ok(write!(out, "BEGIN;\n{statements}COMMIT;\n")?);
    }
    let connection = &mut *project.database.get()?;
    let done = match (trigger_state(connection)?, uninstall) {
        (TriggerState::Installed, false) => return Ok(writeln!(out, "The triggers are installed already.")?),
        (TriggerState::Missing, true) => return Ok(writeln!(out, "There are no triggers to remove.")?),
        (_, false) => "Installed the triggers. TOKEN_CACHE=bounded makes use of them.",
        (_, true) => "Removed the triggers.",
    };
    // All or nothing.
    connection.transaction::<_, DatabaseError, _>(|connection| Ok(connection.batch_execute(&statements)?))?;
    Ok(writeln!(out, "{done}")?)
}

//! `manage runserver [address]`: the production server, and the only one.

use std::io::Write;
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};

use super::check::{fail_on_errors, run_checks};
use crate::management::base::{Command, CommandError};
use crate::project::Project;
use crate::server::{self, Address};

pub(super) struct RunServer;

#[derive(Args)]
struct RunServerOptions {
    /// Optional port number, or ipaddr:port (default: ADDRESS, or 127.0.0.1:8000).
    addrport: Option<Address>,
    /// Worker threads that serve requests (default: WORKERS, or one per core).
    #[arg(long)]
    workers: Option<std::num::NonZeroUsize>,
}

impl Command for RunServer {
    fn command(&self) -> clap::Command {
        let about = "Serves the project until SIGTERM or SIGINT, then finishes the requests in progress.";
        RunServerOptions::augment_args(clap::Command::new("runserver").about(about))
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let options = RunServerOptions::from_arg_matches(arguments)?;
        let messages = run_checks(project, false);
        fail_on_errors(&messages)?;
        for message in &messages {
            log::warn!("{message}");
        }
        project.audit.open()?;
        warn_of_migrations(project)?;
        let mut settings = project.settings.server.clone();
        settings.address = options.addrport.unwrap_or(settings.address);
        settings.workers = options.workers.unwrap_or(settings.workers);
        let mut listening = |address: std::net::SocketAddr| {
            writeln!(out, "Starting server at http://{address}/\nQuit the server with CONTROL-C.")?;
            out.flush()
        };
        server::run(project, &settings, &mut listening)?;
        Ok(())
    }
}

/// Warns of unapplied migrations. PostgreSQL may start after this server, which answers 503 until then; and its role may
/// not be allowed to read the migrations.
///
/// # Errors
/// A SQLite file that can't be opened: it does not come later.
fn warn_of_migrations(project: &Project) -> Result<(), CommandError> {
    let database = &project.database;
    let states = if database.is_postgres() {
        // Not the pool, which tries again until the timeout.
        let mut connection = match database.connect() {
            Ok(connection) => connection,
            Err(error) => {
                log::error!(
                    "The database can't be reached. Until it can, requests that need it get 503: {error}"
                );
                return Ok(());
            }
        };
        match project.apps.migrations().states(&mut connection) {
            Ok(states) => states,
            Err(error) => {
                log::warn!("The applied migrations can't be read: {error}");
                return Ok(());
            }
        }
    } else {
        project.apps.migrations().states(&mut *database.get()?)?
    };
    let missing: Vec<&str> =
        states.iter().filter(|state| !state.applied).map(|state| state.name.as_str()).collect();
    if !missing.is_empty() {
        log::warn!(
            "You have {} unapplied migration(s): {}. The project may not work until you run `manage migrate`.",
            missing.len(),
            missing.join(", ")
        );
    }
    Ok(())
}

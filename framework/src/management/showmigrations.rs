//! `manage showmigrations` (`django/core/management/commands/showmigrations.py`).

use std::io::Write;
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};

use super::{Command, CommandError, with_database_option};
use crate::project::Project;

pub(super) struct ShowMigrations;

#[derive(Args)]
struct ShowMigrationsOptions {
    /// App labels of applications to limit the output to.
    app_label: Vec<String>,
}

impl Command for ShowMigrations {
    fn command(&self) -> clap::Command {
        let about = "Shows all available migrations for the current project.";
        with_database_option(ShowMigrationsOptions::augment_args(
            clap::Command::new("showmigrations").about(about),
        ))
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let options = ShowMigrationsOptions::from_arg_matches(arguments)?;
        let states = project.apps.migrations().states(&mut *project.database.get()?)?;
        let mut labels: Vec<&str> = states.iter().map(|state| state.app.as_str()).collect();
        labels.sort_unstable();
        labels.dedup();
        if let Some(unknown) = options.app_label.iter().find(|label| !labels.contains(&label.as_str())) {
            return Err(CommandError::new(format!(
                "No installed app with label '{unknown}' that has migrations."
            )));
        }
        for label in labels {
            if !options.app_label.is_empty() && !options.app_label.iter().any(|wanted| wanted == label) {
                continue;
            }
            writeln!(out, "{label}")?;
            for state in states.iter().filter(|state| state.app == label) {
                writeln!(out, " [{}] {}", if state.applied { 'X' } else { ' ' }, state.name)?;
            }
        }
        Ok(())
    }
}

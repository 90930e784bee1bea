//! `manage showmigrations [app_label…] [--list | --plan]` (`django/core/management/commands/showmigrations.py`).

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};

use crate::database::migrations::{MigrationState, Migrations};
use crate::management::base::{Command, CommandError, verbosity, with_database_option};
use crate::project::Project;

pub(super) struct ShowMigrations;

#[derive(Args)]
struct ShowMigrationsOptions {
    /// App labels of applications to limit the output to.
    app_label: Vec<String>,
    /// Shows a list of all migrations and which are applied.
    #[arg(short, long, conflicts_with = "plan")]
    list: bool,
    /// Shows all migrations in the order they will be applied. With a verbosity level of 2 or above all direct migration
    /// dependencies will be included.
    #[arg(short, long)]
    plan: bool,
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
        let migrations = project.apps.migrations();
        let states = migrations.states(&mut project.database.preview()?)?;
        let mut labels: BTreeSet<&str> = states.iter().map(|state| state.app.as_str()).collect();
        if !options.app_label.is_empty() {
            let unknown = |label: &str| !labels.contains(label) && project.apps.get(label).is_none();
            if let Some(label) = options.app_label.iter().find(|label| unknown(label)) {
                return Err(CommandError::new(format!("No installed app with label '{label}'.")));
            }
            labels = options.app_label.iter().map(String::as_str).collect();
        }
        if options.plan {
            return show_plan(migrations, &states, &labels, verbosity(arguments) >= 2, out);
        }
        for label in labels {
            writeln!(out, "{label}")?;
            let mut shown = false;
            for state in states.iter().filter(|state| state.app == label) {
                writeln!(out, " [{}] {}", if state.applied { 'X' } else { ' ' }, state.name)?;
                shown = true;
            }
            if !shown {
                writeln!(out, " (no migrations)")?;
            }
        }
        Ok(())
    }
}

/// Prints the apps' migrations and what they depend on, in the order in which they run.
fn show_plan(
    migrations: &Migrations,
    states: &[MigrationState],
    labels: &BTreeSet<&str>,
    with_dependencies: bool,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    let targets: Vec<usize> = (0..)
        .zip(states)
        .filter(|(_, state)| labels.contains(state.app.as_str()))
        .map(|(index, _)| index)
        .collect();
    let plan = migrations.with_requirements(&targets);
    for (_, (state, (_, migration))) in
        (0..).zip(states.iter().zip(migrations.iter())).filter(|(index, _)| plan.contains(index))
    {
        let dependencies = match migration.dependencies {
            labels if with_dependencies && !labels.is_empty() => format!(" ... ({})", labels.join(", ")),
            _ => String::new(),
        };
        let mark = if state.applied { 'X' } else { ' ' };
        writeln!(out, "[{mark}]  {}.{}{dependencies}", state.app, state.name)?;
    }
    if plan.is_empty() {
        writeln!(out, "(no migrations)")?;
    }
    Ok(())
}

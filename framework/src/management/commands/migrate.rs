//! `manage migrate [app_label [migration_name]] [--plan]` (`django/core/management/commands/migrate.py`).

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};

use super::adoption::MigrationAction;
use crate::database::migrations::{MigrationState, Migrations};
use crate::management::base::{Command, CommandError, verbosity, with_database_option};
use crate::project::Project;

pub(super) struct Migrate;

#[derive(Args)]
struct MigrateOptions {
    /// App label of an application to synchronize the state.
    app_label: Option<String>,
    /// Database state will be brought to the state after that migration. Use the name "zero" to unapply all migrations.
    migration_name: Option<String>,
    /// Shows a list of the migration actions that will be performed.
    #[arg(long)]
    plan: bool,
}

/// One step of a plan.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    name: String,
    app: String,
    forwards: bool,
}

impl Step {
    fn new(state: &MigrationState, forwards: bool) -> Self {
        Self { name: state.name.clone(), app: state.app.clone(), forwards }
    }
}

impl Command for Migrate {
    fn command(&self) -> clap::Command {
        let about = "Brings the database schema up to date, or back to a named migration.";
        with_database_option(MigrateOptions::augment_args(clap::Command::new("migrate").about(about)))
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let options = MigrateOptions::from_arg_matches(arguments)?;
        // A plan alone creates nothing.
        let database = project.database.creating_file();
        let mut connection = if options.plan { project.database.preview()? } else { database.connect()? };
        let states = project.apps.migrations().states(&mut connection)?;
        let target = (options.app_label.as_deref(), options.migration_name.as_deref());
        let plan = plan(project.apps.migrations(), &states, target)?;
        if options.plan {
            writeln!(out, "Planned operations:")?;
            for step in &plan {
                writeln!(out, "{}{}", step.name, if step.forwards { "" } else { " (unapply)" })?;
            }
            if plan.is_empty() {
                writeln!(out, "  No planned migration operations.")?;
            }
            return Ok(());
        }
        let mut nobody = io::sink();
        let out: &mut dyn Write = if verbosity(arguments) > 0 { out } else { &mut nobody };
        writeln!(out, "Operations to perform:\n  {}\nRunning migrations:", describe(&states, target))?;
        if plan.is_empty() {
            writeln!(out, "  No migrations to apply.")?;
        }
        // All actions are chosen before the first one runs, so that a refusal leaves the database unchanged.
        let mut actions = Vec::with_capacity(plan.len());
        for step in &plan {
            actions.push(MigrationAction::choose(&project.apps, &mut connection, &step.app, step.forwards)?);
        }
        for (Step { name, .. }, action) in plan.iter().zip(actions) {
            write!(out, "  {} {name}...", action.verb())?;
            out.flush()?;
            action.run(project.apps.migrations(), &mut connection, name)?;
            writeln!(out, " OK")?;
        }
        Ok(())
    }
}

fn describe(states: &[MigrationState], target: (Option<&str>, Option<&str>)) -> String {
    match target {
        (Some(app), Some("zero")) => format!("Unapply all migrations: {app}"),
        (Some(app), Some(name)) => format!("Target specific migration: {name}, from {app}"),
        (Some(app), None) => format!("Apply all migrations: {app}"),
        (None, _) => {
            let mut labels: Vec<&str> = states.iter().map(|state| state.app.as_str()).collect();
            labels.sort_unstable();
            labels.dedup();
            format!("Apply all migrations: {}", labels.join(", "))
        }
    }
}

/// Plans the steps from these states to the target, which are those of `migrations`.
///
/// Forwards, a target takes along what it depends on. Backwards, the app's own later migrations are undone, with what
/// depends on them.
fn plan(
    migrations: &Migrations,
    states: &[MigrationState],
    target: (Option<&str>, Option<&str>),
) -> Result<Vec<Step>, CommandError> {
    let (Some(label), name) = target else {
        return Ok(forwards((0..states.len()).collect(), states));
    };
    let own: Vec<usize> =
        (0..).zip(states).filter(|(_, state)| state.app == label).map(|(index, _)| index).collect();
    if own.is_empty() {
        return Err(CommandError::new(format!("No installed app with label '{label}' that has migrations.")));
    }
    // The app's own migrations up to the target, and those after it.
    let (wanted, later) = match name {
        None => (own, Vec::new()),
        Some("zero") => (Vec::new(), own),
        Some(name) => {
            let last = find(states, &own, label, name)?;
            own.into_iter().partition(|&index| index <= last)
        }
    };
    let undone = backwards(migrations.with_dependents(&later), states);
    if undone.is_empty() { Ok(forwards(migrations.with_requirements(&wanted), states)) } else { Ok(undone) }
}

fn forwards(plan: BTreeSet<usize>, states: &[MigrationState]) -> Vec<Step> {
    let states = plan.into_iter().filter_map(|index| states.get(index)).filter(|state| !state.applied);
    states.map(|state| Step::new(state, true)).collect()
}

fn backwards(plan: BTreeSet<usize>, states: &[MigrationState]) -> Vec<Step> {
    let states = plan.into_iter().rev().filter_map(|index| states.get(index)).filter(|state| state.applied);
    states.map(|state| Step::new(state, false)).collect()
}

/// Finds the app's migration whose name starts with `name`. The timestamp may be left out, and the label after it. An
/// exact name wins.
fn find(states: &[MigrationState], own: &[usize], label: &str, name: &str) -> Result<usize, CommandError> {
    let spellings = |state: &MigrationState| {
        let what = state.name.split_once('_').map_or("", |(_, rest)| rest).to_owned();
        let short = what.strip_prefix(label).and_then(|rest| rest.strip_prefix('_')).map(str::to_owned);
        [Some(state.name.clone()), short, Some(what)].into_iter().flatten().collect::<Vec<_>>()
    };
    let matching = |matches: fn(&str, &str) -> bool| {
        own.iter().copied().filter(move |&index| {
            states
                .get(index)
                .is_some_and(|state| spellings(state).iter().any(|spelling| matches(spelling, name)))
        })
    };
    if let Some(index) = matching(|spelling, name| spelling == name).next() {
        return Ok(index);
    }
    let mut found = matching(|spelling, name| spelling.starts_with(name));
    match (found.next(), found.next()) {
        (Some(index), None) => Ok(index),
        (None, _) => {
            Err(CommandError::new(format!("Cannot find a migration matching '{name}' from app '{label}'.")))
        }
        (Some(_), Some(_)) => Err(CommandError::new(format!(
            "More than one migration matches '{name}' in app '{label}'. Please be more specific."
        ))),
    }
}

#[cfg(test)]
mod tests;

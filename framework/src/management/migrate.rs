//! `manage migrate [app_label [migration_name]] [--plan]` (`django/core/management/commands/migrate.py`).

use std::io::{self, Write};
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};

use super::adoption::MigrationAction;
use super::{Command, CommandError, verbosity, with_database_option};
use crate::app::Apps;
use crate::database::migrations::MigrationState;
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
pub(super) struct Step {
    pub(super) name: String,
    pub(super) app: String,
    pub(super) forwards: bool,
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
        let mut connection = project.database.get()?;
        let states = project.apps.migrations().states(&mut connection)?;
        let target = (options.app_label.as_deref(), options.migration_name.as_deref());
        let plan = plan(&project.apps, &states, target)?;
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
            actions.push(MigrationAction::choose(&project.apps, &mut connection, step)?);
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

/// Plans the steps from these states to the target.
///
/// Migrations have one order, and an app may depend on the apps before it in `INSTALLED_APPS`. So applying includes
/// earlier apps' migrations up to the target, and unapplying includes later apps' migrations after it.
fn plan(
    apps: &Apps,
    states: &[MigrationState],
    target: (Option<&str>, Option<&str>),
) -> Result<Vec<Step>, CommandError> {
    // Labels without an app (`contenttypes`, `sessions`) belong to the framework. Every migration depends on the first
    // of them, which creates the table of applied migrations, and none on the others.
    let builds_on = |later: &str, earlier: &str| match (apps.position(later), apps.position(earlier)) {
        (Some(later), Some(earlier)) => later > earlier,
        (_, None) => states.first().is_some_and(|first| first.app == earlier),
        (None, Some(_)) => false,
    };
    let (Some(label), name) = target else {
        return Ok(forwards(states.iter().filter(|state| !state.applied)));
    };
    let own: Vec<usize> =
        states.iter().enumerate().filter(|(_, state)| state.app == label).map(|(index, _)| index).collect();
    let (Some(&first), Some(&last)) = (own.first(), own.last()) else {
        return Err(CommandError::new(format!("No installed app with label '{label}' that has migrations.")));
    };
    // The number of migrations up to the target.
    let keep = match name {
        None => last + 1,
        Some("zero") => first,
        Some(name) => find(states, &own, label, name)? + 1,
    };
    let (before, after) = states.split_at(keep);
    let unapply: Vec<Step> = after
        .iter()
        .rev()
        .filter(|state| state.applied && name.is_some())
        .filter(|state| state.app == label || builds_on(&state.app, label))
        .map(|state| Step { name: state.name.clone(), app: state.app.clone(), forwards: false })
        .collect();
    if name == Some("zero") || !unapply.is_empty() {
        return Ok(unapply);
    }
    Ok(forwards(
        before.iter().filter(|state| !state.applied && (state.app == label || builds_on(label, &state.app))),
    ))
}

fn forwards<'a>(states: impl Iterator<Item = &'a MigrationState>) -> Vec<Step> {
    states.map(|state| Step { name: state.name.clone(), app: state.app.clone(), forwards: true }).collect()
}

/// Finds the app's migration whose name, with or without its timestamp, starts with `name`.
fn find(states: &[MigrationState], own: &[usize], label: &str, name: &str) -> Result<usize, CommandError> {
    let mut found = own.iter().copied().filter(|&index| {
        states.get(index).is_some_and(|state| {
            let what = state.name.splitn(3, '_').nth(2).unwrap_or_default();
            state.name.starts_with(name) || what.starts_with(name)
        })
    });
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
mod tests {
    use super::*;
    use crate::app::App;

    struct PlanApp(&'static str);

    impl App for PlanApp {
        fn label(&self) -> &'static str {
            self.0
        }
    }

    fn names(applied: usize, target: (Option<&str>, Option<&str>)) -> Result<Vec<String>, String> {
        let apps = ["auth", "authtoken"].map(|label| Box::new(PlanApp(label)) as Box<dyn App>);
        let apps = Apps::new(apps.into()).unwrap();
        let all = [
            "1_contenttypes_initial",
            "2_auth_initial",
            "3_authtoken_initial",
            "4_auth_more",
            "5_authtoken_more",
            "6_sessions_initial",
        ];
        let states: Vec<MigrationState> = all
            .iter()
            .enumerate()
            .map(|(index, name)| MigrationState {
                name: (*name).to_owned(),
                app: name.split('_').nth(1).unwrap().to_owned(),
                applied: index < applied,
            })
            .collect();
        let steps = plan(&apps, &states, target).map_err(|error| error.to_string())?;
        Ok(steps
            .into_iter()
            .map(|step| format!("{}{}", if step.forwards { '+' } else { '-' }, step.name))
            .collect())
    }

    #[test]
    fn without_a_target_everything_is_applied() {
        let rest = ["+4_auth_more", "+5_authtoken_more", "+6_sessions_initial"];
        assert_eq!(names(3, (None, None)).unwrap(), rest);
        assert!(names(6, (None, None)).unwrap().is_empty());
    }

    #[test]
    fn applying_includes_earlier_apps() {
        assert_eq!(
            names(0, (Some("auth"), None)).unwrap(),
            ["+1_contenttypes_initial", "+2_auth_initial", "+4_auth_more"]
        );
        assert_eq!(
            names(0, (Some("auth"), Some("init"))).unwrap(),
            ["+1_contenttypes_initial", "+2_auth_initial"]
        );
    }

    #[test]
    fn unapplying_includes_later_apps() {
        assert_eq!(
            names(6, (Some("auth"), Some("2_auth"))).unwrap(),
            ["-5_authtoken_more", "-4_auth_more", "-3_authtoken_initial"]
        );
        assert_eq!(names(6, (Some("authtoken"), Some("initial"))).unwrap(), ["-5_authtoken_more"]);
        assert_eq!(
            names(6, (Some("authtoken"), Some("zero"))).unwrap(),
            ["-5_authtoken_more", "-3_authtoken_initial"]
        );
    }

    #[test]
    fn all_depend_on_the_first_and_none_on_sessions() {
        assert_eq!(names(6, (Some("contenttypes"), Some("zero"))).unwrap().len(), 6);
        assert_eq!(names(6, (Some("sessions"), Some("zero"))).unwrap(), ["-6_sessions_initial"]);
        assert_eq!(
            names(0, (Some("sessions"), None)).unwrap(),
            ["+1_contenttypes_initial", "+6_sessions_initial"]
        );
    }

    #[test]
    fn an_unknown_target_is_named() {
        let error = names(6, (Some("polls"), None)).unwrap_err();
        assert_eq!(error, "CommandError: No installed app with label 'polls' that has migrations.");
        let error = names(6, (Some("auth"), Some("0009"))).unwrap_err();
        assert_eq!(error, "CommandError: Cannot find a migration matching '0009' from app 'auth'.");
    }
}

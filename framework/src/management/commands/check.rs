//! `manage check [--deploy] [--database default]` (`django/core/management/commands/check.py`).

mod deployment;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};

use crate::checks::{CheckMessage, Level};
use crate::database::Database;
use crate::database::inspection::LiveSchema;
use crate::database::migrations::copies::{self, Difference};
use crate::database::migrations::{Migrations, UndeclaredDependency};
use crate::management::base::{Command, CommandError};
use crate::middleware;
use crate::project::Project;
use crate::translation;
use crate::urls::UrlConf;

pub(super) struct Check;

#[derive(Args)]
struct CheckOptions {
    /// Check deployment settings.
    #[arg(long)]
    deploy: bool,
    /// Also checks the database. 'default' is the only one.
    #[arg(long, value_parser = ["default"])]
    database: Option<String>,
}

impl Command for Check {
    fn command(&self) -> clap::Command {
        CheckOptions::augment_args(
            clap::Command::new("check").about("Checks the entire project for potential problems."),
        )
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let options = CheckOptions::from_arg_matches(arguments)?;
        let mut messages = all_checks(project, options.deploy);
        if options.database.is_some() {
            messages.extend(database_checks(project)?);
        }
        let (silenced, messages): (Vec<_>, Vec<_>) =
            messages.into_iter().partition(|message| is_silenced(project, message));
        fail_on_errors(&messages)?;
        let silenced = match silenced.len() {
            0 => String::new(),
            count => format!(" ({count} silenced)"),
        };
        if messages.is_empty() {
            writeln!(out, "System check identified no issues{silenced}.")?;
        } else {
            writeln!(out, "{}{silenced}.", report(&messages))?;
        }
        Ok(())
    }
}

/// Runs the checks, without those that `SILENCED_SYSTEM_CHECKS` names.
pub(super) fn run_checks(project: &Project, deploy: bool) -> Vec<CheckMessage> {
    let mut messages = all_checks(project, deploy);
    messages.retain(|message| !is_silenced(project, message));
    messages
}

fn is_silenced(project: &Project, message: &CheckMessage) -> bool {
    project.settings.silenced_system_checks.iter().any(|id| id == message.id)
}

/// Runs the framework's checks and those of each app.
fn all_checks(project: &Project, deploy: bool) -> Vec<CheckMessage> {
    let mut messages = middleware::checks(&project.settings.http, deploy);
    messages.extend(translation::check(&project.settings.languages, project.translations));
    if deploy {
        messages.extend(deployment::checks(project));
    }
    messages.extend(project.declared.checks(&project.env));
    let urls = UrlConf::new((project.urlpatterns)());
    messages.extend(urls.problems().map(|problem| CheckMessage::error("vitamin.E004", problem)));
    if project.settings.database.url.is_sqlite() {
        let found = urls.unsupported_on_sqlite();
        messages.extend(found.map(|what| CheckMessage::warning("vitamin.W040", what)));
    }
    messages.extend(migration_checks(project.apps.migrations(), Path::new(copies::FOLDER)));
    for app in project.apps.iter() {
        messages.extend(app.checks(deploy));
        if deploy {
            messages.extend(app.check_views(&urls));
        }
    }
    messages
}

/// Finds dependencies that migrations lack, and copies for diesel's command that are not what is compiled in.
fn migration_checks(migrations: &Migrations, folder: &Path) -> Vec<CheckMessage> {
    let mut messages: Vec<CheckMessage> = migrations
        .undeclared_dependencies()
        .into_iter()
        .map(|UndeclaredDependency { name, label, later }| match later {
            Some(later) => {
                let message =
                    format!("The migration {name} refers to a table of {later}, which comes after it.");
                let hint = "Migrations run in the order of their names: give the folder a later timestamp.";
                CheckMessage::warning("vitamin.W004", message).hint(hint)
            }
            None => {
                let message =
                    format!("The migration {name} refers to a table of {label}, but does not depend on it.");
                let hint =
                    format!("Name the app in the migration's metadata.toml: dependencies = [\"{label}\"]");
                CheckMessage::warning("vitamin.W004", message).hint(hint)
            }
        })
        .collect();
    match migrations.compare_copies(folder, false) {
        Ok(comparison) => messages.extend(comparison.stale.into_iter().map(|copy| {
            let path = copy.path.display();
            match copy.difference {
                Difference::Missing => CheckMessage::warning("vitamin.W002", format!("{path} is missing.")),
                Difference::Differs => {
                    let message = format!("{path} differs from the migration of the installed app.");
                    CheckMessage::warning("vitamin.W002", message)
                }
                Difference::Unknown => {
                    let message = format!("{path} is a migration of no installed app.");
                    let hint = "diesel's command runs it, and `manage migrate` does not. Move it into an app, or delete it.";
                    return CheckMessage::warning("vitamin.W003", message).hint(hint);
                }
            }
            .hint("Run `manage collectmigrations`: diesel's command runs these copies.")
        })),
        Err(error) => messages.push(CheckMessage::warning("vitamin.W002", format!("{}: {error}", folder.display()))),
    }
    messages
}

/// Finds foreign keys that no row can satisfy.
fn database_checks(project: &Project) -> Result<Vec<CheckMessage>, CommandError> {
    let schema = LiveSchema::read(&mut Database::open_read_only(&project.settings.database)?)?;
    let messages = schema.broken_references().map(|key| {
        let message =
            format!("{}.{} refers to the table {}, which is missing.", key.table, key.column, key.target);
        CheckMessage::error("vitamin.E003", message).hint(
            "No row can be inserted there. Unapply the migration, and apply it again with `manage migrate`.",
        )
    });
    Ok(messages.collect())
}

/// Returns an error with all messages if any of them is an error.
pub(super) fn fail_on_errors(messages: &[CheckMessage]) -> Result<(), CommandError> {
    if messages.iter().any(|message| message.level == Level::Error) {
        return Err(CommandError::Verbatim(format!("SystemCheckError: {}.", report(messages))));
    }
    Ok(())
}

/// The messages and their number, without a full stop.
fn report(messages: &[CheckMessage]) -> String {
    let mut text = String::from("System check identified some issues:\n");
    for (title, level) in [("ERRORS", Level::Error), ("WARNINGS", Level::Warning)] {
        let mut of_level = messages.iter().filter(|message| message.level == level).peekable();
        if of_level.peek().is_some() {
            text.push_str(&format!("\n{title}:\n"));
        }
        for message in of_level {
            text.push_str(&format!("{message}\n"));
        }
    }
    let count = messages.len();
    text.push_str(&format!("\nSystem check identified {count} issue{}", if count == 1 { "" } else { "s" }));
    text
}

//! Management commands (`django/core/management`): `manage <command> [options]`.
//!
//! Exit codes: 0 for success, 1 for a `CommandError`, printed to standard error, or an unknown command, as in Django,
//! and 2 for wrong usage.

pub mod base;
mod commands;

use std::collections::HashSet;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::ArgMatches;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use self::base::common_options;
pub use self::base::{Command, CommandError, verbosity, with_database_option};
use super::conf::{Env, ImproperlyConfigured};
use super::logging;
use super::project::Project;

struct Group {
    label: String,
    commands: Vec<Box<dyn Command>>,
}

/// The `main` of a project's program: reads the environment and `.env`, makes the project, and runs the command that the
/// program's arguments name (`execute_from_command_line`).
///
/// ```no_run
/// # mod settings {
/// #     use vitamin_framework::{conf::{Env, ImproperlyConfigured}, project::Project};
/// #     pub fn project(env: &Env) -> Result<Project, ImproperlyConfigured> { Project::new(env, vec![], Vec::new) }
/// # }
/// fn main() -> std::process::ExitCode {
///     vitamin_framework::management::execute_from_command_line(settings::project)
/// }
/// ```
#[must_use]
pub fn execute_from_command_line(
    project: impl FnOnce(&Env) -> Result<Project, ImproperlyConfigured>,
) -> ExitCode {
    match Env::read().and_then(|env| project(&env)) {
        Ok(project) => {
            logging::init(&project.env);
            let status = execute(project);
            log::logger().flush();
            status
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "ImproperlyConfigured: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the command that the program's arguments name.
fn execute(mut project: Project) -> ExitCode {
    let groups = groups(&mut project);
    let project = Arc::new(project);
    let mut out = io::stdout();
    match run(&project, &groups, &mut out).and_then(|()| Ok(out.flush()?)) {
        Ok(()) => ExitCode::SUCCESS,
        // Not a success: the command may not have finished.
        Err(CommandError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(error) => {
            // If standard error is closed too, nothing can be reported.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Parses the arguments. Exits on wrong usage and after printing help.
fn parse(cli: clap::Command) -> Result<ArgMatches, CommandError> {
    let error = match cli.try_get_matches() {
        Ok(matches) => return Ok(matches),
        Err(error) if error.kind() == ErrorKind::InvalidSubcommand => error,
        Err(error) => error.exit(),
    };
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        // clap sorts by similarity, best last.
        Some(ContextValue::Strings(texts)) => texts.last().map(String::as_str),
        _ => None,
    };
    let name = context(ContextKind::InvalidSubcommand).unwrap_or_default();
    let alike = context(ContextKind::SuggestedSubcommand).map(|alike| format!(". Did you mean {alike}?"));
    let alike = alike.unwrap_or_default();
    Err(CommandError::Verbatim(format!("Unknown command: '{name}'{alike}\nType 'manage help' for usage.")))
}

fn run(project: &Arc<Project>, groups: &[Group], out: &mut dyn Write) -> Result<(), CommandError> {
    let mut cli = clap::Command::new("manage")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Runs a management command of this project.")
        .override_help(overview(groups))
        .infer_long_args(true)
        .args(common_options())
        .subcommand_required(false);
    let mut names = HashSet::new();
    for command in groups.iter().flat_map(|group| &group.commands) {
        let command = command.command();
        if !names.insert(command.get_name().to_owned()) {
            // clap would panic.
            return Err(CommandError::new(format!("There are two commands named {}.", command.get_name())));
        }
        cli = cli.subcommand(command);
    }
    let matches = parse(cli)?;
    let Some((name, arguments)) = matches.subcommand() else {
        return Ok(write!(out, "{}", overview(groups))?);
    };
    let command = groups.iter().flat_map(|group| &group.commands).find(|c| c.command().get_name() == name);
    command.map_or(Ok(()), |command| command.handle(project, arguments, out))
}

/// Groups the commands of the framework, the project and each app, as `manage help` shows them.
fn groups(project: &mut Project) -> Vec<Group> {
    let mut groups = vec![
        Group { label: "vitamin".to_owned(), commands: commands::all() },
        Group { label: "project".to_owned(), commands: std::mem::take(&mut project.commands) },
    ];
    groups.extend(
        project.apps.iter().map(|app| Group { label: app.label().to_owned(), commands: app.commands() }),
    );
    groups.retain(|group| !group.commands.is_empty());
    groups
}

fn overview(groups: &[Group]) -> String {
    let mut text =
        String::from("Type 'manage help <command>' for help on a specific command.\n\nCommands:\n");
    for group in groups {
        text.push_str(&format!("\n[{}]\n", group.label));
        for command in &group.commands {
            let command = command.command();
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            text.push_str(&format!("    {:22} {about}\n", command.get_name()));
        }
    }
    text
}

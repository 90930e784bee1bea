//! Management commands (`django/core/management`): `manage <command> [options]`.
//!
//! Exit codes: 0 for success, 1 for a `CommandError`, printed to standard error, or an unknown command, as in Django,
//! and 2 for wrong usage.

pub mod base;
mod commands;

use std::collections::HashSet;
use std::ffi::OsString;
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
use super::translation::{self, Translations};

struct Group<'a> {
    label: String,
    commands: Vec<Box<dyn Command + 'a>>,
}

/// A command that the project owns.
struct Borrowed<'a>(&'a dyn Command);

impl Command for Borrowed<'_> {
    fn command(&self) -> clap::Command {
        self.0.command()
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        self.0.handle(project, arguments, out)
    }
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
    let made = Env::read().and_then(|env| {
        logging::init(&env);
        // A line that is skipped may be the reason of an error that follows.
        env.warnings().iter().for_each(|warning| log::warn!("{warning}"));
        project(&env)
    });
    let status = match made {
        Ok(project) => execute(project),
        Err(error) => {
            log::logger().flush();
            let _ = writeln!(io::stderr(), "ImproperlyConfigured: {error}");
            ExitCode::FAILURE
        }
    };
    log::logger().flush();
    status
}

/// Runs a command from the program's own code, such as a test: `call_command(&project, ["migrate", "polls"], &mut out)`
/// (`django.core.management.call_command`).
///
/// # Errors
/// Those of the command; wrong usage.
pub fn call_command<'a>(
    project: &Arc<Project>,
    arguments: impl IntoIterator<Item = &'a str>,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    let arguments = ["manage"].into_iter().chain(arguments).map(OsString::from).collect();
    run(project, arguments, out, |error| CommandError::Verbatim(error.to_string()))
}

/// Runs the command that the program's arguments name. Exits on wrong usage and after printing help.
fn execute(project: Project) -> ExitCode {
    let project = Arc::new(project);
    let mut out = io::stdout();
    let arguments = std::env::args_os().collect();
    match run(&project, arguments, &mut out, |error| error.exit()).and_then(|()| Ok(out.flush()?)) {
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

/// Parses the arguments. Usage errors and texts of help go to `usage`.
fn parse(
    cli: clap::Command,
    arguments: Vec<OsString>,
    usage: fn(clap::Error) -> CommandError,
) -> Result<ArgMatches, CommandError> {
    let error = match cli.try_get_matches_from(arguments) {
        Ok(matches) => return Ok(matches),
        Err(error) if error.kind() == ErrorKind::InvalidSubcommand => error,
        Err(error) => return Err(usage(error)),
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

fn run(
    project: &Arc<Project>,
    arguments: Vec<OsString>,
    out: &mut dyn Write,
    usage: fn(clap::Error) -> CommandError,
) -> Result<(), CommandError> {
    let groups = &groups(project);
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
    let matches = parse(cli, arguments, usage)?;
    let Some((name, arguments)) = matches.subcommand() else {
        return Ok(write!(out, "{}", overview(groups))?);
    };
    // Messages that are Django's own, such as those of password validators, are in the project's language.
    let _active = translation::activate(project.translations.map(Translations::default_language));
    let command = groups.iter().flat_map(|group| &group.commands).find(|c| c.command().get_name() == name);
    command.map_or(Ok(()), |command| command.handle(project, arguments, out))
}

/// Groups the commands of the framework, the project and each app, as `manage help` shows them.
fn groups(project: &Project) -> Vec<Group<'_>> {
    let own =
        project.commands.iter().map(|command| Box::new(Borrowed(command.as_ref())) as Box<dyn Command + '_>);
    let own = own.collect();
    let mut groups = vec![
        Group { label: "vitamin".to_owned(), commands: commands::all() },
        Group { label: "project".to_owned(), commands: own },
    ];
    groups.extend(
        project.apps.iter().map(|app| Group { label: app.label().to_owned(), commands: app.commands() }),
    );
    groups.retain(|group| !group.commands.is_empty());
    groups
}

fn overview(groups: &[Group<'_>]) -> String {
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

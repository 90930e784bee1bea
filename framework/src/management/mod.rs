//! Management commands (`django/core/management`): `manage <command> [options]`.
//!
//! Exit codes: 0 for success, 1 for a `CommandError`, printed to standard error, or an unknown command, as in Django,
//! and 2 for wrong usage.

mod adoption;
mod check;
mod doctor;
mod migrate;
mod runserver;
mod shadow;
mod showmigrations;

use std::collections::HashSet;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::conf::{Env, ImproperlyConfigured};
use super::database::DatabaseError;
use super::database::migrations::MigrationError;
use super::logging;
use super::project::Project;

/// A management command. [`App::commands`](super::app::App::commands) returns those of an app.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a management command",
    label = "not a `Command`",
    note = "implement `Command` for it: `command` describes it to clap, `handle` runs it"
)]
pub trait Command: Send + Sync {
    /// Defines name, help and arguments for clap.
    fn command(&self) -> clap::Command;

    /// Runs the command. Output for the user goes to `out`.
    ///
    /// # Errors
    /// A [`CommandError`], printed as `CommandError: <message>`; the exit code is 1.
    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError>;
}

/// Why a command failed, in words for the user.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Printed as `CommandError: <message>`.
    #[error("CommandError: {0}")]
    Failed(String),
    /// Printed without a prefix, for texts in Django's own form.
    #[error("{0}")]
    Verbatim(String),
    /// The output is closed (`manage … | head`), so nothing more can be printed.
    #[error("{0}")]
    Output(#[from] io::Error),
}

impl CommandError {
    /// Creates an error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }
}

/// For `from_arg_matches`, which fails only if a command reads arguments it did not declare.
impl From<clap::Error> for CommandError {
    fn from(error: clap::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<DatabaseError> for CommandError {
    fn from(error: DatabaseError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<diesel::result::Error> for CommandError {
    fn from(error: diesel::result::Error) -> Self {
        DatabaseError::from(error).into()
    }
}

impl From<MigrationError> for CommandError {
    fn from(error: MigrationError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<ImproperlyConfigured> for CommandError {
    fn from(error: ImproperlyConfigured) -> Self {
        Self::new(error.to_string())
    }
}

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

/// Returns `--verbosity`: 0 for no output, 1 (the default) for normal output.
#[must_use]
pub fn verbosity(arguments: &ArgMatches) -> u8 {
    arguments.try_get_one(VERBOSITY).ok().flatten().copied().unwrap_or(1)
}

const VERBOSITY: &str = "verbosity";

/// Adds `--database`, for the commands that have it in Django. There is one database, `default`.
#[must_use]
pub fn with_database_option(command: clap::Command) -> clap::Command {
    let database = Arg::new("database").long("database").value_parser(["default"]);
    command.arg(database.help("Nominates the database; 'default' is the only one."))
}

/// The options of every Django command (`BaseCommand`). Scripts pass them; only `--verbosity` has an effect here.
fn common_options() -> Vec<Arg> {
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).hide(true);
    let verbosity =
        Arg::new(VERBOSITY).short('v').long(VERBOSITY).value_parser(value_parser!(u8).range(..=3));
    let mut options: Vec<Arg> = ["traceback", "no-color", "force-color", "skip-checks"].map(flag).into();
    options.push(verbosity.help("0 for minimal output, 1 for normal output."));
    options.into_iter().map(|option| option.global(true)).collect()
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
    let framework: Vec<Box<dyn Command>> = vec![
        Box::new(check::Check),
        Box::new(doctor::Doctor),
        Box::new(migrate::Migrate),
        Box::new(runserver::RunServer),
        Box::new(shadow::Shadow),
        Box::new(showmigrations::ShowMigrations),
    ];
    let mut groups = vec![
        Group { label: "vitamin".to_owned(), commands: framework },
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

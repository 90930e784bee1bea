//! A management command, its error, and the options that commands share (`django/core/management/base.py`).
//!
//! The commands import this module, and only `management` itself imports the commands.

use std::io::{self, Write};
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use crate::conf::ImproperlyConfigured;
use crate::database::DatabaseError;
use crate::database::migrations::MigrationError;
use crate::project::Project;

/// A management command. [`App::commands`](crate::app::App::commands) returns those of an app.
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
pub(super) fn common_options() -> Vec<Arg> {
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).hide(true);
    let verbosity =
        Arg::new(VERBOSITY).short('v').long(VERBOSITY).value_parser(value_parser!(u8).range(..=3));
    let mut options: Vec<Arg> = ["traceback", "no-color", "force-color", "skip-checks"].map(flag).into();
    options.push(verbosity.help("0 for minimal output, 1 for normal output."));
    options.into_iter().map(|option| option.global(true)).collect()
}

//! Management commands: those of `vitamin_framework`, and `startapp`.

mod startapp;

use std::process::ExitCode;

use crate::conf::{Env, ImproperlyConfigured};
use crate::project::Project;

pub use vitamin_framework::management::*;

/// The `main` of a project's program: reads the environment and `.env`, makes the project, and runs the command that the
/// program's arguments name (`execute_from_command_line`).
///
/// ```no_run
/// # mod settings {
/// #     use vitamin::{conf::{Env, ImproperlyConfigured}, project::Project};
/// #     pub fn project(env: &Env) -> Result<Project, ImproperlyConfigured> { Project::new(env, vec![], Vec::new) }
/// # }
/// fn main() -> std::process::ExitCode {
///     vitamin::management::execute_from_command_line(settings::project)
/// }
/// ```
#[must_use]
pub fn execute_from_command_line(
    project: impl FnOnce(&Env) -> Result<Project, ImproperlyConfigured>,
) -> ExitCode {
    vitamin_framework::management::execute_from_command_line(|env| {
        Ok(project(env)?.command(startapp::StartApp))
    })
}

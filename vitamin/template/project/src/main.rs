//! The project's program: `manage <command>`.

use std::process::ExitCode;

fn main() -> ExitCode {
    vitamin::management::execute_from_command_line(mysite::settings::project)
}

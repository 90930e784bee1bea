//! The project's program: `manage <command>`.

use std::process::ExitCode;

use tutorial::settings;
use vitamin::management;

fn main() -> ExitCode {
    management::execute_from_command_line(settings::project)
}

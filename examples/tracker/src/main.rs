//! The project's program: `tracker <command>`.

use std::process::ExitCode;

fn main() -> ExitCode {
    vitamin::management::execute_from_command_line(tracker::settings::project)
}

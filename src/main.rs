//! The project's program: `manage <command>`.

use std::process::ExitCode;

use vitamin::framework::{logging, management};
use vitamin::settings;

fn main() -> ExitCode {
    match settings::project() {
        Ok(project) => {
            logging::init(&project.env);
            let status = management::execute(project);
            log::logger().flush();
            status
        }
        Err(error) => {
            eprintln!("ImproperlyConfigured: {error}");
            ExitCode::FAILURE
        }
    }
}

//! The program `vitamin`: starts a project.

mod dependency;
mod startproject;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::startproject::StartProject;

/// Token authentication and views as in Django REST framework, in Rust.
#[derive(Parser)]
#[command(name = "vitamin", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes a new project: it compiles, migrates, serves and passes its tests as it is.
    #[command(name = "startproject")]
    StartProject(StartProject),
}

fn main() -> ExitCode {
    let Command::StartProject(command) = Cli::parse().command;
    match command.run().map(|report| io::stdout().write_all(report.as_bytes())) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(_closed)) => ExitCode::FAILURE,
        Err(error) => {
            // If standard error is closed too, nothing can be reported.
            let _ = writeln!(io::stderr(), "vitamin: {error}");
            ExitCode::FAILURE
        }
    }
}

//! Runs a project's program as a shell would.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use super::environment::variables;
use super::{LiveServer, Terminal, TestDatabase};
use crate::conf::Env;

/// A project's program with an environment of its own. It inherits only `PATH` from the tests' environment, and works in an
/// empty folder.
#[derive(Clone)]
pub struct Program {
    path: PathBuf,
    pub(super) database: TestDatabase,
    environment: BTreeMap<String, OsString>,
}

/// A command of a program that is not started yet.
#[derive(Clone)]
#[must_use = "call `run` or `serve`"]
pub struct ManageCommand {
    pub(super) program: Program,
    arguments: Vec<OsString>,
}

/// The output of a finished command.
#[derive(Debug)]
pub struct CommandOutput {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Program {
    /// The program at this path, `env!("CARGO_BIN_EXE_manage")`, on this database. The database is not migrated.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, database: &TestDatabase) -> Self {
        let mut environment = BTreeMap::new();
        // Coverage tools set the second to the output path.
        for name in ["PATH", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                environment.insert(name.to_owned(), value);
            }
        }
        environment
            .extend(variables(database.url()).map(|(name, value)| (name.to_owned(), OsString::from(value))));
        environment.insert("TMPDIR".to_owned(), database.temp_dir().into());
        Self { path: path.into(), database: database.clone(), environment }
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Removes a variable.
    #[must_use]
    pub fn env_remove(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    /// Prepares the program with these arguments.
    pub fn manage(&self, arguments: &[&str]) -> ManageCommand {
        ManageCommand { program: self.clone(), arguments: arguments.iter().map(OsString::from).collect() }
    }

    /// Prepares `manage runserver` on a free port.
    pub fn runserver(&self) -> ManageCommand {
        self.manage(&["runserver", "127.0.0.1:0"])
    }

    /// Starts `manage runserver` on a free port, and waits until it listens.
    #[must_use]
    pub fn serve(&self) -> LiveServer {
        self.runserver().serve()
    }

    /// The variables as the program's settings read them.
    pub(super) fn settings(&self) -> Env {
        let variables = self.environment.iter();
        variables.filter_map(|(name, value)| Some((name.as_str(), value.to_str()?))).collect()
    }
}

impl ManageCommand {
    /// Sets a variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.program = self.program.env(name, value);
        self
    }

    /// Removes a variable.
    pub fn env_remove(mut self, name: &str) -> Self {
        self.program = self.program.env_remove(name);
        self
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Returns it as the standard library's command.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program.path);
        command.args(&self.arguments);
        self.set_surroundings(&mut command);
        command
    }

    fn set_surroundings(&self, command: &mut Command) {
        let Program { environment, database, .. } = &self.program;
        command.env_clear().envs(environment).current_dir(database.work_dir());
    }

    /// Runs it to the end, without standard input.
    #[must_use]
    #[track_caller]
    pub fn run(self) -> CommandOutput {
        CommandOutput::new(started(self.command().stdin(Stdio::null()).output(), &self))
    }

    /// Runs it to the end in its own session without a terminal, with this standard input.
    #[must_use]
    #[track_caller]
    pub fn run_with_input(self, input: &str) -> CommandOutput {
        let program = self.command();
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(program.get_program()).args(program.get_args());
        self.set_surroundings(&mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = started(command.spawn(), &self);
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        CommandOutput::new(child.wait_with_output().unwrap())
    }

    /// Starts it and waits until it prints its address.
    #[must_use]
    #[track_caller]
    pub fn serve(self) -> LiveServer {
        LiveServer::start(&self)
    }

    /// Starts it on its own terminal.
    #[must_use]
    #[track_caller]
    pub fn on_terminal(self) -> Terminal {
        Terminal::start(&self)
    }
}

#[track_caller]
fn started<T>(result: std::io::Result<T>, manage: &ManageCommand) -> T {
    result.unwrap_or_else(|error| panic!("{} can't be started: {error}", manage.program.path.display()))
}

impl CommandOutput {
    fn new(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Returns the standard output of a command that succeeded.
    ///
    /// # Panics
    /// The exit code is not 0.
    #[track_caller]
    pub fn expect_success(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.report());
        self.stdout
    }

    /// Returns the exit code and all output, for a snapshot.
    #[must_use]
    pub fn report(&self) -> String {
        let Self { code, stdout, stderr } = self;
        let code = code.map_or("by a signal".to_owned(), |code| code.to_string());
        format!("exit {code}\n-- stdout\n{stdout}-- stderr\n{stderr}")
    }
}

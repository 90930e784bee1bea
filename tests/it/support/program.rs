//! Runs the program as a shell would.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use super::{Server, Terminal, TestDatabase};

/// The `SECRET_KEY` of the tests' servers.
pub const SECRET_KEY: &str = "s3cret-K3y-that-no-log-line-may-ever-show-0123456789-abcdefgh";

/// A `manage` command that is not started yet. It inherits only `PATH` from the tests' environment.
pub struct ManageCommand<'a> {
    pub(super) database: &'a TestDatabase,
    arguments: Vec<OsString>,
    environment: BTreeMap<String, OsString>,
}

/// The output of a finished command.
#[derive(Debug)]
pub struct CommandOutput {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl<'a> ManageCommand<'a> {
    pub(super) fn new(database: &'a TestDatabase, arguments: &[&str]) -> Self {
        let mut manage = Self {
            database,
            arguments: arguments.iter().map(OsString::from).collect(),
            environment: BTreeMap::new(),
        };
        if let Some(path) = std::env::var_os("PATH") {
            manage.environment.insert("PATH".to_owned(), path);
        }
        // Coverage tools set this to the output path.
        if let Some(profile) = std::env::var_os("LLVM_PROFILE_FILE") {
            manage.environment.insert("LLVM_PROFILE_FILE".to_owned(), profile);
        }
        manage
            .env("DATABASE_URL", database.url())
            .env("SECRET_KEY", SECRET_KEY)
            .env("ALLOWED_HOSTS", "127.0.0.1,testserver")
            .env("BCRYPT_ROUNDS", "4")
            .env("TMPDIR", database.temp_dir().to_str().unwrap())
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    pub fn env_remove(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    pub fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_manage"));
        command
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment)
            .current_dir(self.database.work_dir());
        command
    }

    /// Runs it to the end, without standard input.
    pub fn run(self) -> CommandOutput {
        CommandOutput::new(self.command().stdin(Stdio::null()).output().unwrap())
    }

    /// Runs it to the end in its own session without a terminal, with this standard input.
    pub fn run_with_input(self, input: &str) -> CommandOutput {
        let program = self.command();
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(program.get_program()).args(program.get_args());
        command.env_clear().envs(&self.environment).current_dir(self.database.work_dir());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        CommandOutput::new(child.wait_with_output().unwrap())
    }

    /// Starts it and waits until it prints its address.
    pub fn serve(self) -> Server<'a> {
        Server::start(&self)
    }

    /// Starts it on its own terminal.
    pub fn on_terminal(self) -> Terminal {
        Terminal::start(&self)
    }
}

impl CommandOutput {
    fn new(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The exit code is not 0.
    pub fn expect_success(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// Returns the exit code and all output, for a snapshot.
    pub fn report(&self) -> String {
        let Self { code, stdout, stderr } = self;
        let code = code.map_or("by a signal".to_owned(), |code| code.to_string());
        format!("exit {code}\n-- stdout\n{stdout}-- stderr\n{stderr}")
    }
}

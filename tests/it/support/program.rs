//! The program, as a shell would start it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use super::{Server, Terminal, TestDatabase};

/// Of the tests' servers.
pub const SECRET_KEY: &str = "s3cret-K3y-that-no-log-line-may-ever-show-0123456789-abcdefgh";

/// A `manage` command that was not started yet. Nothing of the tests' own environment reaches it but `PATH`.
pub struct Manage<'a> {
    pub(super) database: &'a TestDatabase,
    arguments: Vec<OsString>,
    environment: BTreeMap<String, OsString>,
}

/// A command that has ended.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; a signal gives none.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl<'a> Manage<'a> {
    pub(super) fn new(database: &'a TestDatabase, arguments: &[&str]) -> Self {
        let mut manage = Self {
            database,
            arguments: arguments.iter().map(OsString::from).collect(),
            environment: BTreeMap::new(),
        };
        if let Some(path) = std::env::var_os("PATH") {
            manage.environment.insert("PATH".to_owned(), path);
        }
        // Coverage tools tell the program by this where to write.
        if let Some(profile) = std::env::var_os("LLVM_PROFILE_FILE") {
            manage.environment.insert("LLVM_PROFILE_FILE".to_owned(), profile);
        }
        manage
            .env("DATABASE_URL", database.url())
            .env("SECRET_KEY", SECRET_KEY)
            .env("ALLOWED_HOSTS", "127.0.0.1,testserver")
            .env("BCRYPT_ROUNDS", "4")
            .env("TMPDIR", database.tmp().to_str().unwrap())
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_manage"));
        command.args(&self.arguments).env_clear().envs(&self.environment).current_dir(self.database.work());
        command
    }

    /// Runs it to its end, without standard input.
    pub fn run(self) -> Finished {
        Finished::of(self.command().stdin(Stdio::null()).output().unwrap())
    }

    /// Runs it to its end in a session of its own, which has no terminal, with this standard input.
    pub fn run_with(self, input: &str) -> Finished {
        let program = self.command();
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(program.get_program()).args(program.get_args());
        command.env_clear().envs(&self.environment).current_dir(self.database.work());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Finished::of(child.wait_with_output().unwrap())
    }

    /// Starts it and waits until it says where it serves.
    pub fn serve(self) -> Server<'a> {
        Server::start(&self)
    }

    /// Starts it on a terminal of its own.
    pub fn on_terminal(self) -> Terminal {
        Terminal::start(&self)
    }
}

impl Finished {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// # Panics
    /// It did not end with exit code 0.
    pub fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// What a person would see, in one text for a snapshot.
    pub fn report(&self) -> String {
        let Self { code, stdout, stderr } = self;
        let code = code.map_or("by a signal".to_owned(), |code| code.to_string());
        format!("exit {code}\n-- stdout\n{stdout}-- stderr\n{stderr}")
    }
}

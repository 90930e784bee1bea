//! The real program as a server.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::environment::{TestEnvironment, TestServer};
use super::{Client, ManageCommand, TestDatabase, wait_for};
use crate::conf::Env;
use crate::database::Database;

/// A server that a [`Program`](super::Program) runs. It stops with this value; if the test fails, its log is printed.
pub struct LiveServer {
    child: Child,
    address: String,
    stdout: PathBuf,
    stderr: PathBuf,
    env: Env,
    /// The database outlives its servers.
    database: TestDatabase,
}

impl LiveServer {
    #[track_caller]
    pub(super) fn start(manage: &ManageCommand) -> Self {
        let database = &manage.program.database;
        let (stdout, stderr) = (database.output("stdout"), database.output("stderr"));
        let child = manage
            .command()
            .stdin(Stdio::null())
            // Files, because nothing reads a pipe until the test asks for the output.
            .stdout(File::create(&stdout).unwrap())
            .stderr(File::create(&stderr).unwrap())
            .spawn()
            .unwrap_or_else(|error| panic!("{:?} can't be started: {error}", manage.command().get_program()));
        let env = manage.program.settings();
        let mut server =
            Self { child, address: String::new(), stdout, stderr, env, database: database.clone() };
        server.address = wait_for("the server's address", || {
            let output = server.stdout();
            let address = output.split_once("http://").and_then(|(_, rest)| rest.split_once('/'));
            let ended = server.child.try_wait().unwrap();
            assert!(
                address.is_some() || ended.is_none(),
                "the server stopped with {ended:?}: {}",
                server.log()
            );
            address.map(|(address, _)| address.to_owned())
        });
        server
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Standard output so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap()
    }

    /// Standard error so far, where the program logs.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.stderr).unwrap()).into_owned()
    }

    /// Waits until the log contains this text, and returns the log.
    #[track_caller]
    pub fn wait_for_log(&self, text: &str) -> String {
        wait_for(text, || Some(self.log()).filter(|log| log.contains(text)))
    }

    /// The program's process.
    #[must_use]
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends a signal to the program.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the server to stop.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        wait_for("the server's end", || self.child.try_wait().unwrap())
    }
}

impl TestEnvironment for LiveServer {
    fn env(&self) -> &Env {
        &self.env
    }

    fn database(&self) -> &Database {
        self.database.database()
    }
}

impl TestServer for LiveServer {
    fn anonymous(&self) -> Client {
        Client::new(&self.address)
    }
}

impl Drop for LiveServer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The server's log:\n{}", self.log());
        }
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
            for _ in 0..200 {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

//! A server that stops at the end of the test.

use std::fs::{self, File};
use std::marker::PhantomData;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{Client, ManageCommand, TestDatabase, wait_for};

pub struct Server<'a> {
    /// The database outlives its servers.
    database: PhantomData<&'a TestDatabase>,
    child: Child,
    address: String,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl<'a> Server<'a> {
    pub(super) fn start(manage: &ManageCommand<'a>) -> Self {
        let database = manage.database;
        let (stdout, stderr) = (database.output("stdout"), database.output("stderr"));
        let child = manage
            .command()
            .stdin(Stdio::null())
            // Files, because nothing reads a pipe until the test asks for the output.
            .stdout(File::create(&stdout).unwrap())
            .stderr(File::create(&stderr).unwrap())
            .spawn()
            .unwrap();
        let mut server = Self { database: PhantomData, child, address: String::new(), stdout, stderr };
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
    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap()
    }

    /// Standard error so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.stderr).unwrap()).into_owned()
    }

    /// Waits until the log contains this text, and returns the log.
    pub fn wait_for_log(&self, text: &str) -> String {
        wait_for(text, || Some(self.log()).filter(|log| log.contains(text)))
    }

    pub fn anonymous(&self) -> Client {
        Client::new(&self.address)
    }

    /// Returns a client that sends `Authorization: Token <key>`.
    pub fn token(&self, key: &str) -> Client {
        Client::new(&self.address).authorization(format!("Token {key}"))
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the server to stop.
    pub fn wait(&mut self) -> ExitStatus {
        wait_for("the server's end", || self.child.try_wait().unwrap())
    }
}

impl Drop for Server<'_> {
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

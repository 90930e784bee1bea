//! A simulated user at a terminal.

use std::io::{Read, Write};
use std::process::Child;
use std::sync::{Arc, Mutex};

use pty_process::blocking::{Command, Pts, Pty, open};
use rustix::termios::{LocalModes, tcgetattr};

use super::{ManageCommand, wait_for};

/// The program on its own terminal, with a user who reads before typing.
pub struct Terminal {
    keyboard: Arc<Pty>,
    /// Kept open, so that the terminal outlives the program.
    terminal: Pts,
    screen: Arc<Mutex<Vec<u8>>>,
    /// The length of the screen's text read so far.
    read: usize,
    child: Child,
}

impl Terminal {
    #[track_caller]
    pub(super) fn start(manage: &ManageCommand) -> Self {
        let (pty, terminal) = open().unwrap();
        let child = Command::from(manage.command()).spawn_borrowed(&terminal).unwrap();
        let (keyboard, screen) = (Arc::new(pty), Arc::new(Mutex::new(Vec::new())));
        let (pty, shown) = (Arc::clone(&keyboard), Arc::clone(&screen));
        // Ends when both sides of the terminal are closed.
        std::thread::spawn(move || {
            let mut buffer = [0; 1024];
            while let Ok(length @ 1..) = (&*pty).read(&mut buffer) {
                shown.lock().unwrap().extend_from_slice(&buffer[..length]);
            }
        });
        Self { keyboard, terminal, screen, read: 0, child }
    }

    /// Returns the text shown so far.
    #[must_use]
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).replace("\r\n", "\n")
    }

    /// Reads until this text appears.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> &mut Self {
        self.read = wait_for(&format!("{text:?} on the terminal"), || {
            let screen = self.screen();
            let found = screen[self.read..].find(text).map(|at| self.read + at + text.len());
            if found.is_none() && self.child.try_wait().unwrap().is_some() {
                // The last output may still be on its way.
                std::thread::sleep(std::time::Duration::from_millis(50));
                assert!(self.screen()[self.read..].contains(text), "no {text:?} in {:?}", self.screen());
            }
            found
        });
        self
    }

    /// Reads until this prompt appears and the echo is off.
    #[track_caller]
    pub fn expect_hidden(&mut self, question: &str) -> &mut Self {
        self.expect(question);
        wait_for("the echo's end", || (!self.is_echoing()).then_some(()));
        self
    }

    /// Types a line and presses the Enter key.
    pub fn type_line(&mut self, line: &str) -> &mut Self {
        self.press(&format!("{line}\n"))
    }

    /// Types these characters.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        (&*self.keyboard).write_all(keys.as_bytes()).unwrap();
        self
    }

    /// Whether the terminal echoes input.
    #[must_use]
    pub fn is_echoing(&self) -> bool {
        tcgetattr(&self.terminal).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    /// Waits for the program to end, and returns its exit code.
    #[track_caller]
    pub fn wait(&mut self) -> Option<i32> {
        wait_for("the program's end", || self.child.try_wait().unwrap()).code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The terminal shows:\n{}", self.screen());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

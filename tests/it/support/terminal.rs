//! A person at a terminal.

use std::io::{Read, Write};
use std::process::Child;
use std::sync::{Arc, Mutex};

use pty_process::blocking::{Command, Pts, Pty, open};
use rustix::termios::{LocalModes, tcgetattr};

use super::{Manage, wait_for};

/// The program on a terminal of its own, with a person who reads before typing.
pub struct Terminal {
    keyboard: Arc<Pty>,
    /// Open, so that the terminal is still there when the program has gone.
    terminal: Pts,
    screen: Arc<Mutex<Vec<u8>>>,
    /// How much of the screen the person has read.
    read: usize,
    child: Child,
}

impl Terminal {
    pub(super) fn start(manage: &Manage<'_>) -> Self {
        let (pty, terminal) = open().unwrap();
        let child = Command::from(manage.command()).spawn_borrowed(&terminal).unwrap();
        let (keyboard, screen) = (Arc::new(pty), Arc::new(Mutex::new(Vec::new())));
        let (pty, shown) = (Arc::clone(&keyboard), Arc::clone(&screen));
        // Ends with the program's and the person's side of the terminal.
        std::thread::spawn(move || {
            let mut buffer = [0; 1024];
            while let Ok(length @ 1..) = (&*pty).read(&mut buffer) {
                shown.lock().unwrap().extend_from_slice(&buffer[..length]);
            }
        });
        Self { keyboard, terminal, screen, read: 0, child }
    }

    /// Everything shown so far.
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).replace("\r\n", "\n")
    }

    /// Reads on until this text is there.
    pub fn expect(&mut self, text: &str) -> &mut Self {
        self.read = wait_for(&format!("{text:?} on the terminal"), || {
            let screen = self.screen();
            let found = screen[self.read..].find(text).map(|at| self.read + at + text.len());
            if found.is_none() && self.child.try_wait().unwrap().is_some() {
                // What the program said last may still be on its way.
                std::thread::sleep(std::time::Duration::from_millis(50));
                assert!(self.screen()[self.read..].contains(text), "no {text:?} in {:?}", self.screen());
            }
            found
        });
        self
    }

    /// Reads on until this question is there and the terminal shows no longer what is typed.
    pub fn expect_unseen(&mut self, question: &str) -> &mut Self {
        self.expect(question);
        wait_for("the echo's end", || (!self.echoes()).then_some(()));
        self
    }

    pub fn type_line(&mut self, line: &str) -> &mut Self {
        self.press(&format!("{line}\n"))
    }

    pub fn press(&mut self, keys: &str) -> &mut Self {
        (&*self.keyboard).write_all(keys.as_bytes()).unwrap();
        self
    }

    /// Whether the terminal shows what is typed.
    pub fn echoes(&self) -> bool {
        tcgetattr(&self.terminal).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    /// Waits for the program's end: its exit code.
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

//! Questions to the person at the terminal.

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::Mutex;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::signal::unix::{SignalKind, signal};

/// Reads answers from the terminal. Ctrl-C ends the program as Django's commands end, and never leaves the terminal
/// without its echo.
pub(super) struct Prompt {
    before: Termios,
}

impl Prompt {
    /// `None` where standard input is no terminal, or the system lets nobody wait for Ctrl-C.
    pub(super) fn new() -> Option<Self> {
        if !io::stdin().is_terminal() {
            return None;
        }
        let before = tcgetattr(io::stdin()).ok()?;
        // A signal handler may do next to nothing; a thread that waits for the signal may do anything.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().ok()?;
        // Before the first question: until then Ctrl-C would end the program by itself.
        let mut interrupt = {
            let _entered = runtime.enter();
            signal(SignalKind::interrupt()).ok()?
        };
        let restored = before.clone();
        std::thread::spawn(move || {
            if runtime.block_on(interrupt.recv()).is_some() {
                cancel(&restored);
            }
        });
        Some(Self { before })
    }

    /// Asks, and returns the line without its end. The end of the input is an error.
    pub(super) fn ask(&self, question: &str) -> io::Result<String> {
        let mut out = io::stdout();
        write!(out, "{question}")?;
        out.flush()?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Asks for what nobody shall see.
    pub(super) fn ask_unseen(&self, question: &str) -> io::Result<String> {
        match rpassword::prompt_password(question) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => cancel(&self.before),
            answer => answer,
        }
    }
}

/// Ends the program.
fn cancel(before: &Termios) -> ! {
    // rpassword tells of a Ctrl-C and raises the signal as well: who comes second waits here for the end.
    static ENDING: Mutex<()> = Mutex::new(());
    let _ending = ENDING.lock();
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
    let _ = writeln!(io::stderr(), "\nOperation cancelled.");
    std::process::exit(1);
}

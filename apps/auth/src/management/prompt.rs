//! Prompts on the terminal.

use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::Mutex;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::signal::unix::{SignalKind, signal};
use zeroize::Zeroizing;

/// Reads answers from the terminal. Ctrl-C ends the program as it ends Django's commands, and always restores the
/// terminal's echo.
pub(super) struct Prompt {
    /// The terminal's original settings; `None` without a terminal.
    before: Option<Termios>,
}

impl Prompt {
    /// Returns `None` if standard input is no terminal, or Ctrl-C can't be handled.
    pub(super) fn new() -> Option<Self> {
        io::stdin().is_terminal().then(|| Self::at(&io::stdin()).ok()).flatten()
    }

    /// Uses the program's terminal, whatever standard input is; without one, as in a script, standard input (Python's
    /// `getpass.unix_getpass`).
    ///
    /// Ctrl-C can't be handled.
    pub(super) fn or_input() -> io::Result<Self> {
        match File::open("/dev/tty") {
            Ok(terminal) => Self::at(&terminal),
            Err(_) => Ok(Self { before: None }),
        }
    }

    fn at(terminal: &impl AsFd) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        // A signal handler may do almost nothing, so a thread waits for the signal.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        // Before the first question: without the handler Ctrl-C would kill the program.
        let mut interrupt = {
            let _entered = runtime.enter();
            signal(SignalKind::interrupt())?
        };
        let restored = before.clone();
        std::thread::spawn(move || {
            if runtime.block_on(interrupt.recv()).is_some() {
                cancel(Some(&restored));
            }
        });
        Ok(Self { before: Some(before) })
    }

    /// Asks a question and returns the line without its line break. The end of the input is an error.
    pub(super) fn ask(&self, question: &str) -> io::Result<String> {
        let mut out = io::stdout();
        write!(out, "{question}")?;
        out.flush()?;
        read_line()
    }

    /// Asks a question without echoing the answer.
    pub(super) fn ask_hidden(&self, question: &str) -> io::Result<Zeroizing<String>> {
        if self.before.is_none() {
            write!(io::stderr(), "Warning: Password input may be echoed.\n{question}")?;
            return read_line().map(Zeroizing::new);
        }
        match rpassword::prompt_password(question) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => cancel(self.before.as_ref()),
            answer => answer.map(Zeroizing::new),
        }
    }
}

fn read_line() -> io::Result<String> {
    // With room for most passwords: a reallocation would leave a copy behind.
    let mut line = String::with_capacity(512);
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    // In place: the line may be a password.
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(line)
}

/// Ends the program.
fn cancel(before: Option<&Termios>) -> ! {
    // rpassword reports a Ctrl-C and also raises the signal: the second caller waits here for the exit.
    static ENDING: Mutex<()> = Mutex::new(());
    let _ending = ENDING.lock();
    if let (Some(before), Ok(terminal)) = (before, File::open("/dev/tty")) {
        let _ = tcsetattr(terminal, OptionalActions::Now, before);
    }
    let _ = writeln!(io::stderr(), "\nOperation cancelled.");
    std::process::exit(1);
}

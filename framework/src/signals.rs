//! The signals of a server (docs/deployment.md).

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};

/// Completes on SIGTERM, SIGINT or SIGQUIT, including one that arrives before the first poll. SIGHUP opens the log again;
/// SIGUSR1 and SIGUSR2 do nothing. Without this, any of them would end the process at once.
pub(super) fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut quit = signal(SignalKind::quit())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut first_user = signal(SignalKind::user_defined1())?;
    let mut second_user = signal(SignalKind::user_defined2())?;
    let log = LogFile::current();
    Ok(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = interrupt.recv() => return,
                _ = quit.recv() => return,
                _ = hang_up.recv() => hung_up(log.as_ref()),
                _ = first_user.recv() => ignored("SIGUSR1"),
                _ = second_user.recv() => ignored("SIGUSR2"),
            }
        }
    })
}

/// Lets a write beyond the limit of a file's size (`RLIMIT_FSIZE`) fail like one to a full disk. By default its signal ends
/// the process. Must run in the runtime; it has effect as long as the process lives.
pub(super) fn survive_full_files() -> io::Result<()> {
    signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).map(drop)
}

fn ignored(name: &str) {
    log::info!("{name} is ignored.");
}

fn hung_up(log: Option<&LogFile>) {
    match log.map(|log| (log, log.reopen())) {
        None => log::info!("SIGHUP: settings are read at the start only; restart to change them."),
        Some((_, Ok(()))) => {
            log::info!(
                "SIGHUP: the log was opened again. Settings are read at the start only; restart to change them."
            );
        }
        Some((log, Err(error))) => {
            log::error!("SIGHUP: {} can't be opened again: {error}", log.path.display())
        }
    }
}

/// The regular file that standard error was directed to, by its name at the start: logrotate renames it.
struct LogFile {
    path: PathBuf,
    mode: u32,
}

impl LogFile {
    /// `None`: it is a terminal, a pipe or the like.
    fn current() -> Option<Self> {
        let link = Path::new("/proc/self/fd/2");
        let metadata = fs::metadata(link).ok().filter(fs::Metadata::is_file)?;
        let path = fs::read_link(link).ok().filter(|path| path.is_file())?;
        Some(Self { path, mode: metadata.permissions().mode() & 0o777 })
    }

    /// Directs standard error to the file that now has the name, or to a new one.
    fn reopen(&self) -> io::Result<()> {
        let file: File = OpenOptions::new().append(true).create(true).mode(self.mode).open(&self.path)?;
        // What was logged before belongs to the old file.
        log::logger().flush();
        rustix::stdio::dup2_stderr(&file)?;
        Ok(())
    }
}

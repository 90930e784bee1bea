//! The audit stream: one JSON object a line for each event that an investigation asks for (`AUDIT_LOG`).
//!
//! ```json
//! {"time":"2026-11-30T12:00:00.123Z","event":"login_failed","request_id":"6f1a…","user_id":7,"username":"pepe","address":"192.0.2.7"}
//! ```
//!
//! Keys without a value are left out. No entry holds a password, a hash, a token key or a session key. Names are cut to 150
//! characters.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::HttpRequest;
use actix_web::web::Data;
use chrono::{SecondsFormat, Utc};
use serde::Serialize;

use super::conf::{Env, ImproperlyConfigured, Setting};
use super::database::UserId;
use super::http::client_address;
use super::logging::Quoted;
use super::request_id;

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "AUDIT_LOG",
    "Where the audit stream goes, one JSON object a line: a file, `stderr` or `off`. See docs/security.md.",
)
.default("off")
.public()];

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A user name and a password were accepted.
    Login,
    /// A user name and a password were refused.
    LoginFailed,
    /// Too many logins failed: further ones are refused unseen for a while. Once per name and address, or per address.
    Lockout,
    /// A token was stored for a user who had none.
    TokenCreated,
    /// A user's token was replaced by another.
    TokenRotated,
    /// A user's token was deleted.
    TokenRevoked,
    /// A request was answered with 403.
    PermissionDenied,
    /// A password was changed. Not: the same password was hashed again.
    PasswordChanged,
}

/// An event with its subject. Fields that are unknown stay `None`.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// What happened.
    pub event: Event,
    /// The user, if there is one.
    pub user_id: Option<UserId>,
    /// The user's name, or the name that the client gave.
    pub username: Option<&'a str>,
    /// The client's address; `None` for a command.
    pub address: Option<IpAddr>,
}

impl<'a> Entry<'a> {
    /// An event without a subject.
    #[must_use]
    pub const fn new(event: Event) -> Self {
        Self { event, user_id: None, username: None, address: None }
    }

    /// Sets the user.
    #[must_use]
    pub const fn user(mut self, id: UserId, username: &'a str) -> Self {
        self.user_id = Some(id);
        self.username = Some(username);
        self
    }

    /// Sets the name that the client gave.
    #[must_use]
    pub const fn username(mut self, username: &'a str) -> Self {
        self.username = Some(username);
        self
    }
}

/// A line of the stream.
#[derive(Serialize)]
struct Line<'a> {
    time: String,
    event: Event,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
}

/// `AUDIT_LOG`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Target {
    #[default]
    Off,
    Stderr,
    File(PathBuf),
}

/// The audit stream. Clones share it. A request finds it in its app data (`Data<Audit>`), a command in its project.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    target: Target,
    file: Arc<Mutex<Option<File>>>,
}

impl Audit {
    /// Creates the stream that `AUDIT_LOG` names. Opens no file yet.
    #[must_use]
    pub fn from_env(env: &Env) -> Self {
        let target = match env.get("AUDIT_LOG").map(str::trim) {
            None | Some("off") => Target::Off,
            Some("stderr") => Target::Stderr,
            Some(path) => Target::File(path.into()),
        };
        Self { target, file: Arc::default() }
    }

    /// Opens the file, so that a server that cannot write it does not start. A new file is readable by its owner only.
    ///
    /// # Errors
    /// The file can't be opened.
    pub fn open(&self) -> Result<(), ImproperlyConfigured> {
        let Target::File(path) = &self.target else { return Ok(()) };
        let file = open(path).map_err(|error| {
            ImproperlyConfigured::new(format!("AUDIT_LOG: {} can't be opened: {error}", path.display()))
        })?;
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        Ok(())
    }

    /// Whether events are recorded at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.target != Target::Off
    }

    /// Writes an event. If that fails, the log says so, and the request goes on.
    pub fn record(&self, entry: &Entry<'_>) {
        if !self.is_on() {
            return;
        }
        let line = Line {
            time: Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
            event: entry.event,
            request_id: request_id::current().map(|id| id.to_string()),
            user_id: entry.user_id,
            username: entry.username.map(|name| Quoted(name).cut().0),
            address: entry.address,
        };
        let written = serde_json::to_vec(&line).map_err(io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            self.write(&line)
        });
        if let Err(error) = written {
            log::error!("The audit stream lost a line ({:?}): {error}", entry.event);
        }
    }

    /// In one call of the system, so that the lines of several processes do not mix.
    fn write(&self, line: &[u8]) -> io::Result<()> {
        let path = match &self.target {
            Target::Off => return Ok(()),
            Target::Stderr => return io::stderr().lock().write_all(line),
            Target::File(path) => path,
        };
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // logrotate has moved the file away.
        if file.as_ref().is_some_and(|file| !is_at(file, path)) {
            *file = None;
        }
        if file.is_none() {
            *file = Some(open(path)?);
        }
        file.as_mut().map_or(Ok(()), |file| file.write_all(line))
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

fn is_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), path.metadata()) {
        (Ok(open), Ok(named)) => identity(open) == identity(named),
        _ => false,
    }
}

/// Writes an event of a request, with the client's address. `entry` is made only if the project records events.
pub fn record<'a>(request: &HttpRequest, entry: impl FnOnce() -> Entry<'a>) {
    if let Some(audit) = request.app_data::<Data<Audit>>().filter(|audit| audit.is_on()) {
        audit.record(&Entry { address: client_address(request), ..entry() });
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use serde_json::Value;

    use super::*;

    fn lines(path: &Path) -> Vec<Value> {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_file_gets_a_line_an_event_and_may_be_rotated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let audit = Audit::from_env(&Env::from_iter([("AUDIT_LOG", path.to_str().unwrap())]));
        assert!(audit.is_on() && !path.exists());
        audit.open().unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let name = "a\"\n{\"event\":\"login\"}\u{0}";
        audit.record(&Entry::new(Event::LoginFailed).username(name));
        let address = Some("192.0.2.7".parse().unwrap());
        audit.clone().record(&Entry { address, ..Entry::new(Event::Login).user(7.into(), &"x".repeat(200)) });
        let written = lines(&path);
        assert_eq!(written.len(), 2);
        assert_eq!((&written[0]["event"], &written[0]["username"]), (&"login_failed".into(), &name.into()));
        assert_eq!((&written[0]["user_id"], &written[0]["address"]), (&Value::Null, &Value::Null));
        assert_eq!((&written[1]["user_id"], &written[1]["address"]), (&7.into(), &"192.0.2.7".into()));
        assert_eq!(written[1]["username"], "x".repeat(150));

        let moved = folder.path().join("audit.jsonl.1");
        std::fs::rename(&path, &moved).unwrap();
        audit.record(&Entry::new(Event::Lockout));
        assert_eq!((lines(&path).len(), lines(&moved).len()), (1, 2));
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_an_error_that_names_the_setting() {
        let audit = Audit::from_env(&Env::from_iter([("AUDIT_LOG", "/nonexistent/audit.jsonl")]));
        let error = audit.open().unwrap_err().to_string();
        assert!(error.starts_with("AUDIT_LOG: /nonexistent/audit.jsonl can't be opened: "), "{error}");
        // A request goes on.
        audit.record(&Entry::new(Event::Login));
        for off in [&[("AUDIT_LOG", "off")][..], &[("AUDIT_LOG", "")], &[]] {
            assert!(!Audit::from_env(&Env::from_iter(off.iter().copied())).is_on());
        }
    }
}

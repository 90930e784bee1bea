//! The log on standard error: one line per event, with the id of the request that caused it.
//!
//! Writing must not cost each request a system call, so informational lines are buffered for a few milliseconds.
//! Warnings and errors are written at once, together with all lines before them.

mod buffer;
mod repeats;

use std::fmt;
use std::io::Write;
use std::sync::Arc;

use env_logger::Target;
use log::{Level, Log, Metadata, Record};

use self::buffer::{Buffer, Writer};
pub use self::repeats::warn_sometimes;
use super::conf::{Env, Setting};
use super::request_id;

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "RUST_LOG",
    "What is logged, in env_logger's syntax: `info`, `warn,vitamin::access=info`.",
)
.default("info")];

/// Installs the logger, filtered by `RUST_LOG` (default `info`). The program must call `log::logger().flush()` at its
/// end.
pub fn init(env: &Env) {
    let buffer = Arc::new(Buffer::new(std::io::stderr()));
    let lines = env_logger::Builder::new()
        .parse_filters(env.text("RUST_LOG").unwrap_or("info"))
        .target(Target::Pipe(Box::new(Writer(Arc::clone(&buffer)))))
        .format(|out, record| {
            let time = out.timestamp_millis();
            write!(out, "{time} {:5} {}", record.level(), record.target())?;
            if let Some(id) = request_id::current() {
                write!(out, " request_id={id}")?;
            }
            writeln!(out, " {}", record.args())
        })
        .build();
    log::set_max_level(lines.filter());
    // Without the thread, every line is written at once.
    let is_buffered = Buffer::start(&buffer).is_ok();
    // Fails only if a logger is installed already; that one stays.
    let _ = log::set_boxed_logger(Box::new(Logger { lines, buffer, is_buffered }));
}

/// A value of a log line, or `-` if there is none.
pub struct OrDash<T>(pub Option<T>);

impl<T: fmt::Display> fmt::Display for OrDash<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("-"),
        }
    }
}

/// The most characters of a client's text in a log line: Django's longest username.
const MAX_QUOTED: usize = 150;

/// A client's text in a log line: quoted, on one line, without control characters, and cut to 150 characters, so that no
/// client can forge or flood a line. `{}` prints it.
pub struct Quoted<'a>(pub &'a str);

impl<'a> Quoted<'a> {
    /// The text, cut, and its length in characters before that, if it was cut.
    #[must_use]
    pub fn cut(&self) -> (&'a str, Option<usize>) {
        match self.0.char_indices().nth(MAX_QUOTED) {
            Some((end, _)) => (self.0.get(..end).unwrap_or_default(), Some(self.0.chars().count())),
            None => (self.0, None),
        }
    }
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, length) = self.cut();
        // `Debug` escapes what does not print: control characters, line and paragraph separators, directions, quotes.
        fmt::Debug::fmt(text, f)?;
        length.map_or(Ok(()), |length| write!(f, "… ({length} characters)"))
    }
}

struct Logger {
    lines: env_logger::Logger,
    buffer: Arc<Buffer>,
    is_buffered: bool,
}

/// Whether the line may quote the parameters of a query, such as a token's key: tokio-postgres logs them.
fn may_quote_values(metadata: &Metadata<'_>) -> bool {
    metadata.level() > Level::Info && metadata.target().starts_with("tokio_postgres")
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !may_quote_values(metadata) && self.lines.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if may_quote_values(record.metadata()) {
            return;
        }
        self.lines.log(record);
        if record.level() <= Level::Warn || !self.is_buffered {
            self.buffer.flush();
        }
    }

    fn flush(&self) {
        self.buffer.flush();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_client_s_text_stays_on_its_line() {
        for (text, quoted) in [
            ("Pepe", r#""Pepe""#),
            ("a\" user=\"root", r#""a\" user=\"root""#),
            ("x\r\n2026 WARN fake", r#""x\r\n2026 WARN fake""#),
            ("\u{1b}[31m\u{0}\u{7f}\u{85}\u{2028}\u{202e}", r#""\u{1b}[31m\0\u{7f}\u{85}\u{2028}\u{202e}""#),
            ("walterwhit\u{e9} \u{fffd}", "\"walterwhit\u{e9} \u{fffd}\""),
        ] {
            assert_eq!(Quoted(text).to_string(), quoted);
        }
        let long = "\u{e9}".repeat(151);
        let cut = format!("\"{}\"… (151 characters)", "\u{e9}".repeat(150));
        assert_eq!(Quoted(&long).to_string(), cut);
    }

    proptest! {
        #[test]
        fn any_text_is_one_printable_line(text in any::<String>()) {
            let quoted = Quoted(&text).to_string();
            prop_assert!(!quoted.chars().any(char::is_control), "{quoted}");
            prop_assert!(quoted.chars().count() <= 12 * MAX_QUOTED);
        }
    }
}

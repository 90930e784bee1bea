//! The log on standard error: one line per event, with the id of the request that caused it.
//!
//! Writing must not cost each request a system call, so informational lines are buffered for a few milliseconds.
//! Warnings and errors are written at once, together with all lines before them.

mod buffer;
mod repeats;

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
        .parse_filters(env.get("RUST_LOG").unwrap_or("info"))
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

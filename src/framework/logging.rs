//! The log: standard error, a line an event, each with the id of the request that caused it.
//!
//! A line a request must not cost it a system call, so what is only informative is collected for a few milliseconds.
//! Warnings and errors go out at once, with all that came before them.

mod buffer;

use std::io::Write;
use std::sync::Arc;

use env_logger::Target;
use log::{Level, Log, Metadata, Record};

use self::buffer::{Buffer, Writer};
use super::conf::Env;
use super::request_id;

/// Starts the log, filtered as `RUST_LOG` says (default `info`). The program calls `log::logger().flush()` at its end.
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
    // Without the thread, every line goes out at once.
    let is_buffered = Buffer::start(&buffer).is_ok();
    // An error would mean that there is a logger already: that one stays.
    let _ = log::set_boxed_logger(Box::new(Logger { lines, buffer, is_buffered }));
}

struct Logger {
    lines: env_logger::Logger,
    buffer: Arc<Buffer>,
    is_buffered: bool,
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.lines.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        self.lines.log(record);
        if record.level() <= Level::Warn || !self.is_buffered {
            self.buffer.flush();
        }
    }

    fn flush(&self) {
        self.buffer.flush();
    }
}

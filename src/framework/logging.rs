//! The log: standard error, a line an event, each with the id of the request that caused it.

use std::io::Write;

use super::conf::Env;
use super::request_id;

/// Starts the log, filtered as `RUST_LOG` says (default `info`).
pub fn init(env: &Env) {
    env_logger::Builder::new()
        .parse_filters(env.get("RUST_LOG").unwrap_or("info"))
        .format(|out, record| {
            let time = out.timestamp_millis();
            write!(out, "{time} {:5} {}", record.level(), record.target())?;
            if let Some(id) = request_id::current() {
                write!(out, " request_id={id}")?;
            }
            writeln!(out, " {}", record.args())
        })
        .init();
}

//! Beyond queries on a SQLite file: detects commits, the pages they changed, and a replaced file.

pub(super) mod file_id;
mod local_time;
#[expect(unsafe_code, reason = "diesel does not show a connection's handle, which some settings need")]
pub(super) mod opening;
pub mod places;
pub(super) mod reader;
pub mod sentinel;
mod transactions;
pub mod watched;
pub(super) mod writer;

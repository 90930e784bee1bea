//! Beyond queries on a SQLite file: detects commits, the pages they changed, and a replaced file.

pub(super) mod file_id;
pub mod places;
pub mod sentinel;
pub mod watched;

//! What is asked of a SQLite file beside queries: whether anybody committed to it, and what, and whether it still is the same file.

pub(super) mod file_id;
pub mod places;
pub mod sentinel;
pub mod watched;

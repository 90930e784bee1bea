//! The project: its settings and its URLs.

pub mod settings;
pub mod urls;

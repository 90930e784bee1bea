//! The tutorial's project: token authentication with vitamin.

pub mod demo;
#[cfg(doctest)]
mod docs;
pub mod settings;
pub mod urls;

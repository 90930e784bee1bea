//! The tutorial's project: token authentication with vitamin.

pub mod demo;
pub mod settings;
pub mod urls;

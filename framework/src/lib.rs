//! The counterpart of Django itself: apps and their registry, settings from the environment, the database, management
//! commands, URL patterns, middleware, signing.
//!
//! This crate depends on no app.

pub mod app;
pub mod audit;
pub mod cache;
pub mod checks;
pub mod conf;
pub mod connections;
pub mod cors;
pub mod crypto;
pub mod csrf;
pub mod database;
pub mod debug;
pub mod deletion;
pub mod diagnosis;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod http;
pub mod logging;
pub mod management;
pub mod metrics;
pub mod middleware;
pub mod models;
pub mod pages;
pub mod project;
pub mod request_id;
mod request_scope;
pub mod server;
pub mod shadow;
mod signals;
pub mod signing;
pub mod staticfiles;
#[cfg(feature = "templates")]
pub mod templates;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod timezone;
pub mod translation;
pub mod urls;
pub mod validators;
pub mod worker_pool;

// Named in Cargo.toml for its feature `bundled`, which diesel's own dependency on it can't ask for.
use libsqlite3_sys as _;

/// For the macros of this crate.
#[doc(hidden)]
pub mod __private {
    pub use crate::database::first_row;
    pub use diesel;
    pub use vitamin_macros::embed_migrations;
}

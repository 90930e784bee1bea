//! The apps. Each may use those above it; `tests/architecture.rs` holds that.

pub mod auth;
pub mod authtoken;
pub mod forward_auth;
pub mod rest_framework;
pub mod test_app;

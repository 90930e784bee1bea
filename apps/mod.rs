//! The apps. Which may use which stands in docs/architecture.md, and `tests/it/architecture.rs` holds it.

pub mod auth;
pub mod authtoken;
pub mod forward_auth;
pub mod rest_framework;
pub mod test_app;

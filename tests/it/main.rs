//! Tests over HTTP: the real program on real databases, seen from outside.
//!
//! A test that takes a [`TestDatabase`](support::TestDatabase) runs on SQLite and, with the cargo feature `postgres`,
//! on PostgreSQL too. Each has its own database, folder and server, so all run in parallel.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may panic, and clippy.toml does not cover their helper functions"
)]

mod support;

mod app_migrations;
mod architecture;
mod bodies;
#[cfg(feature = "postgres")]
mod bounded;
mod commands;
mod connections;
mod copied;
mod cors;
mod debug;
mod deletion;
mod demo;
mod deploy_checks;
mod diesel_version;
mod docs;
mod doctor;
mod dotenv;
mod environment;
mod exhaustion;
mod faults;
mod forward_auth;
mod framework;
mod interactive;
mod languages;
mod locked;
mod logins;
mod logs;
mod media_urls;
mod metrics;
mod migrations;
mod mount;
mod passwords;
#[cfg(feature = "postgres")]
mod pooler;
mod replaced;
mod revocation;
mod revoked;
mod roles;
mod security;
mod settings;
mod shadow;
mod shutdown;
#[cfg(feature = "postgres")]
mod startup;
mod superuser;
mod times;
mod token_age;
mod tokens;
mod tutorial;
mod user_columns;
mod user_keys;
mod user_model;
mod user_relations;
#[cfg(target_os = "linux")]
mod wiped;

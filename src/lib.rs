//! Django REST framework's token authentication in Rust: an actix-web project made of Django-like apps. It gives the
//! same responses as Django REST framework and works on a live Django project's database.
//!
//! The modules have Django's names: [`framework`] is the counterpart of Django itself, [`apps`] holds the apps,
//! [`settings`] and [`urls`] are the project's own. Imports go one way only: `framework <- apps::auth <-
//! apps::rest_framework <- apps::authtoken <- apps::forward_auth <- apps::test_app <- settings, urls, demo, main`.

#[path = "../apps/mod.rs"]
pub mod apps;
pub mod demo;
pub mod framework;
#[expect(missing_docs, reason = "written by diesel; the models document the columns")]
pub mod schema;
pub mod settings;
pub mod urls;

// Cargo.toml lists it to enable its feature `bundled`, which diesel's own dependency on it can't enable.
use libsqlite3_sys as _;

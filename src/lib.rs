//! Django REST framework's token authentication, in Rust: an actix-web project made of Django-like apps, that answers
//! as Django REST framework answers and works on a live Django project's own database.
//!
//! The rooms have Django's names: [`framework`] is what Django itself gives, [`apps`] are the apps, [`settings`] and
//! [`urls`] the project's own. Imports go one way only:
//! `framework <- apps::auth <- apps::rest_framework <- apps::authtoken <- apps::forward_auth <- apps::test_app <- settings,
//! urls, demo, main`.

#[path = "../apps/mod.rs"]
pub mod apps;
pub mod demo;
pub mod framework;
#[expect(missing_docs, reason = "written by diesel; the models document the columns")]
pub mod schema;
pub mod settings;
pub mod urls;

// Named in Cargo.toml for its feature `bundled`, which diesel's own dependency on it can't ask for.
use libsqlite3_sys as _;

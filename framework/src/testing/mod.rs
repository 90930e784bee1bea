//! Tests of apps and projects: throw-away databases, a server in this process or the real program, clients, responses with
//! assertions. For the cargo feature `testing`, which only dev-dependencies enable.
//!
//! A test is an ordinary `#[test]` function. It arranges rows in a [`TestDatabase`], sends requests with a [`Client`] to a
//! [`TestProject`] (the project in this process) or to a [`LiveServer`] (the real program), and checks the [`TestResponse`].
//! If anything that a test needs goes wrong, these functions panic with the reason.
//!
//! ```
//! use vitamin_framework::conf::{Env, ImproperlyConfigured};
//! use vitamin_framework::project::Project;
//! use vitamin_framework::testing::*;
//!
//! fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
//!     Project::new(env, vitamin_framework::apps![], Vec::new)
//! }
//!
//! // In an app's tests, `database_tests!(an_unknown_path_is_not_found)` runs it on every database.
//! fn an_unknown_path_is_not_found(database: &TestDatabase) {
//!     let server = TestProject::new(database, project);
//!     server.anonymous().get("/nothing/").assert_status(404).assert_header("x-frame-options", "DENY");
//! }
//! an_unknown_path_is_not_found(&TestDatabase::sqlite());
//! ```
//!
//! # PostgreSQL
//!
//! With the cargo feature `postgres`, tests also run on PostgreSQL. That needs its server programs (`initdb`, `pg_ctl`,
//! `pg_isready`) and `psql`; on Debian, `apt install postgresql libpq-dev`. No server has to run, and nothing is configured:
//! the tests start a server of their own in a temporary directory, and remove it at their end. To use an existing server
//! instead, set `TEST_DATABASE_URL` to a database of a user who may create others; then only `psql` is needed.
//!
//! Without PostgreSQL, its tests pass and report on standard error that they are skipped. With `REQUIRE_POSTGRES=1`, they
//! fail.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test panics if it cannot be arranged"
)]

mod body;
mod client;
mod database;
mod environment;
mod live_server;
mod macros;
#[cfg(feature = "postgres")]
mod postgres;
mod program;
mod project;
mod response;
mod terminal;
#[cfg(test)]
mod tests;

use std::thread;
use std::time::{Duration, Instant};

#[doc(hidden)]
pub use insta::allow_duplicates;
pub use rustix::process::Signal;

pub use self::body::{Body, Multipart};
pub use self::client::{Client, RequestBuilder};
pub use self::database::TestDatabase;
pub use self::environment::{SECRET_KEY, TestEnvironment, TestServer};
pub use self::live_server::LiveServer;
pub use self::program::{CommandOutput, ManageCommand, Program};
pub use self::project::TestProject;
pub use self::response::TestResponse;
pub use self::terminal::Terminal;
pub use crate::database_tests;

/// Polls `poll` until it returns a value.
///
/// # Panics
/// There is no value within 30 seconds.
#[track_caller]
pub fn wait_for<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(value) = poll() {
            return value;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "timed out waiting for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

//! What tests arrange rows in, and what they send requests to.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diesel::connection::SimpleConnection as _;

use super::Client;
use crate::conf::Env;
use crate::database::{Database, PooledConnection};

/// The `SECRET_KEY` of the tests' projects.
pub const SECRET_KEY: &str = "s3cret-K3y-that-no-log-line-may-ever-show-0123456789-abcdefgh";

/// Returns the variables that a project gets in a test.
pub(super) fn variables(database_url: &str) -> [(&'static str, String); 4] {
    [
        ("DATABASE_URL", database_url.to_owned()),
        ("SECRET_KEY", SECRET_KEY.to_owned()),
        ("ALLOWED_HOSTS", "127.0.0.1,testserver".to_owned()),
        // The cheapest hash of the default scheme.
        ("BCRYPT_ROUNDS", "4".to_owned()),
    ]
}

/// A database, and the settings of the project that uses it: what a test arranges rows in.
///
/// Apps add their factories to every environment by a trait of their own.
pub trait TestEnvironment {
    /// The variables that the project reads its settings from.
    fn env(&self) -> &Env;

    /// The pool of connections. That of a [`TestProject`](super::TestProject) knows the project's table names.
    fn database(&self) -> &Database;

    /// Takes a connection from the pool.
    fn connection(&self) -> PooledConnection {
        self.database().get().unwrap_or_else(|error| panic!("no connection to the test's database: {error}"))
    }

    /// Runs these SQL statements.
    fn execute(&self, sql: &str) {
        let done = self.connection().batch_execute(sql);
        done.unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
    }
}

/// A server that a test sends requests to, in the role of a client.
pub trait TestServer: TestEnvironment {
    /// A client without credentials.
    fn anonymous(&self) -> Client;

    /// A client that sends a username and a password with every request (HTTP Basic authentication).
    fn basic(&self, username: &str, password: &str) -> Client {
        let credentials = BASE64_STANDARD.encode(format!("{username}:{password}"));
        self.anonymous().header("authorization", format!("Basic {credentials}"))
    }
}

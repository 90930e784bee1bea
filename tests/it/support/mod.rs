//! Shared parts of the tests: databases, the program, servers, clients, a terminal.

mod client;
mod database;
#[cfg(feature = "postgres")]
mod postgres;
mod program;
mod server;
mod terminal;

use std::thread;
use std::time::{Duration, Instant};

pub use self::client::{Client, TestResponse};
pub use self::database::{TestDatabase, migrations, names_in};
pub use self::program::{ManageCommand, SECRET_KEY};
pub use self::server::Server;
pub use self::terminal::Terminal;

/// Defines each named function, which takes a `&TestDatabase`, as a test on every database.
///
/// The database is empty: the test calls `database.migrate()`.
macro_rules! database_tests {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                let database = $crate::support::TestDatabase::sqlite();
                insta::allow_duplicates! { super::$name(&database) }
            })*
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[test]
            fn $name() {
                // Without PostgreSQL, `postgres::server` has reported it.
                if let Some(database) = $crate::support::TestDatabase::postgres() {
                    insta::allow_duplicates! { super::$name(&database) }
                }
            })*
        }
    };
}

/// Polls `poll` until it returns a value.
///
/// There is no value within 30 seconds.
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

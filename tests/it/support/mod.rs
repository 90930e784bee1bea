//! What the tests are made of: databases, the program, servers, clients, a terminal.

mod client;
mod database;
#[cfg(feature = "postgres")]
mod postgres;
mod program;
mod server;
mod terminal;

use std::thread;
use std::time::{Duration, Instant};

pub use self::client::{Answer, Client};
pub use self::database::{TestDatabase, migrations, names_in};
pub use self::program::{Manage, SECRET_KEY};
pub use self::server::Server;
pub use self::terminal::Terminal;

/// Makes a test of each named function, which takes a `&TestDatabase`, on every database.
///
/// The database is empty: `database.migrate()` is the test's to call.
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
                // Where there is no PostgreSQL, `postgres::server` has said so.
                if let Some(database) = $crate::support::TestDatabase::postgres() {
                    insta::allow_duplicates! { super::$name(&database) }
                }
            })*
        }
    };
}

/// Asks until the answer is there.
///
/// # Panics
/// It is not there within 30 seconds.
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "waited in vain for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

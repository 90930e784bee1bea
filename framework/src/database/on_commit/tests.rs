//! Callbacks after a commit, on each way to run a transaction.

use std::sync::{Arc, Mutex};

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;

use crate::database::{Database, DatabaseError, DatabaseSettings, DbConnection};
use crate::testing::{TestDatabase, TestEnvironment as _};

/// What ran, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<&'static str>>>);

impl Log {
    fn on_commit(&self, connection: &mut DbConnection, what: &'static str) {
        let log = self.clone();
        connection.on_commit(move || log.0.lock().unwrap().push(what));
    }

    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn fail<T>() -> Result<T, DatabaseError> {
    Err(DatabaseError::Unavailable("on purpose".to_owned()))
}

crate::database_tests!(
    callbacks_run_after_the_outermost_commit,
    dropped_with_their_savepoint,
    diesels_own_transactions_run_them_too,
    a_failed_commit_drops_them,
    each_write_of_a_batch_has_its_own,
);

fn callbacks_run_after_the_outermost_commit(database: &TestDatabase) {
    let (connection, log) = (&mut *database.connection(), Log::default());
    log.on_commit(connection, "at once");
    assert_eq!(log.take(), ["at once"]);
    let done = connection.atomic(|connection| {
        log.on_commit(connection, "first");
        connection.atomic(|connection| {
            log.on_commit(connection, "inner");
            Ok::<_, DatabaseError>(())
        })?;
        log.on_commit(connection, "last");
        assert!(log.take().is_empty());
        Ok::<_, DatabaseError>(())
    });
    done.unwrap();
    assert_eq!(log.take(), ["first", "inner", "last"]);
    let undone = connection.atomic(|connection| {
        log.on_commit(connection, "never");
        fail::<()>()
    });
    assert!(undone.is_err());
    connection.atomic(|_| Ok::<_, DatabaseError>(())).unwrap();
    assert!(log.take().is_empty());
}

fn dropped_with_their_savepoint(database: &TestDatabase) {
    let (connection, log) = (&mut *database.connection(), Log::default());
    let done = connection.atomic(|connection| {
        log.on_commit(connection, "kept");
        let inner = connection.atomic(|connection| {
            connection.atomic(|connection| {
                log.on_commit(connection, "released, then undone");
                Ok::<_, DatabaseError>(())
            })?;
            fail::<()>()
        });
        assert!(inner.is_err());
        Ok::<_, DatabaseError>(())
    });
    done.unwrap();
    assert_eq!(log.take(), ["kept"]);
}

fn diesels_own_transactions_run_them_too(database: &TestDatabase) {
    let (connection, log) = (&mut *database.connection(), Log::default());
    let done = connection.transaction::<_, diesel::result::Error, _>(|connection| {
        log.on_commit(connection, "committed");
        Ok(())
    });
    done.unwrap();
    assert_eq!(log.take(), ["committed"]);
}

/// A panic of a callback is logged only.
fn a_failed_commit_drops_them(database: &TestDatabase) {
    let (connection, log) = (&mut *database.connection(), Log::default());
    let tables = "CREATE TABLE one (id integer PRIMARY KEY);
        CREATE TABLE two (id integer REFERENCES one (id) DEFERRABLE INITIALLY DEFERRED);";
    connection.batch_execute(tables).unwrap();
    let refused = connection.atomic(|connection| {
        log.on_commit(connection, "never");
        connection.batch_execute("INSERT INTO two VALUES (7)").map_err(DatabaseError::from)
    });
    assert!(refused.is_err());
    assert!(log.take().is_empty());
    connection
        .atomic(|connection| {
            connection.on_commit(|| panic!("on purpose"));
            log.on_commit(connection, "next");
            Ok::<_, DatabaseError>(())
        })
        .unwrap();
    assert_eq!(log.take(), ["next"]);
}

/// On SQLite they share one commit.
fn each_write_of_a_batch_has_its_own(database: &TestDatabase) {
    let settings = DatabaseSettings::from_env(database.env()).unwrap();
    let database = Database::new(&settings).creating_file();
    let log = Log::default();
    database.get().unwrap().batch_execute("CREATE TABLE seen (number integer)").unwrap();
    actix_web::rt::System::new().block_on(async {
        let writes = (0..40).map(|number| {
            let log = log.clone();
            database.write(move |connection| {
                connection.batch_execute(&format!("INSERT INTO seen VALUES ({number})"))?;
                log.on_commit(connection, "committed");
                let inner = connection.atomic(|connection| {
                    log.on_commit(connection, "undone");
                    fail::<()>()
                });
                assert!(inner.is_err());
                if number % 2 == 0 { fail() } else { Ok::<_, DatabaseError>(()) }
            })
        });
        let results = futures_util::future::join_all(writes).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 20);
    });
    // Each callback ran before its write was answered.
    assert_eq!(log.take(), ["committed"; 20]);
}

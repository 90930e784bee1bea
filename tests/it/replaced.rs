//! Changes under a running server: the database file is replaced, a column gets another type, a row becomes unreadable.

use std::fs;
use std::thread;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

use crate::support::*;

/// The way an operator restores a backup.
#[test]
fn a_replaced_database_file_is_used() {
    let database = TestDatabase::sqlite();
    database.migrate().create_user("Pepe", "aaaa");
    let key = database.token("Pepe");
    let backup = format!("{}.backup", database.url());
    database.connection().batch_execute(&format!("VACUUM INTO '{backup}'")).unwrap();
    let new_key = "new".repeat(10);
    let mut other = SqliteConnection::establish(&backup).unwrap();
    other.batch_execute(&format!("UPDATE authtoken_token SET key = '{new_key}'")).unwrap();
    drop(other);
    let server = database.serve();
    for _ in 0..20 {
        assert_eq!(server.anonymous().post("/", "user=Pepe&password=aaaa").key(), key);
        assert_eq!(server.token(&key).get("/auth/").status, 200);
    }
    fs::rename(&backup, database.url()).unwrap();
    for name in ["-wal", "-shm"] {
        fs::remove_file(format!("{}{name}", database.url())).unwrap();
    }
    // Lookups notice it within ten milliseconds.
    thread::sleep(std::time::Duration::from_millis(20));
    for _ in 0..20 {
        assert_eq!(server.anonymous().post("/", "user=Pepe&password=aaaa").key(), new_key);
        assert_eq!(server.token(&new_key).get("/auth/").status, 200);
        assert_eq!(server.token(&key).get("/auth/").status, 401);
    }
}

#[cfg(feature = "postgres")]
#[test]
fn tokens_work_after_a_column_changes_its_type() {
    let Some(database) = TestDatabase::postgres() else { return };
    database.migrate().create_user("Pepe", "aaaa");
    let key = database.token("Pepe");
    let server = database.runserver().env("WORKERS", "1").env("DATABASE_POOL_SIZE", "1").serve();
    for length in 151..155 {
        assert_eq!(server.token(&key).get("/auth/").status, 200);
        assert_eq!(server.anonymous().post("/", "user=Pepe&password=aaaa").status, 200);
        let alter = format!("ALTER TABLE auth_user ALTER first_name TYPE varchar({length})");
        database.connection().batch_execute(&alter).unwrap();
        assert_eq!(server.token(&key).get("/auth/").status, 200, "{length}");
        // Each connection of the pool fails once.
        let status = server.anonymous().post("/", "user=Pepe&password=aaaa").status;
        assert!([200, 503].contains(&status), "{status}");
        assert_eq!(server.anonymous().post("/", "user=Pepe&password=aaaa").status, 200, "{length}");
    }
}

#[cfg(feature = "postgres")]
#[test]
fn an_unreadable_row_affects_only_its_own_token() {
    let Some(database) = TestDatabase::postgres() else { return };
    database.migrate();
    let names = ["One", "Two", "Three", "Four", "Odd"];
    let keys = names.map(|name| database.create_user(name, "aaaa").token(name));
    database.execute("UPDATE auth_user SET date_joined = 'infinity' WHERE username = 'Odd'");
    let server = database.runserver().env("WORKERS", "2").serve();
    let server = &server;
    thread::scope(|scope| {
        for (name, key) in names.iter().zip(&keys) {
            let expected = if *name == "Odd" { 500 } else { 200 };
            for _ in 0..2 {
                scope.spawn(move || {
                    for _ in 0..25 {
                        assert_eq!(server.token(key).get("/auth/").status, expected, "{name}");
                    }
                });
            }
        }
    });
}

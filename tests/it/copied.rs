//! User tables that are not as Django's migrations make them: copied from another database, edited by hand, or of a user
//! model with other columns.

use diesel::connection::SimpleConnection as _;

use crate::support::*;

database_tests!(names_and_addresses_may_be_null, impossible_times_do_not_end_the_report,);

fn log_in(client: &Client, name: &str) -> u16 {
    client.post("/", [("user", name), ("password", "aaaa")]).status
}

fn with_token(server: &LiveServer, key: &str) -> u16 {
    server.anonymous().header("authorization", format!("Token {key}")).get("/auth/").status
}

/// The tutorial's migrations on SQLite, with another definition of some columns.
fn redefine_sqlite(database: &TestDatabase, changes: &[(&str, &str)]) {
    let mut sql = String::from("PRAGMA writable_schema = ON;");
    for (from, to) in changes {
        sql.push_str(&format!(
            "UPDATE sqlite_schema SET sql = replace(sql, '{from}', '{to}') WHERE name = 'auth_user';"
        ));
    }
    sql.push_str("PRAGMA writable_schema = RESET;");
    database.connection().batch_execute(&sql).unwrap();
}

fn names_and_addresses_may_be_null(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let key = database.token("Pepe");
    let columns = ["email", "first_name", "last_name"];
    if database.is_sqlite() {
        redefine_sqlite(
            database,
            &[
                ("\"email\" varchar(254) NOT NULL", "\"email\" varchar(254)"),
                ("\"first_name\" varchar(150) NOT NULL", "\"first_name\" varchar(150)"),
                ("\"last_name\" varchar(150) NOT NULL", "\"last_name\" varchar(150)"),
            ],
        );
    } else {
        for column in columns {
            database.execute(&format!("ALTER TABLE auth_user ALTER COLUMN {column} DROP NOT NULL"));
        }
    }
    database.execute("UPDATE auth_user SET email = NULL, first_name = NULL, last_name = NULL");
    let server = database.serve();
    assert_eq!(log_in(&server.anonymous(), "Pepe"), 200);
    assert_eq!(with_token(&server, &key), 200);
    assert_eq!(Tutorial::user(database, "Pepe").unwrap().email, "");
    let doctor = database.manage(&["doctor"]).run();
    assert!(!doctor.report().contains("may be NULL, which"), "{}", doctor.report());
}

fn impossible_times_do_not_end_the_report(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let key = database.token("Pepe");
    let times: &[&str] = if database.is_sqlite() {
        &["'0000-00-00 00:00:00'", "'never'", "'2024-02-30 00:00:00'", "''", "5"]
    } else {
        &["'infinity'", "'-infinity'", "'294276-12-31'"]
    };
    for time in times {
        for column in ["last_login", "date_joined"] {
            database.execute(&format!("UPDATE auth_user SET {column} = {time}"));
            let doctor = database.manage(&["doctor"]).run();
            let report = format!("{}{}", doctor.stdout, doctor.stderr);
            for section in ["Passwords", "Sessions"] {
                assert!(report.contains(section), "{column} = {time}: {report}");
            }
            assert!(report.contains("warnings."), "{column} = {time}: {report}");
            if !database.is_sqlite() {
                assert!(report.contains("PROBLEM  A row of auth_user can't be read"), "{time}: {report}");
            }
        }
    }
    if database.is_sqlite() {
        assert_eq!(with_token(&database.serve(), &key), 200);
    }
}

/// What Django reads as a boolean there is 1 and nothing else.
#[test]
fn only_1_is_active_in_sqlite() {
    let database = TestDatabase::sqlite();
    database.migrate().create_user("Pepe", "aaaa");
    let key = database.token("Pepe");
    let server = database.serve();
    for (value, is_active) in
        [("1", true), ("2", false), ("-1", false), ("'t'", false), ("'1'", true), ("0", false)]
    {
        database.execute(&format!("UPDATE auth_user SET is_active = {value}"));
        let expected = if is_active { 200 } else { 401 };
        assert_eq!(with_token(&server, &key), expected, "{value}");
        assert_eq!(log_in(&server.anonymous(), "Pepe"), expected, "{value}");
    }
}

#[cfg(feature = "postgres")]
#[test]
fn booleans_may_be_integers_in_postgresql() {
    let Some(database) = TestDatabase::postgres() else { return };
    database.migrate().create_user("Pepe", "aaaa");
    let key = database.token("Pepe");
    for kind in ["smallint", "integer", "bigint"] {
        for column in ["is_active", "is_staff", "is_superuser"] {
            database.execute(&format!(
                "ALTER TABLE auth_user ALTER COLUMN {column} TYPE {kind} USING {column}::int::{kind}"
            ));
        }
        let server = database.serve();
        for (value, expected) in [(1, 200), (0, 401), (256, 200)] {
            database.execute(&format!("UPDATE auth_user SET is_active = {value}"));
            assert_eq!(with_token(&server, &key), expected, "{kind} {value}");
            assert_eq!(log_in(&server.anonymous(), "Pepe"), expected, "{kind} {value}");
        }
        database.execute("DELETE FROM authtoken_token");
        assert_eq!(log_in(&server.anonymous(), "Pepe"), 200, "{kind}: a new token");
        database.execute(&format!("UPDATE authtoken_token SET key = '{key}'"));
        let doctor = database.manage(&["doctor"]).run();
        assert!(!format!("{}{}", doctor.stdout, doctor.stderr).contains("is_active"), "{}", doctor.report());
    }
}

/// As Django, whose driver does not say that a parameter is `text`.
#[cfg(feature = "postgres")]
#[test]
fn user_names_of_citext_ignore_case() {
    let Some(database) = TestDatabase::postgres() else { return };
    database.migrate().create_user("Pepe", "aaaa");
    if database.connection().batch_execute("CREATE EXTENSION citext").is_err() {
        eprintln!("citext is not installed.");
        return;
    }
    let server = database.serve();
    assert_eq!(log_in(&server.anonymous(), "pEPE"), 401);
    drop(server);
    database.execute("ALTER TABLE auth_user ALTER COLUMN username TYPE citext");
    let server = database.serve();
    for name in ["Pepe", "pEPE"] {
        assert_eq!(log_in(&server.anonymous(), name), 200, "{name}");
    }
    assert_eq!(log_in(&server.anonymous(), "Pepa"), 401);
}

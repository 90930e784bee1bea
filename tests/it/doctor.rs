//! `manage doctor`: its report, and that it does not change the database.

use diesel::connection::SimpleConnection as _;
use vitamin::auth::hashers::{HasherCosts, Hashers};

use crate::support::*;

database_tests!(
    an_own_database_has_no_problems,
    conflicting_hashers_are_reported,
    a_mismatching_schema_is_reported,
    an_empty_database_is_reported,
);

fn doctor(database: &TestDatabase) -> ManageCommand {
    database.manage(&["doctor"])
}

/// Creates a user with a hash like Django's, at a low cost.
fn create(database: &TestDatabase, name: &str, scheme: &str, costs: HasherCosts) -> String {
    let hashers = Hashers::from_setting(scheme, &costs).unwrap();
    let encoded = hashers.make_password(Some("aaaa")).unwrap();
    database.create_user_with_hash(name, &encoded);
    encoded
}

fn an_own_database_has_no_problems(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    database.token("Pepe");
    let report = doctor(database).run().expect_success();
    assert!(report.ends_with("0 problems, 0 warnings.\n"), "{report}");
    assert!(report.contains("ok       Both sides prefer bcrypt_sha256 (BCRYPT_ROUNDS=4)"), "{report}");
    assert!(report.contains("1 tokens of rest_framework.authtoken"), "{report}");
    assert!(report.contains("Django has recorded the migrations that vitamin knows."), "{report}");
}

fn conflicting_hashers_are_reported(database: &TestDatabase) {
    database.migrate();
    let few = HasherCosts { pbkdf2_iterations: 1000, ..HasherCosts::default() };
    let hashes = [create(database, "a", "pbkdf2_sha256", few), create(database, "b", "pbkdf2_sha256", few)];
    let report = doctor(database).env("PASSWORD_HASHERS", "bcrypt_sha256,pbkdf2_sha256").run();
    assert_eq!((report.code, report.stdout.as_str()), (Some(1), ""));
    for expected in [
        "note     2 of pbkdf2_sha256 (PBKDF2_ITERATIONS=1000); the next login here rehashes 2 of them.",
        "PROBLEM  The newest hash is of pbkdf2_sha256 (PBKDF2_ITERATIONS=1000)",
        "\nPASSWORD_HASHERS=pbkdf2_sha256,bcrypt_sha256,pbkdf2_sha1,argon2,bcrypt,scrypt\nPBKDF2_ITERATIONS=1000\n",
    ] {
        assert!(report.stderr.contains(expected), "{expected} is not in {}", report.stderr);
    }
    for hash in hashes {
        assert!(!report.stderr.contains(hash.rsplit('$').next().unwrap()), "{}", report.stderr);
    }
    // Its proposal works.
    let proposed = doctor(database)
        .env("PASSWORD_HASHERS", "pbkdf2_sha256,bcrypt_sha256")
        .env("PBKDF2_ITERATIONS", "1000");
    assert!(proposed.run().expect_success().contains("Both sides prefer pbkdf2_sha256"));
    // Omitting a scheme locks its users out.
    let report = doctor(database).env("PASSWORD_HASHERS", "bcrypt_sha256").run();
    assert_eq!(report.code, Some(1));
    assert!(report.stderr.contains("which PASSWORD_HASHERS omits"), "{}", report.stderr);
}

fn a_mismatching_schema_is_reported(database: &TestDatabase) {
    database.migrate();
    let drop_unique = if database.is_sqlite() {
        "CREATE TABLE other (\"key\" varchar(40) NOT NULL PRIMARY KEY, created datetime NOT NULL, user_id char(32) NOT NULL
            REFERENCES accounts_user (id), scope text NOT NULL);"
    } else {
        "CREATE TABLE accounts_user (id uuid PRIMARY KEY);
         CREATE TABLE other (\"key\" varchar(40) NOT NULL PRIMARY KEY, created timestamp NOT NULL, user_id uuid NOT NULL
            REFERENCES accounts_user (id), scope text NOT NULL);"
    };
    database
        .connection()
        .batch_execute(&format!(
            "{drop_unique} DROP TABLE authtoken_token; ALTER TABLE other RENAME TO authtoken_token;
             ALTER TABLE auth_user RENAME COLUMN email TO mail; DROP TABLE auth_user_groups;"
        ))
        .unwrap();
    let report = doctor(database).run();
    assert_eq!(report.code, Some(1));
    for expected in [
        "PROBLEM  The table auth_user_groups is missing",
        "PROBLEM  auth_user.email is missing; it should be text.",
        "note     auth_user.mail is unknown to vitamin and has no default, so create users in Django, not here.",
        "PROBLEM  authtoken_token: there is no unique constraint on user_id.",
        "PROBLEM  authtoken_token.scope is unknown to vitamin and has no default",
        "PROBLEM  authtoken_token.user_id refers to accounts_user: that is the table of this project's user model",
    ] {
        assert!(report.stderr.contains(expected), "{expected} is not in {}", report.stderr);
    }
    let zone = "authtoken_token.created is of type timestamp without time zone";
    assert_eq!(report.stderr.contains(zone), !database.is_sqlite(), "{}", report.stderr);
}

fn an_empty_database_is_reported(database: &TestDatabase) {
    let report = doctor(database).run();
    assert_eq!(report.code, Some(1));
    if database.is_sqlite() {
        assert!(report.stderr.contains("The file of DATABASE_URL is missing"), "{}", report.stderr);
        assert_eq!(names_in(&database.work_dir()), [""; 0]);
        assert!(!std::path::Path::new(database.url()).exists());
    } else {
        assert!(report.stderr.contains("The table auth_user is missing; create it with `manage migrate`."));
    }
}

/// It changes no byte and not the journal mode, and leaves no file beside the database.
#[test]
fn a_rollback_mode_database_is_only_read() {
    let database = TestDatabase::sqlite();
    database.connection().batch_execute("PRAGMA journal_mode = DELETE").unwrap();
    database.migrate().create_user("Pepe", "aaaa");
    let folder = std::path::Path::new(database.url()).parent().unwrap();
    let before = (std::fs::read(database.url()).unwrap(), names_in(folder).len());
    let report = doctor(&database).env("SQLITE_JOURNAL_MODE", "wal").run().expect_success();
    assert!(report.contains("The journal mode is delete. SQLITE_JOURNAL_MODE would change it"), "{report}");
    assert_eq!(before, (std::fs::read(database.url()).unwrap(), names_in(folder).len()));
}

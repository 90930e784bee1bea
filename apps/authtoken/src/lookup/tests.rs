mod commits;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Integer;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use tokio::task::yield_now;

use super::*;
use vitamin_auth::Auth;
use vitamin_framework::apps;
use vitamin_framework::conf::Env;
use vitamin_framework::project::Project;
use vitamin_framework::testing::{TestDatabase, TestEnvironment, TestProject};

use crate::AuthToken;

/// Opens a database with the tokens 1 to 5; each belongs to the user with the same number.
fn open(mode: &str) -> (TestProject, Database, SqliteConnection) {
    let project = migrate(&TestDatabase::sqlite(), mode);
    let mut other = SqliteConnection::establish(project.test_database().url()).unwrap();
    let tokens = "WITH n (i) AS (VALUES (1), (2), (3), (4), (5)) INSERT INTO";
    other
        .batch_execute(&format!(
            "{tokens} auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff,
             is_active, date_joined) SELECT i, '!', 0, i, '', '', '', 0, 1, '2026-01-01 00:00:00' FROM n;
             {tokens} authtoken_token (key, created, user_id) SELECT i, '2026-01-01 00:00:00', i FROM n"
        ))
        .unwrap();
    let database = project.database().clone();
    (project, database, other)
}

/// Migrates the database with the apps `auth` and `authtoken`.
fn migrate(database: &TestDatabase, mode: &str) -> TestProject {
    let project =
        |env: &Env| Project::new(env, apps![Auth::from_env(env)?, AuthToken::from_env(env)?], Vec::new);
    let settings = [("SQLITE_JOURNAL_MODE", mode), ("DATABASE_POOL_SIZE", "1")];
    TestProject::with_settings(database, project, &settings)
}

/// Returns the tokens found without waiting.
fn found(lookup: &TokenLookup, database: &Database) -> Vec<String> {
    let found = |key: u8| {
        let key = key.to_string();
        let cached = lookup.cached(key.as_bytes()).map(Some);
        cached.or_else(|| lookup.find_now(database, &key)).expect("the lookup had to wait")
    };
    let found = (1..=5).filter_map(found);
    found.map(|(token, user)| format!("{} {}", token.key, user.username)).collect()
}

/// Whether no connection still reads an older state.
fn is_unread(other: &mut SqliteConnection) -> bool {
    #[derive(QueryableByName)]
    struct Checkpoint {
        #[diesel(sql_type = Integer)]
        busy: i32,
    }
    other.batch_execute("UPDATE auth_user SET last_name = last_name || 'x' WHERE id = 5").unwrap();
    sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result::<Checkpoint>(other).unwrap().busy == 0
}

#[actix_web::test]
async fn a_revocation_takes_effect_within_a_turn() {
    let all = ["1 1", "2 2", "3 3", "4 4", "5 5"];
    for (mode, size) in [("wal", 0), ("wal", 3), ("wal", 100), ("delete", 0), ("delete", 100)] {
        let (_project, database, mut other) = open(mode);
        let lookup = TokenLookup::new(size);
        for turn in 0..20 {
            for _ in 0..turn % 3 {
                assert_eq!(found(&lookup, &database), all);
            }
            other.batch_execute("UPDATE authtoken_token SET key = 'x' WHERE key = '3'").unwrap();
            assert_eq!(found(&lookup, &database), ["1 1", "2 2", "4 4", "5 5"], "{mode}, {size} cached");
            other.batch_execute("UPDATE authtoken_token SET key = '3' WHERE key = 'x'").unwrap();
            assert_eq!(found(&lookup, &database), all, "{mode}, {size} cached");
            other.batch_execute("UPDATE auth_user SET username = 'new' WHERE id = 1").unwrap();
            assert_eq!(found(&lookup, &database)[0], "1 new", "{mode}, {size} cached");
            other.batch_execute("UPDATE auth_user SET username = '1' WHERE id = 1").unwrap();
            if turn % 2 == 0 {
                yield_now().await;
            }
        }
    }
}

#[actix_web::test]
async fn no_snapshot_is_held_while_the_thread_waits() {
    let (_project, database, mut other) = open("wal");
    let lookup = TokenLookup::new(100);
    for _ in 0..5 {
        assert_eq!(found(&lookup, &database).len(), 5);
        assert!(!is_unread(&mut other), "the lookups of a turn share a snapshot");
        yield_now().await;
        assert!(is_unread(&mut other));
    }
    assert_eq!(found(&lookup, &database).len(), 5);
    drop(lookup);
    yield_now().await;
    assert!(is_unread(&mut other));
}

#[actix_web::test]
async fn an_unknown_key_still_records_the_schema() {
    let (_project, database, _other) = open("wal");
    let lookup: TokenLookup = TokenLookup::new(100);
    assert!(lookup.find_now(&database, "nobody's").is_some_and(|found| found.is_none()));
    let local = lookup.sqlite.borrow();
    assert!(local.cache.stamp().is_some() && local.reports_pages == Some(true));
}

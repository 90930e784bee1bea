//! Commits by other connections and the cache: lookups always return what the database holds.

use proptest::prelude::*;

use super::*;
use vitamin_auth::models::User;

/// Number of tokens, each owned by the user of the same number. As many users without a token are numbered from 100.
const TOKENS: i32 = 20;

/// Opens a database in WAL mode with this page size, and with an unrelated table.
fn open(page_size: u32, auto_vacuum: u8) -> (TestProject, Database, SqliteConnection) {
    let empty = TestDatabase::sqlite();
    let mut other = SqliteConnection::establish(empty.url()).unwrap();
    let settings = format!("PRAGMA page_size = {page_size}; PRAGMA auto_vacuum = {auto_vacuum}");
    other.batch_execute(&format!("{settings}; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF")).unwrap();
    let project = migrate(&empty, "");
    let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)";
    let columns = "id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined";
    let user = "'!' || printf('%.60c', 'x'), 0, u, '', '', '', 0, 1, '2026-01-01 00:00:00'";
    other
        .batch_execute(&format!(
            "{numbers}, ids (u) AS (SELECT i FROM n UNION ALL SELECT 100 + i FROM n)
             INSERT INTO auth_user ({columns}) SELECT u, {user} FROM ids;
             {numbers} INSERT INTO authtoken_token (key, created, user_id) SELECT i, '2026-01-01 00:00:00', i FROM n;
             CREATE TABLE something (id INTEGER PRIMARY KEY, content TEXT);
             CREATE TABLE spare AS SELECT * FROM auth_user; UPDATE spare SET first_name = 'spare';
             PRAGMA legacy_alter_table = ON"
        ))
        .unwrap();
    let database = project.database().clone();
    (project, database, other)
}

/// Reads all tokens with their users, through the lookup and through an uncached connection.
fn both(lookup: &TokenLookup, database: &Database) -> (Vec<Option<Found>>, Vec<Option<Found>>) {
    let mut connection = database.get().unwrap();
    let keys = || (1..=TOKENS).map(|key| key.to_string());
    let looked_up = |key: String| {
        let cached = lookup.cached(key.as_bytes()).map(Some);
        let found = cached.or_else(|| lookup.find_now(database, &key));
        // While another connection writes, the pool would be used.
        let found = found.unwrap_or_else(|| {
            Token::get_with_user(&mut database.get().unwrap(), &key).unwrap().map(into_shared)
        });
        found.map(|(token, user)| (Token::clone(&token), User::clone(&user)))
    };
    let looked_up = keys().map(looked_up).collect();
    (looked_up, keys().map(|key| Token::get_with_user(&mut connection, &key).unwrap()).collect())
}

type Found = (Token, User);

/// Statements run by another connection, with a user's or token's number `i` and a text length `n`.
#[rustfmt::skip]
const DEEDS: &[&str] = &[
    "UPDATE auth_user SET is_active = 1 - is_active WHERE id = {i}",
    "UPDATE auth_user SET username = username || 'x' WHERE id = {i}",
    "UPDATE auth_user SET email = printf('%.{n}c', 'e') WHERE id = {i}",
    "UPDATE auth_user SET email = substr(email, 1, max(length(email) - 1, 0)) || char(97 + {n} % 26) WHERE id = {i}",
    "DELETE FROM auth_user WHERE id = {i}",
    "DELETE FROM authtoken_token WHERE user_id = {i}",
    "DELETE FROM authtoken_token",
    "DELETE FROM authtoken_token WHERE key <> '{i}'",
    "INSERT OR IGNORE INTO authtoken_token (key, created, user_id) SELECT id, '2026-01-02 00:00:00', id FROM auth_user WHERE id <= 20",
    "INSERT OR IGNORE INTO authtoken_token (key, created, user_id) VALUES ('{i}', '2026-01-03 00:00:00', {i})",
    "UPDATE OR IGNORE authtoken_token SET user_id = 100 + {i} WHERE key = '{i}'",
    "UPDATE OR IGNORE authtoken_token SET key = 'x' || key WHERE key = '{i}'",
    "UPDATE authtoken_token SET created = '2026-02-01 00:00:' || printf('%02d', {i}) WHERE key = '{i}'",
    "INSERT INTO something (content) VALUES (printf('%.{n}c', 's'))",
    "UPDATE something SET content = printf('%.{n}c', 't') WHERE id = {i}",
    "UPDATE something SET content = 's' || substr(content, 2) WHERE id = {i}",
    "DELETE FROM something WHERE id % 7 = {i} % 7",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n}) INSERT INTO something (content) SELECT i FROM n",
    "BEGIN; UPDATE auth_user SET is_active = 0; DELETE FROM authtoken_token; ROLLBACK",
    "BEGIN; UPDATE auth_user SET is_staff = 1 WHERE id = {i}; SAVEPOINT s; DELETE FROM something; ROLLBACK TO s; COMMIT",
    "BEGIN; DELETE FROM authtoken_token WHERE key = '{i}'; INSERT INTO something (content) VALUES (printf('%.{n}c', 's')); COMMIT",
    "PRAGMA wal_checkpoint(PASSIVE)",
    "PRAGMA wal_checkpoint(RESTART)",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA incremental_vacuum",
    "VACUUM",
    "CREATE INDEX created ON authtoken_token (key, created)",
    "CREATE INDEX password ON auth_user (id, password, is_active)",
    "DROP INDEX created",
    "DROP INDEX password",
    "ALTER TABLE auth_user ADD COLUMN more TEXT NOT NULL DEFAULT ''",
    "UPDATE auth_user SET more = printf('%.{n}c', 'm') WHERE id = {i}",
    "BEGIN; ALTER TABLE auth_user RENAME TO other; ALTER TABLE spare RENAME TO auth_user; ALTER TABLE other RENAME TO spare; COMMIT",
    "BEGIN; ALTER TABLE auth_user RENAME TO users; CREATE VIEW auth_user AS SELECT DISTINCT * FROM users; COMMIT",
    "BEGIN; ALTER TABLE auth_user RENAME TO users; CREATE VIEW auth_user AS SELECT id, password, last_login, is_superuser, username,
     first_name, last_name, email, is_staff, EXISTS (SELECT 1 FROM something WHERE something.id = users.id) AS is_active, date_joined
     FROM users; COMMIT",
    "UPDATE users SET is_active = 1 - is_active, first_name = first_name || 'v' WHERE id = {i}",
    "BEGIN; DROP VIEW auth_user; ALTER TABLE users RENAME TO auth_user; COMMIT",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn lookups_match_the_database(
        page_size in prop_oneof![Just(512), Just(4096)],
        auto_vacuum in 0..3_u8,
        size in prop_oneof![Just(8), Just(100)],
        deeds in prop::collection::vec((0..DEEDS.len(), prop_oneof![1..=2_i32, 1..=TOKENS], 0..1500_u32, any::<bool>()), 1..80),
    ) {
        let (_project, database, mut other) = open(page_size, auto_vacuum);
        let lookup = TokenLookup::new(size);
        actix_web::rt::System::new().block_on(async {
            for (deed, i, n, ends_turn) in deeds {
                let sql = DEEDS[deed].replace("{i}", &i.to_string()).replace("{n}", &n.to_string());
                // Some statements fail, depending on what ran before.
                if other.batch_execute(&sql).is_err() {
                    let _ = other.batch_execute("ROLLBACK");
                }
                for _ in 0..2 {
                    let (looked_up, stored) = both(&lookup, &database);
                    prop_assert!(looked_up == stored, "after {}", sql);
                }
                if ends_turn {
                    yield_now().await;
                }
            }
            Ok(())
        })?;
    }
}

/// Returns the tokens that are cached.
fn cached(lookup: &TokenLookup) -> Vec<i32> {
    (1..=TOKENS).filter(|key| lookup.cached(key.to_string().as_bytes()).is_some()).collect()
}

#[actix_web::test]
async fn an_unrelated_commit_keeps_the_cache() {
    let (_project, database, mut other) = open(512, 0);
    let lookup = TokenLookup::new(100);
    // VACUUM leaves no free pages that a table could reuse.
    other.batch_execute("INSERT INTO something (id, content) VALUES (1, 'one'); VACUUM").unwrap();
    let all: Vec<i32> = (1..=TOKENS).collect();
    let fill = || assert_eq!(both(&lookup, &database).0.iter().flatten().count(), all.len());
    fill();
    assert_eq!(cached(&lookup), all);
    for _ in 0..10 {
        // Same length, because a growing row may need another page.
        other.batch_execute("UPDATE something SET content = printf('%03d', abs(random() % 1000))").unwrap();
        assert_eq!(cached(&lookup), all);
        other.batch_execute("UPDATE auth_user SET is_staff = 1 - is_staff WHERE id = 3").unwrap();
        let rest = cached(&lookup);
        assert!(!rest.contains(&3) && rest.contains(&20) && rest.len() >= 15, "{rest:?}");
        fill();
        assert_eq!(cached(&lookup), all);
    }
    // A growing table writes the first page, whose previous content is unknown the first time.
    let grow = "INSERT INTO something (content) VALUES (printf('%.400c', 's'))";
    for _ in 0..2 {
        other.batch_execute(grow).unwrap();
        cached(&lookup);
    }
    fill();
    for _ in 0..10 {
        other.batch_execute(grow).unwrap();
        assert_eq!(cached(&lookup), all);
    }
    other.batch_execute("UPDATE auth_user SET email = printf('%.2000c', 'e') WHERE id = 3").unwrap();
    for all_may_have_changed in [
        // An overflow page of the row.
        "UPDATE auth_user SET email = substr(email, 1, 1999) || 'x' WHERE id = 3",
        "CREATE TABLE another (id INTEGER)",
        "DELETE FROM something WHERE id > 1",
        "PRAGMA wal_checkpoint(TRUNCATE); UPDATE something SET content = '000'",
    ] {
        fill();
        yield_now().await;
        other.batch_execute(all_may_have_changed).unwrap();
        assert!(cached(&lookup).is_empty(), "{all_may_have_changed}");
    }
}

//! How long tokens are valid: `TOKEN_AGE`, `TOKEN_IDLE_AGE`, `TOKEN_PREFIX`.

use std::thread;
use std::time::{Duration, Instant};

use chrono::Utc;
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, RunQueryDsl as _};
use vitamin::authtoken::Token;
use vitamin::authtoken::schema::authtoken_token;
use vitamin::database::migrations::has_table;

use crate::support::*;

database_tests!(
    an_old_token_is_refused_and_the_next_login_replaces_it,
    a_token_ends_at_its_age_while_it_is_used,
    an_idle_token_is_refused_and_a_used_one_stays,
    uses_are_shared_and_survive_a_restart,
    the_table_of_uses_exists_only_with_the_setting,
    a_standby_serves_tokens_whose_use_it_cannot_store,
    new_tokens_have_the_prefix_and_old_ones_stay,
    a_mistyped_token_needs_no_database,
);

const INVALID: &str = r#"{"detail":"Invalid token."}"#;

fn status(server: &LiveServer, key: &str) -> u16 {
    let response = server.token(key).get("/auth/");
    assert!(response.status == 200 || response.body == INVALID, "{}", response.body);
    response.status
}

fn log_in(server: &LiveServer) -> String {
    server.anonymous().post("/", "user=Pepe&password=aaaa").key()
}

/// Moves the creation of the user's token into the past.
fn age(database: &TestDatabase, seconds: i64) {
    let created = Utc::now().naive_utc() - chrono::TimeDelta::seconds(seconds);
    let update = diesel::update(authtoken_token::table).set(authtoken_token::created.eq(created));
    assert_eq!(update.execute(&mut *database.connection()), Ok(1));
}

/// The servers of both cache modes.
fn commands(database: &TestDatabase) -> Vec<ManageCommand> {
    let mut commands = vec![database.runserver()];
    if !database.is_sqlite() {
        database.manage(&["install_token_triggers"]).run().expect_success();
        commands.push(database.runserver().env("TOKEN_CACHE", "bounded"));
    }
    commands
}

fn an_old_token_is_refused_and_the_next_login_replaces_it(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let path = database.work_dir().join("audit.jsonl");
    let audited =
        |command: ManageCommand| command.env("AUDIT_LOG", path.to_str().unwrap()).env("TOKEN_AGE", "3600");
    let server = audited(database.runserver()).serve();
    let key = log_in(&server);
    assert_eq!(log_in(&server), key);
    age(database, 3590);
    assert_eq!(status(&server, &key), 200);
    age(database, 3601);
    assert_eq!(status(&server, &key), 401);
    let stock = database.serve();
    assert_eq!(status(&stock, &key), 200, "without the setting");
    assert_eq!(log_in(&stock), key);
    let new = log_in(&server);
    assert_ne!(new, key);
    assert_eq!((status(&server, &new), status(&server, &key), status(&stock, &key)), (200, 401, 401));

    age(database, 3601);
    let create = || audited(database.manage(&["drf_create_token", "Pepe"])).run().expect_success();
    let created = create();
    assert!(!created.contains(&new), "{created}");
    assert_eq!(create(), created);
    let events = std::fs::read_to_string(&path).unwrap();
    assert_eq!(events.matches(r#""event":"token_created""#).count(), 1, "{events}");
    assert_eq!(events.matches(r#""event":"token_rotated""#).count(), 2, "{events}");
}

fn a_token_ends_at_its_age_while_it_is_used(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    for command in commands(database) {
        let server = command.env("TOKEN_AGE", "2").serve();
        let created = Instant::now();
        let key = log_in(&server);
        let is_stored = Instant::now();
        // Nobody writes meanwhile, so the token is cached.
        while status(&server, &key) == 200 {
            assert!(created.elapsed() < Duration::from_secs(3), "it never ends");
        }
        assert!(is_stored.elapsed() > Duration::from_millis(1900), "it ended early");
        assert_eq!(status(&server, &key), 401);
        let connection = &mut *database.connection();
        Token::delete_of_user(connection, database.user("Pepe").unwrap().id).unwrap();
    }
}

fn migrate_with_uses(database: &TestDatabase) {
    database.manage(&["migrate"]).env("TOKEN_IDLE_AGE", "60").run().expect_success();
}

fn an_idle_token_is_refused_and_a_used_one_stays(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let key = database.token("Pepe");
    // The token is older than the idle age, and the table.
    age(database, 86_400);
    for command in commands(database) {
        migrate_with_uses(database);
        let server = command.env("TOKEN_IDLE_AGE", "3").serve();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(5) {
            assert_eq!(status(&server, &key), 200, "after {:?}", began.elapsed());
            thread::sleep(Duration::from_millis(100));
        }
        thread::sleep(Duration::from_millis(3100));
        assert_eq!(status(&server, &key), 401);
        // A refused request is no use, and neither is a command that prints the token.
        thread::sleep(Duration::from_millis(100));
        assert_eq!(status(&server, &key), 401);
        database
            .manage(&["migrate", "vitamin_token_use", "zero"])
            .env("TOKEN_IDLE_AGE", "60")
            .run()
            .expect_success();
    }
    migrate_with_uses(database);
    let server = database.runserver().env("TOKEN_IDLE_AGE", "2").serve();
    thread::sleep(Duration::from_millis(2100));
    assert_eq!(status(&server, &key), 401);
    let new = log_in(&server);
    assert_ne!(new, key);
    // A login is a use of the token that it returns.
    for _ in 0..4 {
        thread::sleep(Duration::from_millis(700));
        assert_eq!(log_in(&server), new);
    }
    thread::sleep(Duration::from_millis(700));
    assert_eq!(status(&server, &new), 200);
}

fn uses_are_shared_and_survive_a_restart(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa").create_user("Other", "bbbb");
    migrate_with_uses(database);
    let key = database.token("Pepe");
    let serve = || database.runserver().env("TOKEN_IDLE_AGE", "3").serve();
    let (used, idle) = (serve(), serve());
    assert_eq!(status(&idle, &key), 200);
    for _ in 0..8 {
        thread::sleep(Duration::from_millis(500));
        assert_eq!(status(&used, &key), 200);
    }
    assert_eq!(status(&idle, &key), 200, "used elsewhere");
    drop((used, idle));
    assert_eq!(status(&serve(), &key), 200, "after a restart");

    // Django knows nothing of the table, and deletes a user without an error.
    Token::delete_all(&mut database.connection()).unwrap();
    database.execute("DELETE FROM auth_user WHERE username = 'Pepe'");
    let rows: Vec<i64> = vitamin_token_use::table
        .select(vitamin_token_use::last_used)
        .load(&mut *database.connection())
        .unwrap();
    assert_eq!(rows, Vec::<i64>::new());
}

diesel::table! {
    vitamin_token_use (user_id) {
        user_id -> vitamin::database::UserKey,
        last_used -> BigInt,
    }
}

fn the_table_of_uses_exists_only_with_the_setting(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let has_uses = || has_table(&mut database.connection(), "vitamin_token_use").unwrap();
    let manage = |arguments: &[&str]| database.manage(arguments).env("TOKEN_IDLE_AGE", "3600").run();
    assert!(!has_uses());
    insta::assert_snapshot!(manage(&["showmigrations", "vitamin_token_use"]).expect_success(), @"
    vitamin_token_use
     [ ] 2026-12-02-000000_vitamin_token_use_initial
    ");
    manage(&["migrate"]).expect_success();
    assert!(has_uses());
    let doctor = manage(&["doctor"]);
    assert_eq!(doctor.code, Some(0), "{}", doctor.report());
    assert!(!doctor.stdout.contains("related_to_user"), "{}", doctor.stdout);
    manage(&["migrate", "vitamin_token_use", "zero"]).expect_success();
    assert!(!has_uses());
    assert_eq!(manage(&["doctor"]).code, Some(1), "it is missing");
}

/// A database that accepts no writes.
fn a_standby_serves_tokens_whose_use_it_cannot_store(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let key = database.token("Pepe");
    migrate_with_uses(database);
    if database.is_sqlite() {
        database.execute(
            "CREATE TRIGGER no_use BEFORE UPDATE ON vitamin_token_use BEGIN SELECT RAISE(FAIL, 'no'); END",
        );
    } else {
        database.execute(
            "CREATE FUNCTION no_use() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
             CREATE TRIGGER no_use BEFORE UPDATE ON vitamin_token_use FOR EACH ROW EXECUTE FUNCTION no_use()",
        );
    }
    let server = database.runserver().env("TOKEN_IDLE_AGE", "3").serve();
    for _ in 0..8 {
        thread::sleep(Duration::from_millis(500));
        assert_eq!(status(&server, &key), 200);
    }
    let log = server.wait_for_log("the use of a token could not be stored");
    assert!(!log.contains(&key), "{log}");
    assert_eq!(log.matches("could not be stored").count(), 1, "{log}");
}

fn new_tokens_have_the_prefix_and_old_ones_stay(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa").create_user("Old", "bbbb");
    let old = database.token("Old");
    let prefixed = database.runserver().env("TOKEN_PREFIX", "vit_").serve();
    let key = log_in(&prefixed);
    assert!(key.len() == 40 && key.starts_with("vit_"), "{key}");
    let stored: Option<String> = authtoken_token::table
        .filter(authtoken_token::key.eq(&key))
        .select(authtoken_token::key)
        .get_result(&mut *database.connection())
        .optional()
        .unwrap();
    assert_eq!(stored.as_ref(), Some(&key));
    for server in [&prefixed, &database.serve(), &database.runserver().env("TOKEN_PREFIX", "abc_").serve()] {
        assert_eq!((status(server, &key), status(server, &old)), (200, 200));
    }
    let created = database.manage(&["drf_create_token", "-r", "Old"]).env("TOKEN_PREFIX", "vit_").run();
    assert!(created.expect_success().starts_with("Generated token vit_"));
    let refused = database.runserver().env("TOKEN_PREFIX", "vitamin_").run().stderr;
    assert!(refused.contains("TOKEN_PREFIX"), "{refused}");
}

fn a_mistyped_token_needs_no_database(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let server = database.runserver().env("TOKEN_PREFIX", "vit_").env("DATABASE_TIMEOUT", "1").serve();
    let key = log_in(&server);
    // Every query fails from here on.
    database.execute("ALTER TABLE authtoken_token RENAME TO gone");
    let ask = |key: &str| server.token(key).get("/auth/");
    assert!(ask(&key).status >= 500);
    let start = key.get(..39).unwrap();
    let wrong = format!("{start}{}", if key.ends_with('0') { '1' } else { '0' });
    for mistyped in [key.replace("vit_", "vit_0"), wrong, start.to_owned(), "vit_".to_owned()] {
        let response = ask(&mistyped);
        assert_eq!((response.status, response.body.as_str()), (401, INVALID), "{mistyped} of {key}");
    }
    assert!(ask("0123456789abcdef0123456789abcdef01234567").status >= 500, "not of this prefix");
}

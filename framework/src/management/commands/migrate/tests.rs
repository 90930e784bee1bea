//! What `migrate` plans.

use super::*;
use crate::database::migrations::{AppMigrations, EmbeddedMigration};

const fn migration(name: &'static str, dependencies: &'static [&'static str]) -> EmbeddedMigration {
    EmbeddedMigration::new(name, ("", ""), ("", "")).metadata(dependencies, true, "")
}

static CONTENT_TYPES: [EmbeddedMigration; 1] = [migration("1_contenttypes_initial", &[])];
static AUTH: [EmbeddedMigration; 2] =
    [migration("2_auth_initial", &["contenttypes"]), migration("4_auth_more", &[])];
static AUTHTOKEN: [EmbeddedMigration; 2] =
    [migration("3_authtoken_initial", &["auth"]), migration("5_authtoken_more", &[])];
static SESSIONS: [EmbeddedMigration; 1] = [migration("6_sessions_initial", &["contenttypes"])];
static AUTH_LOG: [EmbeddedMigration; 3] = [
    migration("7_auth_log_initial", &["auth"]),
    migration("8_auth_log_initial_more", &[]),
    migration("9_auth_log_initially", &[]),
];

fn migrations() -> Migrations {
    Migrations::new([
        ("contenttypes", AppMigrations::new(&CONTENT_TYPES)),
        ("auth", AppMigrations::new(&AUTH)),
        ("authtoken", AppMigrations::new(&AUTHTOKEN)),
        ("sessions", AppMigrations::new(&SESSIONS)),
        ("auth_log", AppMigrations::new(&AUTH_LOG)),
    ])
    .unwrap()
}

/// Plans from a database that has the first `applied` migrations. The names are cut to their numbers.
fn names(applied: usize, target: (Option<&str>, Option<&str>)) -> Result<String, String> {
    let migrations = migrations();
    let states: Vec<MigrationState> = migrations
        .iter()
        .enumerate()
        .map(|(index, (app, migration))| MigrationState {
            name: migration.name.to_owned(),
            app: app.to_owned(),
            applied: index < applied,
        })
        .collect();
    let steps = plan(&migrations, &states, target).map_err(|error| error.to_string())?;
    let step =
        |step: Step| format!("{}{}", if step.forwards { '+' } else { '-' }, step.name.get(..1).unwrap());
    Ok(steps.into_iter().map(step).collect::<Vec<_>>().join(" "))
}

#[test]
fn without_a_target_everything_is_applied() {
    assert_eq!(names(3, (None, None)).unwrap(), "+4 +5 +6 +7 +8 +9");
    assert_eq!(names(9, (None, None)).unwrap(), "");
}

#[test]
fn applying_includes_what_the_target_depends_on() {
    assert_eq!(names(0, (Some("auth"), None)).unwrap(), "+1 +2 +4");
    assert_eq!(names(0, (Some("auth"), Some("init"))).unwrap(), "+1 +2");
    assert_eq!(names(0, (Some("sessions"), None)).unwrap(), "+1 +6");
    // Those of auth that come before it, and not the fourth.
    assert_eq!(names(0, (Some("authtoken"), Some("initial"))).unwrap(), "+1 +2 +3");
    assert_eq!(names(0, (Some("auth_log"), Some("initial"))).unwrap(), "+1 +2 +4 +7");
}

#[test]
fn unapplying_includes_what_depends_on_it_and_nothing_else() {
    assert_eq!(names(9, (Some("auth"), Some("2_auth"))).unwrap(), "-9 -8 -7 -4");
    assert_eq!(names(9, (Some("authtoken"), Some("initial"))).unwrap(), "-5");
    assert_eq!(names(9, (Some("authtoken"), Some("zero"))).unwrap(), "-5 -3");
    assert_eq!(names(9, (Some("auth"), Some("zero"))).unwrap(), "-9 -8 -7 -5 -4 -3 -2");
    assert_eq!(names(6, (Some("auth"), Some("zero"))).unwrap(), "-5 -4 -3 -2");
    assert_eq!(names(9, (Some("sessions"), Some("zero"))).unwrap(), "-6");
    assert_eq!(names(9, (Some("contenttypes"), Some("zero"))).unwrap(), "-9 -8 -7 -6 -5 -4 -3 -2 -1");
    assert_eq!(names(0, (Some("auth"), Some("zero"))).unwrap(), "");
}

#[test]
fn a_name_needs_neither_its_timestamp_nor_its_label() {
    for name in ["7_auth_log_initial", "auth_log_initial", "initial", "7"] {
        assert_eq!(names(9, (Some("auth_log"), Some(name))).unwrap(), "-9 -8", "{name}");
    }
    let error = names(9, (Some("auth_log"), Some("auth_log_in"))).unwrap_err();
    assert!(error.contains("More than one migration matches 'auth_log_in' in app 'auth_log'."), "{error}");
}

#[test]
fn an_unknown_target_is_named() {
    let error = names(6, (Some("polls"), None)).unwrap_err();
    assert_eq!(error, "CommandError: No installed app with label 'polls' that has migrations.");
    let error = names(6, (Some("auth"), Some("0009"))).unwrap_err();
    assert_eq!(error, "CommandError: Cannot find a migration matching '0009' from app 'auth'.");
}

#[test]
fn a_missing_dependency_is_named() {
    let error = Migrations::new([("authtoken", AppMigrations::new(&AUTHTOKEN))]).unwrap_err().to_string();
    assert!(
        error.contains("3_authtoken_initial depends on the app 'auth', which has no migrations"),
        "{error}"
    );
}

#[test]
fn a_migration_that_django_records_depends_on_its_table() {
    static RECORDED: [EmbeddedMigration; 1] =
        [EmbeddedMigration::new("9_x_initial", ("INSERT INTO \"django_migrations\" …", ""), ("", ""))];
    let apps = [("contenttypes", AppMigrations::new(&CONTENT_TYPES)), ("x", AppMigrations::new(&RECORDED))];
    let migrations = Migrations::new(apps).unwrap();
    assert_eq!(migrations.with_requirements(&[1]), BTreeSet::from([0, 1]));
    assert!(Migrations::new([("x", AppMigrations::new(&RECORDED))]).is_err());
}

//! The copies of the apps' migrations, for diesel's command.

use std::path::Path;

use diesel::Connection as _;
use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};
use insta::assert_snapshot;

use crate::support::*;

#[test]
fn the_repositorys_copies_are_those_of_the_apps() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let comparison = migrations().compare_copies(&folder, true).unwrap();
    assert_eq!(comparison.stale, [], "run `cargo run -- collectmigrations`");
    assert_eq!(comparison.unmodified, 2 * migrations().iter().count());
}

#[test]
fn collectmigrations_writes_what_diesel_runs() {
    let database = TestDatabase::sqlite();
    let manage = |arguments: &[&str]| database.manage(arguments).run();
    let folder = database.work_dir().join("migrations");
    let missing = manage(&["collectmigrations", "--check"]);
    assert_snapshot!(missing.stderr, @"CommandError: 10 migrations in 'migrations' are missing or differ. Run `manage collectmigrations`.");
    let pretended = manage(&["collectmigrations", "--dry-run"]).expect_success();
    assert!(
        pretended.contains("Pretending: Copying migrations/sqlite/2026-11-23-000200_auth_initial\n"),
        "{pretended}"
    );
    assert!(!folder.exists());
    assert!(manage(&["check"]).expect_success().contains("no issues"), "the folder is optional");

    let written = manage(&["collectmigrations"]).expect_success();
    assert!(written.ends_with("10 migrations copied to 'migrations', 0 unmodified.\n"), "{written}");
    assert!(manage(&["check"]).expect_success().contains("no issues"));
    let mut diesel = diesel::SqliteConnection::establish(":memory:").unwrap();
    let source = FileBasedMigrations::from_path(folder.join("sqlite")).unwrap();
    assert_eq!(diesel.run_pending_migrations(source).unwrap().len(), 5);

    let auth = folder.join("sqlite/2026-11-23-000200_auth_initial");
    std::fs::write(auth.join("metadata.toml"), "").unwrap();
    std::fs::remove_dir_all(folder.join("postgres/2026-11-23-000300_sessions_initial")).unwrap();
    std::fs::create_dir(folder.join("sqlite/2020-01-01-000000_mine")).unwrap();
    assert_snapshot!(manage(&["check"]).expect_success(), @"
    System check identified some issues:

    WARNINGS:
    ?: (vitamin.W002) migrations/sqlite/2026-11-23-000200_auth_initial differs from the migration of the installed app.
    	HINT: Run `manage collectmigrations`: diesel's command runs these copies.
    ?: (vitamin.W003) migrations/sqlite/2020-01-01-000000_mine is a migration of no installed app.
    	HINT: diesel's command runs it, and `manage migrate` does not. Move it into an app, or delete it.
    ?: (vitamin.W002) migrations/postgres/2026-11-23-000300_sessions_initial is missing.
    	HINT: Run `manage collectmigrations`: diesel's command runs these copies.

    System check identified 3 issues.
    ");
    assert_eq!(manage(&["collectmigrations", "--check"]).code, Some(1));
    assert_snapshot!(manage(&["collectmigrations"]).expect_success(), @"
    Updating migrations/sqlite/2026-11-23-000200_auth_initial
    Leaving migrations/sqlite/2020-01-01-000000_mine: no installed app has it
    Copying migrations/postgres/2026-11-23-000300_sessions_initial
    2 migrations copied to 'migrations', 8 unmodified.
    ");
    assert!(names_in(&folder.join("sqlite")).contains(&"2020-01-01-000000_mine".to_owned()));
    assert!(manage(&["collectmigrations", "--check"]).expect_success().contains("10 unmodified."));
}

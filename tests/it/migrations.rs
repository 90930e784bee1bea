//! The migrations: each `down.sql` reverts its `up.sql`, and `manage` and diesel's command can be mixed.

use std::path::Path;

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};
use vitamin::database::DbConnection;
use vitamin::database::migrations::has_table;

use crate::support::*;

database_tests!(
    each_down_reverts_its_up,
    diesel_after_manage_changes_nothing,
    manage_after_diesel_changes_nothing,
    tables_created_by_django_are_not_dropped,
);

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Everything except diesel's own table and SQLite's sequence table, which can't be dropped.
const SQLITE_SCHEMA: &str = "
    SELECT type || ' ' || name || ' on ' || tbl_name || ': ' || coalesce(sql, '') AS line FROM sqlite_master
    WHERE tbl_name NOT IN ('__diesel_schema_migrations', 'sqlite_sequence') ORDER BY line";

#[cfg(feature = "postgres")]
const POSTGRES_SCHEMA: &str = "
    WITH lines AS (
        SELECT format('column %s.%s %s %s %s %s', table_name, column_name, data_type, character_maximum_length,
            is_nullable, coalesce(column_default, identity_generation)) AS line, table_name AS of
        FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL
        SELECT format('constraint %s on %s: %s', conname, conrelid::regclass, pg_get_constraintdef(oid)),
            conrelid::regclass::text
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL
        SELECT indexdef, tablename FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL
        SELECT format('%s %s', relkind, relname), relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
    )
    SELECT line FROM lines WHERE of NOT LIKE '\\_\\_diesel%' ORDER BY line";

/// Django's record of migrations, without their times.
const RECORD: &str = "SELECT app || ' ' || name AS line FROM django_migrations ORDER BY app, name";

/// The schema, and the migrations that Django considers applied.
fn dump(connection: &mut DbConnection) -> Vec<String> {
    let recorded = has_table(connection, "django_migrations").unwrap();
    let queries = |schema: &'static str| [Some(schema), recorded.then_some(RECORD)].into_iter().flatten();
    let lines: Vec<Line> = match connection {
        DbConnection::Sqlite(connection) => {
            queries(SQLITE_SCHEMA).flat_map(|query| sql_query(query).load(connection).unwrap()).collect()
        }
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(connection) => {
            queries(POSTGRES_SCHEMA).flat_map(|query| sql_query(query).load(connection).unwrap()).collect()
        }
    };
    lines.into_iter().map(|line| line.line).collect()
}

/// All migration names, in order.
fn names(connection: &mut DbConnection) -> Vec<String> {
    migrations().states(connection).unwrap().into_iter().map(|state| state.name).collect()
}

fn each_down_reverts_its_up(database: &TestDatabase) {
    let connection = &mut *database.connection();
    let mut dumps = vec![dump(connection)];
    for name in names(connection) {
        migrations().apply(connection, &name).unwrap();
        let made = dump(connection);
        assert_ne!(dumps.last(), Some(&made), "{name} made nothing");
        migrations().unapply(connection, &name).unwrap();
        assert_eq!(dumps.last(), Some(&dump(connection)), "{name} left something");
        migrations().apply(connection, &name).unwrap();
        assert_eq!(dump(connection), made, "{name} made something else the second time");
        dumps.push(made);
    }
    // Then all together, with rows in the tables.
    database.create_user("Pepe", "aaaa").token("Pepe");
    for name in names(connection).iter().rev() {
        dumps.pop();
        migrations().unapply(connection, name).unwrap();
        assert_eq!(dumps.last(), Some(&dump(connection)), "{name}");
    }
    assert_eq!(dumps.len(), 1);
}

/// Runs `diesel migration run` from the files, and returns the number of migrations it ran.
fn diesel_migration_run(connection: &mut DbConnection) -> usize {
    let source = |side: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(side);
        FileBasedMigrations::from_path(folder).unwrap()
    };
    match connection {
        DbConnection::Sqlite(connection) => {
            connection.run_pending_migrations(source("sqlite")).unwrap().len()
        }
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(connection) => {
            connection.run_pending_migrations(source("postgres")).unwrap().len()
        }
    }
}

fn diesel_after_manage_changes_nothing(database: &TestDatabase) {
    database.manage(&["migrate"]).run().expect_success();
    let connection = &mut *database.connection();
    let before = dump(connection);
    assert_eq!(diesel_migration_run(connection), 0);
    assert_eq!(dump(connection), before);
    // Some by one tool, the rest by the other.
    database.manage(&["migrate", "auth", "zero"]).run().expect_success();
    assert_eq!(diesel_migration_run(connection), 3);
    assert_eq!(dump(connection), before);
}

fn manage_after_diesel_changes_nothing(database: &TestDatabase) {
    let connection = &mut *database.connection();
    assert_eq!(diesel_migration_run(connection), names(connection).len());
    let before = dump(connection);
    let output = database.manage(&["migrate"]).run().expect_success();
    assert!(output.ends_with("  No migrations to apply.\n"), "{output}");
    assert!(!database.manage(&["showmigrations"]).run().expect_success().contains("[ ]"));
    assert_eq!(dump(connection), before);
}

/// Django records each migration at its own time.
fn tables_created_by_django_are_not_dropped(database: &TestDatabase) {
    use diesel::connection::SimpleConnection as _;
    database.migrate().create_user("Pepe", "aaaa").token("Pepe");
    let connection = &mut *database.connection();
    connection
        .batch_execute(
            "UPDATE django_migrations SET applied = '2020-01-01 00:00:00' WHERE name = '0001_initial'",
        )
        .unwrap();
    let before = dump(connection);
    for app in ["admin", "authtoken", "sessions", "auth", "contenttypes"] {
        let output = database.manage(&["migrate", app, "zero"]).run();
        assert_eq!(output.code, Some(1), "{output:?}");
        assert!(output.stderr.contains("other migrations are recorded in django_migrations"), "{output:?}");
        assert_eq!(dump(connection), before, "{app}");
    }
    assert_eq!(database.count_tokens(), 1);
}

#[test]
fn both_databases_have_the_same_migrations() {
    let sorted = |side: &str| {
        let mut names = names_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(side));
        names.sort();
        names
    };
    assert_eq!(sorted("sqlite"), sorted("postgres"));
    assert!(sorted("sqlite").len() >= 4);
}

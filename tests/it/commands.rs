//! The management commands without prompts.

use insta::assert_snapshot;

use crate::support::*;

database_tests!(
    migrate_goes_forwards_and_backwards,
    drf_create_token_creates_shows_and_resets,
    django_s_common_options_are_accepted,
    commands_on_an_empty_database_name_the_missing_tables,
);

fn migrate_goes_forwards_and_backwards(database: &TestDatabase) {
    let manage = |arguments: &[&str]| database.manage(arguments).run().expect_success();
    assert_snapshot!(manage(&["showmigrations"]), @"
    admin
     [ ] 2026-11-23-000500_admin_initial
    auth
     [ ] 2026-11-23-000200_auth_initial
    authtoken
     [ ] 2026-11-23-000400_authtoken_initial
    contenttypes
     [ ] 2026-11-23-000100_contenttypes_initial
    sessions
     [ ] 2026-11-23-000300_sessions_initial
    ");
    assert_snapshot!(manage(&["migrate", "--plan"]), @"
    Planned operations:
    2026-11-23-000100_contenttypes_initial
    2026-11-23-000200_auth_initial
    2026-11-23-000300_sessions_initial
    2026-11-23-000400_authtoken_initial
    2026-11-23-000500_admin_initial
    ");
    assert!(!manage(&["showmigrations"]).contains("[X]"), "--plan changes nothing");
    assert_snapshot!(manage(&["migrate"]), @"
    Operations to perform:
      Apply all migrations: admin, auth, authtoken, contenttypes, sessions
    Running migrations:
      Applying 2026-11-23-000100_contenttypes_initial... OK
      Applying 2026-11-23-000200_auth_initial... OK
      Applying 2026-11-23-000300_sessions_initial... OK
      Applying 2026-11-23-000400_authtoken_initial... OK
      Applying 2026-11-23-000500_admin_initial... OK
    ");
    assert_snapshot!(manage(&["migrate"]), @"
    Operations to perform:
      Apply all migrations: admin, auth, authtoken, contenttypes, sessions
    Running migrations:
      No migrations to apply.
    ");
    assert_snapshot!(manage(&["migrate", "--plan"]), @"
    Planned operations:
      No planned migration operations.
    ");
    assert!(!manage(&["showmigrations"]).contains("[ ]"));
    assert_snapshot!(manage(&["migrate", "auth", "initial", "--plan"]), @"
    Planned operations:
      No planned migration operations.
    ");
    assert_snapshot!(manage(&["migrate", "auth", "2026-11-23-000200"]), @"
    Operations to perform:
      Target specific migration: 2026-11-23-000200, from auth
    Running migrations:
      No migrations to apply.
    ");
    assert_snapshot!(manage(&["migrate", "authtoken", "zero"]), @"
    Operations to perform:
      Unapply all migrations: authtoken
    Running migrations:
      Unapplying 2026-11-23-000400_authtoken_initial... OK
    ");
    assert_snapshot!(manage(&["showmigrations", "auth", "authtoken"]), @"
    auth
     [X] 2026-11-23-000200_auth_initial
    authtoken
     [ ] 2026-11-23-000400_authtoken_initial
    ");
    assert_snapshot!(manage(&["migrate", "contenttypes", "zero"]), @"
    Operations to perform:
      Unapply all migrations: contenttypes
    Running migrations:
      Unapplying 2026-11-23-000500_admin_initial... OK
      Unapplying 2026-11-23-000300_sessions_initial... OK
      Unapplying 2026-11-23-000200_auth_initial... OK
      Unapplying 2026-11-23-000100_contenttypes_initial... OK
    ");
    assert!(!manage(&["showmigrations"]).contains("[X]"));
    assert_snapshot!(manage(&["migrate", "auth"]), @"
    Operations to perform:
      Apply all migrations: auth
    Running migrations:
      Applying 2026-11-23-000100_contenttypes_initial... OK
      Applying 2026-11-23-000200_auth_initial... OK
    ");
    manage(&["migrate"]);
    assert!(!manage(&["showmigrations"]).contains("[ ]"));

    let refused = |arguments: &[&str]| {
        let output = database.manage(arguments).run();
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{arguments:?}");
        output.stderr
    };
    assert_snapshot!(refused(&["migrate", "polls"]), @"CommandError: No installed app with label 'polls' that has migrations.");
    assert_snapshot!(refused(&["migrate", "auth", "0002"]), @"CommandError: Cannot find a migration matching '0002' from app 'auth'.");
    assert_snapshot!(refused(&["showmigrations", "polls"]), @"CommandError: No installed app with label 'polls'.");
    assert_eq!(database.manage(&["migrate", "a", "b", "c"]).run().code, Some(2));
}

fn drf_create_token_creates_shows_and_resets(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let create = |arguments: &[&str]| database.manage(&[&["drf_create_token"], arguments].concat()).run();
    let made = create(&["Pepe"]).expect_success();
    let key = database.token("Pepe");
    assert_eq!(made, format!("Generated token {key} for user Pepe\n"));
    assert_eq!(create(&["Pepe"]).expect_success(), made);
    for option in ["-r", "--reset"] {
        let before = database.token("Pepe");
        let reset = create(&[option, "Pepe"]).expect_success();
        assert_eq!(reset, format!("Generated token {} for user Pepe\n", database.token("Pepe")));
        assert_ne!(before, database.token("Pepe"));
    }
    assert_eq!(database.count_tokens(), 1);
    assert_snapshot!(create(&["nobody"]).report(), @"
    exit 1
    -- stdout
    -- stderr
    CommandError: Cannot create the Token: user nobody does not exist
    ");
    assert_snapshot!(create(&["-r", "pepe"]).report(), @"
    exit 1
    -- stdout
    -- stderr
    CommandError: Cannot create the Token: user pepe does not exist
    ");
    assert_snapshot!(create(&[]).report(), @"
    exit 2
    -- stdout
    -- stderr
    error: the following required arguments were not provided:
      <USERNAME>

    Usage: manage drf_create_token <USERNAME>

    For more information, try '--help'.
    ");
    assert_eq!(create(&["Pepe", "more"]).code, Some(2));
}

/// Scripts that call Django's commands pass these options.
fn django_s_common_options_are_accepted(database: &TestDatabase) {
    let manage =
        |arguments: &[&str]| database.manage(arguments).env("DJANGO_SUPERUSER_PASSWORD", "aaaa").run();
    assert_eq!(manage(&["migrate", "-v", "0", "--database", "default", "--no-color"]).expect_success(), "");
    let create = ["createsuperuser", "--noinput", "--user", "joe", "--email", "", "--database=default"];
    assert_eq!(manage(&[&create[..], &["--verbosity", "0"]].concat()).expect_success(), "");
    let made =
        manage(&["drf_create_token", "-v", "0", "--traceback", "--skip-checks", "joe"]).expect_success();
    assert_eq!(made, format!("Generated token {} for user joe\n", database.token("joe")));
    assert_ne!(manage(&["drf_create_token", "--res", "joe"]).expect_success(), made);
    assert_eq!(manage(&["drf_create_token", "joe", "-v", "4"]).code, Some(2));
    assert_eq!(manage(&["migrate", "--database", "other"]).code, Some(2));
}

#[test]
fn an_unknown_command_has_django_s_message() {
    let database = TestDatabase::sqlite();
    assert_snapshot!(database.manage(&["migrat"]).run().report(), @"
    exit 1
    -- stdout
    -- stderr
    Unknown command: 'migrat'. Did you mean migrate?
    Type 'manage help' for usage.
    ");
    assert_snapshot!(database.manage(&["x"]).run().report(), @"
    exit 1
    -- stdout
    -- stderr
    Unknown command: 'x'
    Type 'manage help' for usage.
    ");
}

fn commands_on_an_empty_database_name_the_missing_tables(database: &TestDatabase) {
    // Creates the file: only `migrate` would.
    drop(database.connection());
    let output = database.manage(&["drf_create_token", "Pepe"]).run();
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    assert!(output.stderr.starts_with("CommandError: ") && output.stderr.contains("auth_user"), "{output:?}");
    // The server starts, logs the problem, and serves requests that need no table.
    let server = database.serve();
    server.wait_for_log("You have 5 unapplied migration(s)");
    assert_eq!(server.anonymous().get("/").status, 200);
    let response = server.token("0123456789abcdef0123456789abcdef01234567").get("/auth/");
    assert_eq!(response.status, 500);
    assert!(
        response.body.contains("<h1>Server Error (500)</h1>") && !response.body.contains("auth"),
        "{}",
        response.body
    );
    // Once the tables exist, everything works.
    database.migrate().create_user("Pepe", "aaaa");
    assert_eq!(server.anonymous().post("/", "user=Pepe&password=aaaa").status, 200);
}

#[test]
fn manage_lists_the_commands_by_app() {
    let database = TestDatabase::sqlite();
    let list = database.manage(&[]).run().expect_success();
    assert_snapshot!(list, @"
    Type 'manage help <command>' for help on a specific command.

    Commands:

    [vitamin]
        check                  Checks the entire project for potential problems.
        collectmigrations      Copies the migrations of all installed apps into one folder, for diesel's own command.
        diffsettings           Displays the settings that differ from their defaults, and where each comes from.
        doctor                 Compares the live database with what this project needs, and proposes settings. Reads only.
        migrate                Brings the database schema up to date, or back to a named migration.
        runserver              Serves the project until SIGTERM or SIGINT, then finishes the requests in progress.
        shadow                 Forwards requests to Django, compares this project's responses to safe ones, and reports differences.
        showmigrations         Shows all available migrations for the current project.

    [project]
        demo                   Serves the tutorial on a temporary database, and prints requests to try.
        startapp               Writes a new app into apps/, for development.

    [auth]
        changepassword         Changes a user's password.
        createsuperuser        Creates a superuser.

    [rest_framework]
        spectacular            Writes the OpenAPI document of the project's views.

    [authtoken]
        drf_create_token       Creates a token for a given user.
        install_token_triggers Installs or removes the triggers that TOKEN_CACHE=bounded needs in a PostgreSQL database.
        revoke_tokens          Revokes the tokens of users. They are refused from the next request on.
    ");
    for help in [&["help"], &["--help"], &["-h"]] {
        assert_eq!(database.manage(help).run().expect_success(), list, "{help:?}");
    }
    let version = format!("manage {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(database.manage(&["--version"]).run().expect_success(), version);
    let help = database.manage(&["help", "drf_create_token"]).run().expect_success();
    assert!(help.contains("Creates a token for a given user.") && help.contains("--reset"), "{help}");
    assert!(!database.work_dir().join("db.sqlite3").exists());
}

#[test]
fn check_warns_of_rates_that_limit_nothing() {
    let database = TestDatabase::sqlite();
    let check = |rates| database.manage(&["check"]).env("DEFAULT_THROTTLE_RATES", rates).run();
    assert_eq!(check("anon=,user=").expect_success(), "System check identified no issues.\n");
    assert_snapshot!(check("anon=100/day").expect_success(), @"
    System check identified some issues:

    WARNINGS:
    ?: (vitamin.W001) DEFAULT_THROTTLE_RATES is set, but there are no default throttle classes: it limits only views that have throttle classes of their own.
    	HINT: Name the classes, such as AnonRateThrottle and UserRateThrottle, in the view or in default_throttle_classes in src/settings.rs.

    System check identified 1 issue.
    ");
}

#[test]
fn a_closed_output_is_an_error() {
    use std::process::Stdio;
    let database = TestDatabase::sqlite();
    let migrate = database.manage(&["migrate"]);
    let mut child = migrate.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((String::from_utf8_lossy(&output.stderr).as_ref(), output.status.code()), ("", Some(1)));
}

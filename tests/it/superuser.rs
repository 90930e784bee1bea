//! `manage createsuperuser --noinput`, and without a terminal.

use insta::assert_snapshot;

use crate::support::*;

database_tests!(
    options_create_a_superuser,
    the_environment_creates_a_superuser,
    without_a_password_nobody_can_log_in,
    missing_and_invalid_options_are_reported,
    without_a_terminal_there_are_no_prompts,
    a_script_changes_a_password,
);

fn createsuperuser(database: &TestDatabase, options: &[&str]) -> ManageCommand {
    options.iter().fold(database.manage(&["createsuperuser"]), |manage, option| manage.arg(option))
}

fn options_create_a_superuser(database: &TestDatabase) {
    let options = ["--noinput", "--username", "joe", "--email", "Joe@Example.COM"];
    let output = createsuperuser(database.migrate(), &options).env("DJANGO_SUPERUSER_PASSWORD", "aaaa").run();
    assert_snapshot!(output.report(), @"
    exit 0
    -- stdout
    Superuser created successfully.
    -- stderr
    ");
    let joe = database.user("joe").unwrap();
    assert!(joe.is_superuser && joe.is_staff && joe.is_active);
    assert_eq!(
        (joe.email.as_str(), joe.first_name.as_str(), joe.last_name.as_str()),
        ("Joe@example.com", "", "")
    );
    assert_eq!(joe.last_login, None);
    assert!(joe.password.starts_with("bcrypt_sha256$$2b$04$"));
    let age = chrono::Utc::now().naive_utc() - joe.date_joined;
    assert!((0..60).contains(&age.num_seconds()), "{age}");
    // Password validators do not run for --noinput.
    assert_eq!(database.serve().anonymous().post("/", "user=joe&password=aaaa").status, 200);
}

fn the_environment_creates_a_superuser(database: &TestDatabase) {
    let from_environment = |options: &[&str]| {
        createsuperuser(database.migrate(), options)
            .env("DJANGO_SUPERUSER_USERNAME", "joe")
            .env("DJANGO_SUPERUSER_EMAIL", "joe@example.com")
            .env("DJANGO_SUPERUSER_PASSWORD", "aaaa")
    };
    from_environment(&["--no-input"]).run().expect_success();
    assert_eq!(database.user("joe").unwrap().email, "joe@example.com");
    // An option overrides the environment.
    let options = ["--noinput", "--username", "jane", "--email", "jane@example.com"];
    from_environment(&options).run().expect_success();
    assert_eq!(database.user("jane").unwrap().email, "jane@example.com");
    // A blank address is valid, but a blank option falls back to the environment.
    from_environment(&["--noinput", "--username", "a"])
        .env("DJANGO_SUPERUSER_EMAIL", "")
        .run()
        .expect_success();
    assert_eq!(database.user("a").unwrap().email, "");
    from_environment(&["--noinput", "--username", "b", "--email", ""]).run().expect_success();
    assert_eq!(database.user("b").unwrap().email, "joe@example.com");
    let manage = from_environment(&["--noinput", "--username", "c", "--email", ""]);
    manage.env_remove("DJANGO_SUPERUSER_EMAIL").run().expect_success();
    assert_eq!(database.user("c").unwrap().email, "");
}

fn without_a_password_nobody_can_log_in(database: &TestDatabase) {
    let options = ["--noinput", "--username", "joe", "--email", ""];
    createsuperuser(database.migrate(), &options).run().expect_success();
    let password = database.user("joe").unwrap().password;
    assert!(password.starts_with('!') && password.len() == 41, "{password}");
    let server = database.serve();
    for password in ["", "!", &password] {
        assert_eq!(server.anonymous().post("/", &format!("user=joe&password={password}")).status, 401);
    }
}

fn missing_and_invalid_options_are_reported(database: &TestDatabase) {
    database.migrate().create_user("taken", "aaaa");
    let refused = |options: &[&str]| {
        let options = [&["--noinput"], options].concat();
        let output = createsuperuser(database, &options).run();
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{options:?}");
        output.stderr
    };
    assert_snapshot!(refused(&[]), @"CommandError: You must use --username with --noinput.");
    assert_snapshot!(refused(&["--username", "joe"]), @"CommandError: You must use --email with --noinput.");
    assert_snapshot!(refused(&["--username", "taken", "--email", ""]), @"CommandError: Error: That username is already taken.");
    assert_snapshot!(refused(&["--username", "", "--email", ""]), @"CommandError: Username cannot be blank.");
    assert_snapshot!(refused(&["--username", "a b", "--email", ""]), @"CommandError: Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.");
    assert_snapshot!(refused(&["--username", &"x".repeat(151), "--email", ""]), @"CommandError: Ensure this value has at most 150 characters (it has 151).");
    assert_snapshot!(refused(&["--username", "joe", "--email", "nobody"]), @"CommandError: Enter a valid email address.");
    let long = format!("{}@example.com", "x".repeat(243));
    assert_snapshot!(refused(&["--username", "joe", "--email", &long]), @"CommandError: Ensure this value has at most 254 characters (it has 255).");
    // The top-level domain may have letters of any script only.
    for address in ["joe@1.2.3.44", "joe@b.c1"] {
        assert_snapshot!(refused(&["--username", "joe", "--email", address]), @"CommandError: Enter a valid email address.");
    }
    createsuperuser(database, &["--noinput", "--username", "рф", "--email", "a@example.рф"])
        .run()
        .expect_success();
    // A name that is taken after normalization, and a name that is invalid.
    database.create_user("finn", "aaaa").create_user("walterwhité", "aaaa");
    assert_snapshot!(refused(&["--username", "walterwhite\u{301}", "--email", ""]), @"CommandError: Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.");
    assert_snapshot!(refused(&["--username", "ﬁnn", "--email", ""]), @"CommandError: Error: That username is already taken.");
    assert!(database.user("joe").is_none());
    let usage = createsuperuser(database, &["--nonsense"]).run();
    assert_eq!(usage.code, Some(2), "{usage:?}");
}

fn without_a_terminal_there_are_no_prompts(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    assert_snapshot!(createsuperuser(database, &[]).run().report(), @"
    exit 0
    -- stdout
    Superuser creation skipped due to not running in a TTY. You can run `manage createsuperuser` in your project to create one manually.
    -- stderr
    ");
    assert_snapshot!(database.manage(&["changepassword", "nobody"]).run().report(), @"
    exit 1
    -- stdout
    -- stderr
    CommandError: user 'nobody' does not exist
    ");
}

fn a_script_changes_a_password(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let change = |input: &str| database.manage(&["changepassword", "Pepe"]).run_with_input(input).report();
    assert_snapshot!(change("N3w-passw0rd!\nN3w-passw0rd!\n"), @"
    exit 0
    -- stdout
    Changing password for user 'Pepe'
    Password changed successfully for user 'Pepe'
    -- stderr
    Warning: Password input may be echoed.
    Password: Warning: Password input may be echoed.
    Password (again): 
    ");
    assert_snapshot!(change("a\nb\nc\nd\ne\nf\n"), @"
    exit 1
    -- stdout
    Changing password for user 'Pepe'
    Passwords do not match. Please try again.
    Passwords do not match. Please try again.
    Passwords do not match. Please try again.
    -- stderr
    Warning: Password input may be echoed.
    Password: Warning: Password input may be echoed.
    Password (again): Warning: Password input may be echoed.
    Password: Warning: Password input may be echoed.
    Password (again): Warning: Password input may be echoed.
    Password: Warning: Password input may be echoed.
    Password (again): CommandError: Aborting password change for user 'Pepe' after 3 attempts
    ");
    assert_snapshot!(change(""), @"
    exit 1
    -- stdout
    Changing password for user 'Pepe'
    -- stderr
    Warning: Password input may be echoed.
    Password: CommandError: aborted
    ");
    let server = database.serve();
    assert_eq!(server.anonymous().post("/", "user=Pepe&password=N3w-passw0rd!").status, 200);
}

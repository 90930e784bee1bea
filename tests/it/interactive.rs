//! The interactive commands, on a terminal.

use crate::support::*;

database_tests!(
    createsuperuser_asks_until_the_input_is_valid,
    a_name_given_as_an_option_is_not_asked_for,
    changepassword_asks_twice,
    changepassword_gives_up_after_three_attempts,
    control_c_cancels_and_restores_the_terminal,
);

fn createsuperuser_asks_until_the_input_is_valid(database: &TestDatabase) {
    database.migrate().create_user("taken", "aaaa");
    let mut terminal = database.manage(&["createsuperuser"]).env("LOGNAME", "Operatör").on_terminal();
    terminal.expect("Username (leave blank to use 'operator'): ").type_line("taken");
    terminal.expect("Error: That username is already taken.\n");
    terminal.expect("Username (leave blank to use 'operator'): ").type_line("a b");
    terminal.expect("Error: Enter a valid username.");
    terminal.expect("Username (leave blank to use 'operator'): ").type_line("");
    terminal.expect("Email address: ").type_line("nobody");
    terminal.expect("Error: Enter a valid email address.\n");
    terminal.expect("Email address: ").type_line("op@example.com");
    terminal.expect_hidden("Password: ").type_line("Un5een-word");
    terminal.expect_hidden("Password (again): ").type_line("an0ther-word");
    terminal.expect("Error: Your passwords didn't match.\n");
    terminal.expect_hidden("Password: ").type_line("  ");
    terminal.expect_hidden("Password (again): ").type_line("  ");
    terminal.expect("Error: Blank passwords aren't allowed.\n");
    for (response, echoed) in [("N", "N\n"), ("", "\n")] {
        common_password(&mut terminal);
        terminal.expect("Bypass password validation and create user anyway? [y/N]: ").type_line(response);
        terminal.expect(echoed);
    }
    common_password(&mut terminal);
    terminal.expect("Bypass password validation and create user anyway? [y/N]: ").type_line("y");
    terminal.expect("Superuser created successfully.\n");
    assert_eq!(terminal.wait(), Some(0));
    assert!(terminal.is_echoing());
    for unseen in ["Un5een-word", "an0ther-word", "password\n"] {
        assert!(!terminal.screen().contains(unseen), "{unseen}");
    }
    let user = database.user("operator").unwrap();
    assert_eq!((user.email.as_str(), user.is_superuser), ("op@example.com", true));
    assert_eq!(database.serve().anonymous().post("/", "user=operator&password=password").status, 200);
}

fn common_password(terminal: &mut Terminal) {
    terminal.expect_hidden("Password: ").type_line("password");
    terminal.expect_hidden("Password (again): ").type_line("password");
    terminal.expect("This password is too common.\n");
}

fn a_name_given_as_an_option_is_not_asked_for(database: &TestDatabase) {
    let arguments = ["createsuperuser", "--username", "joe", "--email", "joe@example.com"];
    let mut terminal = database.migrate().manage(&arguments).on_terminal();
    terminal.expect_hidden("Password: ").type_line("a fine long password");
    terminal.expect_hidden("Password (again): ").type_line("a fine long password");
    terminal.expect("Superuser created successfully.\n");
    assert_eq!(terminal.wait(), Some(0));
    assert!(!terminal.screen().contains("Username"), "{}", terminal.screen());
    // No system user provides a default here, and the name has no placeholder.
    let mut terminal = database.manage(&["createsuperuser"]).on_terminal();
    terminal.expect("Username: ").type_line("");
    terminal.expect("Error: This field cannot be blank.\n");
    terminal.expect("Username: ").press("\u{4}");
    assert_ne!(terminal.wait(), Some(0));
}

fn changepassword_asks_twice(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let mut terminal = database.manage(&["changepassword", "Pepe"]).on_terminal();
    terminal.expect("Changing password for user 'Pepe'\n");
    terminal.expect_hidden("Password: ").type_line("one long password");
    terminal.expect_hidden("Password (again): ").type_line("another long password");
    terminal.expect("Passwords do not match. Please try again.\n");
    terminal.expect_hidden("Password: ").type_line("pepe1");
    terminal.expect_hidden("Password (again): ").type_line("pepe1");
    terminal.expect("The password is too similar to the username.\n");
    terminal.expect("This password is too short. It must contain at least 8 characters.\n");
    terminal.expect_hidden("Password: ").type_line("one long password");
    terminal.expect_hidden("Password (again): ").type_line("one long password");
    terminal.expect("Password changed successfully for user 'Pepe'\n");
    assert_eq!(terminal.wait(), Some(0));
    assert!(terminal.is_echoing() && !terminal.screen().contains("long password"));
    let server = database.serve();
    assert_eq!(server.anonymous().post("/", "user=Pepe&password=aaaa").status, 401);
    assert_eq!(server.anonymous().post("/", "user=Pepe&password=one+long+password").status, 200);
}

fn changepassword_gives_up_after_three_attempts(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let before = database.user("Pepe").unwrap().password;
    // Without an argument it uses the system user's name.
    let mut terminal = database.manage(&["changepassword"]).env("USER", "Pepe").on_terminal();
    for _ in 0..3 {
        terminal.expect_hidden("Password: ").type_line("1234");
        terminal.expect_hidden("Password (again): ").type_line("1234");
        terminal.expect("This password is entirely numeric.\n");
    }
    terminal.expect("CommandError: Aborting password change for user 'Pepe' after 3 attempts\n");
    assert_eq!(terminal.wait(), Some(1));
    assert_eq!(database.user("Pepe").unwrap().password, before);
    // An empty answer aborts too.
    let mut terminal = database.manage(&["changepassword", "Pepe"]).on_terminal();
    terminal.expect_hidden("Password: ").type_line("");
    terminal.expect("CommandError: aborted\n");
    assert_eq!(terminal.wait(), Some(1));
}

fn control_c_cancels_and_restores_the_terminal(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let mut terminal = database.manage(&["createsuperuser"]).on_terminal();
    terminal.expect("Username: ").press("\u{3}");
    terminal.expect("Operation cancelled.\n");
    assert_eq!((terminal.wait(), terminal.is_echoing()), (Some(1), true));

    let mut terminal =
        database.manage(&["createsuperuser", "--username", "joe", "--email", ""]).on_terminal();
    terminal.expect_hidden("Password: ").press("half a passw\u{3}");
    terminal.expect("Operation cancelled.\n");
    assert_eq!((terminal.wait(), terminal.is_echoing()), (Some(1), true));
    assert!(!terminal.screen().contains("half"), "{}", terminal.screen());
    assert!(database.user("joe").is_none());

    let mut terminal = database.manage(&["changepassword", "Pepe"]).on_terminal();
    terminal.expect_hidden("Password: ").press("\u{3}");
    terminal.expect("Operation cancelled.\n");
    assert_eq!((terminal.wait(), terminal.is_echoing()), (Some(1), true));
}

//! The project as a client sees it, on every database.

use mysite::settings::project;
use vitamin::testing::*;

database_tests!(a_user_gets_a_token, the_program_migrates_and_serves);

/// In this process: users are made directly, and requests go over HTTP.
fn a_user_gets_a_token(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let pepe = server.create_user("Pepe", "aaaa");
    let token = server.create_token(&pepe).key;
    let login = |password: &str| {
        server.anonymous().post(
            "/api-token-auth/",
            [("username", "Pepe"), ("password", password)],
        )
    };
    login("aaaa")
        .assert_status(200)
        .assert_body(&format!(r#"{{"token":"{token}"}}"#));
    login("bbbb")
        .assert_status(400)
        .assert_body(r#"{"non_field_errors":["Unable to log in with provided credentials."]}"#);
}

/// The real program, as it runs in production.
fn the_program_migrates_and_serves(database: &TestDatabase) {
    let program = Program::new(env!("CARGO_BIN_EXE_manage"), database);
    program.manage(&["migrate"]).run().expect_success();
    program.manage(&["check"]).run().expect_success();
    let server = program.serve();
    let anonymous = server.anonymous();
    anonymous
        .get("/api-token-auth/")
        .assert_status(405)
        .assert_header("allow", "POST, OPTIONS");
    anonymous
        .get("/admin/")
        .assert_status(302)
        .assert_header("location", "/admin/login/?next=/admin/");
    anonymous.get("/admin/login/").assert_status(200);
}

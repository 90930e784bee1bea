//! Passwords are set and taken away.

use super::*;

database_tests!(
    a_new_password_ends_other_sessions_and_keeps_the_own,
    a_password_can_be_taken_away,
    a_new_password_revokes_tokens_if_the_project_says_so,
);

/// The session's cookie that the response sets.
fn session_cookie(response: &TestResponse) -> Option<String> {
    let cookies = response.headers_named("set-cookie");
    let found = cookies.iter().find(|cookie| cookie.starts_with("sessionid="));
    found.map(|cookie| cookie.split(';').next().unwrap().to_owned())
}

fn a_new_password_ends_other_sessions_and_keeps_the_own(database: &TestDatabase) {
    let (server, ana, client) = site(database);
    let other = server.session(&ana);
    let bob = server.create_user("bob", "secret");
    let of_bob = server.session(&bob);
    of_bob.get("/api/me/").assert_status(200);
    let too_short = set_password(&client, &bob, "short");
    too_short.assert_status(200);
    has(&too_short, &["This password is too short. It must contain at least 8 characters."]);
    let similar = set_password(&client, &ana, "ana");
    has(&similar, &["The password is too similar to the username."]);
    let changed = set_password(&client, &bob, LONG);
    changed.assert_status(302).assert_header("location", &format!("/admin/auth/user/{}/change/", bob.id));
    assert_eq!(session_cookie(&changed), None);
    of_bob.get("/api/me/").assert_status(401);
    client.get("/admin/").assert_status(200);
    let login = [("username", "bob"), ("password", LONG)];
    server.anonymous().post("/api-token-auth/", login).assert_status(200);
    assert_eq!(log(&server), [entry(2, &bob, r#"[{"changed": {"fields": ["password"]}}]"#)]);
    // The own session goes on, under another key.
    let changed = set_password(&client, &ana, LONG);
    changed.assert_status(302);
    let cookie = session_cookie(&changed).unwrap();
    server.anonymous().header("cookie", cookie).get("/admin/").assert_status(200);
    for ended in [client, other] {
        ended.get("/admin/").assert_status(302);
    }
    let gone = server.session(&server.user("ana").unwrap());
    gone.get("/admin/auth/user/99999/password/").assert_status(404);
    gone.get("/admin/auth/user/x/password/").assert_status(404);
}

fn a_password_can_be_taken_away(database: &TestDatabase) {
    let (server, _, client) = site(database);
    let bob = server.create_user("bob", "secret");
    let url = format!("/admin/auth/user/{}/password/", bob.id);
    // Not by accident.
    client.post(&url, [("usable_password", "false")]).assert_status(302).assert_header("location", &url);
    has(&client.get(&url), &["Disable password-based authentication"]);
    assert!(is_password_usable(&server.user("bob").unwrap().password));
    client.post(&url, [("usable_password", "false"), ("unset-password", "1")]).assert_status(302);
    assert!(!is_password_usable(&server.user("bob").unwrap().password));
    has(&client.get(&url), &["Enable password-based authentication"]);
    has(&client.get(&format!("/admin/auth/user/{}/change/", bob.id)), &["No password set.", "Set password"]);
    set_password(&client, &bob, LONG).assert_status(302);
    assert!(is_password_usable(&server.user("bob").unwrap().password));
}

fn a_new_password_revokes_tokens_if_the_project_says_so(database: &TestDatabase) {
    let settings = [("PASSWORD_CHANGE_REVOKES_TOKENS", "true")];
    let server = TestProject::with_settings(database, project, &settings);
    let client = server.session(&server.create_superuser("ana", "secret"));
    let bob = server.create_user("bob", "secret");
    let of_bob = server.token(&bob);
    of_bob.get("/api/me/").assert_status(200);
    set_password(&client, &bob, LONG).assert_status(302);
    of_bob.get("/api/me/").assert_status(401);
}

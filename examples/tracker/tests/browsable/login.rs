//! The browsable API's login and logout.

use super::*;

database_tests!(
    a_login_makes_a_session_that_a_logout_ends,
    a_login_renews_the_session_and_the_csrf_token,
    a_login_leads_to_this_host_only,
    logins_are_limited,
);

/// A browser at the login page: its CSRF cookie, and the token of the form.
fn at_login(server: &TestProject, cookies: &str) -> (String, String) {
    let form = server.anonymous().request("GET", "/api-auth/login/?next=/api/").header("cookie", cookies).send();
    form.assert_status(200).assert_header("content-type", "text/html; charset=utf-8");
    assert!(form.body.contains("<label for=\"id_username\">Username:</label>"), "{}", form.body);
    assert!(form.body.contains("<label for=\"id_password\">Password:</label>"), "{}", form.body);
    assert!(form.header("cache-control").contains("no-store") && form.header("vary").contains("Cookie"));
    let token = value(&form.body, "name=\"csrfmiddlewaretoken\" value=\"").to_owned();
    (cookie(&form, "csrftoken").unwrap(), token)
}

fn log_in(server: &TestProject, cookies: &str, password: &str, next: &str) -> TestResponse {
    let (csrf, token) = at_login(server, cookies);
    let request = server.anonymous().request("POST", "/api-auth/login/");
    let request = request.header("cookie", format!("{cookies}; csrftoken={csrf}"));
    request
        .data([("username", "ana"), ("password", password), ("next", next), ("csrfmiddlewaretoken", token.as_str())])
        .send()
}

fn a_login_makes_a_session_that_a_logout_ends(database: &TestDatabase) {
    let (server, _, _) = site(database);
    let wrong = log_in(&server, "a=b", "wrong", "/api/me/");
    wrong.assert_status(200);
    assert!(wrong.body.contains("Please enter a correct username and password."), "{}", wrong.body);
    assert!(wrong.body.contains("value=\"ana\"") && !wrong.body.contains("wrong"), "{}", wrong.body);
    assert_eq!(cookie(&wrong, "sessionid"), None);
    let empty = log_in(&server, "a=b", "", "/api/me/");
    assert!(empty.body.contains("id=\"id_password-errors\"><li>This field is required.</li>"), "{}", empty.body);

    let logged_in = log_in(&server, "a=b", "secret", "/api/me/");
    logged_in.assert_status(302).assert_header("location", "/api/me/");
    let set = logged_in.headers_named("set-cookie").join("\n");
    assert!(set.contains("HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax"), "{set}");
    let session = cookie(&logged_in, "sessionid").unwrap();
    let csrf = cookie(&logged_in, "csrftoken").unwrap();
    assert!(server.user("ana").unwrap().last_login.is_some());
    let ana = server.anonymous().header("cookie", format!("sessionid={session}; csrftoken={csrf}"));
    assert_eq!(ana.get("/api/me/").json()["username"], "ana");
    // No password in a session, and a changed one ends it.
    ana.post("/api-auth/logout/", [("next", "/api/")]).assert_status(403);
    ana.get("/api-auth/logout/").assert_status(405).assert_header("allow", "POST, OPTIONS");
    let form = [("next", "/api/?x=1"), ("csrfmiddlewaretoken", csrf.as_str())];
    let logged_out = ana.post("/api-auth/logout/", form);
    logged_out.assert_status(302).assert_header("location", "/api/?x=1");
    assert_eq!(cookie(&logged_out, "sessionid").as_deref(), Some("\"\""));
    ana.get("/api/me/").assert_status(401);
    // Without a target there is a page.
    let page = ana.post("/api-auth/logout/", [("csrfmiddlewaretoken", csrf.as_str())]);
    page.assert_status(200);
    assert!(page.body.contains("<h1>Logged out</h1>"), "{}", page.body);
}

fn a_login_renews_the_session_and_the_csrf_token(database: &TestDatabase) {
    let (server, ana, _) = site(database);
    let bob = server.create_user("bob", "secret");
    for (user, what) in [(&ana, "her own"), (&bob, "another user's")] {
        let old = server.create_session(user);
        let (before, _) = at_login(&server, "a=b");
        let logged_in = log_in(&server, &format!("sessionid={old}"), "secret", "/api/");
        let new = cookie(&logged_in, "sessionid").unwrap();
        assert!(new != old && new.len() == 32, "{what}");
        assert_ne!(cookie(&logged_in, "csrftoken").unwrap(), before, "{what}");
        let with = |key: &str| server.anonymous().header("cookie", format!("sessionid={key}")).get("/api/me/");
        with(&old).assert_status(401);
        assert_eq!(with(&new).json()["username"], "ana", "{what}");
    }
    // A form without the token of its cookie is refused.
    let forged = [("username", "ana"), ("password", "secret")];
    let refused = server.anonymous().post("/api-auth/login/", forged);
    refused.assert_status(403);
    assert_eq!(cookie(&refused, "sessionid"), None);
}

fn a_login_leads_to_this_host_only(database: &TestDatabase) {
    let (server, _, _) = site(database);
    for (next, location) in [
        ("/api/issues/?page=2", "/api/issues/?page=2"),
        ("http://testserver/api/", "http://testserver/api/"),
        ("http://evil.example/", "/accounts/profile/"),
        ("//evil.example/", "/accounts/profile/"),
        ("/\\evil.example", "/accounts/profile/"),
        ("javascript:alert(1)", "/accounts/profile/"),
        ("", "/accounts/profile/"),
    ] {
        log_in(&server, "a=b", "secret", next).assert_status(302).assert_header("location", location);
    }
}

fn logins_are_limited(database: &TestDatabase) {
    let (server, _, _) = site(database);
    let answers: Vec<TestResponse> = (0..12).map(|_| log_in(&server, "a=b", "wrong", "")).collect();
    let refused = answers.last().unwrap();
    refused.assert_status(429);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    assert!(refused.body.contains("Too many failed logins."), "{}", refused.body);
    log_in(&server, "a=b", "secret", "").assert_status(429);
}

//! Who may do what: nobody but staff, and nothing without the model's permission.

use vitamin::testing::*;

use crate::{Site, assert_has, assert_lacks, make_staff, value};

database_tests!(
    only_staff_come_in, every_page_asks_for_its_permission, a_user_who_may_only_see_gets_no_form,
    nobody_sees_what_would_be_refused, a_form_needs_its_token, staff_log_in_and_out,
    a_revoked_permission_counts_at_once,
);

/// Every page of the admin for an issue.
const PAGES: [&str; 9] = [
    "/admin/", "/admin/tracker/", "/admin/tracker/issue/", "/admin/tracker/issue/?q=x", "/admin/tracker/issue/add/",
    "/admin/tracker/issue/1/", "/admin/tracker/issue/1/change/", "/admin/tracker/issue/1/delete/",
    "/admin/no/such/page/",
];

fn only_staff_come_in(database: &TestDatabase) {
    let site = Site::new(database);
    site.issue(&site.project("Ferry"), 1, "A secret title");
    let bob = site.server.create_user("bob", "secret");
    let permissions = ["view", "add", "change", "delete"];
    for permission in permissions {
        site.server.add_permission(&bob, &format!("tracker.{permission}_issue"));
    }
    let inactive = site.server.create_superuser("ines", "secret");
    let ines = site.server.session(&inactive);
    site.server.deactivate(&inactive);
    for client in [site.server.anonymous(), site.server.session(&bob), ines] {
        for path in PAGES {
            let response = client.get(path);
            let next = path.replace('?', "%3F").replace('=', "%3D");
            response.assert_status(302).assert_header("location", &format!("/admin/login/?next={next}"));
            assert!(response.header("cache-control").contains("no-store"));
            let posted = client.post(path, [("title", "x"), ("post", "yes")]);
            assert!([302, 405].contains(&posted.status), "{path}: {}", posted.status);
            assert_lacks(&posted, &["A secret title"]);
        }
    }
    assert!(site.stored(1).is_some());
    // A token is no session: the admin is for browsers.
    let token = site.server.token(&site.server.create_token(&site.ana));
    token.get("/admin/").assert_status(302);
}

fn every_page_asks_for_its_permission(database: &TestDatabase) {
    let site = Site::new(database);
    site.issue(&site.project("Ferry"), 1, "One");
    let add = [("title", "x")];
    let selected = [("action", "delete_selected"), ("_selected_action", "1"), ("post", "yes")];
    let close = [("action", "close"), ("_selected_action", "1")];
    for (permission, allowed) in [
        (None, ""),
        (Some("view_issue"), "list change"),
        (Some("add_issue"), "add"),
        (Some("change_issue"), "list change save close"),
        (Some("delete_issue"), "delete"),
    ] {
        let permissions: Vec<&str> = permission.into_iter().collect();
        let client = site.staff(&format!("staff-{}", permission.unwrap_or("none")), &permissions);
        let status = |page: &str, response: TestResponse| {
            let expected = if allowed.split(' ').any(|one| one == page) { 200 } else { 403 };
            assert_eq!(response.status, expected, "{permission:?} at {page}: {}", response.body);
            if expected == 403 {
                assert_has(&response, &["Permission denied"]);
            }
        };
        client.get("/admin/").assert_status(200);
        status("list", client.get("/admin/tracker/issue/"));
        status("add", client.get("/admin/tracker/issue/add/"));
        status("add", client.post("/admin/tracker/issue/add/", add));
        status("change", client.get("/admin/tracker/issue/1/change/"));
        status("save", client.post("/admin/tracker/issue/1/change/", add));
        status("delete", client.get("/admin/tracker/issue/1/delete/"));
        if permission != Some("delete_issue") {
            status("delete", client.post("/admin/tracker/issue/1/delete/", [("post", "yes")]));
            status("delete selected", client.post("/admin/tracker/issue/", selected));
        }
        let closed = client.post("/admin/tracker/issue/", close);
        assert_eq!(closed.status, if permission == Some("change_issue") { 302 } else { 403 }, "{permission:?}");
        // Other models are not touched by it.
        client.get("/admin/tracker/project/").assert_status(403);
        client.get("/admin/tracker/label/add/").assert_status(403);
        assert!(site.stored(1).is_some());
    }
    site.client.get("/admin/tracker/nothing/").assert_status(404);
    site.client.get("/admin/nothing/").assert_status(404);
    site.client
        .get("/admin/tracker/issue/1/")
        .assert_status(302)
        .assert_header("location", "/admin/tracker/issue/1/change/");
    site.client.put("/admin/tracker/issue/1/change/", [("title", "x")]).assert_status(405);
}

fn a_user_who_may_only_see_gets_no_form(database: &TestDatabase) {
    let site = Site::new(database);
    let project = site.project("Ferry");
    site.issue(&project, 1, "One");
    let client = site.staff("vic", &["view_issue", "view_project"]);
    let page = client.get("/admin/tracker/issue/1/change/");
    page.assert_status(200);
    let project_url = format!("<a href=\"/admin/tracker/project/{}/change/\">Ferry</a>", project.id);
    assert_has(&page, &["<h1>View issue</h1>", ">One</div>", &project_url, ">Open</div>", ">Close</a>"]);
    assert_lacks(&page, &["<textarea", "name=\"title\"", "name=\"_save\"", "/delete/", "Save"]);
    let list = client.get("/admin/tracker/issue/");
    assert_has(&list, &["<h1>Select issue to view</h1>"]);
    assert_lacks(&list, &["_selected_action", "Add issue", "name=\"action\""]);
}

fn nobody_sees_what_would_be_refused(database: &TestDatabase) {
    let site = Site::new(database);
    site.issue(&site.project("Ferry"), 1, "One");
    let none = site.staff("nora", &[]).get("/admin/");
    assert_has(&none, &["You don’t have permission to view or edit anything."]);
    let client = site.staff("carl", &["change_issue", "add_label"]);
    let index = client.get("/admin/");
    assert_has(&index, &["<a href=\"/admin/tracker/issue/\">Issues</a>", "<a href=\"/admin/tracker/label/add/\""]);
    assert_lacks(&index, &["/issue/add/", "href=\"/admin/tracker/label/\"", "Projects", "Comments"]);
    let form = client.get("/admin/tracker/issue/1/change/");
    assert_has(&form, &["name=\"_save\"", "name=\"_continue\""]);
    // The project's own page is not for this user.
    assert_lacks(&form, &["name=\"_addanother\"", "/delete/", "/admin/tracker/project/"]);
    let list = client.get("/admin/tracker/issue/");
    assert_has(&list, &["<option value=\"close\">Close selected issues</option>"]);
    assert_lacks(&list, &["delete_selected", "Add issue"]);
    // A save by somebody who may not see the list leads to the first page.
    let added = client.post("/admin/tracker/label/add/", [("name", "Bug"), ("slug", "bug"), ("color", "#000000")]);
    added.assert_status(302).assert_header("location", "/admin/");
}

fn a_form_needs_its_token(database: &TestDatabase) {
    let site = Site::new(database);
    site.issue(&site.project("Ferry"), 1, "One");
    let session = format!("sessionid={}", site.server.create_session(&site.ana));
    let page =
        site.server.anonymous().request("GET", "/admin/tracker/issue/1/delete/").header("cookie", &session).send();
    let cookies = page.headers_named("set-cookie");
    let csrf = cookies.iter().find(|cookie| cookie.starts_with("csrftoken=")).unwrap().split(';').next().unwrap();
    let token = value(&page.body, "name=\"csrfmiddlewaretoken\" value=\"");
    let send = |path: &str, cookies: &str, token: &str| {
        let request = site.server.anonymous().request("POST", path).header("cookie", cookies);
        request
            .data([
                ("csrfmiddlewaretoken", token),
                ("post", "yes"),
                ("action", "delete_selected"),
                ("_selected_action", "1"),
            ])
            .send()
    };
    let both = format!("{session}; {csrf}");
    for path in [
        "/admin/tracker/issue/1/delete/", "/admin/tracker/issue/", "/admin/tracker/issue/add/",
        "/admin/tracker/issue/1/change/",
    ] {
        for (cookies, token) in [(&session, token), (&both, ""), (&both, "x"), (&both, &token[1..])] {
            let refused = send(path, cookies, token);
            refused.assert_status(403);
            assert_has(&refused, &["CSRF verification failed"]);
        }
    }
    let request = site.server.anonymous().request("POST", "/admin/tracker/issue/1/delete/").header("cookie", &both);
    let elsewhere = request.header("origin", "https://evil.example");
    elsewhere.data([("csrfmiddlewaretoken", token), ("post", "yes")]).send().assert_status(403);
    assert!(site.stored(1).is_some());
    send("/admin/tracker/issue/1/delete/", &both, token).assert_status(302);
    assert!(site.stored(1).is_none());
}

fn staff_log_in_and_out(database: &TestDatabase) {
    let site = Site::new(database);
    site.server.create_user("bob", "secret");
    let log_in = |name: &str, password: &str, next: &str| {
        let form = site.server.anonymous().get(&format!("/admin/login/?next={next}"));
        form.assert_status(200);
        let cookies = form.headers_named("set-cookie");
        let csrf = cookies.iter().find(|cookie| cookie.starts_with("csrftoken=")).unwrap().split(';').next().unwrap();
        let token = value(&form.body, "name=\"csrfmiddlewaretoken\" value=\"");
        let data = [("username", name), ("password", password), ("next", next), ("csrfmiddlewaretoken", token)];
        site.server.anonymous().request("POST", "/admin/login/").header("cookie", csrf).data(data).send()
    };
    let wrong = "Please enter the correct username and password for a staff account. Note that both fields may be case-sensitive.";
    for (name, password) in [("ana", "wrong"), ("bob", "secret"), ("nobody", "secret")] {
        let refused = log_in(name, password, "/admin/");
        refused.assert_status(200);
        assert_has(&refused, &[wrong]);
        assert!(!refused.headers_named("set-cookie").iter().any(|cookie| cookie.starts_with("sessionid=")));
    }
    assert_has(&log_in("ana", "", "/admin/"), &["This field is required."]);
    let done = log_in("ana", "secret", "/admin/tracker/issue/");
    done.assert_status(302).assert_header("location", "/admin/tracker/issue/");
    log_in("ana", "secret", "https://evil.example/").assert_status(302).assert_header("location", "/admin/");
    let cookies = done.headers_named("set-cookie");
    let session = cookies.iter().find(|cookie| cookie.starts_with("sessionid=")).unwrap().split(';').next().unwrap();
    let browser = site.server.anonymous().header("cookie", session);
    browser.get("/admin/").assert_status(200);
    // Who is logged in needs no form; who is no staff member is told.
    site.client.get("/admin/login/?next=/admin/tracker/").assert_status(302).assert_header("location", "/admin/");
    let bob = site.server.user("bob").unwrap();
    let page = site.server.session(&bob).get("/admin/login/");
    page.assert_status(200);
    assert_has(&page, &["You are authenticated as bob, but are not authorized to access this page."]);

    site.client.get("/admin/logout/").assert_status(405);
    let out = site.client.post("/admin/logout/", ());
    out.assert_status(200);
    assert_has(&out, &["Logged out", "/admin/login/"]);
    site.client.get("/admin/").assert_status(302);
}

fn a_revoked_permission_counts_at_once(database: &TestDatabase) {
    let site = Site::new(database);
    let client = site.staff("carl", &["change_label", "view_label"]);
    site.label("Bug");
    let change = [("name", "Bug"), ("slug", "bug"), ("color", "#ffffff")];
    let changed = client.post("/admin/tracker/label/1/change/", change);
    assert_has(&client.follow(&changed), &["The label “Bug” was changed successfully."]);
    make_staff(&site.server, &site.server.user("carl").unwrap(), false);
    client.post("/admin/tracker/label/1/change/", change).assert_status(302);
    client.get("/admin/tracker/label/").assert_status(302);
}

//! The page of the server's state.

use tracker::settings::project;
use vitamin::testing::*;

use super::{Site, make_staff};

database_tests!(the_status_is_for_staff, the_status_shows_what_the_server_did);

fn the_status_is_for_staff(database: &TestDatabase) {
    let site = Site::new(database);
    let user = site.server.create_user("bo", "secret");
    let client = site.server.session(&user);
    client.get("/admin/status/").assert_status(302);
    site.server.anonymous().get("/admin/status/").assert_status(302);
    make_staff(&site.server, &user, true);
    client.get("/admin/status/").assert_status(200);
    assert!(client.get("/admin/").body.contains("href=\"/admin/status/\">Status</a>"));
}

fn the_status_shows_what_the_server_did(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let ana = server.create_superuser("ana", "secret");
    let client = server.session(&ana);
    for _ in 0..3 {
        client.get("/api/labels/").assert_status(200);
    }
    server.anonymous().get("/api/me/").assert_status(401);
    client.get("/nothing/").assert_status(404);
    let page = client.get("/admin/status/");
    page.assert_status(200);
    assert!(page.header("cache-control").contains("no-store"), "{}", page.header("cache-control"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("style-src 'self';") && !policy.contains("unsafe"), "{policy}");
    let body = page.body;
    for part in [
        concat!("<dt>Version</dt><dd>", env!("CARGO_PKG_VERSION")),
        "<dt>Uptime</dt><dd>0 min</dd>",
        "aria-label=\"Requests: Requests now ",
        "aria-label=\"Time to answer: p50 now ",
        "aria-label=\"Logins: accepted now 0",
        "aria-label=\"Token cache: ",
        "aria-label=\"Database pool: In use now ",
        "<th scope=\"row\">label-list</th><td>3</td><td>0</td><td>0</td>",
        "<th scope=\"row\">me</th><td>1</td><td>1</td><td>0</td>",
        "<th scope=\"row\">&lt;none&gt;</th><td>1</td><td>1</td><td>0</td>",
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }
    assert!(!body.contains("style=\"") && !body.contains("<style"), "an inline style");
}

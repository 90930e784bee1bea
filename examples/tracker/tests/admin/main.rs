//! The admin over HTTP. tests/browser has the tests in a browser.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may panic, and clippy.toml does not cover their helper functions"
)]

mod access;
mod deletions;
mod forms;
mod lists;
mod status;
#[path = "../support/mod.rs"]
mod support;

use tracker::models::{Comment, Issue, Label, Project};
use tracker::schema::{tracker_comment, tracker_issue, tracker_label, tracker_project};
use tracker::settings::project;
use vitamin::auth::User;
use vitamin::models::{Changes, DbValue, Model as _, Object};
use vitamin::testing::*;

/// A project with a superuser, in whose session the client is.
struct Site {
    server: TestProject,
    ana: User,
    client: Browser,
}

/// A client with a session, whose cookies are known.
struct Browser {
    client: Client,
    cookies: String,
    server: Client,
}

impl Browser {
    fn new(server: &TestProject, user: &User) -> Self {
        const SECRET: &str = "0123456789abcdefghijABCDEFGHIJ01";
        let cookies = format!("sessionid={}; csrftoken={SECRET}", server.create_session(user));
        let client = server.anonymous().header("cookie", &cookies).unsafe_header("x-csrftoken", SECRET);
        Self { client, cookies, server: server.anonymous() }
    }

    /// The page that a redirect leads to, with the message that it brings.
    fn follow(&self, response: &TestResponse) -> TestResponse {
        response.assert_status(302);
        let set = response.headers_named("set-cookie");
        let message = set.into_iter().find(|cookie| cookie.starts_with("messages="));
        let message = message.map_or("", |cookie| cookie.split(';').next().unwrap());
        let request = self.server.request("GET", response.header("location"));
        request.header("cookie", format!("{}; {message}", self.cookies)).send()
    }
}

impl std::ops::Deref for Browser {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Site {
    fn new(database: &TestDatabase) -> Self {
        Self::of(TestProject::new(database, project))
    }

    fn of(server: TestProject) -> Self {
        let ana = server.create_superuser("ana", "secret");
        let client = Browser::new(&server, &ana);
        Self { server, ana, client }
    }

    /// A client of a staff member with these permissions for models of the tracker: `view_issue`.
    fn staff(&self, name: &str, permissions: &[&str]) -> Browser {
        let user = self.server.create_user(name, "secret");
        make_staff(&self.server, &user, true);
        for permission in permissions {
            self.server.add_permission(&user, &format!("tracker.{permission}"));
        }
        Browser::new(&self.server, &user)
    }

    fn label(&self, name: &str) -> Object<Label> {
        let mut label = Changes::<Label>::new();
        label.set(tracker_label::name, name).set(tracker_label::slug, name.to_lowercase().replace(' ', "-"));
        label.insert(&mut self.server.connection()).unwrap()
    }

    fn project(&self, name: &str) -> Object<Project> {
        let mut project = Changes::<Project>::new();
        project
            .set(tracker_project::owner_id, self.ana.id)
            .set(tracker_project::name, name)
            .set(tracker_project::slug, name.to_lowercase().replace(' ', "-"));
        project.insert(&mut self.server.connection()).unwrap()
    }

    fn issue(&self, project: &Project, number: i32, title: &str) -> Object<Issue> {
        let mut issue = Changes::<Issue>::new();
        issue
            .set(tracker_issue::project_id, project.id)
            .set(tracker_issue::number, number)
            .set(tracker_issue::title, title)
            .set(tracker_issue::reporter_id, self.ana.id);
        issue.insert(&mut self.server.connection()).unwrap()
    }

    fn comment(&self, issue: &Issue, body: &str) -> Object<Comment> {
        let mut comment = Changes::<Comment>::new();
        comment
            .set(tracker_comment::issue_id, issue.id)
            .set(tracker_comment::author_id, self.ana.id)
            .set(tracker_comment::body, body);
        comment.insert(&mut self.server.connection()).unwrap()
    }

    fn set_labels(&self, issue: &Issue, labels: &[i64]) {
        let keys: Vec<DbValue> = labels.iter().copied().map(DbValue::from).collect();
        Issue::LABELS.set(&mut self.server.connection(), issue.pk(), &keys).unwrap();
    }

    /// The issue as it is stored.
    fn stored(&self, id: i64) -> Option<Object<Issue>> {
        Issue::objects().find(id).with(Issue::LABELS).first(&mut self.server.connection()).unwrap()
    }

    fn comments(&self) -> u64 {
        Comment::objects().count(&mut self.server.connection()).unwrap()
    }
}

fn make_staff(server: &TestProject, user: &User, is_staff: bool) {
    use diesel::prelude::*;
    use vitamin::auth::schema::auth_user;

    let change = diesel::update(auth_user::table.find(user.id)).set(auth_user::is_staff.eq(is_staff));
    assert_eq!(change.execute(&mut *server.connection()), Ok(1));
}

/// Asserts that a page has all of these parts.
fn assert_has(page: &TestResponse, parts: &[&str]) {
    for part in parts {
        assert!(page.body.contains(part), "no {part} in {}", page.body);
    }
}

/// Asserts that a page has none of these parts.
fn assert_lacks(page: &TestResponse, parts: &[&str]) {
    for part in parts {
        assert!(!page.body.contains(part), "{part} in {}", page.body);
    }
}

/// The value of the first attribute that starts so.
fn value<'b>(body: &'b str, start: &str) -> &'b str {
    let (_, rest) = body.split_once(start).unwrap_or_else(|| panic!("no {start} in {body}"));
    rest.split('"').next().unwrap()
}

//! The admin's pages of users, groups and tokens, and its log, over HTTP.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests may panic, and clippy.toml does not cover their helper functions"
)]

mod passwords;
mod tokens_and_log;
mod users;

use diesel::prelude::*;
use tracker::settings::project;
use vitamin::admin::log_entry::LogEntry;
use vitamin::auth::hashers::is_password_usable;
use vitamin::auth::schema::{auth_group, auth_user, auth_user_groups, auth_user_user_permissions};
use vitamin::auth::{Group, Permission, PublicUser, User};
use vitamin::authtoken::Token;
use vitamin::models::{Changes, Model as _};
use vitamin::testing::*;

const ADD: &str = "/admin/auth/user/add/";
const LONG: &str = "correct horse battery";

fn site(database: &TestDatabase) -> (TestProject, User, Client) {
    let server = TestProject::new(database, project);
    let ana = server.create_superuser("ana", "secret");
    let client = server.session(&ana);
    (server, ana, client)
}

/// A member of the staff with these permissions.
fn staff(server: &TestProject, name: &str, permissions: &[&str]) -> (User, Client) {
    let user = server.create_user(name, "secret");
    let row = auth_user::table.find(user.id);
    diesel::update(row).set(auth_user::is_staff.eq(true)).execute(&mut *server.connection()).unwrap();
    for permission in permissions {
        server.add_permission(&user, permission);
    }
    let user = server.user(name).unwrap();
    let client = server.session(&user);
    (user, client)
}

fn log(server: &TestProject) -> Vec<(i16, String, String, String)> {
    let entries = LogEntry::objects().order_by(["id"]).load(&mut server.connection()).unwrap();
    let line = |entry: &LogEntry| {
        let object_id = entry.object_id.clone().unwrap_or_default();
        (entry.action_flag, object_id, entry.object_repr.clone(), entry.change_message.clone())
    };
    entries.iter().map(|entry| line(entry)).collect()
}

fn entry(flag: i16, user: &User, message: &str) -> (i16, String, String, String) {
    (flag, user.id.to_string(), user.username.clone(), message.to_owned())
}

fn has(response: &TestResponse, parts: &[&str]) {
    for part in parts {
        assert!(response.body.contains(part), "{part}: {}", response.body);
    }
}

fn add(client: &Client, username: &str, passwords: [&str; 2]) -> TestResponse {
    let [password1, password2] = passwords;
    client.post(ADD, [("username", username), ("password1", password1), ("password2", password2)])
}

fn set_password(client: &Client, user: &User, password: &str) -> TestResponse {
    let url = format!("/admin/auth/user/{}/password/", user.id);
    client.post(&url, [("password1", password), ("password2", password), ("set-password", "1")])
}

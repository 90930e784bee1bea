//! The admin's pages of users, groups and tokens, and its log, over HTTP.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests may panic, and clippy.toml does not cover their helper functions"
)]

use diesel::prelude::*;
use tracker::settings::project;
use vitamin::admin::log_entry::LogEntry;
use vitamin::auth::hashers::is_password_usable;
use vitamin::auth::schema::{auth_group, auth_user, auth_user_groups, auth_user_user_permissions};
use vitamin::auth::{Group, Permission, PublicUser, User};
use vitamin::authtoken::Token;
use vitamin::models::{Changes, Model as _};
use vitamin::testing::*;

database_tests!(
    a_user_is_added_with_a_password_that_django_would_take,
    who_may_not_change_users_adds_none,
    a_user_is_changed_with_groups_and_permissions,
    a_new_password_ends_other_sessions_and_keeps_the_own,
    a_password_can_be_taken_away,
    a_new_password_revokes_tokens_if_the_project_says_so,
    a_deleted_user_takes_everything_along,
    a_token_s_key_is_shown_once,
    the_history_shows_entries_of_both_programs,
    forms_without_the_csrf_token_are_refused,
    no_secret_is_in_a_log,
    a_user_model_of_the_project_is_left_to_django,
);

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

fn a_user_is_added_with_a_password_that_django_would_take(database: &TestDatabase) {
    let (server, ana, client) = site(database);
    let page = client.get(ADD);
    page.assert_status(200).assert_header("cache-control", "max-age=0, no-cache, no-store, must-revalidate, private");
    has(
        &page,
        &[
            "Your password must contain at least 8 characters.",
            "id=\"id_password1\" name=\"password1\" value=\"\"",
            "autocomplete=\"new-password\"",
        ],
    );
    // The messages are those of Django's AdminUserCreationForm.
    for (username, passwords, messages) in [
        ("", ["", ""], &["This field is required."][..]),
        ("two words", [LONG, LONG], &["Enter a valid username. This value may contain only letters"]),
        ("ANA", [LONG, LONG], &["A user with that username already exists."]),
        ("bob", [LONG, "other horse battery"], &["The two password fields didn’t match."]),
        ("bob", ["a\0bcdefghi", "a\0bcdefghi"], &["Null characters are not allowed."]),
        ("robert", ["robert12", "robert12"], &["The password is too similar to the username."]),
        (
            "bob",
            ["12345", "12345"],
            &[
                "This password is too short. It must contain at least 8 characters.",
                "This password is too common.",
                "This password is entirely numeric.",
            ],
        ),
    ] {
        let refused = add(&client, username, passwords);
        refused.assert_status(200);
        has(&refused, messages);
        assert!(!refused.body.contains(LONG) && !refused.body.contains("12345"), "{}", refused.body);
    }
    assert_eq!(log(&server), []);
    let added = add(&client, " bob ", [LONG, LONG]);
    let bob = server.user("bob").unwrap();
    added.assert_status(302).assert_header("location", &format!("/admin/auth/user/{}/change/", bob.id));
    assert!(bob.is_active && !bob.is_staff && !bob.is_superuser && bob.last_login.is_none());
    assert_eq!(log(&server), [entry(1, &bob, r#"[{"added": {}}]"#)]);
    let login = server.anonymous().post("/api-token-auth/", [("username", "bob"), ("password", LONG)]);
    login.assert_status(200);
    // Without a password nobody logs in, and another form follows.
    let fields = [("username", "eve"), ("usable_password", "false"), ("_addanother", "1")];
    client.post(ADD, fields).assert_status(302).assert_header("location", ADD);
    assert!(!is_password_usable(&server.user("eve").unwrap().password));
    let index = client.get("/admin/");
    has(&index, &["Recent actions", ">bob</a>", ">eve</a>"]);
    assert_eq!(ana.username, "ana");
}

fn who_may_not_change_users_adds_none(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let (_, adder) = staff(&server, "adder", &["auth.add_user", "auth.view_user"]);
    adder.get(ADD).assert_status(403);
    add(&adder, "bob", [LONG, LONG]).assert_status(403);
    let (viewer, client) = staff(&server, "viewer", &["auth.view_user"]);
    let password = format!("/admin/auth/user/{}/password/", viewer.id);
    client.get(&password).assert_status(403);
    client.post(&password, [("password1", LONG), ("password2", LONG)]).assert_status(403);
    let page = client.get(&format!("/admin/auth/user/{}/change/", viewer.id));
    page.assert_status(200);
    assert!(!page.body.contains("/password/"), "{}", page.body);
    client.get("/admin/authtoken/tokenproxy/").assert_status(403);
    client.get("/admin/authtoken/tokenproxy/add/").assert_status(403);
    client.post("/admin/authtoken/tokenproxy/add/", [("user", "viewer")]).assert_status(403);
    let (_, nobody) = staff(&server, "nobody", &[]);
    for path in ["/admin/auth/user/", "/admin/auth/group/", ADD] {
        nobody.get(path).assert_status(403);
    }
    // Who is not on the staff sees the login.
    let user = server.session(&server.create_user("plain", "secret"));
    for client in [user, server.anonymous()] {
        for path in [ADD, &password, "/admin/authtoken/tokenproxy/add/"] {
            let expected = format!("/admin/login/?next={path}");
            client.get(path).assert_status(302).assert_header("location", &expected);
        }
    }
    // Who may add and change users adds them, also superusers, as in Django.
    let (_, both) = staff(&server, "both", &["auth.add_user", "auth.change_user"]);
    add(&both, "bob", [LONG, LONG]).assert_status(302);
    let bob = server.user("bob").unwrap();
    let fields =
        [("username", "bob"), ("is_active", "true"), ("is_superuser", "true"), ("date_joined", "2026-11-30T10:00")];
    both.post(&format!("/admin/auth/user/{}/change/", bob.id), fields).assert_status(302);
    assert!(server.user("bob").unwrap().is_superuser);
}

fn a_user_is_changed_with_groups_and_permissions(database: &TestDatabase) {
    let (server, _, client) = site(database);
    let bob = server.create_user("bob", LONG);
    let db = &mut *server.connection();
    let names = ["writers", "readers"];
    let groups: Vec<i32> =
        names.iter().map(|name| Changes::<Group>::new().set(auth_group::name, *name).insert(db).unwrap().id).collect();
    let permission = Permission::objects().order_by(["id"]).first(db).unwrap().unwrap();
    let url = format!("/admin/auth/user/{}/change/", bob.id);
    let page = client.get(&url);
    page.assert_status(200);
    has(
        &page,
        &[
            ">writers</option>",
            "admin | logentry | Can add log entry</option>",
            "bcrypt_sha256 (BCRYPT_ROUNDS=",
            &format!("href=\"/admin/auth/user/{}/password/\"", bob.id),
        ],
    );
    // No part of the hash is on the page.
    let secret = bob.password.rsplit('$').next().unwrap();
    assert!(secret.len() > 20 && !page.body.contains(&secret[..20]) && !page.body.contains(&secret[30..]));
    let joined = bob.date_joined.format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
    let (group, permission): (String, String) = (groups[0].to_string(), permission.id.to_string());
    let fields = [
        ("username", "bob"),
        ("first_name", "Bob"),
        ("email", "bob@example.com"),
        ("is_active", "true"),
        ("is_staff", "true"),
        ("groups", &group),
        ("user_permissions", &permission),
        ("date_joined", &joined),
    ];
    client.post(&url, fields).assert_status(302).assert_header("location", "/admin/auth/user/");
    let changed = server.user("bob").unwrap();
    assert!(changed.is_staff && changed.is_active && changed.password == bob.password);
    assert_eq!(changed.date_joined, bob.date_joined);
    let of_bob = auth_user_groups::table.filter(auth_user_groups::user_id.eq(bob.id));
    assert_eq!(of_bob.select(auth_user_groups::group_id).load::<i32>(db).unwrap(), [groups[0]]);
    let message =
        r#"[{"changed": {"fields": ["First name", "Email address", "Staff status", "Groups", "User permissions"]}}]"#;
    assert_eq!(log(&server), [entry(2, &bob, message)]);
    // The list finds it by its columns, the search and the filters.
    for query in ["", "?q=bob@", "?q=Bob", "?is_staff=true", "?groups=writers"] {
        let list = client.get(&format!("/admin/auth/user/{query}"));
        has(&list, &["bob@example.com", ">Bob<"]);
    }
    for query in ["?q=nobody", "?is_superuser=true", "?groups=readers"] {
        assert!(!client.get(&format!("/admin/auth/user/{query}")).body.contains("bob@example.com"), "{query}");
    }
    // A name that is another's after it is normalized.
    let taken = client.post(&url, [("username", "ａna"), ("date_joined", &joined)]);
    has(&taken, &["A user with that username already exists."]);
    // A deleted group takes its members' rows along.
    client.post(&format!("/admin/auth/group/{group}/delete/"), [("post", "yes")]).assert_status(302);
    assert_eq!(of_bob.count().get_result::<i64>(db).unwrap(), 0);
    // So does a new name of one, with the labels of its form.
    let group = format!("/admin/auth/group/{}/change/", groups[1]);
    client.post(&group, [("name", "all"), ("permissions", &permission)]).assert_status(302);
    assert_eq!(log(&server).last().unwrap().3, r#"[{"changed": {"fields": ["Name", "Permissions"]}}]"#);
}

fn set_password(client: &Client, user: &User, password: &str) -> TestResponse {
    let url = format!("/admin/auth/user/{}/password/", user.id);
    client.post(&url, [("password1", password), ("password2", password), ("set-password", "1")])
}

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

fn a_deleted_user_takes_everything_along(database: &TestDatabase) {
    let (server, _, client) = site(database);
    let (bob, of_bob) = staff(&server, "bob", &["auth.add_group"]);
    let token = server.create_token(&bob);
    of_bob.post("/admin/auth/group/add/", [("name", "g")]).assert_status(302);
    let project = serde_json::json!({"name": "P", "slug": "p"});
    server.token(&token).post("/api/projects/", project).assert_status(201);
    let url = format!("/admin/auth/user/{}/delete/", bob.id);
    let preview = client.get(&url);
    preview.assert_status(200);
    has(&preview, &["Are you sure you want to delete the user “bob”?", "Token", "Project", "Log entr"]);
    client.post(&url, [("post", "yes")]).assert_status(302).assert_header("location", "/admin/auth/user/");
    assert_eq!(server.user("bob"), None);
    let db = &mut *server.connection();
    assert_eq!(Token::of_user(db, bob.id).unwrap(), None);
    assert_eq!(auth_user_user_permissions::table.count().get_result::<i64>(db).unwrap(), 0);
    assert_eq!(PublicUser::objects().count(db).unwrap(), 1);
    // The entries of the deleted user are gone too, as in Django; that of the deletion is not.
    assert_eq!(log(&server), [entry(3, &bob, "")]);
    has(&client.get("/admin/"), &["Deleted", "bob"]);
}

fn a_token_s_key_is_shown_once(database: &TestDatabase) {
    let settings = [("TOKEN_PREFIX", "trk_")];
    let server = TestProject::with_settings(database, project, &settings);
    let client = server.session(&server.create_superuser("ana", "secret"));
    let bob = server.create_user("bob", "secret");
    let add = "/admin/authtoken/tokenproxy/add/";
    has(&client.post(add, [("user", "")]), &["This field is required."]);
    has(&client.post(add, [("user", "nobody")]), &["Select a valid choice."]);
    let made = client.post(add, [("user", "bob")]);
    made.assert_status(200).assert_header("cache-control", "max-age=0, no-cache, no-store, must-revalidate, private");
    let token = Token::of_user(&mut server.connection(), bob.id).unwrap().unwrap();
    assert!(token.key.starts_with("trk_"));
    has(&made, &[&format!(">{}<", token.key)]);
    has(&client.post(add, [("user", "bob")]), &["Token with this User already exists."]);
    server.token(&token).get("/api/me/").assert_status(200);
    let (start, end) = token.key.split_at(token.key.len() - 4);
    let list = client.get("/admin/authtoken/tokenproxy/?q=bo");
    list.assert_status(200);
    has(&list, &[&format!("…{end}"), ">bob<"]);
    let object = format!("/admin/authtoken/tokenproxy/{}", bob.id);
    for path in [
        "/admin/authtoken/tokenproxy/",
        "/admin/",
        &format!("{object}/change/"),
        &format!("{object}/delete/"),
        &format!("{object}/history/"),
    ] {
        let page = client.get(path);
        page.assert_status(200);
        assert!(!page.body.contains(start) && !page.body.contains(&token.key[4..11]), "{path}: {}", page.body);
    }
    // There is nothing to change.
    client.post(&format!("{object}/change/"), [("user", "1")]).assert_status(403);
    let id = bob.id.to_string();
    let added = (1, id.clone(), "Token of bob".to_owned(), r#"[{"added": {}}]"#.to_owned());
    assert_eq!(log(&server), std::slice::from_ref(&added));
    // A deleted token is refused at once.
    client.post(&format!("{object}/delete/"), [("post", "yes")]).assert_status(302);
    server.token(&token).get("/api/me/").assert_status(401);
    assert_eq!(log(&server), [added, (3, id, "Token of bob".to_owned(), String::new())]);
    // So are several.
    client.post(add, [("user", "bob")]).assert_status(200);
    let selected = [("action", "delete_selected"), ("_selected_action", &*bob.id.to_string()), ("post", "yes")];
    client.post("/admin/authtoken/tokenproxy/", selected).assert_status(302);
    assert_eq!(Token::of_user(&mut server.connection(), bob.id).unwrap(), None);
}

fn the_history_shows_entries_of_both_programs(database: &TestDatabase) {
    let (server, ana, client) = site(database);
    let bob = server.create_user("bob", "secret");
    let url = format!("/admin/auth/user/{}/history/", bob.id);
    has(&client.get(&url), &["This object doesn’t have a change history."]);
    set_password(&client, &bob, LONG).assert_status(302);
    // Rows as Django writes them, and as an app of its own may.
    let entries = |messages: &[(&str, usize)]| {
        use vitamin::admin::log_entry::schema::django_admin_log as columns;
        let mut db = server.connection();
        let first = LogEntry::objects().first(&mut db).unwrap().unwrap();
        for (message, count) in messages {
            for _ in 0..*count {
                let mut row = Changes::<LogEntry>::new();
                row.set(columns::user_id, ana.id)
                    .set(columns::content_type_id, first.content_type_id)
                    .set(columns::object_id, bob.id.to_string())
                    .set(columns::object_repr, "bob")
                    .set(columns::action_flag, 2_i16)
                    .set(columns::change_message, *message)
                    .insert(&mut db)
                    .unwrap();
            }
        }
    };
    entries(&[(r#"[{"changed": {"fields": ["Username", "Groups"]}}]"#, 1), ("<b>Imported</b>", 1)]);
    let page = client.get(&url);
    page.assert_status(200);
    has(&page, &["Changed password.", "Changed Username and Groups.", "&lt;b&gt;Imported&lt;/b&gt;", "<td>ana</td>"]);
    assert!(!page.body.contains("p=2"));
    // A page has a hundred, the oldest first.
    entries(&[("Later.", 101)]);
    has(&client.get(&url), &["Changed password.", &format!("{url}?p=2")]);
    let second = client.get(&format!("{url}?p=2"));
    assert_eq!((second.body.matches("Later.").count(), second.body.contains("Imported")), (4, false));
    // Text of a row is no markup, in the history of one and among the user's recent actions.
    client.post("/admin/auth/group/add/", [("name", "<i>g</i>")]).assert_status(302);
    let index = client.get("/admin/");
    has(&index, &["&lt;i&gt;g&lt;/i&gt;"]);
    assert!(!index.body.contains("<i>g</i>"));
    client.get("/admin/auth/user/9999/history/").assert_status(302).assert_header("location", "/admin/");
    let (_, nobody) = staff(&server, "nobody", &[]);
    nobody.get(&url).assert_status(403);
}

fn forms_without_the_csrf_token_are_refused(database: &TestDatabase) {
    let (server, ana, _) = site(database);
    let client = server.anonymous().header("cookie", format!("sessionid={}", server.create_session(&ana)));
    for path in [ADD, &format!("/admin/auth/user/{}/password/", ana.id), "/admin/authtoken/tokenproxy/add/"] {
        let fields = [("username", "bob"), ("user", "ana"), ("password1", LONG), ("password2", LONG)];
        client.post(path, fields).assert_status(403);
    }
    assert_eq!((log(&server), server.user("bob")), (Vec::new(), None));
    assert_eq!(server.user("ana").unwrap().password, ana.password);
    assert_eq!(Token::of_user(&mut server.connection(), ana.id).unwrap(), None);
}

fn no_secret_is_in_a_log(database: &TestDatabase) {
    let audit = database.work_dir().join("audit.jsonl");
    let program = Program::new(env!("CARGO_BIN_EXE_tracker"), database)
        .env("AUDIT_LOG", audit.to_str().unwrap())
        .env("RUST_LOG", "debug");
    program.manage(&["migrate"]).run().expect_success();
    let server = program.serve();
    let ana = server.create_superuser("ana", "secret");
    let client = server.session(&ana);
    add(&client, "bob", [LONG, LONG]).assert_status(302);
    let bob = server.user("bob").unwrap();
    set_password(&client, &bob, "another horse battery").assert_status(302);
    client.post("/admin/authtoken/tokenproxy/add/", [("user", "bob")]).assert_status(200);
    let token = Token::of_user(&mut server.connection(), bob.id).unwrap().unwrap();
    client.post(&format!("/admin/authtoken/tokenproxy/{}/delete/", bob.id), [("post", "yes")]).assert_status(302);
    let told = std::fs::read_to_string(&audit).unwrap();
    let events: Vec<serde_json::Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["password_changed", "token_created", "token_revoked"]);
    assert!(events.iter().all(|event| event["username"] == "bob"), "{told}");
    let said = format!("{told}{}{}", server.stdout(), server.log());
    let hash = server.user("bob").unwrap().password;
    for secret in [LONG, "another horse battery", &token.key, &hash, &bob.password, "horse"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
}

fn a_user_model_of_the_project_is_left_to_django(database: &TestDatabase) {
    let program = Program::new(env!("CARGO_BIN_EXE_tracker"), database);
    program.manage(&["migrate"]).run().expect_success();
    let own = [("AUTH_USER_MODEL", "accounts.User"), ("AUTH_USER_DB_TABLE", "auth_user")];
    let server = TestProject::with_settings(database, project, &own);
    let said = own.iter().fold(program.manage(&["check"]), |check, (name, value)| check.env(name, value)).run();
    let said = said.report();
    assert!(said.contains("vitamin.W030) AUTH_USER_MODEL is set, so the admin has no pages of users"), "{said}");
    let client = server.session(&server.create_superuser("ana", "secret"));
    for path in ["/admin/auth/user/", ADD, "/admin/auth/user/1/change/", "/admin/auth/user/1/password/"] {
        client.get(path).assert_status(404);
    }
    client.get("/admin/").assert_status(200);
    client.post("/admin/auth/group/add/", [("name", "g")]).assert_status(302);
    client.get("/admin/auth/group/1/history/").assert_status(200);
}

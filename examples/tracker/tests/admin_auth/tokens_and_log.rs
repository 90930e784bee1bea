//! Tokens, the history, and the secrets of both.

use super::*;

database_tests!(
    a_token_s_key_is_shown_once,
    the_history_shows_entries_of_both_programs,
    forms_without_the_csrf_token_are_refused,
    no_secret_is_in_a_log,
);

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

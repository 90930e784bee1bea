//! Users are added, changed and deleted.

use super::*;

database_tests!(
    a_user_is_added_with_a_password_that_django_would_take,
    who_may_not_change_users_adds_none,
    a_user_is_changed_with_groups_and_permissions,
    a_deleted_user_takes_everything_along,
    a_user_model_of_the_project_is_left_to_django,
);

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
    // A user who is not on the staff gets the login page.
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

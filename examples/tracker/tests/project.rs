//! The project as a client sees it, on every database.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests may panic, and clippy.toml does not cover their helper functions"
)]

use serde_json::json;
use tracker::settings::project;
use vitamin::testing::*;

database_tests!(
    a_user_gets_a_token,
    the_models_have_permissions,
    a_form_cannot_store_null_in_a_required_column,
    odd_values_have_the_reference_s_answers,
    the_program_migrates_and_serves,
    users_without_an_address_are_shown,
    the_log_explains_a_proxy_that_ends_tls_unnoticed,
    a_site_below_a_path_makes_urls_below_it
);

/// In this process: users are made directly, and requests go over HTTP.
fn a_user_gets_a_token(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let pepe = server.create_user("Pepe", "aaaa");
    let token = server.create_token(&pepe).key;
    let login =
        |password: &str| server.anonymous().post("/api-token-auth/", [("username", "Pepe"), ("password", password)]);
    login("aaaa").assert_status(200).assert_body(&format!(r#"{{"token":"{token}"}}"#));
    login("bbbb")
        .assert_status(400)
        .assert_body(r#"{"non_field_errors":["Unable to log in with provided credentials."]}"#);
}

/// As in Django, `migrate` makes them: a superuser has all there are.
fn the_models_have_permissions(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let pepe = server.create_superuser("Pepe", "aaaa");
    let mut connection = server.project().database.get().unwrap();
    let mut permissions: Vec<_> = pepe.get_all_permissions(&mut connection).unwrap().into_iter().collect();
    // The other apps have their own.
    permissions.retain(|permission| permission.starts_with("tracker."));
    permissions.sort();
    let mut expected: Vec<_> = ["comment", "issue", "label", "membership", "project"]
        .iter()
        .flat_map(|model| ["add", "change", "delete", "view"].map(|action| format!("tracker.{action}_{model}")))
        .collect();
    expected.sort();
    assert_eq!(permissions, expected);
}

/// The reference answers 500: the text `null` is a null value, which only the database refuses.
fn a_form_cannot_store_null_in_a_required_column(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let pepe = server.create_user("Pepe", "aaaa");
    let client = server.token(&server.create_token(&pepe));
    let project = [("name", "Shop"), ("slug", "shop"), ("settings", "null")];
    client
        .post("/api/projects/", project)
        .assert_status(400)
        .assert_body(r#"{"settings":["This field may not be null."]}"#);
    // Other errors come without it, as the reference validates the text.
    client
        .post("/api/projects/", [("slug", "shop"), ("settings", "null")])
        .assert_status(400)
        .assert_body(r#"{"name":["This field is required."]}"#);
}

fn odd_values_have_the_reference_s_answers(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let pepe = server.create_user("Pepe", "aaaa");
    let client = server.token(&server.create_token(&pepe));
    // A decimal keeps its sign in the answer to the write, though not in the row.
    let made = client.post("/api/projects/", json!({"name": "a", "slug": "a", "budget": "-0", "starts": "2026-01-01"}));
    assert_eq!(made.assert_status(201).json()["budget"], "-0.00");
    let url = format!("/api/projects/{}/", made.json()["id"].as_str().unwrap());
    assert_eq!(client.get(&url).json()["budget"], "0.00");
    assert_eq!(client.patch(&url, json!({"budget": -0.0})).json()["budget"], "-0.00");
    assert_eq!(client.patch(&url, json!({"budget": 0})).json()["budget"], "0.00");
    // Django counts U+2028 among the letters of a host name.
    let made = client.patch(&url, json!({"homepage": "http://a.\u{2028}b"}));
    assert_eq!(made.assert_status(200).json()["homepage"], "http://a.\u{2028}b");
    // No text can hold a lone surrogate.
    client
        .request("PATCH", &url)
        .body("application/json", r#"{"settings": ["\ud800"]}"#)
        .send()
        .assert_status(400)
        .assert_body(r#"{"settings":["Value must be valid JSON."]}"#);
    // IsoDateTimeFilter takes no other formats, and compares with moments that are out of range in UTC.
    client
        .get("/api/issues/?created_after=02/03/2026")
        .assert_status(400)
        .assert_body(r#"{"created_after":["Enter a valid date/time."]}"#);
    // The path is right, though no column holds such a number.
    client
        .get("/api/issues/99999999999999999999/comments/")
        .assert_status(404)
        .assert_body(r#"{"detail":"No Issue matches the given query."}"#);
    for text in ["0001-01-01T00:00:00%2B05:00", "9999-12-31T23:59:59-05:00"] {
        client.get(&format!("/api/issues/?created_after={text}")).assert_status(200);
    }
}

/// The real program, as it runs in production.
fn the_program_migrates_and_serves(database: &TestDatabase) {
    let program = Program::new(env!("CARGO_BIN_EXE_tracker"), database);
    program.manage(&["migrate"]).run().expect_success();
    program.manage(&["check"]).run().expect_success();
    let server = program.serve();
    server.anonymous().get("/api-token-auth/").assert_status(405).assert_header("allow", "POST, OPTIONS");
}

fn the_log_explains_a_proxy_that_ends_tls_unnoticed(database: &TestDatabase) {
    let program = Program::new(env!("CARGO_BIN_EXE_tracker"), database);
    program.manage(&["migrate"]).run().expect_success();
    let server = program.serve();
    let session = server.session(&server.create_user("Pepe", "aaaa"));
    let origin = format!("https://{}", server.address());
    let create = |headers: &[(&str, &str)]| {
        let request = session.request("POST", "/api/projects/");
        headers.iter().fold(request, |request, (name, value)| request.header(name, *value)).send()
    };
    let detail = format!("CSRF Failed: Origin checking failed - {origin} does not match any trusted origins.");
    create(&[("origin", &origin)]).assert_status(403).assert_body(&format!(r#"{{"detail":"{detail}"}}"#));
    let log = server.wait_for_log("SECURE_PROXY_SSL_HEADER");
    assert!(
        log.contains(&format!("Origin {origin} is not http://{}. A browser uses https", server.address())),
        "{log}"
    );
    create(&[("origin", "null")]).assert_status(403);
}

/// A user model of the project's own may have `EmailField(null=True)`.
fn users_without_an_address_are_shown(database: &TestDatabase) {
    use diesel::connection::SimpleConnection as _;

    let server = TestProject::new(database, project);
    let pepe = server.create_user("Pepe", "aaaa");
    let mut connection = server.project().database.get().unwrap();
    let null = if database.is_sqlite() {
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(replace(sql, '\"first_name\" varchar(150) NOT NULL', '\"first_name\" varchar(150)'),
            '\"email\" varchar(254) NOT NULL', '\"email\" varchar(254)') WHERE name = 'auth_user';
         PRAGMA writable_schema = RESET;"
    } else {
        "ALTER TABLE auth_user ALTER COLUMN email DROP NOT NULL; ALTER TABLE auth_user ALTER COLUMN first_name DROP NOT NULL;"
    };
    connection.batch_execute(&format!("{null} UPDATE auth_user SET email = NULL, first_name = NULL;")).unwrap();
    let client = server.token(&server.create_token(&pepe));
    client.post("/api/projects/", [("name", "Shop"), ("slug", "shop")]).assert_status(201);
    let list = client.get("/api/projects/").assert_status(200).json();
    assert_eq!(list.pointer("/results/0/owner/username").unwrap(), "Pepe", "{list}");
    client.get("/api/me/").assert_status(200);
}

/// `FORCE_SCRIPT_NAME`: the URLs are those of the reference with the same setting.
fn a_site_below_a_path_makes_urls_below_it(database: &TestDatabase) {
    let server = TestProject::with_settings(database, project, &[("FORCE_SCRIPT_NAME", "/shop/")]);
    let ana = server.create_superuser("ana", "aaaa");
    let client = server.token(&ana);
    for name in ["p", "q"] {
        let project = client.post("/api/projects/", json!({"name": name, "slug": name}));
        let url = format!("http://testserver/shop/api/projects/{}/", project.json()["id"].as_str().unwrap());
        project.assert_status(201).assert_header("location", &url);
    }
    let page = client.get("/api/projects/?page_size=1").assert_status(200).json();
    assert_eq!(page["next"], "http://testserver/shop/api/projects/?page=2&page_size=1");
    assert_eq!(client.get("/api/").json()["labels"], "http://testserver/shop/api/labels/");
    client.get("/api/labels").assert_status(301).assert_header("location", "/shop/api/labels/");

    let html = client.header("accept", "text/html");
    let page = html.get("/api/labels/").assert_status(200).body.clone();
    for part in ["href=\"/shop/api/\"", "href=\"/shop/api/labels/\"", "=\"/shop/static/rest_framework/browsable."] {
        assert!(page.contains(part), "{part}: {page}");
    }
    server.anonymous().get("/admin/").assert_header("location", "/shop/admin/login/?next=/shop/admin/");
}

//! The app as a client sees it, on every database.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests may panic, and clippy.toml does not cover their helper functions"
)]

use notes::{Notes, urls};
use serde_json::{Value, json};
use vitamin::apps;
use vitamin::auth::Auth;
use vitamin::authtoken::AuthToken;
use vitamin::conf::{Env, ImproperlyConfigured};
use vitamin::project::Project;
use vitamin::rest_framework::RestFramework;
use vitamin::testing::*;
use vitamin::urls::{Pattern, include};

database_tests!(
    a_token_is_needed,
    notes_are_searched_ordered_filtered_and_paginated,
    a_note_is_created_changed_and_deleted,
    only_the_owner_changes_a_note,
    an_action_archives_a_note,
);

fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
    let installed_apps =
        apps![Auth::from_env(env)?, RestFramework::from_env(env)?, AuthToken::from_env(env)?, Notes];
    Project::new(env, installed_apps, urlpatterns)
}

fn urlpatterns() -> Vec<Pattern> {
    vec![include("notes/", urls::urlpatterns())]
}

fn a_token_is_needed(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    for path in ["/notes/", "/notes/1/"] {
        server.anonymous().get(path).assert_status(401).assert_header("www-authenticate", "Token");
    }
}

fn notes_are_searched_ordered_filtered_and_paginated(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let pepe = server.token(&server.create_user("Pepe", "aaaa"));
    for (title, body) in
        [("Shopping", "milk, bread"), ("Garden", "water the roses"), ("Calls", "the milkman")]
    {
        pepe.post("/notes/", json!({"title": title, "body": body})).assert_status(201);
    }
    pepe.post("/notes/1/archive/", json!({})).assert_status(200);
    let titles = |query: &str| {
        let page: Value = pepe.get(&format!("/notes/?{query}")).assert_status(200).json();
        let notes = page["results"].as_array().unwrap();
        notes.iter().map(|note| note["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    for (query, expected) in [
        ("", "Calls Garden Shopping"),
        ("search=milk", "Calls Shopping"),
        ("search=milk+bread", "Shopping"),
        ("ordering=title", "Calls Garden Shopping"),
        ("ordering=-title&page_size=2", "Shopping Garden"),
        ("ordering=-title&page_size=2&page=2", "Calls"),
        ("archived=true", "Shopping"),
        ("ordering=owner", "Calls Garden Shopping"),
    ] {
        assert_eq!(titles(query), expected, "{query}");
    }
    let page: Value = pepe.get("/notes/?page_size=2").json();
    assert_eq!(page["count"], 3);
    assert!(page["next"].as_str().unwrap().ends_with("/notes/?page=2&page_size=2"), "{page}");
    assert_eq!(page["previous"], Value::Null);
}

fn a_note_is_created_changed_and_deleted(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let pepe = server.token(&server.create_user("Pepe", "aaaa"));
    pepe.post("/notes/", json!({"title": "x", "owner": 7}))
        .assert_status(400)
        .assert_json(json!({"title": ["Ensure this field has at least 3 characters."]}));
    let note: Value =
        pepe.post("/notes/", json!({"title": "Shopping", "archived": true})).assert_status(201).json();
    assert_eq!(note["owner"], "Pepe");
    assert_eq!((&note["body"], &note["archived"]), (&json!(""), &json!(false)));
    let changed: Value = pepe.patch("/notes/1/", json!({"body": "milk"})).assert_status(200).json();
    assert_eq!((&changed["title"], &changed["body"]), (&json!("Shopping"), &json!("milk")));
    pepe.delete("/notes/1/").assert_status(204);
    pepe.get("/notes/1/")
        .assert_status(404)
        .assert_json(json!({"detail": "No Note matches the given query."}));
}

fn only_the_owner_changes_a_note(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let pepe = server.token(&server.create_user("Pepe", "aaaa"));
    pepe.post("/notes/", json!({"title": "Shopping"})).assert_status(201);
    let other = server.token(&server.create_user("Other", "aaaa"));
    other.get("/notes/1/").assert_status(200);
    let denied = json!({"detail": "This is not your note."});
    other.patch("/notes/1/", json!({"title": "Mine"})).assert_status(403).assert_json(denied.clone());
    other.delete("/notes/1/").assert_status(403).assert_json(denied.clone());
    other.post("/notes/1/archive/", json!({})).assert_status(403).assert_json(denied);
}

fn an_action_archives_a_note(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let pepe = server.token(&server.create_user("Pepe", "aaaa"));
    pepe.post("/notes/", json!({"title": "Shopping"})).assert_status(201);
    let note: Value = pepe.post("/notes/1/archive/", json!({})).assert_status(200).json();
    assert_eq!(note["archived"], true);
    pepe.post("/notes/2/archive/", json!({})).assert_status(404);
}

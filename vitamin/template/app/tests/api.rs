//! The app as a client sees it, on every database.

use polls::{Polls, urls};
use serde_json::json;
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
    an_item_is_created_and_listed,
    an_item_is_changed_and_deleted,
    an_item_is_changed_by_its_owner_only,
);

/// A project of the app and of those that it uses.
fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
    let installed_apps = apps![
        Auth::from_env(env)?,
        RestFramework::from_env(env)?,
        AuthToken::from_env(env)?,
        Polls,
    ];
    Project::new(env, installed_apps, urlpatterns)
}

fn urlpatterns() -> Vec<Pattern> {
    vec![include("polls/", urls::urlpatterns())]
}

fn a_token_is_needed(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    for path in ["/polls/", "/polls/1/"] {
        server
            .anonymous()
            .get(path)
            .assert_status(401)
            .assert_header("www-authenticate", "Token")
            .assert_json(json!({"detail": "Authentication credentials were not provided."}));
    }
}

fn an_item_is_created_and_listed(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let pepe = server.token(&server.create_user("Pepe", "aaaa"));
    pepe.get("/polls/")
        .assert_status(200)
        .assert_json(json!([]));
    let milk = json!({"id": 1, "text": "milk", "done": false});
    pepe.post("/polls/", json!({"text": "milk"}))
        .assert_status(201)
        .assert_json(milk.clone());
    pepe.get("/polls/").assert_json(json!([milk]));
    pepe.post("/polls/", json!({}))
        .assert_status(400)
        .assert_json(json!({"text": ["This field is required."]}));
}

fn an_item_is_changed_and_deleted(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let pepe = server.token(&server.create_user("Pepe", "aaaa"));
    pepe.post("/polls/", json!({"text": "milk"}))
        .assert_status(201);
    let changed = json!({"id": 1, "text": "bread", "done": true});
    pepe.put("/polls/1/", json!({"text": "bread", "done": true}))
        .assert_status(200)
        .assert_json(changed.clone());
    pepe.patch("/polls/1/", json!({}))
        .assert_status(200)
        .assert_json(changed);
    let changed = json!({"id": 1, "text": "bread", "done": false});
    pepe.patch("/polls/1/", json!({"done": false}))
        .assert_status(200)
        .assert_json(changed.clone());
    pepe.get("/polls/1/")
        .assert_status(200)
        .assert_json(changed);
    pepe.delete("/polls/1/").assert_status(204);
    pepe.get("/polls/1/")
        .assert_status(404)
        .assert_json(json!({"detail": "No Item matches the given query."}));
}

fn an_item_is_changed_by_its_owner_only(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let pepe = server.token(&server.create_user("Pepe", "aaaa"));
    pepe.post("/polls/", json!({"text": "milk"}))
        .assert_status(201);
    let other = server.token(&server.create_user("Other", "aaaa"));
    let milk = json!({"id": 1, "text": "milk", "done": false});
    other.get("/polls/1/").assert_json(milk.clone());
    let denied = json!({"detail": "You do not have permission to perform this action."});
    other
        .put("/polls/1/", json!({"text": "mine"}))
        .assert_status(403)
        .assert_json(denied.clone());
    other
        .delete("/polls/1/")
        .assert_status(403)
        .assert_json(denied);
    pepe.get("/polls/1/").assert_json(milk);
}

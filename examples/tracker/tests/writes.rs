//! What a write costs, and that it is stored whole or not at all.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests may panic, and clippy.toml does not cover their helper functions"
)]

mod support;

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::{InstrumentationEvent, set_default_instrumentation};
use tracker::models::{Comment, Issue, Label};
use tracker::schema::{tracker_comment, tracker_issue, tracker_label};
use tracker::serializers::label_serializer;
use tracker::settings::project;
use vitamin::models::{Changes, Model as _, Object};
use vitamin::rest_framework::prelude::*;
use vitamin::rest_framework::routers::DefaultRouter;
use vitamin::testing::*;
use vitamin::urls::{Pattern, include};

database_tests!(
    a_write_sends_few_statements,
    a_write_is_stored_whole_or_not_at_all,
    what_a_view_finds_is_stored_after_the_data_are_valid,
    a_client_that_leaves_breaks_nothing,
);

/// The first words of the statements of all connections.
static STATEMENTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn statements() -> MutexGuard<'static, Vec<String>> {
    STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Records the statements of connections that are opened from now on, for one test at a time.
fn record() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let recorder = || {
        let record: fn(InstrumentationEvent<'_>) = |event| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                let text = query.to_string();
                statements().push(text.split([' ', '\n']).next().unwrap_or_default().to_owned());
            }
        };
        Some(Box::new(record) as Box<dyn diesel::connection::Instrumentation>)
    };
    set_default_instrumentation(recorder).unwrap();
    guard
}

fn add_issue(server: &TestProject, owner: &User) -> Object<Issue> {
    let connection = &mut *server.project().database.get().unwrap();
    let mut project = Changes::<tracker::models::Project>::new();
    project
        .set(tracker::schema::tracker_project::owner_id, owner.id)
        .set(tracker::schema::tracker_project::name, "Project")
        .set(tracker::schema::tracker_project::slug, "project");
    let project = project.insert(connection).unwrap();
    let mut issue = Changes::<Issue>::new();
    issue
        .set(tracker_issue::project_id, project.id)
        .set(tracker_issue::number, 1)
        .set(tracker_issue::title, "Issue")
        .set(tracker_issue::reporter_id, owner.id);
    issue.insert(connection).unwrap()
}

fn a_write_sends_few_statements(database: &TestDatabase) {
    let _guard = record();
    // The statements of pooled connections only: a worker's own may not be open yet.
    let pooled = [("DATABASE_READ_CONNECTIONS", "0"), ("DATABASE_WRITE_CONNECTIONS", "0")];
    let server = TestProject::with_settings(database, project, &pooled);
    let ana = server.create_user("ana", "aaaa");
    let ben = server.create_user("ben", "aaaa");
    let client = server.token(&server.create_token(&ana));
    let issue = add_issue(&server, &ana).id;
    let comments = format!("/api/issues/{issue}/comments/");
    let sent = |method: &str, path: &str, status: u16, body: &str| {
        statements().clear();
        let response = client.request(method, path).body("application/json", body).send();
        response.assert_status(status);
        (statements().join(" "), response)
    };
    let post = |body: &str, status: u16| sent("POST", &comments, status, body);
    post(r#"{"body":"One."}"#, 201);
    let (created, response) = post(r#"{"body":"Two."}"#, 201);
    let shown: serde_json::Value = response.json();
    assert_eq!(shown["author"], serde_json::json!({"id": ana.id, "username": "ana", "name": ""}));
    let comment = format!("/api/comments/{}/", shown["id"]);
    let (changed, response) = sent("PATCH", &comment, 200, r#"{"body":"Three."}"#);
    let changed_to: serde_json::Value = response.json();
    assert_eq!((&changed_to["body"], &changed_to["author"]), (&"Three.".into(), &shown["author"]));
    let first = Comment::objects().order_by(["id"]).first(&mut server.project().database.get().unwrap());
    let first = first.unwrap().unwrap().id;
    let (deleted, _) = sent("DELETE", &format!("/api/comments/{first}/"), 204, "");
    let (invalid, _) = post(r#"{"body":""}"#, 400);
    let connection = &mut *server.project().database.get().unwrap();
    assert_eq!(Comment::objects().count(connection).unwrap(), 1);
    if server.database().is_postgres() {
        // The token and its user; the issue that the client may see; and one statement that is its own transaction.
        assert_eq!(created, "SELECT SELECT INSERT");
        assert_eq!(changed, "SELECT SELECT UPDATE");
        assert_eq!(deleted, "SELECT SELECT DELETE");
        // The data are invalid before anything is looked up.
        assert_eq!(invalid, "SELECT");
    }
    // Those of somebody else are not known from the request.
    let mut other = Changes::<Comment>::new();
    other
        .set(tracker_comment::issue_id, issue)
        .set(tracker_comment::author_id, ben.id)
        .set(tracker_comment::body, "Four.");
    let other = other.insert(connection).unwrap();
    let shown = client.get(&format!("/api/comments/{}/", other.id)).assert_status(200).json().to_string();
    assert!(shown.contains(r#""username":"ben""#), "{shown}");
}

/// On PostgreSQL one row is stored on a worker's own connection, with the same errors as on one of the pool.
#[cfg(feature = "postgres")]
#[test]
fn one_row_is_stored_without_the_pool() {
    let _guard = record();
    let Some(database) = TestDatabase::postgres() else { return };
    let one = [("DATABASE_POOL_SIZE", "1"), ("DATABASE_WRITE_CONNECTIONS", "1"), ("WORKERS", "1")];
    let server = TestProject::with_settings(&database, project, &one);
    let ana = server.create_user("ana", "aaaa");
    let client = server.token(&server.create_token(&ana));
    let issue = add_issue(&server, &ana).id;
    let post = || client.post(&format!("/api/issues/{issue}/comments/"), [("body", "Text.")]);
    let count = || Comment::objects().count(&mut database.connection()).unwrap();
    for _ in 0..3 {
        post().assert_status(201);
        thread::sleep(Duration::from_millis(100));
    }
    // Its connections are open now. So it needs no other one.
    let pooled = wait_for("a worker's connection", || {
        let pooled = server.project().database.get().unwrap();
        (post().status == 201).then_some(pooled)
    });
    let before = count();
    post().assert_status(201);
    // A lock ends as on the pool, and the row is not stored later.
    let mut other = database.connection();
    let mut run = |sql: &str| diesel::connection::SimpleConnection::batch_execute(&mut *other, sql).unwrap();
    run("BEGIN; LOCK TABLE tracker_comment");
    let since = Instant::now();
    post().assert_status(503);
    assert!(since.elapsed() < Duration::from_millis(2500), "{:?}", since.elapsed());
    run("ROLLBACK");
    post().assert_status(201);
    assert_eq!(count(), before + 2);
    drop(pooled);
    // A connection that the server has closed is replaced.
    run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()");
    thread::sleep(Duration::from_millis(100));
    for _ in 0..5 {
        post().assert_status(201);
    }
    assert_eq!(count(), before + 7);
    // What is refused at the commit is not answered with 201.
    run("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
         CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON tracker_comment DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION refuse()");
    for _ in 0..5 {
        post().assert_status(500);
    }
    assert_eq!(count(), before + 7);
}

/// Stores a second label with each label: one that has the slug behind it.
fn label_view_set() -> ModelViewSet<Label> {
    ModelViewSet::new("LabelViewSet", label_serializer())
        .perform_create(|save| {
            let slug = save.get("slug").and_then(Value::as_str).unwrap_or_default().to_owned();
            let twin = slug.split_once('-').map_or_else(|| format!("{slug}-twin"), |(_, twin)| twin.to_owned());
            let mut label = Changes::<Label>::new();
            label.set(tracker_label::name, twin.clone()).set(tracker_label::slug, twin);
            // Nobody else may take the name meanwhile.
            let label = label.insert(save.connection())?;
            assert!(label.id > 0);
            // What is found out later: this label's slug is taken by the other one.
            if slug.starts_with("same-") {
                save.set(tracker_label::slug, slug.trim_start_matches("same-").to_owned());
            }
            Ok(())
        })
        .perform_update(|save| {
            if let Some(label) = save.instance().map(|label| label.id) {
                let slug = tracker_label::slug;
                let others = Label::objects().exclude_pk(label);
                others.update(save.connection(), Changes::new().set(tracker_label::color, "#123456"))?;
                let taken = Label::objects().exclude_pk(label).order_by(["id"]).first(save.connection())?;
                save.set(slug, taken.map(|taken| taken.slug.clone()).unwrap_or_default());
            }
            Ok(())
        })
}

/// Finds the color of a new label, if the request says so.
fn found_color() -> ModelViewSet<Label> {
    ModelViewSet::new("FoundColor", label_serializer()).created_with(tracker_label::color, async |request| {
        request.query_param::<String>("color")?.ok_or_else(APIException::not_found)
    })
}

fn urlpatterns() -> Vec<Pattern> {
    let router = DefaultRouter::new().register("labels", label_view_set());
    vec![include("api/", router.register("colors", found_color()).urls())]
}

fn server(database: &TestDatabase) -> TestProject {
    support::serve(database, urlpatterns, Vec::new)
}

fn slugs(server: &TestProject) -> Vec<String> {
    let connection = &mut *server.project().database.get().unwrap();
    let labels = Label::objects().order_by(["slug"]).load(connection).unwrap();
    labels.iter().map(|label| label.slug.clone()).collect()
}

fn a_write_is_stored_whole_or_not_at_all(database: &TestDatabase) {
    let _guard = record();
    let server = server(database);
    let client = server.token(&server.create_token(&server.create_user("ana", "aaaa")));
    let post = |slug: &str| client.post("/api/labels/", [("name", slug), ("slug", slug)]);
    post("one").assert_status(201);
    assert_eq!(slugs(&server), ["one", "one-twin"]);
    // The second insert is refused by the database, and takes the first one along.
    for _ in 0..3 {
        post("same-two").assert_status(500);
        assert_eq!(slugs(&server), ["one", "one-twin"]);
    }
    let connection = &mut *server.project().database.get().unwrap();
    let one = Label::objects().order_by(["id"]).first(connection).unwrap().unwrap().id;
    client.patch(&format!("/api/labels/{one}/"), [("name", "other")]).assert_status(500);
    let labels = Label::objects().load(connection).unwrap();
    assert!(labels.iter().all(|label| label.color != "#123456"));
    assert_eq!(slugs(&server), ["one", "one-twin"]);
}

fn what_a_view_finds_is_stored_after_the_data_are_valid(database: &TestDatabase) {
    let _guard = record();
    let server = server(database);
    let client = server.token(&server.create_token(&server.create_user("ana", "aaaa")));
    let post = |query: &str, slug: &str| {
        client.post(&format!("/api/colors/{query}"), [("name", slug), ("slug", slug), ("color", "#111111")])
    };
    let created: serde_json::Value = post("?color=%23abcdef", "one").assert_status(201).json();
    assert_eq!(created["color"], "#abcdef");
    // The name is taken: it takes a query to know.
    post("?color=%23abcdef", "one").assert_status(400);
    post("", "one").assert_status(400);
    post("", "").assert_status(400);
    post("", "two").assert_status(404);
    assert_eq!(slugs(&server), ["one"]);
}

fn a_client_that_leaves_breaks_nothing(database: &TestDatabase) {
    let _guard = record();
    let server = server(database);
    let token = server.create_token(&server.create_user("ana", "aaaa"));
    let client = server.token(&token);
    for number in 0..60 {
        let body = format!(r#"{{"name":"n{number}","slug":"n{number}"}}"#);
        let mut stream = TcpStream::connect(server.address()).unwrap();
        write!(
            stream,
            "POST /api/labels/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            token.key,
            body.len()
        )
        .unwrap();
        thread::sleep(Duration::from_micros(number * 100));
        let _ = stream.shutdown(Shutdown::Both);
    }
    client.post("/api/labels/", [("name", "last"), ("slug", "last")]).assert_status(201);
    // Those that have begun run to their end.
    let started = Instant::now();
    let mut before = slugs(&server);
    loop {
        thread::sleep(Duration::from_millis(200));
        let now = slugs(&server);
        if now == before || started.elapsed() > Duration::from_secs(10) {
            break;
        }
        before = now;
    }
    let stored = slugs(&server);
    let (twins, own): (Vec<_>, Vec<_>) = stored.iter().partition(|slug| slug.ends_with("-twin"));
    let expected: Vec<String> = own.iter().map(|slug| format!("{slug}-twin")).collect();
    assert_eq!(twins.into_iter().cloned().collect::<Vec<_>>(), expected);
    if server.database().is_postgres() {
        let idle = diesel::dsl::sql::<diesel::sql_types::BigInt>(
            "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%')",
        );
        let connection = &mut *server.project().database.get().unwrap();
        assert_eq!(diesel::RunQueryDsl::get_result::<i64>(diesel::select(idle), connection).unwrap(), 0);
    }
    assert!(!own.is_empty());
}

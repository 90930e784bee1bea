//! The signals of the API's writes. tests/django/outbox.py compares them with Django's; this pins what a receiver may do.

#![expect(clippy::unwrap_used, reason = "tests may panic, and clippy.toml does not cover their helper functions")]

mod support;

use std::sync::{Arc, Mutex};

use tracker::models::{Comment, Issue, Label};
use tracker::schema::tracker_label;
use tracker::urls::urlpatterns;
use vitamin::app::App;
use vitamin::apps;
use vitamin::models::{Changes, Model as _, Models, Signals, ValueRef};
use vitamin::rest_framework::exceptions::APIException;
use vitamin::testing::*;

database_tests!(the_signals_are_djangos, a_receiver_answers_the_request, relations_from_both_sides);

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn key(pk: ValueRef<'_>) -> String {
    match pk {
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Uuid(_) => "uuid".to_owned(),
        _ => "other".to_owned(),
    }
}

/// An app that writes down what it hears, and refuses labels of one name.
struct Recorder(Log);

impl App for Recorder {
    fn label(&self) -> &'static str {
        "recorder"
    }

    fn connect(&self, signals: &mut Signals) {
        let log = self.0.clone();
        signals.pre_save_any(move |event| {
            log.add(format!("pre_save {} new={}", event.sender.name, event.pk.is_none()));
            Ok(())
        });
        let log = self.0.clone();
        signals.post_save_any(move |event| {
            let fields = event.update_fields;
            log.add(format!("post_save {} {} {:?}", event.sender.name, key(event.instance.pk()), fields));
            Ok(())
        });
        let log = self.0.clone();
        signals.pre_delete_any(move |event| {
            log.add(format!("pre_delete {} {}", event.sender.name, key(event.instance.pk())));
            Ok(())
        });
        let log = self.0.clone();
        signals.post_delete_any(move |event| {
            log.add(format!("post_delete {} {}", event.sender.name, key(event.instance.pk())));
            Ok(())
        });
        let log = self.0.clone();
        signals.m2m_changed(Issue::LABELS, move |event| {
            let (keys, action): (Vec<_>, _) =
                (event.pk_set.iter().map(|pk| key(pk.as_ref())).collect(), event.action.as_str());
            log.add(format!("{action} {} {} {} {keys:?}", event.sender.name, key(event.pk), event.reverse));
            let is_issue = event.instance::<Issue>()?.is_some();
            assert_ne!(is_issue, event.reverse);
            Ok(())
        });
        let log = self.0.clone();
        signals.post_save::<Label>(move |event| {
            let done = log.clone();
            event.on_commit(move || done.add("committed"));
            match event.instance.name.as_str() {
                "forbidden" => Err(APIException::permission_denied(Some("Not this name.")).into()),
                "broken" => Err("a bug".into()),
                _ => Ok(()),
            }
        });
    }
}

fn server(database: &TestDatabase) -> (TestProject, Log) {
    let log = Log::default();
    let recorder = Recorder(log.clone());
    let server = support::serve(database, urlpatterns, || apps![recorder]);
    (server, log)
}

/// In the order of the reference: its log of the same calls.
fn the_signals_are_djangos(database: &TestDatabase) {
    let (server, log) = server(database);
    server.create_superuser("pepe", "aaaa");
    let connection = &mut *server.project().database.get().unwrap();
    let models = server.project().apps.models();
    arrange(&server);
    log.take();
    let mut issue = Issue::objects().find(1).first(connection).unwrap().unwrap();
    let mut title = Changes::<Issue>::new();
    title.set(tracker::schema::tracker_issue::title, "uno");
    issue.update(connection, &title).unwrap();
    assert_eq!(log.take(), ["pre_save Issue new=false", r#"post_save Issue 1 Some(["title", "updated"])"#]);
    let project = tracker::models::Project::objects().first(connection).unwrap().unwrap();
    project.delete(connection, Models(&models)).unwrap();
    assert_eq!(
        log.take(),
        [
            "pre_delete Membership 1", "pre_delete Comment 1", "pre_delete Comment 2", "pre_delete Comment 3",
            "pre_delete Issue 1", "pre_delete Issue 2", "pre_delete Project uuid", "post_delete Membership 1",
            "post_delete Comment 3", "post_delete Comment 2", "post_delete Comment 1", "post_delete Issue 2",
            "post_delete Issue 1", "post_delete Project uuid",
        ]
    );
    assert_eq!(Comment::objects().count(connection).unwrap(), 0);
}

/// A project with a member, two issues, three comments and three labels.
fn arrange(server: &TestProject) {
    let zero = "'00000000-0000-0000-0000-000000000001'";
    let id = if server.database().is_postgres() { zero.to_owned() } else { zero.replace('-', "") };
    let now = "'2026-01-01 00:00:00'";
    server.execute(&format!(
        "INSERT INTO tracker_project (id, owner_id, name, slug, description, settings, is_public, created, updated)
            VALUES ({id}, 1, 'P', 'p', '', '{{}}', FALSE, {now}, {now});
         INSERT INTO tracker_membership (project_id, user_id, role) VALUES ({id}, 1, 'reader');
         INSERT INTO tracker_label (name, slug, color) VALUES ('a', 'a', ''), ('b', 'b', ''), ('c', 'c', '');
         INSERT INTO tracker_issue (project_id, number, title, body, status, priority, reporter_id, created, updated)
            VALUES ({id}, 1, 'one', '', 'open', 3, 1, {now}, {now}), ({id}, 2, 'two', '', 'open', 3, 1, {now}, {now});
         INSERT INTO tracker_comment (issue_id, author_id, body, created)
            VALUES (1, 1, 'x', {now}), (2, 1, 'y', {now}), (1, 1, 'z', {now});"
    ));
}

fn relations_from_both_sides(database: &TestDatabase) {
    let (server, log) = server(database);
    server.create_superuser("pepe", "aaaa");
    arrange(&server);
    let connection = &mut *server.project().database.get().unwrap();
    let mut set = |keys: &[i64]| {
        let keys: Vec<_> = keys.iter().map(|key| (*key).into()).collect();
        Issue::LABELS.set(connection, ValueRef::Integer(1), &keys).unwrap();
        log.take()
    };
    assert_eq!(set(&[1, 2]), [r#"pre_add Issue 1 false ["1", "2"]"#, r#"post_add Issue 1 false ["1", "2"]"#]);
    assert_eq!(
        set(&[2, 3]),
        [
            r#"pre_remove Issue 1 false ["1"]"#, r#"post_remove Issue 1 false ["1"]"#,
            r#"pre_add Issue 1 false ["3"]"#, r#"post_add Issue 1 false ["3"]"#,
        ]
    );
    assert!(set(&[2, 3]).is_empty());
    assert_eq!(set(&[2, 2, 3]), ["pre_add Issue 1 false []", "post_add Issue 1 false []"]);
    assert_eq!(set(&[]), [r#"pre_remove Issue 1 false ["2", "3"]"#, r#"post_remove Issue 1 false ["2", "3"]"#]);
    let keys = [1_i64.into(), 2_i64.into()];
    Issue::LABELS.reverse("issues").set(connection, ValueRef::Integer(1), &keys).unwrap();
    assert_eq!(log.take(), [r#"pre_add Label 1 true ["1", "2"]"#, r#"post_add Label 1 true ["1", "2"]"#]);
    // Issue 1 has label 1. `add` names what is new, `remove` what it was given, `clear` nothing.
    let issue = ValueRef::Integer(1);
    Issue::LABELS.add(connection, issue, &[1_i64.into(), 2_i64.into(), 2_i64.into()]).unwrap();
    assert_eq!(log.take(), [r#"pre_add Issue 1 false ["2"]"#, r#"post_add Issue 1 false ["2"]"#]);
    Issue::LABELS.add(connection, issue, &[1_i64.into()]).unwrap();
    assert_eq!(log.take(), ["pre_add Issue 1 false []", "post_add Issue 1 false []"]);
    Issue::LABELS.remove(connection, issue, &[1_i64.into(), 3_i64.into()]).unwrap();
    assert_eq!(log.take(), [r#"pre_remove Issue 1 false ["1", "3"]"#, r#"post_remove Issue 1 false ["1", "3"]"#]);
    Issue::LABELS.add(connection, issue, &[]).unwrap();
    Issue::LABELS.remove(connection, issue, &[]).unwrap();
    assert!(log.take().is_empty());
    let labels = |connection: &mut _| {
        let issue = Issue::objects().find(1).with(Issue::LABELS).first(connection).unwrap().unwrap();
        Issue::LABELS.get(&issue).unwrap().iter().map(|label| label.id).collect::<Vec<_>>()
    };
    assert_eq!(labels(connection), [2]);
    Issue::LABELS.clear(connection, issue).unwrap();
    assert_eq!(log.take(), ["pre_clear Issue 1 false []", "post_clear Issue 1 false []"]);
    assert!(labels(connection).is_empty());
}

fn a_receiver_answers_the_request(database: &TestDatabase) {
    let (server, log) = server(database);
    let pepe = server.create_superuser("pepe", "aaaa");
    let client = server.token(&server.create_token(&pepe).key);
    let post = |name: &str| client.post("/api/labels/", [("name", name), ("slug", "x")]);
    post("forbidden").assert_status(403).assert_body(r#"{"detail":"Not this name."}"#);
    post("broken").assert_status(500);
    assert_eq!(log.take().iter().filter(|what| *what == "committed").count(), 0);
    let connection = &mut *server.project().database.get().unwrap();
    assert_eq!(Label::objects().count(connection).unwrap(), 0);
    post("fine").assert_status(201);
    assert_eq!(log.take().last().unwrap(), "committed");
    let mut color = Changes::<Label>::new();
    color.set(tracker_label::color, "#ffffff");
    assert_eq!(Label::objects().update(connection, &color).unwrap(), 1);
    assert!(log.take().is_empty());
}

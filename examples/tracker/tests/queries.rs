//! No view makes more queries for more rows.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may panic, and clippy.toml does not cover their helper functions"
)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{InstrumentationEvent, set_default_instrumentation};
use tracker::models::{Comment, Issue, Label, Membership, Project};
use tracker::schema::{tracker_comment, tracker_issue, tracker_label, tracker_membership, tracker_project};
use tracker::settings::project;
use vitamin::auth::User;
use vitamin::database::DbConnection;
use vitamin::models::{Changes, DbValue, Model as _};
use vitamin::testing::*;

database_tests!(the_number_of_queries_does_not_depend_on_the_number_of_rows);

static QUERIES: AtomicUsize = AtomicUsize::new(0);
/// The counter is one for all tests.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn count_queries() {
    let counter = || {
        let count: fn(InstrumentationEvent<'_>) = |event| {
            if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                QUERIES.fetch_add(1, Ordering::SeqCst);
            }
        };
        Some(Box::new(count) as Box<dyn diesel::connection::Instrumentation>)
    };
    set_default_instrumentation(counter).unwrap();
}

/// A project of the user with this many issues, each with a label, a comment and an assignee; and as many projects, members
/// and labels.
fn add_rows(database: &mut DbConnection, owner: &User, others: &[User], rows: std::ops::Range<i32>) {
    for n in rows {
        let other = &others[n as usize % others.len()];
        let mut new = Changes::<Project>::new();
        new.set(tracker_project::owner_id, owner.id)
            .set(tracker_project::name, format!("Project {n}"))
            .set(tracker_project::slug, format!("project-{n}"));
        let project = new.insert(database).unwrap();
        let mut member = Changes::<Membership>::new();
        member.set(tracker_membership::project_id, project.id).set(tracker_membership::user_id, other.id);
        member.insert(database).unwrap();
        let mut label = Changes::<Label>::new();
        label.set(tracker_label::name, format!("Label {n}")).set(tracker_label::slug, format!("label-{n}"));
        let label = label.insert(database).unwrap();
        let first = Project::objects().order_by(["created", "id"]).first(database).unwrap().unwrap();
        let mut issue = Changes::<Issue>::new();
        issue
            .set(tracker_issue::project_id, first.id)
            .set(tracker_issue::number, n + 1)
            .set(tracker_issue::title, format!("Issue {n}"))
            .set(tracker_issue::reporter_id, owner.id)
            .set(tracker_issue::assignee_id, other.id);
        let issue = issue.insert(database).unwrap();
        Issue::LABELS.set(database, issue.pk(), &[DbValue::Integer(label.id)]).unwrap();
        let oldest = Issue::objects().order_by(["id"]).first(database).unwrap().unwrap();
        let mut comment = Changes::<Comment>::new();
        comment
            .set(tracker_comment::issue_id, oldest.id)
            .set(tracker_comment::author_id, other.id)
            .set(tracker_comment::body, "It is so.");
        comment.insert(database).unwrap();
    }
}

fn the_number_of_queries_does_not_depend_on_the_number_of_rows(database: &TestDatabase) {
    let _guard = ONE_AT_A_TIME.lock().unwrap();
    count_queries();
    // A worker would open its own connections meanwhile, and a pooled one has a query more: it is tested before its use.
    let server = TestProject::with_settings(database, project, &[("DATABASE_READ_CONNECTIONS", "0")]);
    let ana = server.create_superuser("ana", "aaaa");
    let others: Vec<_> = ["ben", "cem", "fay"].iter().map(|name| server.create_user(name, "aaaa")).collect();
    let token = server.create_token(&ana);
    let client = server.token(&token);
    let connection = || server.project().database.get().unwrap();
    add_rows(&mut connection(), &ana, &others, 0..2);
    let first = Project::objects().order_by(["created", "id"]).first(&mut connection()).unwrap().unwrap().id;
    let issue = Issue::objects().order_by(["id"]).first(&mut connection()).unwrap().unwrap().id;
    let paths = [
        "/api/labels/".to_owned(),
        "/api/users/".to_owned(),
        "/api/projects/?page_size=50".to_owned(),
        format!("/api/projects/{first}/"),
        format!("/api/projects/{first}/members/"),
        "/api/issues/?limit=20".to_owned(),
        "/api/issues/?limit=20&search=it+so&ordering=-created&label=label-1".to_owned(),
        "/api/issues/assigned-to-me/".to_owned(),
        format!("/api/issues/{issue}/"),
        format!("/api/issues/{issue}/comments/"),
        "/api/stats/".to_owned(),
        "/api/roles/?page_size=50".to_owned(),
    ];
    let count = |path: &str| {
        // Connections and caches are there after the first request.
        client.get(path).assert_status(200);
        let before = QUERIES.load(Ordering::SeqCst);
        let response = client.get(path);
        response.assert_status(200);
        QUERIES.load(Ordering::SeqCst) - before
    };
    let few: Vec<usize> = paths.iter().map(|path| count(path)).collect();
    add_rows(&mut connection(), &ana, &others, 2..30);
    let many: Vec<usize> = paths.iter().map(|path| count(path)).collect();
    assert!(few.iter().all(|count| *count > 0), "{few:?}");
    for ((path, few), many) in paths.iter().zip(&few).zip(&many) {
        assert_eq!(few, many, "{path}");
    }
}

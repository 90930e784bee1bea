//! No view makes more queries for more rows.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may panic, and clippy.toml does not cover their helper functions"
)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{InstrumentationEvent, set_default_instrumentation};
use diesel::prelude::*;
use tracker::apps::Tracker;
use tracker::models::{Comment, Issue, Label, Membership, Project};
use tracker::schema::{tracker_comment, tracker_issue, tracker_label, tracker_membership, tracker_project};
use tracker::serializers::label_serializer;
use tracker::settings::project;
use tracker::urls;
use vitamin::apps;
use vitamin::auth::{Auth, User};
use vitamin::authtoken::{AuthToken, TokenAuthentication};
use vitamin::conf::{Env, ImproperlyConfigured};
use vitamin::database::DbConnection;
use vitamin::models::{Changes, DbValue};
use vitamin::rest_framework::filters::filter_set::{model_multiple_choice, number};
use vitamin::rest_framework::prelude::*;
use vitamin::rest_framework::{APISettings, RestFramework};
use vitamin::testing::*;
use vitamin::urls::{Pattern, path};

database_tests!(
    the_number_of_queries_does_not_depend_on_the_number_of_rows,
    relations_and_writes_make_as_many_queries_for_any_number_of_rows,
);

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
    let session = server.session(&ana);
    let admin = [
        "/admin/".to_owned(),
        "/admin/tracker/issue/".to_owned(),
        "/admin/tracker/issue/?q=issue&o=3.-1&status=open".to_owned(),
        "/admin/tracker/project/".to_owned(),
        "/admin/tracker/comment/".to_owned(),
        format!("/admin/tracker/issue/{issue}/change/"),
        format!("/admin/tracker/issue/{issue}/delete/"),
        format!("/admin/tracker/issue/{issue}/history/"),
        "/admin/tracker/".to_owned(),
        "/admin/tracker/issue/add/".to_owned(),
        "/admin/tracker/issue/?_popup=1".to_owned(),
        "/admin/tracker/membership/".to_owned(),
        format!("/admin/tracker/project/{first}/change/"),
        format!("/admin/tracker/project/{first}/delete/"),
        "/admin/auth/user/".to_owned(),
        format!("/admin/auth/user/{}/change/", ana.id),
        "/admin/auth/group/".to_owned(),
        "/admin/auth/group/add/".to_owned(),
        "/admin/authtoken/tokenproxy/".to_owned(),
        "/admin/status/".to_owned(),
    ];
    let paths = [paths.as_slice(), &admin].concat();
    let count = |path: &str| {
        let client = if path.starts_with("/admin/") { &session } else { &client };
        // Connections and caches are there after the first request.
        client.get(path).assert_status(200);
        let before = QUERIES.load(Ordering::SeqCst);
        let response = client.get(path);
        response.assert_status(200);
        QUERIES.load(Ordering::SeqCst) - before
    };
    let close = |ids: &[i64]| {
        let ticked: String = ids.iter().map(|id| format!("&_selected_action={id}")).collect();
        let form = format!("action=close{ticked}");
        let sent = session.request("POST", "/admin/tracker/issue/");
        sent.body("application/x-www-form-urlencoded", form).send().assert_status(302);
    };
    close(&[issue]);
    let few: Vec<usize> = paths.iter().map(|path| count(path)).collect();
    add_rows(&mut connection(), &ana, &others, 2..30);
    for name in ["gus", "ida", "joe", "kim"] {
        let user = server.create_user(name, "aaaa");
        server.create_token(&user);
    }
    close(&[issue, issue + 1, issue + 2]);
    let many: Vec<usize> = paths.iter().map(|path| count(path)).collect();
    println!("{:?}", paths.iter().zip(&many).collect::<Vec<_>>());
    assert!(few.iter().all(|count| *count > 0), "{few:?}");
    for ((path, few), many) in paths.iter().zip(&few).zip(&many) {
        assert_eq!(few, many, "{path}");
    }
}

const ISSUES: Annotation<Project, i64> = Annotation::new("issues");

/// Views whose fields and filters the tracker does not have.
fn more_urlpatterns() -> Vec<Pattern> {
    async fn bulk(view: GenericView<Label>) -> Result<Response, APIException> {
        view.create_many(view.many()).await
    }
    let strings = ModelSerializer::<Issue>::new(["id", "project", "assignee", "labels", "comments"])
        .field("project", StringRelatedField::by(Issue::PROJECT, |project| project.name.clone()))
        .field("assignee", StringRelatedField::by(Issue::ASSIGNEE, |user| user.username.to_string()))
        .field("labels", StringRelatedField::many_by(Issue::LABELS, |label| label.name.clone()))
        .field("comments", StringRelatedField::many_by(Issue::COMMENTS, |comment| comment.body.clone()));
    let links = HyperlinkedModelSerializer::new(["url", "project", "assignee", "labels", "comments"])
        .extra("assignee", Extra::new().view_name("user-detail"))
        .field(
            "labels",
            HyperlinkedRelatedField::many(Issue::LABELS, "label-detail").lookup_field("slug").required(false),
        )
        .field("comments", HyperlinkedRelatedField::many(Issue::COMMENTS, "comment-detail").read_only());
    let counted = ListAPIView::new("Counted", ModelSerializer::<Project>::new(["id"]))
        .queryset(|_, projects| {
            let issues = tracker_issue::table.filter(tracker_issue::project_id.eq(tracker_project::id));
            projects.annotate(ISSUES, issues.count().single_value())
        })
        .filters(FilterSet::new().filter(number("min_issues", ISSUES).gte()).fields("owner", ["in"]))
        .ordering_fields(fields![ISSUES, Project::OWNER.field(auth_user::username)]);
    let filtered = ListAPIView::new("Filtered", strings.clone())
        .filters(FilterSet::new().filter(model_multiple_choice("labels", Issue::LABELS, |_| Label::objects())));
    let labels = GenericViewSet::new("Bulk", label_serializer()).actions(&[]).action(Action::list("bulk").post(bulk));
    let labels = SimpleRouter::new().register("more/labels", labels);
    let more = vec![
        path("more/strings/", ListAPIView::new("Strings", strings)),
        path("more/links/", ListAPIView::new("Links", links)),
        path("more/counted/", counted),
        path("more/filtered/", filtered),
    ];
    urls::urlpatterns().into_iter().chain(labels.urls()).chain(more).collect()
}

fn project_with_more(env: &Env) -> Result<vitamin::project::Project, ImproperlyConfigured> {
    let settings = APISettings {
        default_authentication_classes: classes![TokenAuthentication::new()],
        default_permission_classes: classes![IsAuthenticated],
        ..APISettings::from_env(env)?
    };
    let apps = apps![Auth::from_env(env)?, RestFramework::new(settings), AuthToken::from_env(env)?, Tracker];
    vitamin::project::Project::new(env, apps, more_urlpatterns)
}

fn relations_and_writes_make_as_many_queries_for_any_number_of_rows(database: &TestDatabase) {
    let _guard = ONE_AT_A_TIME.lock().unwrap();
    count_queries();
    let settings = [("DATABASE_READ_CONNECTIONS", "0"), ("DATABASE_WRITE_CONNECTIONS", "0")];
    let server = TestProject::with_settings(database, project_with_more, &settings);
    let ana = server.create_superuser("ana", "aaaa");
    let others: Vec<_> = ["ben", "cem", "fay"].iter().map(|name| server.create_user(name, "aaaa")).collect();
    let client = server.token(&server.create_token(&ana));
    let connection = || server.project().database.get().unwrap();
    add_rows(&mut connection(), &ana, &others, 0..2);
    let queries = |send: &dyn Fn() -> TestResponse, status: u16| {
        let before = QUERIES.load(Ordering::SeqCst);
        send().assert_status(status);
        QUERIES.load(Ordering::SeqCst) - before
    };
    let reads = [
        "/more/strings/".to_owned(),
        "/more/links/".to_owned(),
        "/more/counted/?ordering=-issues,owner__username&min_issues=0".to_owned(),
        format!("/more/counted/?owner__in={},{}", ana.id, others[0].id),
        "/more/filtered/?labels=1&labels=2".to_owned(),
    ];
    // What is new in each round makes the bodies of the writes new.
    let counts = |round: i32| {
        let mut counts: Vec<usize> = reads
            .iter()
            .map(|path| {
                client.get(path).assert_status(200);
                queries(&|| client.get(path), 200)
            })
            .collect();
        let labels = |from: i32, to: i32| {
            let label = |n: i32| format!(r#"{{"name": "{round} {n}", "slug": "{round}-{n}"}}"#);
            Body::json(format!("[{}]", (from..to).map(label).collect::<Vec<_>>().join(",")))
        };
        client.post("/more/labels/bulk/", labels(0, 1)).assert_status(201);
        let two = queries(&|| client.post("/more/labels/bulk/", labels(10, 12)), 201);
        let four = queries(&|| client.post("/more/labels/bulk/", labels(20, 24)), 201);
        let eight = queries(&|| client.post("/more/labels/bulk/", labels(30, 38)), 201);
        // As many for each object, and no query of the rows that are there.
        assert_eq!(eight - four, 2 * (four - two), "{two} {four} {eight}");
        let project = |slug: &str| {
            let body = r#""roles": [{"user": "ben", "role": "writer"}, {"user": "cem", "role": "reader"}]"#;
            Body::json(format!(r#"{{"name": "New", "slug": "{slug}-{round}", {body}}}"#))
        };
        client.post("/api/projects/", project("first")).assert_status(201);
        let created = client.post("/api/projects/", project("second"));
        let path = format!("/api/projects/{}/", created.assert_status(201).json()["id"].as_str().unwrap());
        counts.extend([two, four, queries(&|| client.post("/api/projects/", project("third")), 201)]);
        client.put(&path, project("fourth")).assert_status(200);
        counts.push(queries(&|| client.put(&path, project("fifth")), 200));
        counts
    };
    let few = counts(0);
    add_rows(&mut connection(), &ana, &others, 2..30);
    assert!(few.iter().all(|count| *count > 0), "{few:?}");
    assert_eq!(few, counts(1), "{reads:?}, two and four labels, a new project, a changed one");
}

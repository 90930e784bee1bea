//! Query sets over three related tables on SQLite. The tests of `examples/tracker` run on both databases.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use uuid::Uuid;

use super::*;
use crate::conf::Env;
use crate::database::{Database, DatabaseSettings};

diesel::table! {
    desk_project (id) {
        id -> crate::models::sql_types::UuidKey,
        name -> Text,
        settings -> crate::models::sql_types::JsonType,
    }
}

diesel::table! {
    desk_issue (id) {
        id -> BigInt,
        project_id -> crate::models::sql_types::UuidKey,
        parent_id -> Nullable<BigInt>,
        title -> Text,
        estimate -> Nullable<crate::models::sql_types::Duration>,
        due -> Nullable<Timestamp>,
    }
}

diesel::table! {
    desk_label (id) {
        id -> BigInt,
        slug -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(desk_project, desk_issue);

#[derive(Model)]
#[diesel(table_name = desk_project)]
#[model(crate = crate, ordering("name"))]
#[model(many_to_many(topics: Label, desk_project_topics(project_id, label_id), blank))]
struct Project {
    #[model(primary_key, default = Uuid::new_v4(), not_editable)]
    id: Uuid,
    #[model(max_length = 100)]
    name: String,
    #[model(blank, default = Json::default())]
    settings: Json,
}

#[derive(Model)]
#[diesel(table_name = desk_issue)]
#[model(crate = crate, ordering("-id"), unique_together("project", "title"))]
#[model(many_to_many(labels: Label, desk_issue_labels(issue_id, label_id), blank))]
struct Issue {
    id: i64,
    #[model(references(Project), related_name = issues)]
    project_id: Uuid,
    #[model(references(Issue), on_delete = set_null, blank)]
    parent_id: Option<i64>,
    #[model(max_length = 120, min_length = 3)]
    title: String,
    #[model(blank)]
    estimate: Option<TimeDelta>,
    #[model(blank)]
    due: Option<NaiveDateTime>,
}

#[derive(Model)]
#[model(crate = crate, table = desk_label, ordering("slug"))]
struct Label {
    id: i64,
    #[model(slug, unique, max_length = 30)]
    slug: String,
}

const TABLES: &str = r#"
CREATE TABLE desk_project (id char(32) PRIMARY KEY, name varchar(100) NOT NULL, settings text NOT NULL);
CREATE TABLE desk_issue (id integer PRIMARY KEY, project_id char(32) NOT NULL REFERENCES desk_project (id),
    parent_id bigint REFERENCES desk_issue (id), title varchar(120) NOT NULL, estimate bigint, due datetime);
CREATE TABLE desk_label (id integer PRIMARY KEY, slug varchar(30) NOT NULL);
CREATE TABLE desk_issue_labels (id integer PRIMARY KEY, issue_id bigint NOT NULL, label_id bigint NOT NULL);
CREATE TABLE desk_project_topics (id integer PRIMARY KEY, project_id char(32) NOT NULL, label_id bigint NOT NULL);
INSERT INTO desk_project VALUES ('00000000000000000000000000000001', 'One', '{"b": 1, "a": [1e400]}'),
    ('00000000000000000000000000000002', 'Two', '{}');
INSERT INTO desk_issue VALUES
    (1, '00000000000000000000000000000001', NULL, 'First 50%', 90000000, '2025-03-01 12:00:00.5'),
    (2, '00000000000000000000000000000001', 1, 'Second', NULL, NULL),
    (3, '00000000000000000000000000000002', NULL, 'Third', NULL, NULL);
INSERT INTO desk_label VALUES (1, 'bug'), (2, 'art');
INSERT INTO desk_issue_labels VALUES (1, 1, 1), (2, 1, 2), (3, 3, 1);
INSERT INTO desk_project_topics VALUES (1, '00000000000000000000000000000002', 1), (2, '00000000000000000000000000000002', 2);
"#;

fn database(folder: &std::path::Path) -> Database {
    let path = folder.join("db").to_str().unwrap().to_owned();
    let env = Env::from_iter([("DATABASE_URL", path.as_str())]);
    let database = Database::new(&DatabaseSettings::from_env(&env).unwrap()).creating_file();
    database.get().unwrap().batch_execute(TABLES).unwrap();
    database
}

fn titles(issues: &QuerySet<Issue>, connection: &mut crate::database::DbConnection) -> Vec<String> {
    issues.load(connection).unwrap().into_iter().map(|issue| issue.into_inner().title).collect()
}

#[test]
fn rows_come_with_their_relations() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let issues = Issue::objects()
        .with(Issue::PROJECT.with(Project::ISSUES.with(Issue::LABELS)))
        .with(Issue::PARENT.with(Issue::PROJECT))
        .with(Issue::LABELS)
        .load(connection)
        .unwrap();
    assert_eq!(issues.iter().map(|issue| issue.id).collect::<Vec<_>>(), [3, 2, 1]);
    let second = &issues[1];
    let parent = Issue::PARENT.get(second).unwrap().unwrap();
    assert_eq!(parent.title, "First 50%");
    assert_eq!(parent.estimate, Some(TimeDelta::seconds(90)));
    assert_eq!(parent.due.unwrap().to_string(), "2025-03-01 12:00:00.500");
    let project = Issue::PROJECT.get(parent).unwrap().unwrap();
    assert_eq!((project.name.as_str(), project.id), ("One", Uuid::from_u128(1)));
    assert!(Issue::LABELS.get(second).unwrap().is_empty());
    assert!(Issue::PARENT.get(&issues[2]).unwrap().is_none());
    let slugs = |issue: &Object<Issue>| {
        Issue::LABELS.get(issue).unwrap().iter().map(|label| label.slug.clone()).collect::<Vec<_>>()
    };
    assert_eq!(slugs(&issues[2]), ["art", "bug"]);
    let project = Issue::PROJECT.get(&issues[2]).unwrap().unwrap();
    let others = Project::ISSUES.get(project).unwrap();
    assert_eq!(others.iter().map(|issue| issue.id).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(slugs(&others[1]), ["art", "bug"]);
}

#[test]
fn a_relation_that_was_not_loaded_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let issue = Issue::objects().find(1).first(connection).unwrap().unwrap();
    let error = Issue::PROJECT.get(&issue).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`project` of Issue was not loaded: add it to the query set, with `.with(…)` or `.annotate(…)`"
    );
    assert!(Issue::LABELS.get(&issue).is_err());
    assert!(issue.annotation("n").is_err());
}

#[test]
fn conditions_select_rows() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let all = Issue::objects;
    let title = Path::from(desk_issue::title);
    for (issues, expected) in [
        (all().filter(desk_issue::parent_id.is_null().and(desk_issue::id.lt(3))), vec!["First 50%"]),
        (
            all().filter_in(desk_issue::project_id, Project::objects().filter(desk_project::name.eq("Two"))),
            vec!["Third"],
        ),
        (all().filter_q(Q::compare(&title, Lookup::IContains, "D")), vec!["Third", "Second"]),
        (all().filter_q(Q::compare(&title, Lookup::Contains, "%")), vec!["First 50%"]),
        (all().filter_q(Q::compare(&title, Lookup::IExact, "THIRD")), vec!["Third"]),
        (all().filter_q(Q::compare(&title, Lookup::StartsWith, "_")), vec![]),
        (all().filter_q(!Q::compare(&title, Lookup::StartsWith, "T")), vec!["Second", "First 50%"]),
        (
            all().filter_q(Q::compare(&Issue::LABELS.field(desk_label::slug), Lookup::Exact, "bug")),
            vec!["Third", "First 50%"],
        ),
        (
            all()
                .filter_q(Q::compare(&Issue::PROJECT.field(desk_project::name), Lookup::Exact, "One"))
                .order_by(["id"]),
            vec!["First 50%", "Second"],
        ),
        (all().filter_q(Q::is_null(&Issue::PARENT.field(desk_issue::due), false)), vec!["Second"]),
        (
            all().filter_q(Q::one_of(&Path::from(desk_issue::id), &[1.into(), 3.into(), DbValue::Null])),
            vec!["Third", "First 50%"],
        ),
        (
            all().filter_q(Q::range(&Path::from(desk_issue::id), 2, 3)).order_by(["title"]),
            vec!["Second", "Third"],
        ),
        (all().filter_q(Q::any([])), vec![]),
        (all().filter_q(Q::compare(&title, Lookup::Exact, DbValue::Null)), vec![]),
        (all().limit(1).offset(1), vec!["Second"]),
        (all().offset(2), vec!["First 50%"]),
        (all().none(), vec![]),
    ] {
        assert_eq!(titles(&issues, connection), expected);
        if expected.len() != 1 {
            assert_eq!(issues.count(connection).unwrap(), expected.len() as u64);
        }
        assert_eq!(issues.exists(connection).unwrap(), !expected.is_empty());
    }
    assert!(all().order_by(["nope"]).load(connection).is_err());
}

#[test]
fn annotations_are_computed() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let count = desk_issue::table
        .filter(desk_issue::project_id.eq(desk_project::id))
        .filter(desk_issue::id.gt(1_i64))
        .count()
        .single_value();
    let projects = Project::objects().annotate("issues", count).load(connection).unwrap();
    let counts: Vec<_> =
        projects.iter().map(|project| project.annotation("issues").unwrap().clone()).collect();
    assert_eq!(counts, [DbValue::Integer(1), DbValue::Integer(1)]);
    let Json(settings) = &projects[0].settings;
    assert_eq!(serde_json::to_string(settings).unwrap(), r#"{"b":1,"a":[null]}"#);
    assert_eq!(Issue::objects().max(connection, desk_issue::id).unwrap(), DbValue::Integer(3));
}

#[test]
fn a_model_knows_its_columns() {
    let meta = Issue::META;
    assert_eq!((meta.app_label, meta.name, meta.table), ("desk", "Issue", "desk_issue"));
    let names: Vec<_> = meta.columns.iter().map(|column| (column.name, column.null)).collect();
    assert_eq!(
        names,
        [
            ("id", false),
            ("project", false),
            ("parent", true),
            ("title", false),
            ("estimate", true),
            ("due", true)
        ]
    );
    let classes: Vec<_> = meta.columns.iter().map(|column| column.class).collect();
    assert_eq!(classes[0], FieldClass::Auto);
    assert_eq!(classes[3], FieldClass::Char);
    assert_eq!(Label::META.columns[1].class, FieldClass::Slug);
    assert_eq!(meta.columns[3].validators, [Validator::MinLength(3)]);
    assert_eq!(meta.unique_together, [["project", "title"]]);
    let (_, parent) = meta.find("parent").unwrap();
    let reference = parent.references.unwrap();
    assert_eq!(((reference.to)().name, reference.on_delete), ("Issue", OnDelete::SetNull));
    assert_eq!(Project::META.columns[0].default.unwrap()().as_str().map(str::len), Some(36));
}

#[test]
fn rows_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let mut new = Changes::<Project>::new();
    new.set(desk_project::name, "Three");
    let project = new.insert(connection).unwrap();
    assert_eq!((project.name.as_str(), project.settings.clone()), ("Three", Json::default()));
    let mut issue = Changes::<Issue>::new();
    issue
        .set(desk_issue::project_id, project.id)
        .set(desk_issue::title, "Fourth")
        .set(desk_issue::estimate, TimeDelta::hours(1))
        .set(desk_issue::parent_id, 3_i64);
    let mut issue = issue.insert(connection).unwrap();
    assert_eq!((issue.id, issue.parent_id, issue.estimate), (4, Some(3), Some(TimeDelta::hours(1))));
    let mut changes = Changes::new();
    changes.set(desk_issue::title, "Fifth").set(desk_issue::parent_id, DbValue::Null);
    issue.update(connection, &changes).unwrap();
    assert_eq!(
        (issue.title.as_str(), issue.parent_id, issue.estimate),
        ("Fifth", None, Some(TimeDelta::hours(1)))
    );
    assert_eq!(Issue::objects().filter(desk_issue::id.lt(3)).update(connection, &changes).unwrap(), 2);
    assert_eq!(titles(&Issue::objects(), connection), ["Fifth", "Third", "Fifth", "Fifth"]);
}

#[test]
fn many_to_many_relations_are_set() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    for (keys, expected) in [
        (vec![2], vec!["art"]),
        (vec![1, 2, 1], vec!["art", "bug"]),
        (vec![2, 1], vec!["art", "bug"]),
        (vec![], vec![]),
    ] {
        let keys: Vec<DbValue> = keys.into_iter().map(DbValue::Integer).collect();
        Issue::LABELS.set(connection, ValueRef::Integer(1), &keys).unwrap();
        let issue = Issue::objects().find(1).with(Issue::LABELS).first(connection).unwrap().unwrap();
        let slugs: Vec<_> =
            Issue::LABELS.get(&issue).unwrap().iter().map(|label| label.slug.as_str()).collect();
        assert_eq!(slugs, expected);
        // The other issue keeps its label.
        let third = Issue::objects().find(3).with(Issue::LABELS).first(connection).unwrap().unwrap();
        assert_eq!(Issue::LABELS.get(&third).unwrap().len(), 1);
    }
}

#[test]
fn a_deletion_cascades() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let models = [Project::META, Issue::META, Label::META];
    let issue = Issue::objects().find(1).first(connection).unwrap().unwrap();
    issue.delete(connection, Models(&models)).unwrap();
    let second = Issue::objects().find(2).first(connection).unwrap().unwrap();
    assert_eq!(second.parent_id, None);
    let project = Project::objects().find(Uuid::from_u128(1)).first(connection).unwrap().unwrap();
    project.delete(connection, Models(&models)).unwrap();
    assert_eq!(titles(&Issue::objects(), connection), ["Third"]);
    let label = Label::objects().find(1).first(connection).unwrap().unwrap();
    label.delete(connection, Models(&models)).unwrap();
    let third = Issue::objects().with(Issue::LABELS).first(connection).unwrap().unwrap();
    assert!(Issue::LABELS.get(&third).unwrap().is_empty());
}

#[test]
fn rows_of_a_relation_are_read_inserted_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let project = Project::objects().find(Uuid::from_u128(1)).first(connection).unwrap().unwrap();
    let issues = || Project::ISSUES.of(&project);
    assert_eq!(titles(&issues(), connection), ["Second", "First 50%"]);
    let new = |title: &str| {
        let mut issue = Changes::<Issue>::new();
        issue.set(desk_issue::title, title);
        issue
    };
    Project::ISSUES.create(connection, &project, [new("A"), new("B")]).unwrap();
    assert_eq!(titles(&issues(), connection), ["B", "A", "Second", "First 50%"]);
    assert_eq!(titles(&issues().exclude_pk(1_i64), connection), ["B", "A", "Second"]);
    // No row has the key NULL.
    assert_eq!(titles(&issues().exclude_pk(DbValue::Null), connection).len(), 4);
    let models = [Project::META, Issue::META, Label::META];
    issues().delete(connection, Models(&models)).unwrap();
    assert_eq!(titles(&Issue::objects(), connection), ["Third"]);
    issues().delete(connection, Models(&models)).unwrap();
}

#[test]
fn a_stored_document_keeps_its_form() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let json = |text: &str| {
        vitamin_parsing::json::decode(text.as_bytes(), vitamin_parsing::python::codecs::Charset::Utf8)
            .unwrap()
    };
    let mut new = Changes::<Project>::new();
    new.set(desk_project::name, "Three").set(desk_project::settings, json(r#"{"z": 1, "a": 1e2}"#));
    let mut project = new.insert(connection).unwrap();
    let text = |project: &Object<Project>| serde_json::to_string(&project.settings.0).unwrap();
    assert_eq!(text(&project), r#"{"z":1,"a":100.0}"#);
    let mut changes = Changes::new();
    changes.set(desk_project::settings, json("[2, 1]"));
    project.update(connection, &changes).unwrap();
    assert_eq!(text(&project), "[2,1]");
}

mod naming;
mod related_columns;

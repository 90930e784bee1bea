//! Columns by Django's names, annotations, and orders by them.

use super::*;

const ISSUES: Annotation<Project, i64> = Annotation::new("issues");
const LATEST: Annotation<Project, Option<NaiveDateTime>> = Annotation::new("latest");

fn annotated() -> QuerySet<Project> {
    let issues = || desk_issue::table.filter(desk_issue::project_id.eq(desk_project::id));
    Project::objects()
        .annotate(ISSUES, issues().count().single_value())
        .annotate(LATEST, issues().select(diesel::dsl::max(desk_issue::due)).single_value())
}

fn names(projects: &QuerySet<Project>, connection: &mut crate::database::DbConnection) -> Vec<String> {
    projects.load(connection).unwrap().into_iter().map(|project| project.into_inner().name).collect()
}

#[test]
fn rows_are_filtered_and_ordered_by_annotations() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let at_least = |number| Q::compare(&ISSUES.into(), Lookup::Gte, number);
    assert_eq!(names(&annotated().order_by(["-issues"]), connection), ["One", "Two"]);
    assert_eq!(names(&annotated().order_by(["issues", "name"]), connection), ["Two", "One"]);
    assert_eq!(names(&annotated().filter_q(at_least(2)), connection), ["One"]);
    assert_eq!(names(&annotated().filter_q(!at_least(2)), connection), ["Two"]);
    assert_eq!(annotated().filter_q(at_least(1)).count(connection).unwrap(), 2);
    assert_eq!(names(&annotated().filter_q(Q::is_null(&LATEST.into(), true)), connection), ["Two"]);
    assert_eq!(names(&annotated().filter_q(Q::range(&ISSUES.into(), 0, 1)), connection), ["Two"]);
    assert_eq!(
        names(&annotated().filter_q(Q::one_of(&ISSUES.into(), &[1.into(), 7.into()])), connection),
        ["Two"]
    );
    let in_march =
        Q::part(&LATEST.into(), DatePart::Month, Lookup::Exact, 3, &crate::timezone::TimeZone::default());
    assert_eq!(names(&annotated().filter_q(in_march), connection), ["One"]);
    // Its type is known: SQLite itself has texts.
    let first = annotated().first(connection).unwrap().unwrap();
    assert!(matches!(LATEST.get(&first), Ok(DbValue::DateTime(_))));
    assert_eq!(ISSUES.get(&first), Ok(&DbValue::Integer(2)));
    // A change of such rows too.
    let changed =
        annotated().filter_q(at_least(2)).update(connection, Changes::new().set(desk_project::name, "Uno"));
    assert_eq!(changed.unwrap(), 1);
}

#[test]
fn an_annotation_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let filtered = Project::objects().filter_q(Q::compare(&ISSUES.into(), Lookup::Gte, 1));
    let error = filtered.load(connection).unwrap_err().to_string();
    assert!(error.contains("no annotation `issues`"), "{error}");
    assert!(Project::objects().order_by(["issues"]).load(connection).is_err());
    // Not even one of the same name of related rows.
    let of_project = Issue::PROJECT.path(ISSUES.into());
    let issues = Issue::objects().annotate("issues", desk_issue::id);
    assert!(issues.filter_q(Q::compare(&of_project, Lookup::Exact, 1)).load(connection).is_err());
    // A subquery with a limit is ordered by columns only.
    let some = annotated().order_by(["issues"]).limit(1);
    assert!(some.select(select::Output::Column("id")).is_err());
}

#[test]
fn names_lead_to_related_columns() {
    for (name, table, field_name) in [
        ("title", "desk_issue", "title"),
        ("project", "desk_issue", "project"),
        ("project_id", "desk_issue", "project"),
        ("project__name", "desk_project", "project__name"),
        ("project__id", "desk_project", "project__id"),
        ("parent__project__name", "desk_project", "parent__project__name"),
        ("parent__parent__pk", "desk_issue", "parent__parent__id"),
        ("labels", "desk_label", "labels"),
        ("labels__id", "desk_label", "labels__id"),
        ("labels__slug", "desk_label", "labels__slug"),
        ("project__topics__slug", "desk_label", "project__topics__slug"),
    ] {
        let path = Path::<Issue>::named(name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(path.meta().table, table, "{name}");
        assert_eq!(path.field_name(), field_name, "{name}");
    }
    for name in ["", "nothing", "project__nothing", "title__x", "labels__nothing", "project__", "__name"] {
        assert!(Path::<Issue>::named(name).is_none(), "{name}");
    }
    assert_eq!(Issue::PROJECT.field(desk_project::name).field_name(), "project__name");
    assert_eq!(Issue::LABELS.field(desk_label::slug).field_name(), "labels__slug");
    assert_eq!(Path::from(Issue::LABELS).field_name(), "labels");
    assert_eq!(Path::from(Issue::PROJECT).field_name(), "project");
}

#[test]
fn rows_are_found_by_these_names() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let mut found = |name: &str, value: DbValue| {
        let path = Path::<Issue>::named(name).unwrap();
        let issues = Issue::objects().filter_q(Q::compare(&path, Lookup::Exact, value)).order_by(["pk"]);
        titles(&issues, connection).join(", ")
    };
    assert_eq!(found("project__name", "One".into()), "First 50%, Second");
    assert_eq!(found("project__id", Uuid::from_u128(2).into()), "Third");
    assert_eq!(found("parent__project__name", "One".into()), "Second");
    assert_eq!(found("labels", 1.into()), "First 50%, Third");
    assert_eq!(found("labels__id", 2.into()), "First 50%");
    assert_eq!(found("project__topics__slug", "bug".into()), "Third");
    // Without a related row its columns are NULL.
    let null =
        |name: &str, is_null| Issue::objects().filter_q(Q::is_null(&Path::named(name).unwrap(), is_null));
    for (name, count) in
        [("parent__title", 2), ("parent__due", 2), ("labels", 1), ("labels__slug", 1), ("due", 2)]
    {
        assert_eq!(null(name, true).count(connection).unwrap(), count, "{name}");
        assert_eq!(null(name, false).count(connection).unwrap(), 3 - count, "{name}");
    }
}

#[test]
fn rows_are_ordered_by_related_columns() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let mut order = |names: &[&str]| {
        // The relation is joined once, whether its rows are loaded or not.
        let plain = titles(&Issue::objects().order_by(names), connection);
        let loaded =
            Issue::objects().with(Issue::PROJECT.with(Project::TOPICS)).with(Issue::PARENT).order_by(names);
        assert_eq!(titles(&loaded, connection), plain);
        plain.join(", ")
    };
    assert_eq!(order(&["-project__name", "id"]), "Third, First 50%, Second");
    assert_eq!(order(&["project__name", "-id"]), "Second, First 50%, Third");
    assert_eq!(order(&["parent__project__name", "-project__name"]), "Third, First 50%, Second");
    // `project` is the order of projects, `project_id` that of the key.
    assert_eq!(order(&["-project", "id"]), "Third, First 50%, Second");
    assert_eq!(order(&["project_id", "id"]), "First 50%, Second, Third");
    assert!(Issue::objects().order_by(["labels__slug"]).load(connection).is_err());
    assert!(Issue::objects().order_by(["project__nothing"]).load(connection).is_err());
    // A default order that leads back to itself ends.
    assert!(ordering::terms(Issue::META, &[], "parent__parent__parent").is_some());
}

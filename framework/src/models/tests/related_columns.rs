//! Columns of related rows that are loaded without the whole rows.

use super::*;

#[test]
fn a_column_of_a_related_row_is_read_without_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let mut plan = Plan::<Issue>::default();
    plan.add_value(Issue::PROJECT, 1);
    plan.add_value(Issue::PARENT, 5);
    plan.add_value(Issue::PARENT, 3);
    let issues = Issue::objects().order_by(["id"]).with_plan(&plan).load(connection).unwrap();
    let parents: Vec<_> =
        issues.iter().map(|issue| Issue::PARENT.value(issue, 3).unwrap().map(ValueRef::to_owned)).collect();
    assert_eq!(parents, [None, Some("First 50%".into()), None]);
    assert!(matches!(Issue::PARENT.value(&issues[1], 5).unwrap(), Some(ValueRef::DateTime(_))));
    assert!(Issue::PROJECT.value(&issues[0], 1).unwrap() == Some(ValueRef::Text("One")));
    assert!(Issue::PROJECT.get(&issues[0]).is_err());
    assert!(Issue::PROJECT.value(&issues[0], 2).is_err());
    // The whole row makes it superfluous.
    plan.add(Issue::PROJECT);
    let issues = Issue::objects().with_plan(&plan).load(connection).unwrap();
    assert_eq!(Issue::PROJECT.get(&issues[0]).unwrap().unwrap().name, "Two");
    assert!(Issue::PROJECT.value(&issues[0], 1).unwrap() == Some(ValueRef::Text("Two")));
    assert!(Issue::PARENT.value(&issues[1], 3).unwrap().is_some());
}

#[test]
fn columns_of_many_related_rows_are_read_without_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let texts = |values: &mut dyn Iterator<Item = ValueRef<'_>>| {
        let text = |value: ValueRef<'_>| match value {
            ValueRef::Text(text) => text.to_owned(),
            value => value.to_owned().as_i64().unwrap().to_string(),
        };
        values.map(text).collect::<Vec<_>>().join(", ")
    };
    let mut plan = Plan::<Issue>::default();
    plan.add_many_to_many_value(Issue::LABELS, 1);
    plan.add_many_to_many_value(Issue::LABELS, 0);
    let issues = Issue::objects().order_by(["id"]).with_plan(&plan).load(connection).unwrap();
    let slugs = issues.iter().map(|issue| texts(&mut Issue::LABELS.values(issue, 1).unwrap()));
    assert_eq!(slugs.collect::<Vec<_>>(), ["art, bug", "", "bug"]);
    assert_eq!(texts(&mut Issue::LABELS.values(&issues[0], 0).unwrap()), "2, 1");
    assert!(Issue::LABELS.get(&issues[0]).is_err());

    // The keys are UUIDs.
    let mut plan = Plan::<Project>::default();
    plan.add_reverse_value(Project::ISSUES, 3);
    plan.add_many_to_many_value(Project::TOPICS, 1);
    let projects = Project::objects().with_plan(&plan).load(connection).unwrap();
    let titles = projects.iter().map(|project| texts(&mut Project::ISSUES.values(project, 3).unwrap()));
    assert_eq!(titles.collect::<Vec<_>>(), ["Second, First 50%", "Third"]);
    let topics = projects.iter().map(|project| texts(&mut Project::TOPICS.values(project, 1).unwrap()));
    assert_eq!(topics.collect::<Vec<_>>(), ["", "art, bug"]);
    assert!(Project::ISSUES.values(&projects[0], 0).is_err());

    // The whole rows make it superfluous.
    plan.add(Project::ISSUES);
    plan.add(Project::TOPICS);
    let projects = Project::objects().with_plan(&plan).load(connection).unwrap();
    assert_eq!(Project::ISSUES.get(&projects[0]).unwrap().len(), 2);
    assert_eq!(Project::TOPICS.get(&projects[1]).unwrap().len(), 2);
    assert_eq!(texts(&mut Project::ISSUES.values(&projects[1], 3).unwrap()), "Third");
}

diesel::table! {
    desk_member (id) {
        id -> BigInt,
        mail -> Text,
    }
}

#[derive(Model)]
#[model(crate = crate, table = desk_member, ordering("id"))]
struct Member {
    id: i64,
    #[model(blank, max_length = 30)]
    mail: TextOrNull,
}

#[test]
fn a_text_may_be_null_in_the_tables_of_another_project() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let table = "CREATE TABLE desk_member (id integer PRIMARY KEY, mail text); INSERT INTO desk_member VALUES (1, NULL), (2, 'a@b')";
    connection.batch_execute(table).unwrap();
    let members = Member::objects().load(connection).unwrap();
    assert!(members[0].mail.is_null() && members[0].mail.is_empty());
    assert!(members[0].value(1) == ValueRef::Null && members[1].value(1) == ValueRef::Text("a@b"));
    assert_eq!(
        (&*members[1].mail, members[1].mail.to_string(), members[1].mail.is_null()),
        ("a@b", "a@b".to_owned(), false)
    );
    let new = Changes::<Member>::new().set(desk_member::mail, "c@d").insert(connection).unwrap();
    assert_eq!(String::from(new.into_inner().mail), "c@d");
    let without = Changes::<Member>::new().insert(connection).unwrap();
    assert!(!without.mail.is_null(), "the default is an empty text");
}

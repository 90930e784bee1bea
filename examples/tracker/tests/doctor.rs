//! What `manage doctor` says of models whose tables differ.

#![expect(clippy::panic, reason = "a test may panic")]

use vitamin::testing::*;

database_tests!(models_are_compared_with_their_tables, a_missing_table_is_a_problem);

/// The findings about models.
fn findings(program: &Program) -> Vec<String> {
    let output = program.manage(&["doctor"]).run();
    let report = format!("{}{}", output.stdout, output.stderr);
    let section = report.split("\nModels\n").nth(1).unwrap_or_else(|| panic!("{report}"));
    section.lines().take_while(|line| !line.is_empty()).map(|line| line.trim().to_owned()).collect()
}

fn models_are_compared_with_their_tables(database: &TestDatabase) {
    let program = Program::new(env!("CARGO_BIN_EXE_tracker"), database);
    program.manage(&["migrate"]).run().expect_success();
    assert_eq!(
        findings(&program),
        [
            "ok       tracker_project: as Django does, vitamin fills created (auto_now_add), updated (auto_now).",
            "ok       tracker_issue: as Django does, vitamin fills created (auto_now_add), updated (auto_now).",
            "ok       tracker_comment: as Django does, vitamin fills created (auto_now_add).",
            "ok       Models that match their tables: admin.LogEntry, tracker.Label, tracker.Project, tracker.Membership, \
             tracker.Issue, tracker.Comment.",
        ]
    );
    // Without rows, both databases can change the table.
    let (time, length) = if database.is_sqlite() {
        (
            "datetime",
            "DROP TABLE tracker_label; CREATE TABLE tracker_label (id integer PRIMARY KEY, name varchar(25) \
            NOT NULL UNIQUE, slug varchar(30) NOT NULL UNIQUE, color varchar(7))",
        )
    } else {
        (
            "timestamptz",
            "ALTER TABLE tracker_label ALTER name TYPE varchar(25); ALTER TABLE tracker_label ALTER color \
            DROP NOT NULL",
        )
    };
    database.execute(&format!(
        "{length};
         ALTER TABLE tracker_membership RENAME role TO rank;
         ALTER TABLE tracker_comment ADD COLUMN pinned integer NOT NULL DEFAULT 0;
         DROP TABLE tracker_issue_labels;
         CREATE TABLE tracker_issue_labels (id integer PRIMARY KEY, issue_id bigint NOT NULL, label_id bigint NOT NULL,
            since {time} NOT NULL);"
    ));
    let found = findings(&program);
    let found: Vec<&str> = found.iter().map(String::as_str).filter(|line| !line.starts_with("ok ")).collect();
    let own_id = if database.is_sqlite() { 0 } else { 1 };
    assert_eq!(found.len(), 5 + own_id, "{found:#?}");
    for expected in [
        "WARNING  tracker_label.name holds 25 characters, but the model's maximum is 30.",
        "WARNING  tracker_label.color may be NULL, but not to the model: a row with NULL can't be read.",
        "PROBLEM  tracker_membership.role is missing: no row of tracker.Membership can be read.",
        "WARNING  tracker_membership.rank is NOT NULL without a default, and tracker.Membership does not write it: no row \
         can be inserted here.",
        "WARNING  tracker_issue_labels.since is NOT NULL without a default, and labels does not write it: nothing can be \
         related here.",
    ] {
        assert!(found.contains(&expected), "{expected} is not in {found:#?}");
    }
}

/// An app with models needs no `App::tables`.
fn a_missing_table_is_a_problem(database: &TestDatabase) {
    let program = Program::new(env!("CARGO_BIN_EXE_tracker"), database);
    program.manage(&["migrate"]).run().expect_success();
    let cascade = if database.is_sqlite() { "" } else { " CASCADE" };
    database.execute(&format!("DROP TABLE tracker_comment{cascade}"));
    let found = findings(&program);
    let expected = "PROBLEM  The table tracker_comment is missing; create it with Django's own `migrate`.";
    assert!(found.iter().any(|line| line == expected), "{found:#?}");
}

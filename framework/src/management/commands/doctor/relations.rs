//! Foreign keys that no row can satisfy, and those that prevent the deletion of a user.

use std::collections::BTreeSet;

use crate::app::table_names;
use crate::database::inspection::LiveSchema;
use crate::database::migrations::render::{USERS, created_tables};
use crate::diagnosis::{Diagnosis, Severity};
use crate::project::Project;

const SECTION: &str = "Foreign keys";

pub(super) fn examine(project: &Project, schema: &LiveSchema, diagnosis: &mut Diagnosis) {
    for key in schema.broken_references() {
        let message = format!(
            "{}.{} refers to the table {}, which is missing: no row can be inserted into {}.",
            key.table, key.column, key.target, key.table
        );
        diagnosis.add(SECTION, Severity::Problem, message);
    }
    let names = &project.settings.database.names;
    let users = names.table(USERS);
    let handled: BTreeSet<(String, String)> = project
        .apps
        .iter()
        .flat_map(|app| app.related_to_user())
        .map(|relation| {
            let column = names.column(relation.table(), relation.column()).to_owned();
            (names.table(relation.table()).to_owned(), column)
        })
        .collect();
    let mut foreign = BTreeSet::new();
    for key in schema.foreign_keys.iter().filter(|key| key.target == users) {
        if handled.contains(&(key.table.clone(), key.column.clone())) {
            continue;
        }
        let Some(app) = owner(project, &key.table) else {
            foreign.insert(key.table.as_str());
            continue;
        };
        let message = format!(
            "{}.{} refers to {users}, but the app {app} does not list it in App::related_to_user: a user who has rows \
             there can't be deleted.",
            key.table, key.column
        );
        diagnosis.add(SECTION, Severity::Warning, message);
    }
    if !foreign.is_empty() {
        let tables: Vec<&str> = foreign.into_iter().collect();
        let message = format!(
            "Tables of no app here refer to {users}: {}. A user who has rows there can be deleted in Django only.",
            tables.join(", ")
        );
        diagnosis.add(SECTION, Severity::Note, message);
    }
}

/// The label of the installed app that needs or creates this table.
fn owner(project: &Project, table: &str) -> Option<&'static str> {
    let names = &project.settings.database.names;
    let needs = project
        .apps
        .iter()
        .find(|app| table_names(*app).iter().any(|needed| names.table(needed) == table))
        .map(|app| app.label());
    needs.or_else(|| {
        let mut all = project.apps.migrations().iter();
        all.find(|(_, migration)| created_tables(migration.sqlite.up).any(|name| names.table(name) == table))
            .map(|(label, _)| label)
    })
}

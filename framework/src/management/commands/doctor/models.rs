//! The models of the installed apps, compared with the live tables.

use std::collections::BTreeSet;

use crate::app::App;
use crate::database::Names;
use crate::database::inspection::{LiveColumn, LiveSchema, LiveTable};
use crate::diagnosis::{Diagnosis, Severity};
use crate::models::{Column, ColumnKind, FieldClass, ManyToManyMeta, ModelMeta};
use crate::project::Project;

const SECTION: &str = "Models";

/// Reports differences; returns the tables of models that can be read.
pub(super) fn examine(
    project: &Project,
    schema: &LiveSchema,
    made_by_django: impl Fn(&dyn App) -> bool,
    diagnosis: &mut Diagnosis,
) -> BTreeSet<String> {
    let names = &project.settings.database.names;
    let described: BTreeSet<String> =
        project.apps.iter().flat_map(|app| app.tables()).map(|table| table.name).collect();
    let mut matching: Vec<String> = Vec::new();
    let mut usable = BTreeSet::new();
    for app in project.apps.iter() {
        let missing = if made_by_django(app) {
            "create it with Django's own `migrate`"
        } else {
            "create it with `manage migrate`"
        };
        // What App::tables describes is compared already.
        for model in app.models().into_iter().filter(|model| !described.contains(model.table)) {
            let mut findings = Vec::new();
            let table = names.table(model.table);
            match schema.tables.get(table) {
                Some(live) => {
                    let fields = Comparison { names, model, table, live };
                    fields.columns(&mut findings);
                    fields.unwritten(project.apps.models().as_ref(), &mut findings);
                    if let Some(filled) = fields.filled() {
                        diagnosis.add(SECTION, Severity::Fine, filled);
                    }
                }
                None => {
                    findings.push((Severity::Problem, format!("The table {table} is missing; {missing}.")))
                }
            }
            for relation in model.many_to_many {
                between(names, schema, relation, missing, &mut findings);
            }
            if findings.iter().all(|(severity, _)| *severity != Severity::Problem) {
                usable.insert(model.table.to_owned());
            }
            if findings.is_empty() {
                matching.push(format!("{model:?}"));
            }
            for (severity, finding) in findings {
                diagnosis.add(SECTION, severity, finding);
            }
        }
    }
    if !matching.is_empty() {
        let message = format!("Models that match their tables: {}.", matching.join(", "));
        diagnosis.add(SECTION, Severity::Fine, message);
    }
    usable
}

type Findings = Vec<(Severity, String)>;

/// A model and its live table.
struct Comparison<'a> {
    names: &'a Names,
    model: &'static ModelMeta,
    table: &'a str,
    live: &'a LiveTable,
}

impl Comparison<'_> {
    fn columns(&self, findings: &mut Findings) {
        for column in self.model.columns {
            let name = self.names.column(self.model.table, column.column);
            let what = format!("{}.{name}", self.table);
            let Some(live) = self.live.columns.iter().find(|live| live.name == name) else {
                findings.push((
                    Severity::Problem,
                    format!("{what} is missing: no row of {:?} can be read.", self.model),
                ));
                continue;
            };
            // A view's columns may be NULL, whatever its tables say.
            if !self.live.is_view && !column.primary_key {
                findings.extend(nullability(&what, column, live));
            }
            findings.extend(length(&what, column, live));
        }
    }

    /// Columns that must have a value, and get none.
    fn unwritten(&self, models: &[&'static ModelMeta], findings: &mut Findings) {
        let same_table = || models.iter().filter(|model| model.table == self.model.table);
        let is_written = |name: &str| {
            same_table()
                .flat_map(|model| model.columns)
                .any(|column| self.names.column(self.model.table, column.column) == name)
        };
        for live in self.live.columns.iter().filter(|live| !live.optional && !is_written(&live.name)) {
            let time = ["date", "time"].iter().any(|part| live.type_name.contains(part));
            let hint = if time { " If Django fills it (auto_now, auto_now_add), declare it so." } else { "" };
            findings.push((
                Severity::Warning,
                format!(
                    "{}.{} is NOT NULL without a default, and {:?} does not write it: no row can be inserted here.{hint}",
                    self.table, live.name, self.model
                ),
            ));
        }
    }

    /// The columns that Django fills by itself, and so does vitamin.
    fn filled(&self) -> Option<String> {
        let columns = self.model.columns.iter().filter_map(|column| {
            let how = match column {
                Column { auto_now: true, .. } => "auto_now",
                Column { auto_now_add: true, .. } => "auto_now_add",
                _ => return None,
            };
            Some(format!("{} ({how})", self.names.column(self.model.table, column.column)))
        });
        let columns: Vec<String> = columns.collect();
        let table = self.table;
        (!columns.is_empty())
            .then(|| format!("{table}: as Django does, vitamin fills {}.", columns.join(", ")))
    }
}

fn nullability(what: &str, column: &Column, live: &LiveColumn) -> Option<(Severity, String)> {
    let message = match (column.null, live.nullable) {
        (false, true) => format!("{what} may be NULL, but not to the model: a row with NULL can't be read."),
        (true, false) => format!("{what} is NOT NULL, but the model stores NULL: such a write is refused."),
        _ => return None,
    };
    Some((Severity::Warning, message))
}

fn length(what: &str, column: &Column, live: &LiveColumn) -> Option<(Severity, String)> {
    if column.kind != ColumnKind::Text || column.class == FieldClass::IpAddress {
        return None;
    }
    // A text column has no length; a TextField's is for forms only.
    let live = live.max_length?;
    let message = match column.max_length {
        Some(own) if own == live => return None,
        Some(own) => format!("{what} holds {live} characters, but the model's maximum is {own}."),
        None => format!("{what} holds {live} characters, but the model has no maximum."),
    };
    Some((Severity::Warning, message))
}

/// Compares the table between two models.
fn between(
    names: &Names,
    schema: &LiveSchema,
    relation: &ManyToManyMeta,
    missing: &str,
    findings: &mut Findings,
) {
    let table = names.table(relation.table);
    let Some(live) = schema.tables.get(table) else {
        findings.push((Severity::Problem, format!("The table {table} is missing; {missing}.")));
        return;
    };
    let own = [relation.column, relation.reverse_column].map(|column| names.column(relation.table, column));
    for name in own.iter().filter(|name| !live.columns.iter().any(|live| live.name == **name)) {
        findings.push((Severity::Problem, format!("{table}.{name} is missing.")));
    }
    for live in live.columns.iter().filter(|live| !live.optional && !own.contains(&live.name.as_str())) {
        let message = format!(
            "{table}.{} is NOT NULL without a default, and {} does not write it: nothing can be related here.",
            live.name, relation.name
        );
        findings.push((Severity::Warning, message));
    }
}

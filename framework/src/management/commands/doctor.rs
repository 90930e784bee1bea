//! `manage doctor`: compares the live database with this project, reports problems and the settings that fix them, and
//! changes nothing.

mod django;
mod models;
mod relations;

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};
use diesel::RunQueryDsl;
use diesel::sql_types::Text;

use super::check::run_checks;
use crate::app::App;
use crate::checks::Level;
use crate::database::inspection::LiveSchema;
use crate::database::migrations::Migrations;
use crate::database::needs::NeededTable;
use crate::database::{
    Database, DatabaseError, DatabaseSettings, DatabaseUrl, DbConnection, JournalMode, migrations,
};
use crate::diagnosis::{Diagnosis, Examination, Severity};
use crate::management::base::{Command, CommandError};
use crate::project::Project;

pub(super) struct Doctor;

#[derive(Args)]
struct DoctorOptions {
    /// Also compares this project's settings with those of a Django project. Run it where `python -c 'import SETTINGS_MODULE'`
    /// works: beside manage.py, with the interpreter of the project's virtual environment.
    #[arg(long, num_args = 2, value_names = ["PYTHON", "SETTINGS_MODULE"])]
    django: Option<Vec<String>>,
}

impl Command for Doctor {
    fn command(&self) -> clap::Command {
        let about =
            "Compares the live database with what this project needs, and proposes settings. Reads only.";
        DoctorOptions::augment_args(clap::Command::new("doctor").about(about))
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let options = DoctorOptions::from_arg_matches(arguments)?;
        let mut diagnosis = Diagnosis::default();
        examine(project, &mut diagnosis)?;
        if let Some([python, module]) = options.django.as_deref() {
            django::examine(project, python, module, &mut diagnosis)?;
        }
        if diagnosis.count(Severity::Problem) > 0 {
            return Err(CommandError::Verbatim(diagnosis.to_string()));
        }
        Ok(writeln!(out, "{diagnosis}")?)
    }
}

fn examine(project: &Project, diagnosis: &mut Diagnosis) -> Result<(), DatabaseError> {
    for message in run_checks(project, false) {
        let severity = if message.level == Level::Error { Severity::Problem } else { Severity::Warning };
        let hint = message.hint.map(|hint| format!(" {hint}")).unwrap_or_default();
        diagnosis.add("Settings", severity, format!("({}) {}{hint}", message.id, message.message));
    }
    let settings = &project.settings.database;
    let mut connection = match Database::open_read_only(settings) {
        Ok(connection) => connection,
        Err(error) => {
            let hint = match &settings.url {
                DatabaseUrl::Sqlite(path) if !std::path::Path::new(path).exists() => {
                    ". The file of DATABASE_URL is missing: set it to your Django project's database, or create a new one with `manage migrate`"
                }
                _ => "",
            };
            diagnosis.add("Database", Severity::Problem, format!("{error}{hint}."));
            return Ok(());
        }
    };
    examine_database(project, &mut connection, diagnosis)?;
    let schema = LiveSchema::read(&mut connection)?;
    let recorded = migrations::recorded_by_django(&mut connection)?;
    let made_by_django = |app: &dyn App| {
        app.left_to_django().is_some() || recorded.iter().any(|(label, _)| label == app.label())
    };
    let needed: Vec<_> = project
        .apps
        .iter()
        .flat_map(|app| app.tables().into_iter().map(move |table| (table, made_by_django(app))))
        .collect();
    let mut usable = compare_tables(&needed, &schema, settings, diagnosis);
    usable.extend(models::examine(project, &schema, made_by_django, diagnosis));
    relations::examine(project, &schema, diagnosis);
    compare_migrations(project.apps.migrations(), &mut connection, diagnosis)?;
    for app in project.apps.iter() {
        app.diagnose(&mut Examination {
            connection: &mut connection,
            schema: &schema,
            settings: &project.settings,
            diagnosis,
            usable: &usable,
        })?;
    }
    Ok(())
}

/// Reports differences; returns the tables that can be read.
fn compare_tables(
    needed: &[(NeededTable, bool)],
    schema: &LiveSchema,
    settings: &DatabaseSettings,
    diagnosis: &mut Diagnosis,
) -> BTreeSet<String> {
    let names = &settings.names;
    let mut usable = BTreeSet::new();
    for (table, is_djangos) in needed {
        let Some(differences) = table.compare(schema, names, settings.url.is_sqlite()) else {
            let who = if *is_djangos {
                "create it with Django's own `migrate`"
            } else {
                "create it with `manage migrate`"
            };
            let message = format!("The table {} is missing; {who}.", names.table(&table.name));
            diagnosis.add("Schema", Severity::Problem, message);
            continue;
        };
        if differences.problems.is_empty() {
            usable.insert(table.name.clone());
        }
        for what in differences.problems {
            diagnosis.add("Schema", Severity::Problem, format!("{what}."));
        }
        for what in differences.notes {
            diagnosis.add("Schema", Severity::Note, format!("{what}."));
        }
    }
    if !usable.is_empty() {
        let names: Vec<&str> = usable.iter().map(|table| names.table(table)).collect();
        diagnosis.add("Schema", Severity::Fine, format!("Matching tables: {}.", names.join(", ")));
    }
    usable
}

fn compare_migrations(
    all: &Migrations,
    connection: &mut DbConnection,
    diagnosis: &mut Diagnosis,
) -> Result<(), DatabaseError> {
    const SECTION: &str = "Migrations";
    let unapplied: Vec<String> =
        all.states(connection)?.into_iter().filter(|state| !state.applied).map(|state| state.name).collect();
    if unapplied.is_empty() {
        diagnosis.add(SECTION, Severity::Fine, "All of vitamin's migrations are applied.");
    } else {
        diagnosis.add(
            SECTION,
            Severity::Warning,
            format!(
                "Not applied: {}. Run `manage migrate`: it creates what is missing, records the migrations, and keeps \
                 what Django created.",
                unapplied.join(", ")
            ),
        );
    }
    let (expected, recorded) = (all.recorded_for_django()?, migrations::recorded_by_django(connection)?);
    if recorded.is_empty() {
        diagnosis.add(
            SECTION,
            Severity::Note,
            "Django has recorded no migrations: it has not migrated this database yet.",
        );
        return Ok(());
    }
    let dotted = |rows: Vec<&(String, String)>| {
        rows.iter().map(|(app, name)| format!("{app}.{name}")).collect::<Vec<_>>().join(", ")
    };
    let expected_apps: BTreeSet<&String> = expected.iter().map(|(app, _)| app).collect();
    let recorded_apps: BTreeSet<&String> = recorded.iter().map(|(app, _)| app).collect();
    let behind: Vec<_> =
        expected.iter().filter(|row| recorded_apps.contains(&row.0) && !recorded.contains(row)).collect();
    let ahead: Vec<_> =
        recorded.iter().filter(|row| expected_apps.contains(&row.0) && !expected.contains(row)).collect();
    if behind.is_empty() && ahead.is_empty() {
        diagnosis.add(SECTION, Severity::Fine, "Django has recorded the migrations that vitamin knows.");
    }
    if !behind.is_empty() {
        let message = format!("Django has not applied {}: run Django's own `migrate` first.", dotted(behind));
        diagnosis.add(SECTION, Severity::Warning, message);
    }
    if !ahead.is_empty() {
        let message = format!(
            "Django has applied {}, which vitamin does not know; the live tables were compared.",
            dotted(ahead)
        );
        diagnosis.add(SECTION, Severity::Note, message);
    }
    Ok(())
}

fn examine_database(
    project: &Project,
    connection: &mut DbConnection,
    diagnosis: &mut Diagnosis,
) -> Result<(), DatabaseError> {
    let url = &project.settings.database.url;
    diagnosis.add("Database", Severity::Fine, format!("{url} can be read."));
    match connection {
        DbConnection::Sqlite(_) => sqlite(project, connection, diagnosis),
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(_) => postgres(project, connection, diagnosis),
    }
}

#[derive(diesel::QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

fn sqlite(
    project: &Project,
    connection: &mut DbConnection,
    diagnosis: &mut Diagnosis,
) -> Result<(), DatabaseError> {
    let mode: Word =
        diesel::sql_query("SELECT journal_mode AS word FROM pragma_journal_mode").get_result(connection)?;
    let configured = project.settings.database.journal_mode;
    let here = match mode.word.as_str() {
        "wal" => Some(JournalMode::Wal),
        "delete" => Some(JournalMode::Delete),
        _ => None,
    };
    if configured.is_some() && configured != here {
        let message = format!(
            "The journal mode is {}. SQLITE_JOURNAL_MODE would change it, for Django too; unset it to keep the mode.",
            mode.word
        );
        diagnosis.add("Database", Severity::Warning, message);
    } else if here == Some(JournalMode::Wal) {
        diagnosis.add(
            "Database",
            Severity::Fine,
            "The journal mode is wal: readers don't wait for the writer.",
        );
    } else {
        let message = format!(
            "The journal mode is {}: readers and the writer wait for each other, here for {} s (DATABASE_TIMEOUT), in \
             Django for OPTIONS['timeout']. If your backups allow it, SQLITE_JOURNAL_MODE=wal avoids that, for both.",
            mode.word,
            project.settings.database.timeout.as_secs()
        );
        diagnosis.add("Database", Severity::Note, message);
    }
    let Some(path) = project.settings.database.url.sqlite_path() else { return Ok(()) };
    let file = std::path::Path::new(path);
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    for place in [file, folder.unwrap_or(std::path::Path::new("."))] {
        // Only SQLite can parse a `file:` URI.
        if place.exists() && rustix::fs::access(place, rustix::fs::Access::WRITE_OK).is_err() {
            let message = format!("This user can't write to {}: logins would fail.", place.display());
            diagnosis.add("Database", Severity::Problem, message);
        }
    }
    Ok(())
}

#[cfg(feature = "postgres")]
fn postgres(
    project: &Project,
    connection: &mut DbConnection,
    diagnosis: &mut Diagnosis,
) -> Result<(), DatabaseError> {
    let encoding: Word =
        diesel::sql_query("SELECT current_setting('server_encoding') AS word").get_result(connection)?;
    if encoding.word != "UTF8" {
        let message = format!("The database's encoding is {}: some names can't be stored.", encoding.word);
        diagnosis.add("Database", Severity::Warning, message);
    }
    let version: Word =
        diesel::sql_query("SELECT current_setting('server_version') AS word").get_result(connection)?;
    diagnosis.add("Database", Severity::Fine, format!("PostgreSQL {}.", version.word));
    let names = &project.settings.database.names;
    let tables: BTreeSet<String> = project.apps.iter().flat_map(crate::app::table_names).collect();
    for table in &tables {
        // A missing table has no privileges.
        let denied: Vec<Word> = diesel::sql_query(
            "SELECT p.word FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p(word) \
             WHERE to_regclass(quote_ident($1)) IS NOT NULL \
                AND NOT has_table_privilege(to_regclass(quote_ident($1))::oid, p.word)",
        )
        .bind::<Text, _>(names.table(table))
        .load(connection)?;
        if !denied.is_empty() {
            let words: Vec<&str> = denied.iter().map(|row| row.word.as_str()).collect();
            let message = format!(
                "The database user lacks {} on {}; grant these privileges.",
                words.join(", "),
                names.table(table)
            );
            diagnosis.add("Database", Severity::Problem, message);
        }
    }
    Ok(())
}

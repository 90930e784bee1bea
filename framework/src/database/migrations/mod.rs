//! The migrations of the installed apps, and which of them a database has.
//!
//! They are recorded in diesel's own table, so `manage migrate` and `diesel migration run` take turns freely. An app
//! brings its migrations with it ([`App::migrations`](crate::app::App::migrations)); all of them run in one order, that
//! of their versions.
//!
//! A migration that builds on another app's tables names that app in the `metadata.toml` of its folders:
//!
//! ```toml
//! dependencies = ["auth"]
//! run_in_transaction = true
//! ```
//!
//! It then depends on those migrations of that app that come before it. Every migration also depends on the earlier ones
//! of its own app. Migrating forwards to a target applies what the target depends on; migrating backwards also undoes
//! what depends on the undone migrations, and nothing else. diesel's command reads `run_in_transaction` from the same
//! file, and ignores `dependencies`.

pub mod copies;
mod embedded;
mod graph;
pub(crate) mod render;
mod run;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diesel::{Connection, ExpressionMethods as _, QueryDsl, RunQueryDsl, SelectableHelper};

pub use self::embedded::{AppMigrations, EmbeddedMigration, Script};
use self::graph::Graph;
use self::run::{Change, change};
use super::{DatabaseError, DbConnection, now, on_variant};
use crate::conf::ImproperlyConfigured;

/// The migrations of a folder of this crate: `migrations!()` for `migrations`, or `migrations!("folder")`.
///
/// The folder holds `sqlite` and `postgres`, each with the same migrations: `<timestamp>_<label>_<what>/up.sql` and
/// `down.sql`, and `metadata.toml` if the migration has dependencies. The crate needs a build script that prints
/// `cargo::rerun-if-changed=migrations`, so that a new folder is compiled in.
#[macro_export]
macro_rules! migrations {
    ($($folder:tt)?) => {
        $crate::__private::embed_migrations!($crate $($folder)?)
    };
}
pub use migrations;

/// A migration and its state in a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationState {
    /// The folder's name: `2026-11-23-000200_auth_initial`.
    pub name: String,
    /// The app's label.
    pub app: String,
    /// Whether diesel's table records it.
    pub applied: bool,
}

/// A migration that refers to a table of another one that it does not depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UndeclaredDependency {
    pub(crate) name: &'static str,
    /// The label of the app that the other one belongs to.
    pub(crate) label: &'static str,
    /// The name of the other one, if it comes later: a dependency on its app does not include it.
    pub(crate) later: Option<&'static str>,
}

/// A migration that could not be found, run or reverted.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct MigrationError(String);

impl MigrationError {
    fn new(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

impl From<MigrationError> for DatabaseError {
    fn from(error: MigrationError) -> Self {
        Self::Query(diesel::result::Error::QueryBuilderError(Box::new(error)))
    }
}

mod diesel_schema {
    diesel::table! {
        __diesel_schema_migrations (version) {
            version -> Text,
            run_on -> Timestamp,
        }
    }

    diesel::table! {
        django_migrations (id) {
            id -> BigInt,
            app -> Text,
            name -> Text,
            applied -> Timestamp,
        }
    }
}
use diesel_schema::__diesel_schema_migrations;

#[derive(diesel::Queryable, diesel::Selectable)]
#[diesel(table_name = __diesel_schema_migrations)]
struct Applied {
    version: String,
}

/// Returns the applied migrations in Django's table `django_migrations`, as (app, name). Reads only: empty without the
/// table.
///
/// # Errors
/// The database can't be read.
pub fn recorded_by_django(connection: &mut DbConnection) -> Result<Vec<(String, String)>, DatabaseError> {
    use diesel_schema::django_migrations::dsl::{app, django_migrations, id, name};

    if !has_table(connection, "django_migrations")? {
        return Ok(Vec::new());
    }
    Ok(django_migrations.select((app, name)).order(id).load(connection)?)
}

/// Returns whether the database has a table or view of this name.
///
/// # Errors
/// The database can't be read.
pub fn has_table(connection: &mut DbConnection, table: &str) -> Result<bool, DatabaseError> {
    use diesel::sql_types::{Bool, Text};

    #[derive(diesel::QueryableByName)]
    struct ExistsRow {
        #[diesel(sql_type = Bool)]
        found: bool,
    }
    let found: ExistsRow = match connection {
        DbConnection::Sqlite(connection) => diesel::sql_query(
            "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?) AS found",
        )
        .bind::<Text, _>(table)
        .get_result(connection),
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(connection) => {
            diesel::sql_query("SELECT to_regclass(quote_ident($1)) IS NOT NULL AS found")
                .bind::<Text, _>(table)
                .get_result(connection)
        }
    }?;
    Ok(found.found)
}

/// The migrations of all installed apps, in the order in which they run. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Migrations(Arc<Registry>);

#[derive(Debug, Default)]
struct Registry {
    /// Each with the label of its app.
    all: Vec<(&'static str, &'static EmbeddedMigration)>,
    graph: Graph,
}

impl Migrations {
    /// Puts the apps' migrations into one order.
    ///
    /// # Errors
    /// Two migrations of one version: diesel's table could not tell them apart. A dependency that is missing.
    pub(crate) fn new(
        apps: impl IntoIterator<Item = (&'static str, AppMigrations)>,
    ) -> Result<Self, ImproperlyConfigured> {
        let mut all: Vec<_> = apps
            .into_iter()
            .flat_map(|(app, own)| own.migrations.iter().map(move |one| (own.label.unwrap_or(app), one)))
            .collect();
        all.sort_by_key(|(_, migration)| migration.version());
        for pair in all.windows(2) {
            if let [(_, first), (_, second)] = pair
                && first.version() == second.version()
            {
                return Err(ImproperlyConfigured::new(format!(
                    "The migrations {} and {} have the same version.",
                    first.name, second.name
                )));
            }
        }
        let graph = Graph::new(&all)?;
        Ok(Self(Arc::new(Registry { all, graph })))
    }

    /// Each migration with the label of its app.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &'static EmbeddedMigration)> {
        self.0.all.iter().copied()
    }

    /// Returns the positions of these migrations and of all that they depend on.
    pub(crate) fn with_requirements(&self, indices: &[usize]) -> BTreeSet<usize> {
        self.0.graph.with_requirements(indices)
    }

    /// Returns the positions of these migrations and of all that depend on them.
    pub(crate) fn with_dependents(&self, indices: &[usize]) -> BTreeSet<usize> {
        self.0.graph.with_dependents(indices)
    }

    /// Returns the migrations that refer to a table of a migration that they don't depend on.
    pub(crate) fn undeclared_dependencies(&self) -> Vec<UndeclaredDependency> {
        let all = &self.0.all;
        let mut creators = BTreeMap::new();
        for (index, (_, migration)) in (0..).zip(all) {
            for table in render::created_tables(migration.sqlite.up) {
                creators.entry(table).or_insert(index);
            }
        }
        let mut undeclared = BTreeSet::new();
        for (index, (_, migration)) in (0..).zip(all) {
            let requirements = self.0.graph.requirements(index);
            for table in render::references(migration.sqlite.up) {
                if let Some(creator) = creators.get(table.text)
                    && *creator != index
                    && !requirements.contains(creator)
                    && let Some((label, created_by)) = all.get(*creator)
                {
                    undeclared.insert(UndeclaredDependency {
                        name: migration.name,
                        label,
                        later: (*creator > index).then_some(created_by.name),
                    });
                }
            }
        }
        undeclared.into_iter().collect()
    }

    /// Returns all migrations in order. Reads only: without diesel's table, none is applied.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn states(&self, connection: &mut DbConnection) -> Result<Vec<MigrationState>, DatabaseError> {
        let applied: Vec<Applied> = if has_table(connection, "__diesel_schema_migrations")? {
            __diesel_schema_migrations::table.select(Applied::as_select()).load(connection)?
        } else {
            Vec::new()
        };
        let state = |(app, migration): (&str, &EmbeddedMigration)| MigrationState {
            name: migration.name.to_owned(),
            app: app.to_owned(),
            applied: applied.iter().any(|row| row.version == migration.version()),
        };
        Ok(self.iter().map(state).collect())
    }

    /// Returns the rows that all these migrations add to Django's table `django_migrations`, as (app, name). Runs them on an
    /// empty database in memory, so there is no second list to maintain.
    ///
    /// # Errors
    /// A migration fails.
    pub fn recorded_for_django(&self) -> Result<Vec<(String, String)>, DatabaseError> {
        use diesel_schema::django_migrations::dsl::{app, django_migrations, id, name};

        let mut memory = diesel::SqliteConnection::establish(":memory:").map_err(MigrationError::new)?;
        for (_, migration) in self.iter() {
            change(&mut memory, migration, Cow::Borrowed(migration.sqlite.up), Change::Apply)?;
        }
        Ok(django_migrations.select((app, name)).order(id).load(&mut memory)?)
    }

    /// Runs every migration that the database does not have.
    ///
    /// # Errors
    /// The database can't be read, or refuses a migration; those before it stay.
    pub fn apply_all(&self, connection: &mut DbConnection) -> Result<(), DatabaseError> {
        for state in self.states(connection)?.into_iter().filter(|state| !state.applied) {
            self.apply(connection, &state.name)?;
        }
        Ok(())
    }

    /// Applies one migration in its own transaction.
    ///
    /// # Errors
    /// The migration does not exist, or the database rejects it.
    pub fn apply(&self, connection: &mut DbConnection, name: &str) -> Result<(), MigrationError> {
        use diesel_schema::django_migrations::dsl::{applied, django_migrations, id};

        let rows = |connection: &mut DbConnection| -> Result<Option<i64>, DatabaseError> {
            if !has_table(connection, "django_migrations")? {
                return Ok(None);
            }
            Ok(django_migrations.select(diesel::dsl::max(id)).get_result(connection)?)
        };
        let before = rows(connection).map_err(MigrationError::new)?;
        self.change(connection, name, Change::Apply)?;
        // SQL functions of SQLite don't know the project's time zone.
        let set_time = |connection: &mut DbConnection| -> Result<(), DatabaseError> {
            if !has_table(connection, "django_migrations")? {
                return Ok(());
            }
            let new = django_migrations.filter(id.gt(before.unwrap_or(0)));
            let now = now(connection)?;
            diesel::update(new).set(applied.eq(now)).execute(connection)?;
            Ok(())
        };
        match connection {
            DbConnection::Sqlite(_) => set_time(connection).map_err(MigrationError::new),
            #[cfg(feature = "postgres")]
            DbConnection::Postgres(_) => Ok(()),
        }
    }

    /// Records one migration as applied without running it, since Django has created its tables.
    ///
    /// # Errors
    /// The migration does not exist, or the database rejects the record.
    pub fn record(&self, connection: &mut DbConnection, name: &str) -> Result<(), MigrationError> {
        self.change(connection, name, Change::Record)
    }

    /// Reverts one migration in its own transaction.
    ///
    /// # Errors
    /// The migration does not exist, or the database rejects it.
    pub fn unapply(&self, connection: &mut DbConnection, name: &str) -> Result<(), MigrationError> {
        self.change(connection, name, Change::Unapply)
    }

    fn change(&self, connection: &mut DbConnection, name: &str, how: Change) -> Result<(), MigrationError> {
        let migration = self.iter().map(|(_, migration)| migration).find(|migration| migration.name == name);
        let migration =
            migration.ok_or_else(|| MigrationError(format!("The migration {name} does not exist.")))?;
        let script = match connection {
            DbConnection::Sqlite(_) => &migration.sqlite,
            #[cfg(feature = "postgres")]
            DbConnection::Postgres(_) => &migration.postgres,
        };
        let sql = match how {
            Change::Apply => render::render(script.up, migration, connection)?,
            Change::Record => Cow::Borrowed(""),
            Change::Unapply => connection.names().rename_script(script.down),
        };
        on_variant!(connection, |connection| change(connection, migration, sql, how))
    }
}

//! The migrations, embedded in the program, and their state in a database.
//!
//! They are diesel migrations in diesel's own table, so `manage migrate` and `diesel migration run` can be mixed. A
//! migration's folder is `<timestamp>_<app>_<what>`; the middle part is the app's label.

use diesel::backend::Backend;
use diesel::connection::BoxableConnection;
use diesel::migration::{Migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion};
use diesel::{Connection, ExpressionMethods as _, QueryDsl, RunQueryDsl, SelectableHelper};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{DatabaseError, DbConnection, now};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
#[cfg(feature = "postgres")]
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

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

/// Returns all migrations in order. Reads only: without diesel's table, none is applied.
///
/// # Errors
/// The database can't be read.
pub fn states(connection: &mut DbConnection) -> Result<Vec<MigrationState>, DatabaseError> {
    let embedded_migrations = match connection {
        DbConnection::Sqlite(_) => embedded::<diesel::sqlite::Sqlite>(&SQLITE)?,
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(_) => embedded::<diesel::pg::Pg>(&POSTGRES)?,
    };
    let applied: Vec<Applied> = if has_table(connection, "__diesel_schema_migrations")? {
        __diesel_schema_migrations::table.select(Applied::as_select()).load(connection)?
    } else {
        Vec::new()
    };
    Ok(embedded_migrations
        .into_iter()
        .map(|(version, name)| MigrationState {
            app: name.split('_').nth(1).unwrap_or_default().to_owned(),
            applied: applied.iter().any(|row| row.version == version),
            name,
        })
        .collect())
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

/// Returns the rows that all our migrations add to Django's table `django_migrations`, as (app, name). Runs them on an
/// empty database in memory, so there is no second list to maintain.
///
/// # Errors
/// A migration fails.
pub fn recorded_for_django() -> Result<Vec<(String, String)>, DatabaseError> {
    use diesel_schema::django_migrations::dsl::{app, django_migrations, id, name};

    let mut memory = diesel::SqliteConnection::establish(":memory:").map_err(MigrationError::new)?;
    memory.run_pending_migrations(SQLITE).map_err(MigrationError::new)?;
    Ok(django_migrations.select((app, name)).order(id).load(&mut memory)?)
}

/// Applies one migration in its own transaction.
///
/// # Errors
/// The migration does not exist, or the database rejects it.
pub fn apply(connection: &mut DbConnection, name: &str) -> Result<(), MigrationError> {
    use diesel_schema::django_migrations::dsl::{applied, django_migrations, id};

    let rows = |connection: &mut DbConnection| -> Result<Option<i64>, DatabaseError> {
        if !has_table(connection, "django_migrations")? {
            return Ok(None);
        }
        Ok(django_migrations.select(diesel::dsl::max(id)).get_result(connection)?)
    };
    let before = rows(connection).map_err(MigrationError::new)?;
    change(connection, name, Change::Apply)?;
    // SQL functions of SQLite don't know the project's time zone.
    let set_time = |connection: &mut DbConnection| -> Result<(), DatabaseError> {
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
pub fn record(connection: &mut DbConnection, name: &str) -> Result<(), MigrationError> {
    change(connection, name, Change::Record)
}

/// Reverts one migration in its own transaction.
///
/// # Errors
/// The migration does not exist, or the database rejects it.
pub fn unapply(connection: &mut DbConnection, name: &str) -> Result<(), MigrationError> {
    change(connection, name, Change::Unapply)
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

fn embedded<DB: Backend>(source: &EmbeddedMigrations) -> Result<Vec<(String, String)>, MigrationError> {
    let mut migrations: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(MigrationError::new)?;
    migrations.sort_by(|a, b| a.name().version().cmp(&b.name().version()));
    Ok(migrations.iter().map(|m| (m.name().version().to_string(), m.name().to_string())).collect())
}

#[derive(Clone, Copy)]
enum Change {
    Apply,
    Record,
    Unapply,
}

/// A migration with a name and no statements.
struct RecordOnlyMigration<'a, DB: Backend>(&'a dyn Migration<DB>);

impl<DB: Backend> Migration<DB> for RecordOnlyMigration<'_, DB> {
    fn run(&self, _connection: &mut dyn BoxableConnection<DB>) -> diesel::migration::Result<()> {
        Ok(())
    }

    fn revert(&self, _connection: &mut dyn BoxableConnection<DB>) -> diesel::migration::Result<()> {
        Ok(())
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        self.0.metadata()
    }

    fn name(&self) -> &dyn MigrationName {
        self.0.name()
    }
}

fn change(connection: &mut DbConnection, name: &str, how: Change) -> Result<(), MigrationError> {
    match connection {
        DbConnection::Sqlite(connection) => change_on(connection, &SQLITE, name, how),
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(connection) => change_on(connection, &POSTGRES, name, how),
    }
}

fn change_on<C>(
    connection: &mut C,
    source: &EmbeddedMigrations,
    name: &str,
    how: Change,
) -> Result<(), MigrationError>
where
    C: MigrationHarness<C::Backend> + diesel::Connection,
{
    let migrations: Vec<Box<dyn Migration<C::Backend>>> = source.migrations().map_err(MigrationError::new)?;
    let migration = migrations
        .iter()
        .find(|migration| migration.name().to_string() == name)
        .ok_or_else(|| MigrationError(format!("The migration {name} does not exist.")))?;
    // Creates diesel's table if it is missing.
    connection.applied_migrations().map_err(MigrationError::new)?;
    let done: Result<MigrationVersion<'_>, _> = match how {
        Change::Apply => connection.run_migration(migration.as_ref()),
        Change::Record => connection.run_migration(&RecordOnlyMigration(migration.as_ref())),
        Change::Unapply => connection.revert_migration(migration.as_ref()),
    };
    done.map(drop).map_err(MigrationError::new)
}

//! The trait of an app, and the registry of installed apps (`django/apps/config.py`, `django/apps/registry.py`).

use std::sync::Arc;

use actix_web::web::ServiceConfig;

use super::audit::Event;
use super::checks::CheckMessage;
use super::conf::{ImproperlyConfigured, Setting};
use super::database::migrations::{AppMigrations, Migrations};
use super::database::needs::NeededTable;
use super::database::{Database, DatabaseError, DbConnection, Names, UserId};
use super::deletion::{UserRelation, delete_related};
use super::diagnosis::{Diagnosis, DjangoSettings, Examination};
use super::management::base::Command;
use super::metrics::Snapshot;
use super::models::{ModelMeta, Signals};
use super::staticfiles::StaticFile;
use super::urls::UrlConf;

/// A self-contained part of a project: a folder below `apps/`, listed in `INSTALLED_APPS`.
///
/// Only the label is required; every other method defaults to nothing. The root URLconf (`src/urls.rs`) mounts an app's
/// views, since the project chooses the prefix.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an app",
    label = "not an `App`",
    note = "implement `App` for it: only `label` is required",
    note = "if it is a `Result`, a `?` is missing: `Auth::from_env(env)?`"
)]
pub trait App: Send + Sync {
    /// The app's unique short name, of lower-case letters, digits and underscores: `authtoken`.
    ///
    /// It groups the app's commands in `manage help`, and is part of its migrations' names
    /// (`<timestamp>_<label>_<what>`).
    fn label(&self) -> &'static str;

    /// Adds the app data that the app's views need to actix-web's configuration.
    ///
    /// Called once per worker: keep shared state behind an `Arc` in the app.
    fn configure(&self, _config: &mut ServiceConfig) {}

    /// The templates of the app's pages, compiled in: their names, which begin with the app's label, and their sources. A
    /// project renders them by the feature `templates`.
    fn templates(&self) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }

    /// The style sheets, scripts and pictures of the app's pages.
    fn static_files(&self) -> Vec<StaticFile> {
        Vec::new()
    }

    /// Starts background work. Called once, when the server starts.
    fn ready(&self, _database: &Database) {}

    /// Declares the settings that the app reads from the environment. `manage diffsettings` prints them, and `manage check`
    /// warns of a setting that is read but not declared.
    fn settings(&self) -> Vec<Setting> {
        Vec::new()
    }

    /// The app's management commands.
    fn commands(&self) -> Vec<Box<dyn Command>> {
        Vec::new()
    }

    /// Checks the app's settings. With `deploy`, includes the checks of `check --deploy`.
    fn checks(&self, _deploy: bool) -> Vec<CheckMessage> {
        Vec::new()
    }

    /// Checks the project's views for `check --deploy`.
    fn check_views(&self, _urls: &UrlConf) -> Vec<CheckMessage> {
        Vec::new()
    }

    /// Adds the database names of the app's tables and columns that differ from `src/schema.rs`.
    fn names(&self, _names: &mut Names) {}

    /// Returns the migrations that make the app's tables: `vec![migrations!()]`, with a folder `migrations` beside the
    /// app's `src`.
    fn migrations(&self) -> Vec<AppMigrations> {
        Vec::new()
    }

    /// Returns the setting that leaves the app's tables to Django's own `migrate`, or `None` if the app's migrations
    /// create them. With a setting, `manage migrate` only records the app's migrations.
    fn left_to_django(&self) -> Option<&'static str> {
        None
    }

    /// The tables that the app reads or writes without a model. `manage doctor` compares them with the live tables, as it does
    /// those of [`models`](Self::models).
    fn tables(&self) -> Vec<NeededTable> {
        Vec::new()
    }

    /// The app's models: `vec![Question::META, Choice::META]`. A deletion looks at all models that refer to the deleted row.
    /// `manage doctor` compares them with the live tables.
    fn models(&self) -> Vec<&'static ModelMeta> {
        Vec::new()
    }

    /// Connects the app's receivers of signals: what it does when rows of models are saved or deleted, in any app
    /// ([`signals`](super::models::signals)). Called once, before the first connection.
    fn connect(&self, _signals: &mut Signals) {}

    /// Adds what the app counts to the [`metrics`](super::metrics) of this moment. Called for each scrape, each minute and
    /// each page that shows them: it must not wait.
    fn metrics(&self, _metrics: &mut Snapshot) {}

    /// Whether the app's pages show the [metrics](super::metrics::Metrics::history) of the last hour. If so, they are counted also
    /// without `METRICS_ADDRESS`.
    fn shows_history(&self) -> bool {
        false
    }

    /// Adds the app's findings about the live database to `manage doctor`'s report. Must only read.
    ///
    /// # Errors
    /// Those of the queries.
    fn diagnose(&self, _examination: &mut Examination<'_>) -> Result<(), DatabaseError> {
        Ok(())
    }

    /// Compares the app's settings with those of a Django project: adds findings to `manage doctor --django`'s report, and the
    /// lines to set.
    fn compare(&self, _django: &DjangoSettings, _diagnosis: &mut Diagnosis) {}

    /// The columns of the app's tables that refer to users. When a user is deleted, their rows are too, as Django's
    /// cascade does. `manage doctor` reports a foreign key to users that is missing here.
    fn related_to_user(&self) -> Vec<UserRelation> {
        Vec::new()
    }

    /// Does what a change of a user's password calls for, such as to revoke the user's credentials. Runs inside the transaction that
    /// stores the new password. Returns what it did, for the audit stream. Not called if the same password is hashed again.
    ///
    /// # Errors
    /// Any error of the queries rolls back the whole transaction.
    fn password_changed(
        &self,
        _connection: &mut DbConnection,
        _user_id: UserId,
    ) -> Result<Vec<Event>, DatabaseError> {
        Ok(Vec::new())
    }

    /// Deletes the app's rows of a user who is being deleted: those of [`related_to_user`](Self::related_to_user). Runs
    /// inside the transaction that deletes the user; later apps run first.
    ///
    /// # Errors
    /// Any error of the queries rolls back the whole transaction.
    fn delete_user(&self, connection: &mut DbConnection, user_id: UserId) -> Result<(), DatabaseError> {
        delete_related(connection, &self.related_to_user(), user_id)
    }
}

/// The tables that an app uses, as `src/schema.rs` names them, each once: those of [`App::tables`] and of its models.
pub(crate) fn table_names(app: &dyn App) -> Vec<String> {
    let models = app.models();
    let between = models.iter().flat_map(|model| model.many_to_many.iter().map(|relation| relation.table));
    let own = models.iter().map(|model| model.table).chain(between).map(str::to_owned);
    let mut names: Vec<String> = app.tables().into_iter().map(|table| table.name).collect();
    for name in own {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The installed apps, in the order of `INSTALLED_APPS`: an app may use the apps before it. Clones share them. A
/// request finds them in its app data (`Data<Apps>`).
#[derive(Clone)]
pub struct Apps {
    apps: Arc<[Box<dyn App>]>,
    migrations: Migrations,
    models: Arc<[&'static ModelMeta]>,
}

impl Apps {
    /// Registers the apps.
    ///
    /// # Errors
    /// A label that is used twice, empty, or not made of lower-case letters, digits and underscores; two migrations of
    /// one version.
    pub fn new(apps: Vec<Box<dyn App>>) -> Result<Self, ImproperlyConfigured> {
        let mut seen: Vec<&str> = Vec::with_capacity(apps.len());
        for app in &apps {
            let label = app.label();
            let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if label.is_empty() || !label.chars().all(valid) {
                return Err(ImproperlyConfigured::new(format!(
                    "The app label '{label}' is not a valid identifier."
                )));
            }
            if seen.contains(&label) {
                return Err(ImproperlyConfigured::new(format!(
                    "Application labels aren't unique, duplicates: {label}"
                )));
            }
            seen.push(label);
        }
        let migrations =
            apps.iter().flat_map(|app| app.migrations().into_iter().map(|own| (app.label(), own)));
        let models = apps.iter().flat_map(|app| app.models()).collect();
        Ok(Self { migrations: Migrations::new(migrations)?, models, apps: apps.into() })
    }

    /// The migrations of all apps.
    #[must_use]
    pub fn migrations(&self) -> &Migrations {
        &self.migrations
    }

    /// The models of all apps.
    #[must_use]
    pub fn models(&self) -> Arc<[&'static ModelMeta]> {
        Arc::clone(&self.models)
    }

    /// The same, borrowed.
    #[must_use]
    pub fn model_list(&self) -> &[&'static ModelMeta] {
        &self.models
    }

    /// Iterates over the apps in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &dyn App> {
        self.apps.iter().map(AsRef::as_ref)
    }

    /// Returns the app with this label.
    #[must_use]
    pub fn get(&self, label: &str) -> Option<&dyn App> {
        self.iter().find(|app| app.label() == label)
    }

    /// Returns an app's position in `INSTALLED_APPS`.
    #[must_use]
    pub fn position(&self, label: &str) -> Option<usize> {
        self.apps.iter().position(|app| app.label() == label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct LabelOnlyApp(&'static str);

    impl App for LabelOnlyApp {
        fn label(&self) -> &'static str {
            self.0
        }
    }

    fn register(labels: &[&'static str]) -> Result<Apps, String> {
        let apps = labels.iter().map(|label| Box::new(LabelOnlyApp(label)) as Box<dyn App>).collect();
        Apps::new(apps).map_err(|error| error.to_string())
    }

    #[test]
    fn labels_are_unique() {
        assert_eq!(register(&["auth", "authtoken"]).unwrap().position("authtoken"), Some(1));
        assert_eq!(
            register(&["auth", "auth"]).err().unwrap(),
            "Application labels aren't unique, duplicates: auth"
        );
    }

    #[test]
    fn labels_are_identifiers() {
        for label in ["", "Auth", "rest-framework"] {
            assert!(register(&[label]).err().unwrap().contains("not a valid identifier"), "{label}");
        }
    }
}

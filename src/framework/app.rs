//! An app, and the registry of those that are installed (`django/apps/config.py`, `django/apps/registry.py`).

use std::sync::Arc;

use actix_web::web::ServiceConfig;

use super::checks::CheckMessage;
use super::conf::ImproperlyConfigured;
use super::database::needs::NeededTable;
use super::database::{Database, DatabaseError, DbConnection, Names, UserId};
use super::diagnosis::Examination;
use super::management::Command;

/// A self-contained part of a project: a folder below `apps/`, listed in `INSTALLED_APPS`.
///
/// Only the label is required; everything else defaults to nothing. Its views are mounted by the root URLconf
/// (`src/urls.rs`), since the project chooses the prefix.
pub trait App: Send + Sync {
    /// The short name, unique in a project, lower-case letters, digits and underscores: `authtoken`.
    ///
    /// It groups the app's commands in `manage help` and its migrations (`<timestamp>_<label>_<what>`).
    fn label(&self) -> &'static str;

    /// Puts what the app's views need on a request's path (app data) into actix-web's configuration.
    ///
    /// Called once a worker: shared state belongs behind an `Arc` that the app already holds.
    fn configure(&self, _config: &mut ServiceConfig) {}

    /// Starts what works beside the requests. Called once, when the server starts.
    fn ready(&self, _database: &Database) {}

    /// The management commands that the app brings.
    fn commands(&self) -> Vec<Box<dyn Command>> {
        Vec::new()
    }

    /// What is wrong, or unwise, in the app's settings. `deploy` asks for the checks of `check --deploy` too.
    fn checks(&self, _deploy: bool) -> Vec<CheckMessage> {
        Vec::new()
    }

    /// What the project's database calls tables of the app, where that is not what `src/schema.rs` says.
    fn names(&self, _names: &mut Names) {}

    /// The setting by which Django's own `migrate` makes the app's tables, and not the app's migrations: those are then
    /// recorded, and nothing else. `None` where the app's migrations make them.
    fn left_to_django(&self) -> Option<&'static str> {
        None
    }

    /// The tables that the app reads or writes, for `manage doctor` to compare with those that are there.
    fn tables(&self) -> Vec<NeededTable> {
        Vec::new()
    }

    /// What the app finds in the live database that `manage doctor` shall tell of. It reads only.
    ///
    /// # Errors
    /// Those of the queries.
    fn diagnose(&self, _examination: &mut Examination<'_>) -> Result<(), DatabaseError> {
        Ok(())
    }

    /// Deletes the rows of the app's own tables that belong to a user who is being deleted: what Django's cascade would
    /// delete. Called inside the transaction that deletes the user; later apps come first.
    ///
    /// # Errors
    /// Those of the queries: the user stays, and all that other apps deleted.
    fn delete_user(&self, _connection: &mut DbConnection, _user_id: UserId) -> Result<(), DatabaseError> {
        Ok(())
    }
}

/// The installed apps, in the order of `INSTALLED_APPS`: an app may use those before it. Clones share them, and a request
/// finds them in its app data (`Data<Apps>`).
#[derive(Clone)]
pub struct Apps(Arc<[Box<dyn App>]>);

impl Apps {
    /// Registers the apps.
    ///
    /// # Errors
    /// A label that is used twice, or is not made of lower-case letters, digits and underscores.
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
        Ok(Self(apps.into()))
    }

    /// The apps in their order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &dyn App> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The app of this label, or `None`.
    #[must_use]
    pub fn get(&self, label: &str) -> Option<&dyn App> {
        self.iter().find(|app| app.label() == label)
    }

    /// Where an app stands in `INSTALLED_APPS`, or `None` when no app has this label.
    #[must_use]
    pub fn position(&self, label: &str) -> Option<usize> {
        self.0.iter().position(|app| app.label() == label)
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

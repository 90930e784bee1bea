//! A project: its settings, its installed apps and its root URLconf, as the program's `main` puts them together.

use super::app::Apps;
use super::cache::Cache;
use super::conf::{Env, ImproperlyConfigured};
use super::database::{Database, DatabaseSettings};
use super::management::Command;
use super::middleware::HttpSettings;
use super::server::ServerSettings;
use super::urls::Pattern;

/// What the framework itself is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Hosts, debugging, secret key.
    pub http: HttpSettings,
    /// Address and workers.
    pub server: ServerSettings,
    /// Where the data are.
    pub database: DatabaseSettings,
}

impl Settings {
    /// Reads the framework's settings.
    ///
    /// # Errors
    /// The first variable that can't be used.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        Ok(Self {
            http: HttpSettings::from_env(env)?,
            server: ServerSettings::from_env(env)?,
            database: DatabaseSettings::from_env(env)?,
        })
    }
}

/// Everything that a management command, and so the server, works with.
pub struct Project {
    /// The framework's settings; an app holds its own.
    pub settings: Settings,
    /// The environment that all settings were read from.
    pub env: Env,
    /// `INSTALLED_APPS`.
    pub apps: Apps,
    /// The root URLconf, made anew for each worker.
    pub urlpatterns: fn() -> Vec<Pattern>,
    /// Commands of the project itself, beside those of its apps.
    pub commands: Vec<Box<dyn Command>>,
    /// The pool of connections.
    pub database: Database,
    /// What throttles count in.
    pub cache: Cache,
}

impl Project {
    /// The same project where its database refuses to write and what throttles count stays in this process: for a server
    /// whose answers nobody gets.
    pub(super) fn read_only(&self) -> Self {
        Self {
            settings: self.settings.clone(),
            env: self.env.clone(),
            apps: self.apps.clone(),
            urlpatterns: self.urlpatterns,
            commands: Vec::new(),
            database: Database::read_only(&self.settings.database),
            cache: Cache::locmem(),
        }
    }
}

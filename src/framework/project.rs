//! A project: its settings, its installed apps and its root URLconf, as `main` assembles them.

use super::app::Apps;
use super::cache::Cache;
use super::conf::{Env, ImproperlyConfigured};
use super::database::{Database, DatabaseSettings};
use super::management::Command;
use super::middleware::HttpSettings;
use super::server::ServerSettings;
use super::urls::Pattern;

/// The framework's own settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Hosts, debugging, secret key.
    pub http: HttpSettings,
    /// Address and workers.
    pub server: ServerSettings,
    /// The database.
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

/// Everything that management commands, and so the server, work with.
pub struct Project {
    /// The framework's settings; each app holds its own.
    pub settings: Settings,
    /// The environment that all settings were read from.
    pub env: Env,
    /// `INSTALLED_APPS`.
    pub apps: Apps,
    /// The root URLconf, built once per worker.
    pub urlpatterns: fn() -> Vec<Pattern>,
    /// The project's own commands, in addition to those of its apps.
    pub commands: Vec<Box<dyn Command>>,
    /// The connection pool.
    pub database: Database,
    /// The cache that throttles count in.
    pub cache: Cache,
}

impl Project {
    /// Returns the same project with a read-only database and a cache in this process: for a server whose responses are
    /// only compared.
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

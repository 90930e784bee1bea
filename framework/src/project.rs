//! A project: its settings, its installed apps and its root URLconf, as `main` assembles them.

use std::sync::Once;

use actix_web::web::ServiceConfig;

use super::app::{App, Apps};
use super::audit::Audit;
use super::cache::Cache;
use super::conf::{Env, ImproperlyConfigured, Setting, SettingsRegistry};
use super::database::{Database, DatabaseSettings};
use super::management::base::Command;
use super::metrics::Metrics;
use super::middleware::HttpSettings;
use super::server::{self, ServerSettings};
use super::staticfiles::StaticFiles;
#[cfg(feature = "templates")]
use super::templates::{self, Templates};
use super::translation::{LanguageSettings, Translations};
use super::urls::Pattern;
use super::{
    audit, cache, checks, connections, cors, csrf, database, http, logging, metrics, middleware, shadow,
    staticfiles, timezone, translation,
};

/// The framework's own settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Hosts, debugging, secret key.
    pub http: HttpSettings,
    /// Address and workers.
    pub server: ServerSettings,
    /// The database.
    pub database: DatabaseSettings,
    /// `SILENCED_SYSTEM_CHECKS`: ids of checks whose messages are not printed.
    pub silenced_system_checks: Vec<String>,
    /// The languages.
    pub languages: LanguageSettings,
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
            silenced_system_checks: env.words("SILENCED_SYSTEM_CHECKS"),
            languages: LanguageSettings::from_env(env)?,
        })
    }
}

/// The declarations of the framework's settings.
fn framework_settings() -> Vec<Setting> {
    [
        server::SETTINGS,
        connections::SETTINGS,
        logging::SETTINGS,
        &middleware::settings(),
        cors::SETTINGS,
        http::SETTINGS,
        csrf::SETTINGS,
        database::SETTINGS,
        timezone::SETTINGS,
        translation::SETTINGS,
        cache::SETTINGS,
        audit::SETTINGS,
        metrics::SETTINGS,
        checks::SETTINGS,
        shadow::SETTINGS,
        staticfiles::SETTINGS,
        #[cfg(feature = "templates")]
        templates::SETTINGS,
    ]
    .concat()
}

/// A project: its settings, its installed apps and its root URLconf, with the pool and the cache that all of its views and
/// commands share.
pub struct Project {
    /// The framework's settings; each app holds its own.
    pub settings: Settings,
    /// The environment that all settings were read from.
    pub env: Env,
    /// The settings that the framework, the apps and the project declare.
    pub declared: SettingsRegistry,
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
    /// The audit stream.
    pub audit: Audit,
    /// The counters of `/metrics`.
    pub metrics: Metrics,
    /// The static files of its apps.
    pub static_files: StaticFiles,
    /// The templates of its apps, and its own.
    #[cfg(feature = "templates")]
    pub templates: Templates,
    /// The messages of its languages, unless all are in English.
    pub translations: Option<&'static Translations>,
    /// Whether the apps were told that the server starts.
    ready: Once,
}

impl Project {
    /// A project of these apps and URL patterns, with the framework's settings from `env`.
    ///
    /// ```
    /// use vitamin_framework::conf::{Env, ImproperlyConfigured};
    /// use vitamin_framework::project::Project;
    ///
    /// pub fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
    ///     Project::new(env, vitamin_framework::apps![], Vec::new)
    /// }
    /// ```
    ///
    /// # Errors
    /// The first variable that can't be used, what [`Apps::new`] finds wrong with the apps, or a setting that is declared
    /// twice.
    pub fn new(
        env: &Env,
        installed_apps: Vec<Box<dyn App>>,
        urlpatterns: fn() -> Vec<Pattern>,
    ) -> Result<Self, ImproperlyConfigured> {
        let mut settings = Settings::from_env(env)?;
        let apps = Apps::new(installed_apps)?;
        let mut declared = SettingsRegistry::default();
        declared.add("vitamin", &framework_settings())?;
        for app in apps.iter() {
            app.names(&mut settings.database.names);
            app.connect(&mut settings.database.signals);
            declared.add(app.label(), &app.settings())?;
        }
        env.declare(declared.iter().map(|(_, setting)| setting.name));
        let database = Database::new(&settings.database);
        let are_read = settings.server.metrics_address.is_some() || apps.iter().any(App::shows_history);
        let metrics = if are_read { Metrics::on(&apps, &database) } else { Metrics::default() };
        let static_files = StaticFiles::from_env(env, apps.iter().flat_map(App::static_files))?;
        Ok(Self {
            #[cfg(feature = "templates")]
            templates: Templates::from_env(
                env,
                apps.iter().flat_map(App::templates).collect(),
                &static_files,
            ),
            static_files,
            apps,
            declared,
            urlpatterns,
            commands: Vec::new(),
            database,
            cache: Cache::from_env(env)?,
            audit: Audit::from_env(env),
            metrics,
            translations: Translations::load(&settings.languages)?,
            settings,
            env: env.clone(),
            ready: Once::new(),
        })
    }

    /// Declares settings that the project itself reads, as [`App::settings`] does for an app.
    ///
    /// # Errors
    /// A setting of this name is declared already.
    pub fn declare(mut self, settings: &[Setting]) -> Result<Self, ImproperlyConfigured> {
        self.declared.add("project", settings)?;
        self.env.declare(self.declared.iter().map(|(_, setting)| setting.name));
        Ok(self)
    }

    /// Adds a command of the project itself.
    #[must_use]
    pub fn command(mut self, command: impl Command + 'static) -> Self {
        self.commands.push(Box::new(command));
        self
    }

    /// Mounts the project in an actix-web application that is not its own: `App::new().configure(|config|
    /// project.configure(config))`, after the application's own services.
    ///
    /// It answers every path that no earlier service matches, and nothing else passes its middleware: the application's own
    /// services have neither its security headers nor its check of hosts. They find its app data, so that authentication and
    /// permission classes work around them. `project` is made once, before the server, and shared by the workers.
    pub fn configure(&self, config: &mut ServiceConfig) {
        self.ready();
        server::mount(self, config);
    }

    /// Starts what the apps do beside the requests ([`App::ready`]), once.
    pub(super) fn ready(&self) {
        self.ready.call_once(|| self.apps.iter().for_each(|app| app.ready(&self.database)));
    }

    /// Returns the same project with a read-only database and a cache in this process: for a server whose responses are
    /// only compared.
    pub(super) fn read_only(&self) -> Self {
        self.on_database(&DatabaseSettings { read_only: true, ..self.settings.database.clone() })
    }

    /// Returns the same project on another database, with a cache in this process, and without an audit stream.
    pub(super) fn on_database(&self, database: &DatabaseSettings) -> Self {
        Self {
            settings: Settings { database: database.clone(), ..self.settings.clone() },
            env: self.env.clone(),
            declared: self.declared.clone(),
            apps: self.apps.clone(),
            urlpatterns: self.urlpatterns,
            commands: Vec::new(),
            database: Database::new(database),
            cache: Cache::locmem(),
            audit: Audit::default(),
            metrics: Metrics::default(),
            static_files: self.static_files.clone(),
            #[cfg(feature = "templates")]
            templates: self.templates.clone(),
            translations: self.translations,
            ready: Once::new(),
        }
    }
}

/// The list of a project's apps: `apps![Auth::from_env(env)?, Polls]`.
#[macro_export]
macro_rules! apps {
    ($($app:expr),* $(,)?) => {
        ::std::vec![$(::std::boxed::Box::new($app) as ::std::boxed::Box<dyn $crate::app::App>),*]
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::Fallback;

    /// Setting every default explicitly changes nothing.
    #[test]
    fn the_declared_defaults_are_the_real_ones() {
        let defaults = framework_settings().into_iter().filter_map(|setting| match setting.default {
            Fallback::Value(value) => Some((setting.name, value)),
            Fallback::Unset | Fallback::Described(_) => None,
        });
        let [explicit, unset] = [defaults.collect(), Env::from_iter::<[(&str, &str); 0]>([])]
            .map(|env| format!("{:?}", Settings::from_env(&env).unwrap()));
        assert_eq!(explicit, unset);
    }
}

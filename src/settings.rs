//! The project's settings: the installed apps and the defaults of their views. Settings that differ between deployments
//! are read from the environment; the README lists them.

use crate::apps::auth::Auth;
use crate::apps::authtoken::AuthToken;
use crate::apps::forward_auth::ForwardAuth;
use crate::apps::rest_framework::parsers::UploadLimits;
use crate::apps::rest_framework::parsers::body::Bodies;
use crate::apps::rest_framework::throttling::ThrottleRates;
use crate::apps::rest_framework::{APISettings, RestFramework};
use crate::apps::test_app::TestApp;
use crate::demo::Demo;
use crate::framework::app::{App, Apps};
use crate::framework::cache::Cache;
use crate::framework::conf::{Env, ImproperlyConfigured};
use crate::framework::database::Database;
use crate::framework::project::{Project, Settings};
use crate::framework::timezone::TimeZone;
use crate::urls::urlpatterns;

/// `INSTALLED_APPS`, in order: an app may use the apps before it.
fn installed_apps(env: &Env) -> Result<Vec<Box<dyn App>>, ImproperlyConfigured> {
    Ok(vec![
        Box::new(Auth::from_env(env)?),
        Box::new(RestFramework::new(rest_framework(env)?)),
        Box::new(AuthToken::from_env(env)?),
        Box::new(ForwardAuth),
        Box::new(TestApp),
    ])
}

/// `REST_FRAMEWORK`: the defaults of every view.
fn rest_framework(env: &Env) -> Result<APISettings, ImproperlyConfigured> {
    let default = UploadLimits::default();
    let upload_limits = UploadLimits {
        data_upload_max_memory_size: env
            .parse("DATA_UPLOAD_MAX_MEMORY_SIZE", default.data_upload_max_memory_size)?,
        data_upload_max_number_fields: env
            .parse("DATA_UPLOAD_MAX_NUMBER_FIELDS", default.data_upload_max_number_fields)?,
        data_upload_max_number_files: env
            .parse("DATA_UPLOAD_MAX_NUMBER_FILES", default.data_upload_max_number_files)?,
        file_upload_max_size: env.parse("FILE_UPLOAD_MAX_SIZE", default.file_upload_max_size)?,
    };
    Ok(APISettings {
        upload_limits,
        bodies: Bodies::from_env(env, &upload_limits)?,
        default_throttle_rates: env.parse("DEFAULT_THROTTLE_RATES", ThrottleRates::default())?,
        time_zone: TimeZone::from_env(env)?,
        num_proxies: env.optional("NUM_PROXIES")?,
        ..APISettings::default()
    })
}

/// Builds the project from the environment and the `.env` file.
///
/// # Errors
/// The first variable that can't be used.
pub fn project() -> Result<Project, ImproperlyConfigured> {
    from_env(Env::read()?)
}

/// Builds the project from `env`.
///
/// # Errors
/// The first variable that can't be used.
pub fn from_env(env: Env) -> Result<Project, ImproperlyConfigured> {
    let mut settings = Settings::from_env(&env)?;
    let apps = Apps::new(installed_apps(&env)?)?;
    for app in apps.iter() {
        app.names(&mut settings.database.names);
    }
    Ok(Project {
        apps,
        database: Database::new(&settings.database),
        cache: Cache::from_env(&env)?,
        settings,
        urlpatterns,
        commands: vec![Box::new(Demo)],
        env,
    })
}

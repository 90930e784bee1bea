//! The project's settings: which apps are installed. What differs between deployments is read from the environment;
//! docs/settings.md lists it.

use test_app::TestApp;
use vitamin::admin::{Admin, authtoken};
use vitamin::apps;
use vitamin::auth::Auth;
use vitamin::authtoken::AuthToken;
use vitamin::conf::{Env, ImproperlyConfigured};
use vitamin::forward_auth::ForwardAuth;
use vitamin::project::Project;
use vitamin::rest_framework::schemas::SpectacularSettings;
use vitamin::rest_framework::{APISettings, RestFramework};

use crate::demo::Demo;
use crate::urls::urlpatterns;

/// The project, with the settings of this environment.
///
/// # Errors
/// The first variable that can't be used.
pub fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
    let rest_framework = APISettings {
        spectacular_settings: SpectacularSettings {
            title: "Tutorial".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            serve_include_schema: false,
            ..SpectacularSettings::default()
        },
        ..APISettings::from_env(env)?
    };
    // INSTALLED_APPS, in order: an app may use those before it.
    let installed_apps = apps![
        Auth::from_env(env)?,
        RestFramework::new(rest_framework),
        AuthToken::from_env(env)?,
        Admin::from_env(env, authtoken::site())?,
        ForwardAuth,
        TestApp,
    ];
    Ok(Project::new(env, installed_apps, urlpatterns)?.command(Demo))
}

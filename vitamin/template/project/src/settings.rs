//! The project's settings: which apps are installed. What differs between deployments is read from the environment and
//! from the file .env.

use vitamin::admin::{Admin, authtoken};
use vitamin::apps;
use vitamin::auth::Auth;
use vitamin::authtoken::AuthToken;
use vitamin::conf::{Env, ImproperlyConfigured};
use vitamin::project::Project;
use vitamin::rest_framework::RestFramework;

use crate::urls::urlpatterns;

/// The project, with the settings of this environment.
///
/// # Errors
/// The first variable that can't be used.
pub fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
    // INSTALLED_APPS, in order: an app may use those before it.
    let installed_apps = apps![
        Auth::from_env(env)?,
        RestFramework::from_env(env)?,
        AuthToken::from_env(env)?,
        // The models of the admin: `authtoken::site().include(polls::admin::site())` adds those of an app.
        Admin::from_env(env, authtoken::site())?,
    ];
    Project::new(env, installed_apps, urlpatterns)
}

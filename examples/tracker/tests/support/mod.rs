//! A project of the tracker's app with other parts than its own.

use vitamin::app::App;
use vitamin::apps;
use vitamin::auth::Auth;
use vitamin::authtoken::{AuthToken, TokenAuthentication};
use vitamin::project::Project;
use vitamin::rest_framework::permissions::IsAuthenticated;
use vitamin::rest_framework::{APISettings, RestFramework, classes};
use vitamin::testing::*;
use vitamin::urls::Pattern;

/// Serves these paths, with these apps beside the tracker's.
pub fn serve(
    database: &TestDatabase,
    urlpatterns: fn() -> Vec<Pattern>,
    more: impl FnOnce() -> Vec<Box<dyn App>>,
) -> TestProject {
    TestProject::new(database, |env| {
        let rest_framework = APISettings {
            default_authentication_classes: classes![TokenAuthentication::new()],
            default_permission_classes: classes![IsAuthenticated],
            ..APISettings::from_env(env)?
        };
        let mut installed = apps![
            Auth::from_env(env)?,
            RestFramework::new(rest_framework),
            AuthToken::from_env(env)?,
            tracker::apps::Tracker,
        ];
        installed.extend(more());
        Project::new(env, installed, urlpatterns)
    })
}

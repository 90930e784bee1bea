//! The project's settings: which apps are installed, and the defaults of its views. What differs between deployments is
//! read from the environment and from the file .env.

use std::sync::Arc;

use vitamin::admin::Admin;
use vitamin::apps;
use vitamin::auth::Auth;
use vitamin::authtoken::{AuthToken, TokenAuthentication};
use vitamin::conf::{Env, ImproperlyConfigured};
use vitamin::project::Project;
use vitamin::rest_framework::authentication::{BasicAuthentication, SessionAuthentication};
use vitamin::rest_framework::permissions::IsAuthenticated;
use vitamin::rest_framework::schemas::SpectacularSettings;
use vitamin::rest_framework::settings::FilterBackend;
use vitamin::rest_framework::throttling::{Period, Rate, ThrottleRates};
use vitamin::rest_framework::{APISettings, RestFramework, classes};

use crate::admin;
use crate::apps::Tracker;
use crate::pagination::pages;
use crate::urls::urlpatterns;

/// The project, with the settings of this environment.
///
/// # Errors
/// The first variable that can't be used.
pub fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
    let rest_framework = APISettings {
        default_authentication_classes: classes![
            TokenAuthentication::new(),
            SessionAuthentication,
            BasicAuthentication::new(),
        ],
        default_permission_classes: classes![IsAuthenticated],
        default_filter_backends: vec![
            FilterBackend::DjangoFilterBackend,
            FilterBackend::SearchFilter,
            FilterBackend::OrderingFilter,
        ],
        default_pagination_class: Some(Arc::new(pages())),
        page_size: Some(10),
        spectacular_settings: SpectacularSettings {
            title: "Tracker".to_owned(),
            version: "1.0.0".to_owned(),
            serve_include_schema: false,
            ..SpectacularSettings::default()
        },
        default_throttle_rates: ThrottleRates::from_iter([("bulk", Some(Rate::new(3, Period::Day)))]),
        ..APISettings::from_env(env)?
    };
    // INSTALLED_APPS, in order: an app may use those before it.
    let installed_apps = apps![
        Auth::from_env(env)?,
        RestFramework::new(rest_framework),
        AuthToken::from_env(env)?,
        Admin::from_env(env, admin::site())?,
        Tracker,
    ];
    Project::new(env, installed_apps, urlpatterns)
}

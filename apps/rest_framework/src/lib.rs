//! Django REST framework: views, their policies, requests and responses, as far as token authentication and its
//! endpoints need them. Each kind of policy has its own file, named as in Django REST framework.

pub mod authentication;
mod current;
pub mod data;
mod dispatch;
pub mod error_detail;
mod exception_handler;
pub mod exceptions;
pub mod fields;
mod finalize;
mod generics;
mod handlers;
mod initial;
pub mod metadata;
pub mod middleware;
pub mod negotiation;
#[cfg(test)]
mod own_classes;
pub mod parsers;
pub mod permissions;
mod policies;
pub mod policy_result;
mod renderable;
pub mod renderers;
pub mod request;
pub mod response;
pub mod serializers;
pub mod settings;
#[cfg(test)]
pub(crate) mod testing;
pub mod throttling;
pub mod urlpatterns;
pub mod versioning;
pub mod views;

pub use vitamin_parsing::{json, mediatypes, python};

use actix_web::web::{Data, ServiceConfig};

pub use self::settings::APISettings;
use vitamin_framework::app::App;
use vitamin_framework::checks::CheckMessage;
use vitamin_framework::conf::{Env, ImproperlyConfigured};

/// The app. It holds the default settings of the project's views.
pub struct RestFramework {
    settings: Data<APISettings>,
}

impl RestFramework {
    /// The app with the settings of the environment, and Django REST framework's defaults for all others.
    ///
    /// # Errors
    /// The first variable with an invalid value.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        APISettings::from_env(env).map(Self::new)
    }

    /// The app with these settings.
    #[must_use]
    pub fn new(settings: APISettings) -> Self {
        Self { settings: Data::new(settings) }
    }
}

impl App for RestFramework {
    fn label(&self) -> &'static str {
        "rest_framework"
    }

    fn configure(&self, config: &mut ServiceConfig) {
        config.app_data(self.settings.clone());
    }

    fn checks(&self, _deploy: bool) -> Vec<CheckMessage> {
        // Rates without throttle classes limit nothing, and no other check reports that.
        let (rates, classes) =
            (&self.settings.default_throttle_rates, &self.settings.default_throttle_classes);
        if !rates.limit_anything() || !classes.is_empty() {
            return Vec::new();
        }
        vec![
            CheckMessage::warning(
                "vitamin.W001",
                "DEFAULT_THROTTLE_RATES is set, but there are no default throttle classes: it limits only views that have \
                 throttle classes of their own.",
            )
            .hint(
                "Name the classes, such as AnonRateThrottle and UserRateThrottle, in the view or in default_throttle_classes \
                 in src/settings.rs.",
            ),
        ]
    }
}

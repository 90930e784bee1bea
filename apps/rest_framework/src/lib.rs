//! Django REST framework: views, their policies, requests and responses, serializers, and views of models. Each kind of
//! policy has its own file, named as in Django REST framework.

pub mod authentication;
#[cfg(feature = "browsable-api")]
#[doc(hidden)]
pub mod browsable;
mod checks;
mod comparison;
mod current;
pub mod data;
mod dispatch;
pub mod error_detail;
mod exception_handler;
pub mod exceptions;
pub mod fields;
pub mod filters;
mod finalize;
mod formatting;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod generics;
mod handlers;
mod initial;
pub mod metadata;
pub mod middleware;
pub mod negotiation;
#[cfg(test)]
mod own_classes;
pub mod pagination;
pub mod parameters;
pub mod parsers;
pub mod permissions;
mod policies;
pub mod policy_result;
pub mod prelude;
mod renderable;
mod rendered_details;
pub mod renderers;
pub mod request;
pub mod response;
mod reverse;
pub mod routers;
pub mod schemas;
pub mod serializers;
pub mod settings;
pub mod shortcuts;
#[cfg(test)]
pub(crate) mod testing;
pub mod throttling;
pub mod urlpatterns;
#[cfg(feature = "browsable-api")]
pub mod urls;
mod utils;
pub mod versioning;
pub mod views;
pub mod viewsets;

pub use vitamin_parsing::{json, mediatypes, python};

use actix_web::web::{Data, ServiceConfig};

pub use self::settings::APISettings;
use vitamin_framework::app::App;
use vitamin_framework::checks::CheckMessage;
use vitamin_framework::conf::{Env, ImproperlyConfigured, Setting};
use vitamin_framework::diagnosis::{Diagnosis, DjangoSettings};
use vitamin_framework::management::Command;
#[cfg(feature = "browsable-api")]
use vitamin_framework::staticfiles::StaticFile;
use vitamin_framework::urls::UrlConf;

/// The app. It holds the default settings of the project's views.
pub struct RestFramework {
    settings: Data<APISettings>,
    documents: Data<schemas::Documents>,
    #[cfg(feature = "browsable-api")]
    pages: Data<browsable::Pages>,
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
        Self {
            #[cfg(feature = "browsable-api")]
            pages: Data::new(browsable::Pages::new(settings.browsable.clone())),
            settings: Data::new(settings),
            documents: Data::default(),
        }
    }
}

impl App for RestFramework {
    fn label(&self) -> &'static str {
        "rest_framework"
    }

    fn configure(&self, config: &mut ServiceConfig) {
        config.app_data(self.settings.clone()).app_data(self.documents.clone());
        #[cfg(feature = "browsable-api")]
        config.app_data(self.pages.clone());
    }

    #[cfg(feature = "browsable-api")]
    fn templates(&self) -> Vec<(&'static str, &'static str)> {
        [browsable::TEMPLATES, schemas::TEMPLATES].concat()
    }

    #[cfg(feature = "browsable-api")]
    fn static_files(&self) -> Vec<StaticFile> {
        [browsable::STATIC_FILES, schemas::STATIC_FILES].concat()
    }

    fn commands(&self) -> Vec<Box<dyn Command>> {
        vec![Box::new(schemas::Spectacular { settings: (**self.settings).clone() })]
    }

    fn settings(&self) -> Vec<Setting> {
        [
            settings::SETTINGS,
            parsers::SETTINGS,
            parsers::body::SETTINGS,
            #[cfg(feature = "browsable-api")]
            browsable::SETTINGS,
        ]
        .concat()
    }

    fn compare(&self, django: &DjangoSettings, diagnosis: &mut Diagnosis) {
        comparison::compare(&self.settings, django, diagnosis);
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

    fn check_views(&self, urls: &UrlConf) -> Vec<CheckMessage> {
        checks::check_views(&self.settings, urls)
    }
}

#[cfg(test)]
mod tests {
    use vitamin_framework::conf::Fallback;

    use super::parsers::UploadLimits;
    use super::parsers::body::Bodies;
    use super::*;

    /// Setting every default explicitly changes nothing.
    #[test]
    fn the_declared_defaults_are_the_real_ones() {
        let declared = RestFramework::new(APISettings::default()).settings();
        let defaults = declared.into_iter().filter_map(|setting| match setting.default {
            Fallback::Value(value) => Some((setting.name, value)),
            Fallback::Unset | Fallback::Described(_) => None,
        });
        let [explicit, unset] = [defaults.collect(), Env::from_iter::<[(&str, &str); 0]>([])].map(|env| {
            let limits = UploadLimits::from_env(&env).unwrap();
            format!("{limits:?} {:?}", Bodies::from_env(&env, &limits).unwrap())
        });
        assert_eq!(explicit, unset);
    }
}

//! The project's defaults for every view (`rest_framework/settings.py`).

use std::sync::Arc;

use super::authentication::Authentication;
use super::exceptions::{APIException, exception_handler};
use super::parsers::body::Bodies;
use super::parsers::{Parser, UploadLimits};
use super::permissions::Permission;
use super::renderers::Renderer;
use super::request::Request;
use super::response::Response;
use super::throttling::{Throttle, ThrottleRates};
use super::versioning::{Versioning, Versions};
use vitamin_framework::conf::{Env, ImproperlyConfigured};
use vitamin_framework::timezone::TimeZone;

/// Makes the answer of an exception, or `None` for Django's plain page.
pub type ExceptionHandler = fn(&APIException, &Request) -> Option<Response>;

/// What a view does that says nothing else. The names are Django REST framework's, in lower case.
#[derive(Clone)]
pub struct APISettings {
    /// The first is what a client gets that doesn't care.
    pub default_renderer_classes: Vec<Arc<dyn Renderer>>,
    /// Which bodies are read.
    pub default_parser_classes: Vec<Arc<dyn Parser>>,
    /// The first one's challenge goes into a 401.
    pub default_authentication_classes: Vec<Arc<dyn Authentication>>,
    /// All must allow.
    pub default_permission_classes: Vec<Arc<dyn Permission>>,
    /// All must allow.
    pub default_throttle_classes: Vec<Arc<dyn Throttle>>,
    /// The rates by scope (`DEFAULT_THROTTLE_RATES`, e.g. `anon=100/day,user=1000/day`).
    pub default_throttle_rates: ThrottleRates,
    /// Proxies before this server that write `X-Forwarded-For` (`NUM_PROXIES`): 0, the header is not looked at;
    /// `None` (the default), all of it is believed.
    pub num_proxies: Option<usize>,
    /// Tells which version of the API is wanted; `None` for no versions.
    pub default_versioning_class: Option<Arc<dyn Versioning>>,
    /// `DEFAULT_VERSION`, `ALLOWED_VERSIONS`, `VERSION_PARAM`.
    pub versions: Versions,
    /// Makes the answers of exceptions.
    pub exception_handler: ExceptionHandler,
    /// The query parameter that chooses a renderer, or `None` for no such parameter.
    pub url_format_override: Option<&'static str>,
    /// `TIME_ZONE` and `USE_TZ`: what a time without an offset means.
    pub time_zone: TimeZone,
    /// How much a client may send.
    pub upload_limits: UploadLimits,
    /// How long a client may take to send it, and how much memory that may take.
    pub bodies: Bodies,
}

impl APISettings {
    /// The defaults, with the settings of the environment.
    ///
    /// # Errors
    /// The first variable that can't be used.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        let upload_limits = UploadLimits::from_env(env)?;
        Ok(Self {
            upload_limits,
            bodies: Bodies::from_env(env, &upload_limits)?,
            default_throttle_rates: env.parse("DEFAULT_THROTTLE_RATES", ThrottleRates::default())?,
            time_zone: TimeZone::from_env(env)?,
            num_proxies: env.optional("NUM_PROXIES")?,
            ..Self::default()
        })
    }
}

impl Default for APISettings {
    fn default() -> Self {
        use super::authentication::{BasicAuthentication, SessionAuthentication};
        use super::parsers::{FormParser, JSONParser, MultiPartParser};
        use super::renderers::{BrowsableAPIRenderer, JSONRenderer};
        use crate::classes;

        Self {
            default_renderer_classes: classes![JSONRenderer, BrowsableAPIRenderer],
            default_parser_classes: classes![JSONParser, FormParser, MultiPartParser],
            default_authentication_classes: classes![SessionAuthentication, BasicAuthentication::new()],
            default_permission_classes: classes![super::permissions::AllowAny],
            default_throttle_classes: Vec::new(),
            default_throttle_rates: ThrottleRates::default(),
            num_proxies: None,
            default_versioning_class: None,
            versions: Versions::default(),
            exception_handler,
            url_format_override: Some("format"),
            time_zone: TimeZone::default(),
            upload_limits: UploadLimits::default(),
            bodies: Bodies::default(),
        }
    }
}

/// A list of policy classes: `classes![TokenAuthentication::new(), BasicAuthentication]`.
#[macro_export]
macro_rules! classes {
    ($($class:expr),* $(,)?) => { vec![$(::std::sync::Arc::new($class)),*] };
}

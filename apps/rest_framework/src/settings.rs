//! The project's default policies for views (`rest_framework/settings.py`).

use std::sync::Arc;

use super::authentication::Authentication;
#[cfg(feature = "browsable-api")]
pub use super::browsable::BrowsableSettings;
use super::exception_handler::exception_handler;
use super::exceptions::APIException;
use super::fields::OutputSettings;
use super::pagination::Pagination;
use super::parsers::body::Bodies;
use super::parsers::{Parser, UploadLimits};
use super::permissions::{ObjectPermissionBackend, Permission};
use super::renderers::Renderer;
use super::request::Request;
use super::response::Response;
use super::schemas::SpectacularSettings;
use super::throttling::{Throttle, ThrottleRates};
use super::versioning::{Versioning, Versions};
use vitamin_framework::conf::{Env, ImproperlyConfigured, Setting};
use vitamin_framework::timezone::TimeZone;

/// The settings that this module reads.
pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "DEFAULT_THROTTLE_RATES",
        "Rates by scope: `anon=100/day,user=1000/day`. An empty rate means no limit. A rate has an effect \
         only if a view, or `default_throttle_classes` in the project's settings, has throttle classes.",
    ),
    Setting::new(
        "NUM_PROXIES",
        "The number of proxies that append to `X-Forwarded-For`. `0`: the header is ignored. Unset: all \
         of it is trusted. Only throttles read it.",
    ),
    Setting::new(
        "MEDIA_URL",
        "The URL below which uploaded files are: `/media/`, or that of another server. `FileField` and `ImageField` of a serializer \
         write URLs below it.",
    ),
];

/// Returns the response to an exception, or `None` for Django's plain page.
pub type ExceptionHandler = fn(&APIException, &Request) -> Option<Response>;

/// The defaults of views that set no policy of their own. The names are Django REST framework's, in lower case.
#[derive(Clone)]
pub struct APISettings {
    /// The renderers. The first one is used if the client accepts any.
    pub default_renderer_classes: Vec<Arc<dyn Renderer>>,
    /// The parsers of request bodies.
    pub default_parser_classes: Vec<Arc<dyn Parser>>,
    /// The authentication classes. The first one provides the challenge of a 401.
    pub default_authentication_classes: Vec<Arc<dyn Authentication>>,
    /// The permission classes. All must allow the request.
    pub default_permission_classes: Vec<Arc<dyn Permission>>,
    /// Who grants permissions for single objects: the backends that DjangoObjectPermissions asks, in this order. None by
    /// default, as Django's own grants none.
    pub object_permission_backends: Vec<Arc<dyn ObjectPermissionBackend>>,
    /// The throttle classes. All must allow the request.
    pub default_throttle_classes: Vec<Arc<dyn Throttle>>,
    /// The rates by scope (`DEFAULT_THROTTLE_RATES`, e.g. `anon=100/day,user=1000/day`).
    pub default_throttle_rates: ThrottleRates,
    /// The number of proxies in front of this server that write `X-Forwarded-For` (`NUM_PROXIES`). 0 ignores the header.
    /// `None` (the default) trusts the whole header.
    pub num_proxies: Option<usize>,
    /// Determines the requested version of the API; `None` for no versions.
    pub default_versioning_class: Option<Arc<dyn Versioning>>,
    /// `DEFAULT_VERSION`, `ALLOWED_VERSIONS`, `VERSION_PARAM`.
    pub versions: Versions,
    /// Splits lists into pages; `None` for whole lists.
    pub default_pagination_class: Option<Arc<dyn Pagination>>,
    /// The number of rows of a page, for pagination classes without a number of their own. `None`: they don't paginate.
    pub page_size: Option<usize>,
    /// The filter backends of views that do not declare what they do (`DEFAULT_FILTER_BACKENDS`): OrderingFilter orders by
    /// all columns of the serializer. Filters, search fields and ordering fields that a view declares always work.
    pub default_filter_backends: Vec<FilterBackend>,
    /// The query parameter of SearchFilter.
    pub search_param: &'static str,
    /// The query parameter of OrderingFilter.
    pub ordering_param: &'static str,
    /// Returns the responses to exceptions.
    pub exception_handler: ExceptionHandler,
    /// The query parameter that selects a renderer, or `None` for no such parameter.
    pub url_format_override: Option<&'static str>,
    /// The settings of the OpenAPI document.
    pub spectacular_settings: SpectacularSettings,
    /// The time zone of times without an offset (`TIME_ZONE` and `USE_TZ`).
    pub time_zone: TimeZone,
    /// The limits on a request's body and query string.
    pub upload_limits: UploadLimits,
    /// The timeouts of reading a body, and the memory of all bodies.
    pub bodies: Bodies,
    /// The URL below which uploaded files are (`MEDIA_URL`). Without a slash at its start it is below `FORCE_SCRIPT_NAME`.
    pub media_url: String,
    /// The formats of decimals, dates and times in output.
    pub output: OutputSettings,
    /// Where the browsable API finds its files, and where logins lead.
    #[cfg(feature = "browsable-api")]
    pub browsable: BrowsableSettings,
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
            media_url: env.text("MEDIA_URL").unwrap_or_default().to_owned(),
            #[cfg(feature = "browsable-api")]
            browsable: BrowsableSettings::from_env(env),
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
            object_permission_backends: Vec::new(),
            default_throttle_classes: Vec::new(),
            default_throttle_rates: ThrottleRates::default(),
            num_proxies: None,
            default_versioning_class: None,
            versions: Versions::default(),
            default_pagination_class: None,
            page_size: None,
            default_filter_backends: Vec::new(),
            search_param: "search",
            ordering_param: "ordering",
            exception_handler,
            url_format_override: Some("format"),
            spectacular_settings: SpectacularSettings::default(),
            time_zone: TimeZone::default(),
            upload_limits: UploadLimits::default(),
            bodies: Bodies::default(),
            media_url: String::new(),
            output: OutputSettings::DEFAULT,
            #[cfg(feature = "browsable-api")]
            browsable: BrowsableSettings::default(),
        }
    }
}

/// A class that filters a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterBackend {
    /// `django_filters.rest_framework.DjangoFilterBackend`.
    DjangoFilterBackend,
    /// `rest_framework.filters.SearchFilter`.
    SearchFilter,
    /// `rest_framework.filters.OrderingFilter`.
    OrderingFilter,
}

impl FilterBackend {
    /// The name of the class in Django REST framework.
    pub(crate) fn class_name(self) -> &'static str {
        match self {
            Self::DjangoFilterBackend => "DjangoFilterBackend",
            Self::SearchFilter => "SearchFilter",
            Self::OrderingFilter => "OrderingFilter",
        }
    }
}

/// A list of policy classes: `classes![TokenAuthentication::new(), BasicAuthentication]`.
#[macro_export]
macro_rules! classes {
    ($($class:expr),* $(,)?) => { vec![$(::std::sync::Arc::new($class)),*] };
}

//! A view's policies: those it declares, and the project's defaults for the others (`rest_framework/settings.py`).

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::HeaderValue;

use super::authentication::Authentication;
use super::generics::SerializerClass;
use super::parsers::body::Bodies;
use super::parsers::{Parser, UploadLimits};
use super::permissions::Permission;
use super::renderers::{Renderer, content_type};
use super::settings::{APISettings, ExceptionHandler};
use super::throttling::{Throttle, ThrottleRates};
use super::versioning::{Versioning, Versions};
use vitamin_framework::timezone::TimeZone;

/// The declaration of a view. `None` stands for the project's default.
#[derive(Clone)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) description: &'static str,
    pub(super) methods: Vec<Method>,
    /// The namespace of its URL pattern, `v1` or `outer:inner`, if any.
    pub(super) namespace: Option<String>,
    pub(super) serializer: Option<SerializerClass>,
    pub(super) renderer_classes: Option<Vec<Arc<dyn Renderer>>>,
    pub(super) parser_classes: Option<Vec<Arc<dyn Parser>>>,
    pub(super) authentication_classes: Option<Vec<Arc<dyn Authentication>>>,
    pub(super) permission_classes: Option<Vec<Arc<dyn Permission>>>,
    pub(super) throttle_classes: Option<Vec<Arc<dyn Throttle>>>,
    pub(super) throttle_scope: Option<&'static str>,
    pub(super) versioning_class: Option<Option<Arc<dyn Versioning>>>,
    pub(super) ignore_client_content_negotiation: bool,
}

/// A view's resolved policies: its own or the project's defaults.
pub(super) struct Policies {
    pub(super) name: String,
    pub(super) description: &'static str,
    pub(super) renderers: Vec<Arc<dyn Renderer>>,
    /// The `Content-Type` of each renderer.
    pub(super) content_types: Vec<HeaderValue>,
    pub(super) parsers: Vec<Arc<dyn Parser>>,
    pub(super) authenticators: Vec<Arc<dyn Authentication>>,
    pub(super) permissions: Vec<Arc<dyn Permission>>,
    pub(super) throttles: Vec<Arc<dyn Throttle>>,
    pub(super) throttle_scope: Option<&'static str>,
    pub(super) throttle_rates: ThrottleRates,
    pub(super) num_proxies: Option<usize>,
    pub(super) versioning: Option<Arc<dyn Versioning>>,
    pub(super) versions: Versions,
    pub(super) serializer: Option<SerializerClass>,
    pub(super) ignore_client_content_negotiation: bool,
    pub(super) methods: Vec<Method>,
    pub(super) namespace: Option<String>,
    pub(super) allow: HeaderValue,
    pub(super) exception_handler: ExceptionHandler,
    pub(super) url_format_override: Option<&'static str>,
    pub(super) limits: UploadLimits,
    pub(super) bodies: Bodies,
    pub(super) time_zone: TimeZone,
}

impl Declared {
    /// Fills in the project's defaults.
    pub(super) fn resolve(&self, settings: &APISettings) -> Policies {
        fn or<T: Clone>(own: &Option<T>, default: &T) -> T {
            own.as_ref().unwrap_or(default).clone()
        }
        let renderers = or(&self.renderer_classes, &settings.default_renderer_classes);
        Policies {
            name: self.name.clone(),
            description: self.description,
            content_types: renderers.iter().map(|renderer| content_type(renderer.as_ref())).collect(),
            renderers,
            parsers: or(&self.parser_classes, &settings.default_parser_classes),
            authenticators: or(&self.authentication_classes, &settings.default_authentication_classes),
            permissions: or(&self.permission_classes, &settings.default_permission_classes),
            throttles: or(&self.throttle_classes, &settings.default_throttle_classes),
            throttle_scope: self.throttle_scope,
            throttle_rates: settings.default_throttle_rates.clone(),
            num_proxies: settings.num_proxies,
            versioning: or(&self.versioning_class, &settings.default_versioning_class),
            versions: settings.versions.clone(),
            serializer: self.serializer.clone(),
            ignore_client_content_negotiation: self.ignore_client_content_negotiation,
            methods: self.methods.clone(),
            namespace: self.namespace.clone(),
            allow: allow(&self.methods),
            exception_handler: settings.exception_handler,
            url_format_override: settings.url_format_override,
            limits: settings.upload_limits,
            bodies: settings.bodies.clone(),
            time_zone: settings.time_zone.clone(),
        }
    }
}

/// The methods in the order of Django's `View.http_method_names`.
fn allow(methods: &[Method]) -> HeaderValue {
    let order = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    let allowed: Vec<&str> =
        order.into_iter().filter(|name| methods.iter().any(|method| method.as_str() == *name)).collect();
    // The names above are always a valid header value.
    HeaderValue::from_str(&allowed.join(", ")).unwrap_or_else(|_| HeaderValue::from_static("OPTIONS"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allow_has_django_s_order() {
        let methods = [Method::OPTIONS, Method::DELETE, Method::GET, Method::HEAD, Method::POST];
        assert_eq!(allow(&methods), "GET, POST, DELETE, HEAD, OPTIONS");
    }
}

//! A view's policies: those it declares, and the project's defaults for the others (`rest_framework/settings.py`).

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use actix_web::web::Data;

use super::authentication::Authentication;
use super::parsers::Parser;
use super::parsers::reader::BodyReader;
use super::permissions::Permission;
use super::renderers::{Renderer, Renderers};
use super::request::{Reverse, SerializerClass, ViewInfo};
use super::settings::{APISettings, ExceptionHandler};
use super::throttling::Throttle;
use super::versioning::Versioning;

/// The declaration of a view or of [`policies`](super::middleware::policies). `None` stands for the project's default.
#[derive(Clone, Default)]
pub(super) struct PolicyDeclaration {
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
    /// The description of the view that each request carries.
    pub(super) view: Rc<ViewInfo>,
    pub(super) renderers: Rc<Renderers>,
    pub(super) versioning: Option<Arc<dyn Versioning>>,
    pub(super) authenticators: Vec<Arc<dyn Authentication>>,
    pub(super) permissions: Vec<Arc<dyn Permission>>,
    pub(super) throttles: Vec<Arc<dyn Throttle>>,
    pub(super) ignore_client_content_negotiation: bool,
    pub(super) url_format_override: Option<&'static str>,
    pub(super) exception_handler: ExceptionHandler,
}

impl PolicyDeclaration {
    /// Fills in the project's defaults: the [`APISettings`] in the app data, or Django REST framework's.
    pub(super) fn resolve(&self, http: &HttpRequest) -> Policies {
        match http.app_data::<Data<APISettings>>() {
            Some(settings) => self.resolve_with(settings),
            None => self.resolve_with(&APISettings::default()),
        }
    }

    fn resolve_with(&self, settings: &APISettings) -> Policies {
        fn or<T: Clone>(declared: &Option<T>, default: &T) -> T {
            declared.as_ref().unwrap_or(default).clone()
        }
        let renderers = or(&self.renderer_classes, &settings.default_renderer_classes);
        let renderers = Rc::new(Renderers::new(renderers));
        let authenticators = or(&self.authentication_classes, &settings.default_authentication_classes);
        let versioning = or(&self.versioning_class, &settings.default_versioning_class);
        let view = ViewInfo {
            name: self.name.clone(),
            description: self.description,
            methods: self.methods.clone(),
            allow: (!self.methods.is_empty()).then(|| allow(&self.methods)),
            namespace: self.namespace.clone(),
            media_types: renderers.classes().iter().map(|renderer| renderer.media_type()).collect(),
            renderers: Rc::clone(&renderers) as Rc<dyn Any>,
            body_reader: BodyReader {
                parsers: or(&self.parser_classes, &settings.default_parser_classes),
                limits: settings.upload_limits,
                bodies: settings.bodies.clone(),
            },
            authenticates: !authenticators.is_empty(),
            throttle_scope: self.throttle_scope,
            throttle_rates: settings.default_throttle_rates.clone(),
            num_proxies: settings.num_proxies,
            versions: settings.versions.clone(),
            reverse: versioning.clone().map(reverse),
            url_format_override: settings.url_format_override,
            serializer: self.serializer.clone(),
            time_zone: settings.time_zone.clone(),
        };
        Policies {
            view: Rc::new(view),
            renderers,
            versioning,
            authenticators,
            permissions: or(&self.permission_classes, &settings.default_permission_classes),
            throttles: or(&self.throttle_classes, &settings.default_throttle_classes),
            ignore_client_content_negotiation: self.ignore_client_content_negotiation,
            url_format_override: settings.url_format_override,
            exception_handler: settings.exception_handler,
        }
    }
}

fn reverse(scheme: Arc<dyn Versioning>) -> Arc<Reverse> {
    Arc::new(move |request, name, parameters| scheme.reverse(request, name, parameters))
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

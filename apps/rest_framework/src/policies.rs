//! A view's policies: those it declares, and the project's defaults for the others (`rest_framework/settings.py`).

mod methods;

pub(crate) use self::methods::policy_methods;

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use actix_web::web::Data;

use super::authentication::Authentication;
use super::formatting::view_name;
use super::generics::ModelViewInfo;
use super::parsers::Parser;
use super::parsers::reader::BodyReader;
use super::permissions::Permission;
use super::renderers::{Renderer, Renderers};
use super::request::{Reverse, SerializerClass, ViewInfo, ViewNamespace};
use super::schemas::{ExtendSchema, SchemaView};
use super::settings::{APISettings, ExceptionHandler};
use super::throttling::Throttle;
use super::versioning::Versioning;
use super::viewsets::ViewSetInfo;

/// The declaration of a view, an action or [`policies`](super::middleware::policies). `None` stands for the view set's
/// declaration or the project's default.
#[derive(Clone, Default)]
pub(super) struct PolicyDeclaration {
    /// The name of a Django class: `ObtainAuthTokenView`.
    pub(super) class_name: String,
    /// Replaces the name that is made of the class name.
    pub(super) name: Option<String>,
    /// Follows the name that is made of the class name: `List` or `Instance`.
    pub(super) suffix: Option<String>,
    pub(super) description: Option<String>,
    pub(super) methods: Vec<Method>,
    /// The methods that are answered, in the order of `Allow`.
    pub(super) http_method_names: Option<Vec<Method>>,
    /// The namespace of its URL pattern, `v1` or `outer:inner`, if any.
    pub(super) namespace: Option<String>,
    /// The view set and the route of it that this view serves.
    pub(super) view_set: Option<Rc<ViewSetInfo>>,
    pub(super) serializer: Option<SerializerClass>,
    /// The declaration of a view of a model's objects; `None` for other views.
    pub(super) model_view: Option<Arc<dyn ModelViewInfo>>,
    pub(super) renderer_classes: Option<Vec<Arc<dyn Renderer>>>,
    pub(super) parser_classes: Option<Vec<Arc<dyn Parser>>>,
    pub(super) authentication_classes: Option<Vec<Arc<dyn Authentication>>>,
    pub(super) permission_classes: Option<Vec<Arc<dyn Permission>>>,
    pub(super) throttle_classes: Option<Vec<Arc<dyn Throttle>>>,
    pub(super) throttle_scope: Option<&'static str>,
    pub(super) versioning_class: Option<Option<Arc<dyn Versioning>>>,
    pub(super) ignore_client_content_negotiation: bool,
    /// Model permissions allow everything (`_ignore_model_permissions`).
    pub(super) ignore_model_permissions: bool,
    /// The view authenticates a request that a proxy describes, not the one it gets.
    pub(super) is_for_proxied_request: bool,
    /// The view is not in the schema (`schema = None`).
    pub(super) exclude_from_schema: bool,
    /// The body holds a password.
    pub(super) takes_credentials: bool,
    /// The view serves the schema itself.
    pub(super) serves_schema: bool,
    /// What the schema asks, if the view is more than a plain serializer.
    pub(super) schema_view: Option<Rc<dyn SchemaView>>,
    /// What the schema says instead: of the method or action of this name, or of all.
    pub(super) extended_schemas: Vec<(Option<&'static str>, ExtendSchema)>,
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
    /// The name of the view as words (`get_view_name`).
    pub(super) fn view_name(&self) -> String {
        match (&self.name, &self.suffix) {
            (Some(name), _) => name.clone(),
            (None, Some(suffix)) => format!("{} {suffix}", view_name(&self.class_name)),
            (None, None) => view_name(&self.class_name),
        }
    }

    /// This declaration with what an action declares of its own.
    pub(super) fn with(&self, own: &Self) -> Self {
        fn either<T: Clone>(own: &Option<T>, outer: &Option<T>) -> Option<T> {
            own.as_ref().or(outer.as_ref()).cloned()
        }
        Self {
            class_name: self.class_name.clone(),
            name: either(&own.name, &self.name),
            suffix: either(&own.suffix, &self.suffix),
            description: either(&own.description, &self.description),
            methods: self.methods.clone(),
            http_method_names: either(&own.http_method_names, &self.http_method_names),
            namespace: self.namespace.clone(),
            view_set: either(&own.view_set, &self.view_set),
            serializer: either(&own.serializer, &self.serializer),
            model_view: either(&own.model_view, &self.model_view),
            renderer_classes: either(&own.renderer_classes, &self.renderer_classes),
            parser_classes: either(&own.parser_classes, &self.parser_classes),
            authentication_classes: either(&own.authentication_classes, &self.authentication_classes),
            permission_classes: either(&own.permission_classes, &self.permission_classes),
            throttle_classes: either(&own.throttle_classes, &self.throttle_classes),
            throttle_scope: own.throttle_scope.or(self.throttle_scope),
            versioning_class: either(&own.versioning_class, &self.versioning_class),
            ignore_client_content_negotiation: own.ignore_client_content_negotiation
                || self.ignore_client_content_negotiation,
            ignore_model_permissions: own.ignore_model_permissions || self.ignore_model_permissions,
            is_for_proxied_request: own.is_for_proxied_request || self.is_for_proxied_request,
            exclude_from_schema: own.exclude_from_schema || self.exclude_from_schema,
            takes_credentials: own.takes_credentials || self.takes_credentials,
            serves_schema: own.serves_schema || self.serves_schema,
            schema_view: either(&own.schema_view, &self.schema_view),
            extended_schemas: [self.extended_schemas.as_slice(), &own.extended_schemas].concat(),
        }
    }

    /// The authentication classes: its own, or the project's. Those of the schema's views have a setting of their own.
    pub(super) fn authenticators(&self, settings: &APISettings) -> Vec<Arc<dyn Authentication>> {
        let of_schema = settings.spectacular_settings.serve_authentication.as_ref();
        let default =
            of_schema.filter(|_| self.serves_schema).unwrap_or(&settings.default_authentication_classes);
        self.authentication_classes.as_ref().unwrap_or(default).clone()
    }

    /// The permission classes, likewise.
    pub(super) fn permissions(&self, settings: &APISettings) -> Vec<Arc<dyn Permission>> {
        let default = match self.serves_schema {
            true => &settings.spectacular_settings.serve_permissions,
            false => &settings.default_permission_classes,
        };
        self.permission_classes.as_ref().unwrap_or(default).clone()
    }

    /// Fills in the project's defaults: the [`APISettings`] in the app data, or Django REST framework's.
    pub(super) fn resolve(&self, http: &HttpRequest) -> Policies {
        match http.app_data::<Data<APISettings>>() {
            Some(settings) => self.resolve_with(settings),
            None => self.resolve_with(&APISettings::default()),
        }
    }

    pub(super) fn resolve_with(&self, settings: &APISettings) -> Policies {
        fn or<T: Clone>(declared: &Option<T>, default: &T) -> T {
            declared.as_ref().unwrap_or(default).clone()
        }
        let renderers = or(&self.renderer_classes, &settings.default_renderer_classes);
        let renderers = Rc::new(Renderers::new(renderers));
        let authenticators = self.authenticators(settings);
        let versioning = or(&self.versioning_class, &settings.default_versioning_class);
        let view = ViewInfo {
            name: self.view_name(),
            description: self.description.clone().unwrap_or_default(),
            methods: self.methods.clone(),
            allow: (!self.methods.is_empty())
                .then(|| allow(&self.methods, self.http_method_names.as_deref())),
            namespace: self.namespace.clone(),
            view_set: self.view_set.clone(),
            ignore_model_permissions: self.ignore_model_permissions,
            is_for_proxied_request: self.is_for_proxied_request,
            media_types: renderers.classes().iter().map(|renderer| renderer.media_type()).collect(),
            renderers: Rc::clone(&renderers) as Rc<dyn Any>,
            body_reader: BodyReader {
                parsers: or(&self.parser_classes, &settings.default_parser_classes),
                limits: settings.upload_limits,
                bodies: settings.bodies.clone(),
                takes_credentials: self.takes_credentials,
            },
            authenticates: !authenticators.is_empty(),
            throttle_scope: self.throttle_scope,
            throttle_rates: settings.default_throttle_rates.clone(),
            num_proxies: settings.num_proxies,
            versions: settings.versions.clone(),
            reverse: versioning.clone().map(reverse),
            view_namespace: versioning.clone().map(view_namespace),
            url_format_override: settings.url_format_override,
            serializer: self.serializer.clone(),
            model_view: self.model_view.clone(),
            time_zone: settings.time_zone.clone(),
            media_url: settings.media_url.clone(),
            output: settings.output.clone(),
        };
        Policies {
            view: Rc::new(view),
            renderers,
            versioning,
            authenticators,
            permissions: self.permissions(settings),
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

fn view_namespace(scheme: Arc<dyn Versioning>) -> Arc<ViewNamespace> {
    Arc::new(move |request| scheme.view_namespace(request))
}

/// The methods in the order of `names`, or of Django's `View.http_method_names`.
fn allow(methods: &[Method], names: Option<&[Method]>) -> HeaderValue {
    const ORDER: &[Method] = &[
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
        Method::TRACE,
    ];
    let names = names.unwrap_or(ORDER).iter().filter(|name| methods.contains(name));
    let allowed: Vec<&str> = names.map(Method::as_str).collect();
    // The names of methods are always a valid header value.
    HeaderValue::from_str(&allowed.join(", ")).unwrap_or_else(|_| HeaderValue::from_static("OPTIONS"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allow_has_django_s_order() {
        let methods = [Method::OPTIONS, Method::DELETE, Method::GET, Method::HEAD, Method::POST];
        assert_eq!(allow(&methods, None), "GET, POST, DELETE, HEAD, OPTIONS");
        assert_eq!(allow(&methods, Some(&[Method::POST, Method::PUT, Method::GET])), "POST, GET");
    }
}

//! What a view declares, for a schema generator or another tool that reads the URLconf:
//! [`UrlConf::endpoints`](vitamin_framework::urls::UrlConf::endpoints) yields the views,
//! [`View::describe`](vitamin_framework::urls::View::describe) an [`APIView`].

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::Method;

use super::APIView;
use crate::authentication::Authentication;
use crate::parsers::Parser;
use crate::permissions::Permission;
use crate::renderers::Renderer;
use crate::request::Request;
use crate::schemas::{ExtendSchema, SchemaView};
use crate::serializers::Serializer;
use crate::settings::APISettings;
use crate::throttling::Throttle;
use crate::versioning::Versioning;
use crate::viewsets::ViewSetInfo;

/// The policies of a view: its own or the project's defaults.
pub struct DeclaredPolicies {
    /// The renderers.
    pub renderer_classes: Vec<Arc<dyn Renderer>>,
    /// The parsers of request bodies.
    pub parser_classes: Vec<Arc<dyn Parser>>,
    /// The authentication classes.
    pub authentication_classes: Vec<Arc<dyn Authentication>>,
    /// The permission classes.
    pub permission_classes: Vec<Arc<dyn Permission>>,
    /// The throttle classes.
    pub throttle_classes: Vec<Arc<dyn Throttle>>,
    /// The class that determines the version.
    pub versioning_class: Option<Arc<dyn Versioning>>,
}

impl APIView {
    /// The name of the class: `ObtainAuthTokenView`.
    #[must_use]
    pub fn class_name(&self) -> &str {
        &self.declaration.class_name
    }

    /// The name as words (`get_view_name`): `Obtain Auth Token`, `Issue List`.
    #[must_use]
    pub fn view_name(&self) -> String {
        self.declaration.view_name()
    }

    /// The description (`get_view_description`); may be empty.
    #[must_use]
    pub fn view_description(&self) -> &str {
        self.declaration.description.as_deref().unwrap_or_default()
    }

    /// The methods that are answered, in the order of the handlers (`allowed_methods`).
    #[must_use]
    pub fn allowed_methods(&self) -> Vec<Method> {
        self.served_handlers().methods()
    }

    /// The view set and its route that this view serves. `None` for a view of its own.
    #[must_use]
    pub fn view_set(&self) -> Option<&ViewSetInfo> {
        self.declaration.view_set.as_deref()
    }

    /// Whether the view declares its authentication classes, instead of taking the project's defaults.
    pub(crate) const fn has_authentication_classes(&self) -> bool {
        self.declaration.authentication_classes.is_some()
    }

    /// The policies in a project with these settings.
    #[must_use]
    pub fn policies(&self, settings: &APISettings) -> DeclaredPolicies {
        fn or<T: Clone>(declared: &Option<T>, default: &T) -> T {
            declared.as_ref().unwrap_or(default).clone()
        }
        let declared = &self.declaration;
        DeclaredPolicies {
            renderer_classes: or(&declared.renderer_classes, &settings.default_renderer_classes),
            parser_classes: or(&declared.parser_classes, &settings.default_parser_classes),
            authentication_classes: declared.authenticators(settings),
            permission_classes: declared.permissions(settings),
            throttle_classes: or(&declared.throttle_classes, &settings.default_throttle_classes),
            versioning_class: or(&declared.versioning_class, &settings.default_versioning_class),
        }
    }

    /// A request of this method without user, body and parameters, as the schema gives it to the view.
    pub(crate) fn mock_request(&self, settings: &APISettings, method: Method) -> Request {
        let mut declaration = self.declaration.clone();
        declaration.methods = self.allowed_methods();
        let http = actix_web::test::TestRequest::default().method(method).to_http_request();
        Request::new(http, declaration.resolve_with(settings).view, Payload::None)
    }

    /// What the schema asks of the view, if it is more than a plain serializer.
    pub(crate) fn own_schema_view(&self) -> Option<&dyn SchemaView> {
        self.declaration.schema_view.as_deref()
    }

    /// The plain serializer of this request.
    pub(crate) fn plain_serializer(&self, request: &Request) -> Option<Arc<Serializer>> {
        self.declaration.serializer.as_ref().map(|serializer| serializer.get_serializer(request))
    }

    /// What the schema says instead, of this method or action.
    pub(crate) fn extended_schema(&self, method: &Method, action: Option<&str>) -> ExtendSchema {
        let all = &self.declaration.extended_schemas;
        let is_named = |name: &str| Some(name) == action || name == method.as_str().to_lowercase();
        let general = all.iter().filter(|(name, _)| name.is_none());
        let own = all.iter().filter(|(name, _)| name.is_some_and(is_named));
        general.chain(own).fold(ExtendSchema::new(), |outer, (_, inner)| outer.with(inner))
    }

    /// Whether the view serves the schema.
    pub(crate) fn serves_schema(&self) -> bool {
        self.declaration.serves_schema
    }

    /// Whether the view is left out of the schema.
    #[must_use]
    pub fn is_excluded_from_schema(&self) -> bool {
        self.declaration.exclude_from_schema
    }
}

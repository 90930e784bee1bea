//! The builder methods of everything that declares policies: views, view sets, actions and the middleware.

/// Methods of an inherent `impl` of a type with `fn declaration_mut(&mut self) -> &mut PolicyDeclaration`.
///
/// `policy_methods!()` are all of them. Others name the ones they have: `policy_methods!(serializer)`, or
/// `policy_methods!(permission_classes as permission)`.
macro_rules! policy_methods {
    () => {
        $crate::policies::policy_methods!(description);
        $crate::policies::policy_methods!(serializer);
        $crate::policies::policy_methods!(policies);
    };
    (policies) => {
        $crate::policies::policy_methods!(renderer_classes as renderer_classes);
        $crate::policies::policy_methods!(parser_classes);
        $crate::policies::policy_methods!(takes_credentials);
        $crate::policies::policy_methods!(authentication_classes as authentication_classes);
        $crate::policies::policy_methods!(permission_classes as permission_classes);
        $crate::policies::policy_methods!(throttle_classes as throttle_classes);
        $crate::policies::policy_methods!(throttle_scope);
        $crate::policies::policy_methods!(versioning_class);
        $crate::policies::policy_methods!(content_negotiation);
        $crate::policies::policy_methods!(schema);
    };
    (description) => {
        /// The description in the response to `OPTIONS`. Indentation that all lines have is removed, as of a docstring.
        #[must_use]
        pub fn description(mut self, description: &str) -> Self {
            self.declaration_mut().description = Some($crate::formatting::dedent(description));
            self
        }
    };
    (serializer) => {
        /// The serializer of the body. `OPTIONS` describes it, and
        /// [`Request::validated`](crate::request::Request::validated) validates the body with it.
        #[must_use]
        pub fn serializer(mut self, serializer: $crate::serializers::Serializer) -> Self {
            let serializer = $crate::request::SerializerClass::Fixed(::std::sync::Arc::new(serializer));
            self.declaration_mut().serializer = Some(serializer);
            self
        }

        /// Chooses the serializer for each request, for example by its method, user or version. The closure returns a
        /// [`Serializer`](crate::serializers::Serializer), or an `Arc` of one that is built only once.
        ///
        /// `OPTIONS` calls it with the request's method replaced by `POST` and `PUT`, as it describes the fields of
        /// both.
        #[must_use]
        pub fn get_serializer_class<S: Into<::std::sync::Arc<$crate::serializers::Serializer>>>(
            mut self,
            choose: impl Fn(&$crate::request::Request) -> S + Send + Sync + 'static,
        ) -> Self {
            let choose = move |request: &$crate::request::Request| choose(request).into();
            let serializer = $crate::request::SerializerClass::PerRequest(::std::sync::Arc::new(choose));
            self.declaration_mut().serializer = Some(serializer);
            self
        }
    };
    (renderer_classes as $name:ident) => {
        /// The renderers. The first one is used if the client accepts any.
        #[must_use]
        pub fn $name(mut self, classes: Vec<::std::sync::Arc<dyn $crate::renderers::Renderer>>) -> Self {
            self.declaration_mut().renderer_classes = Some(classes);
            self
        }
    };
    (parser_classes) => {
        /// The parsers of request bodies.
        #[must_use]
        pub fn parser_classes(mut self, classes: Vec<::std::sync::Arc<dyn $crate::parsers::Parser>>) -> Self {
            self.declaration_mut().parser_classes = Some(classes);
            self
        }
    };
    (authentication_classes as $name:ident) => {
        /// The authentication classes. The first one provides the challenge of a 401.
        #[must_use]
        pub fn $name(
            mut self,
            classes: Vec<::std::sync::Arc<dyn $crate::authentication::Authentication>>,
        ) -> Self {
            self.declaration_mut().authentication_classes = Some(classes);
            self
        }
    };
    (permission_classes as $name:ident) => {
        /// The permission classes. All must allow the request.
        #[must_use]
        pub fn $name(mut self, classes: Vec<::std::sync::Arc<dyn $crate::permissions::Permission>>) -> Self {
            self.declaration_mut().permission_classes = Some(classes);
            self
        }
    };
    (throttle_classes as $name:ident) => {
        /// The throttle classes. All must allow the request.
        #[must_use]
        pub fn $name(mut self, classes: Vec<::std::sync::Arc<dyn $crate::throttling::Throttle>>) -> Self {
            self.declaration_mut().throttle_classes = Some(classes);
            self
        }
    };
    (takes_credentials) => {
        /// The body holds a password, so it is small: `DATA_UPLOAD_MAX_CREDENTIALS_SIZE` limits it. For views that anybody may
        /// call and that wait for a hash.
        #[must_use]
        pub fn takes_credentials(mut self) -> Self {
            self.declaration_mut().takes_credentials = true;
            self
        }
    };
    (throttle_scope) => {
        /// The scope for [`ScopedRateThrottle`](crate::throttling::ScopedRateThrottle), such as `contacts`.
        #[must_use]
        pub fn throttle_scope(mut self, scope: &'static str) -> Self {
            self.declaration_mut().throttle_scope = Some(scope);
            self
        }
    };
    (versioning_class) => {
        /// The class that determines the requested version of the API.
        #[must_use]
        pub fn versioning_class(mut self, class: impl $crate::versioning::Versioning + 'static) -> Self {
            self.declaration_mut().versioning_class = Some(Some(::std::sync::Arc::new(class)));
            self
        }

        /// Disables versioning, regardless of the project's default (`versioning_class = None`).
        #[must_use]
        pub fn without_versioning(mut self) -> Self {
            self.declaration_mut().versioning_class = Some(None);
            self
        }
    };
    (content_negotiation) => {
        /// Always uses the first renderer, regardless of `Accept` and `?format=`. For clients that forward the headers
        /// of others (Django REST framework's example `IgnoreClientContentNegotiation`).
        #[must_use]
        pub fn ignore_client_content_negotiation(mut self) -> Self {
            self.declaration_mut().ignore_client_content_negotiation = true;
            self
        }
    };
    (schema) => {
        /// Replaces parts of the description in the OpenAPI document (`@extend_schema`).
        #[must_use]
        pub fn extend_schema(mut self, schema: $crate::schemas::ExtendSchema) -> Self {
            self.declaration_mut().extended_schemas.push((None, schema));
            self
        }

        /// What the OpenAPI document asks of a view that has more than a plain serializer. Views of models have one.
        #[must_use]
        pub fn schema_view(mut self, view: impl $crate::schemas::SchemaView + 'static) -> Self {
            self.declaration_mut().schema_view = Some(::std::rc::Rc::new(view));
            self
        }

        /// [`extend_schema`](Self::extend_schema) of one action, or of one method in lower case
        /// (`@extend_schema_view(list=…)`).
        #[must_use]
        pub fn extend_schema_view(
            mut self,
            action: &'static str,
            schema: $crate::schemas::ExtendSchema,
        ) -> Self {
            self.declaration_mut().extended_schemas.push((Some(action), schema));
            self
        }

        /// Leaves the view out of the API's schema (`schema = None`).
        #[must_use]
        pub fn exclude_from_schema(mut self) -> Self {
            self.declaration_mut().exclude_from_schema = true;
            self
        }
    };
    (http_method_names) => {
        /// The methods that are answered, in the order of `Allow`; by default all that have a handler. All others are
        /// 405, also HEAD and OPTIONS if they are not named.
        #[must_use]
        pub fn http_method_names(mut self, methods: &[::actix_web::http::Method]) -> Self {
            self.declaration_mut().http_method_names = Some(methods.to_vec());
            self
        }
    };
}

pub(crate) use policy_methods;

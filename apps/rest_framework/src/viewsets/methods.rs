//! The builder methods of everything that is a view set: [`ViewSet`](super::ViewSet), and view sets of models.

/// Methods of an inherent `impl` of a type with `fn view_set_mut(&mut self) -> &mut ViewSet`.
macro_rules! view_set_methods {
    () => {
        $crate::viewsets::view_set_methods! {
            actions:
            /// The handler of GET and HEAD for all objects.
            list;
            /// The handler of POST for all objects.
            create;
            /// The handler of GET and HEAD for one object.
            retrieve;
            /// The handler of PUT for one object.
            update;
            /// The handler of PATCH for one object.
            partial_update;
            /// The handler of DELETE for one object.
            destroy;
        }

        /// Adds an action of its own (`@action`). It replaces an action of the same name.
        #[must_use]
        pub fn action(mut self, action: $crate::viewsets::Action) -> Self {
            self.view_set_mut().add_action(action);
            self
        }

        /// The default basename, in Django REST framework the model's name in lower case. The names of the URL patterns
        /// are `note-list` and `note-detail`.
        #[must_use]
        pub fn basename(mut self, basename: &str) -> Self {
            self.view_set_mut().basename = Some(basename.to_owned());
            self
        }

        /// The field that finds an object, `pk` by default. It is also the name of the path's parameter.
        #[must_use]
        pub fn lookup_field(mut self, field: &str) -> Self {
            field.clone_into(&mut self.view_set_mut().lookup.field);
            self
        }

        /// The name of the path's parameter, if it is not that of the field.
        #[must_use]
        pub fn lookup_url_kwarg(mut self, name: &str) -> Self {
            self.view_set_mut().lookup.url_kwarg = Some(name.to_owned());
            self
        }

        /// The regular expression of the path's parameter, `[^/.]+` by default. Other paths are 404 before any policy.
        #[must_use]
        pub fn lookup_value_regex(mut self, regex: &str) -> Self {
            self.view_set_mut().lookup.value_regex = Some(regex.to_owned());
            self
        }

        /// The converter of the path's parameter, `int` for example, in a router with `use_regex_path(false)`. Other
        /// routers ignore it.
        #[must_use]
        pub fn lookup_value_converter(mut self, converter: &str) -> Self {
            self.view_set_mut().lookup.value_converter = Some(converter.to_owned());
            self
        }
    };
    (actions: $($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name<H, A>(mut self, handler: H) -> Self
        where
            H: ::actix_web::Handler<A, Output: ::actix_web::Responder + 'static>,
            A: ::actix_web::FromRequest + 'static,
        {
            self.view_set_mut().set_handler(stringify!($name), $crate::handlers::boxed(handler));
            self
        }
    )*};
}

pub(crate) use view_set_methods;

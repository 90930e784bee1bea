//! The builder methods that views and view sets of models have in common.

/// The builder methods of views of models, in an inherent `impl` of a type with `fn model_view_mut(&mut self) -> &mut
/// ModelView<T>` and `fn declaration_mut(&mut self) -> &mut PolicyDeclaration`.
macro_rules! model_view_methods {
    () => {
        /// The objects of the view, for a request: a closure of the request and of all objects (`get_queryset`). It returns
        /// the query set, or a `Result` with one.
        #[must_use]
        pub fn queryset<Q: $crate::generics::IntoQuerySet<T> + 'static>(
            mut self,
            rows: impl Fn(&$crate::request::Request, ::vitamin_framework::models::QuerySet<T>) -> Q
            + Send
            + Sync
            + 'static,
        ) -> Self {
            self.model_view_mut().set_queryset(rows);
            self
        }

        /// The same, if it must query first.
        #[must_use]
        pub fn get_queryset(
            mut self,
            rows: impl AsyncFn(
                &$crate::request::Request,
            ) -> Result<
                ::vitamin_framework::models::QuerySet<T>,
                $crate::exceptions::APIException,
            > + Send
            + Sync
            + 'static,
        ) -> Self {
            self.model_view_mut().set_get_queryset(rows);
            self
        }

        /// The object of the view, if it is not found by the path (`get_object`). Object permissions are not checked.
        #[must_use]
        pub fn get_object(
            mut self,
            object: impl AsyncFn(
                &$crate::request::Request,
            ) -> Result<
                ::vitamin_framework::models::Object<T>,
                $crate::exceptions::APIException,
            > + Send
            + Sync
            + 'static,
        ) -> Self {
            self.model_view_mut().set_get_object(object);
            self
        }

        /// Chooses the serializer for each request, for example by its [action](crate::request::Request::action)
        /// (`get_serializer_class`). Build the serializers once, and return a clone of their `Arc`.
        #[must_use]
        pub fn get_serializer_class(
            mut self,
            choose: impl Fn(
                &$crate::request::Request,
            ) -> ::std::sync::Arc<$crate::serializers::ModelSerializer<T>>
            + Send
            + Sync
            + 'static,
        ) -> Self {
            self.model_view_mut().set_serializer(choose);
            self
        }

        /// The serializer of an action, instead of the view's: `.serializer_of("retrieve", issue_detail_serializer())`.
        #[must_use]
        pub fn serializer_of(
            mut self,
            action: &'static str,
            serializer: $crate::serializers::ModelSerializer<T>,
        ) -> Self {
            self.model_view_mut().of_actions.push((action, ::std::sync::Arc::new(serializer)));
            self
        }

        /// Sets a column of a new object to the request's user, whatever the client sent
        /// (`serializer.save(owner=request.user)`).
        #[must_use]
        pub fn created_by<C>(mut self, column: C) -> Self
        where
            C: ::diesel::Column<Table = T::Table> + Copy + Send + Sync + 'static,
        {
            let known = move |info: &$crate::request::RequestInfo,
                              changes: &mut ::vitamin_framework::models::Changes<T>| {
                changes.set(column, info.authenticated()?.id);
                Ok(())
            };
            self.model_view_mut().on_create.known.push(::std::sync::Arc::new(known));
            self
        }

        /// Sets a column of a new object to what a closure finds, whatever the client sent (`serializer.save(poll=poll)`). It
        /// runs after the data were validated, and before the transaction: see
        /// [`perform_create`](Self::perform_create) for what must be within.
        ///
        /// An object that needs no query within the transaction takes less time.
        #[must_use]
        pub fn created_with<C, V>(
            mut self,
            column: C,
            value: impl AsyncFn(&$crate::request::Request) -> Result<V, $crate::exceptions::APIException>
            + Send
            + Sync
            + 'static,
        ) -> Self
        where
            C: ::diesel::Column<Table = T::Table> + Copy + Send + Sync + 'static,
            V: Into<::vitamin_framework::models::DbValue>,
        {
            self.model_view_mut().set_created_with(column, value);
            self
        }

        /// Filters by these fields, each with a lookup or for equality (`filterset_fields`): `["is_public", "budget__gte"]`.
        #[must_use]
        pub fn filterset_fields(self, names: impl IntoIterator<Item = &'static str>) -> Self {
            self.filters($crate::filters::FilterSet::of_fields(names))
        }

        /// The permission classes. All must allow the request and, where a handler finds an object, the object.
        #[must_use]
        pub fn permission_classes(
            mut self,
            classes: Vec<::std::sync::Arc<dyn $crate::permissions::ObjectPermission<T>>>,
        ) -> Self {
            let of_request = classes.iter().map(|class| {
                ::std::sync::Arc::clone(class) as ::std::sync::Arc<dyn $crate::permissions::Permission>
            });
            self.declaration_mut().permission_classes = Some(of_request.collect());
            self.model_view_mut().object_permissions = classes;
            self
        }

        /// The pagination of the list (`pagination_class`).
        #[must_use]
        pub fn pagination(mut self, class: impl $crate::pagination::Pagination + 'static) -> Self {
            self.model_view_mut().pagination = Some(Some(::std::sync::Arc::new(class)));
            self
        }

        /// Returns the whole list, whatever the project's pagination is (`pagination_class = None`).
        #[must_use]
        pub fn without_pagination(mut self) -> Self {
            self.model_view_mut().pagination = Some(None);
            self
        }

        /// The filters of the list (`filterset_class`).
        #[must_use]
        pub fn filters(mut self, filters: $crate::filters::FilterSet<T>) -> Self {
            self.model_view_mut().filters = filters;
            self
        }

        /// Searches these columns by the query parameter `search`: `fields![issues::title, issues::body]`.
        #[must_use]
        pub fn search_fields(mut self, fields: Vec<::vitamin_framework::models::Path<T>>) -> Self {
            let fields = fields.into_iter().map($crate::filters::SearchField::new);
            self.model_view_mut().search_fields.extend(fields);
            self
        }

        /// Searches a column in another way: `SearchField::starts_with(labels::name)`.
        #[must_use]
        pub fn search_field(mut self, field: $crate::filters::SearchField<T>) -> Self {
            self.model_view_mut().search_fields.push(field);
            self
        }

        /// Orders by these columns, as the query parameter `ordering` says: `fields![issues::number, issues::due]`. They may be
        /// columns that foreign keys lead to, with names such as `project__name`, and annotations of the query set.
        #[must_use]
        pub fn ordering_fields(mut self, fields: Vec<::vitamin_framework::models::Path<T>>) -> Self {
            let names = fields.iter().map(|path| path.field_name());
            self.model_view_mut().ordering_fields.get_or_insert_default().extend(names);
            self
        }

        /// The order without that parameter: `["-created", "id"]`. The names are those of
        /// [`QuerySet::order_by`](::vitamin_framework::models::QuerySet::order_by).
        #[must_use]
        pub fn ordering(mut self, fields: impl IntoIterator<Item = &'static str>) -> Self {
            self.model_view_mut().ordering = fields.into_iter().collect();
            self
        }

        /// Changes what is stored of a new object, after the data were validated, within the transaction. If there are several
        /// closures, all run in their order, after [`created_by`](Self::created_by) and
        /// [`created_with`](Self::created_with). `|save| { save.set(issues::status, "open"); Ok(()) }` sets a column.
        #[must_use]
        pub fn perform_create(
            mut self,
            perform: impl Fn(
                &mut $crate::serializers::Save<'_, T>,
            ) -> Result<(), $crate::exceptions::APIException>
            + Send
            + Sync
            + 'static,
        ) -> Self {
            self.model_view_mut().on_create.perform.push(::std::sync::Arc::new(perform));
            self
        }

        /// Changes what is stored of an object that is updated, after the data were validated.
        #[must_use]
        pub fn perform_update(
            mut self,
            perform: impl Fn(
                &mut $crate::serializers::Save<'_, T>,
            ) -> Result<(), $crate::exceptions::APIException>
            + Send
            + Sync
            + 'static,
        ) -> Self {
            self.model_view_mut().perform_update = Some(::std::sync::Arc::new(perform));
            self
        }

        /// Deletes an object, instead of [`Destroy::delete`](crate::generics::Destroy::delete) alone.
        #[must_use]
        pub fn perform_destroy(
            mut self,
            perform: impl Fn(
                &mut $crate::generics::Destroy<'_, T>,
            ) -> Result<(), $crate::exceptions::APIException>
            + Send
            + Sync
            + 'static,
        ) -> Self {
            self.model_view_mut().perform_destroy = Some(::std::sync::Arc::new(perform));
            self
        }

        $crate::policies::policy_methods!(description);
        $crate::policies::policy_methods!(renderer_classes as renderer_classes);
        $crate::policies::policy_methods!(parser_classes);
        $crate::policies::policy_methods!(authentication_classes as authentication_classes);
        $crate::policies::policy_methods!(throttle_classes as throttle_classes);
        $crate::policies::policy_methods!(throttle_scope);
        $crate::policies::policy_methods!(versioning_class);
        $crate::policies::policy_methods!(content_negotiation);
        $crate::policies::policy_methods!(schema);
        $crate::policies::policy_methods!(http_method_names);
    };
}

pub(crate) use model_view_methods;

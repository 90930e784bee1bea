//! Views of a model's objects outside of a router: the nine concrete views of rest_framework/generics.py.

use std::any::Any;
use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web::ServiceConfig;

use super::GenericView;
use super::ModelSchema;
use super::builder::model_view_methods;
use super::model_view::ModelView;
use crate::policies::PolicyDeclaration;
use crate::serializers::ModelSerializer;
use crate::views::APIView;
use vitamin_framework::models::Model;
use vitamin_framework::urls::{Endpoint, Location, View};

/// A view of a model's objects, for `path`. The concrete views make it.
///
/// ```
/// # use vitamin_rest_framework::prelude::*;
/// # diesel::table! { polls_poll (id) { id -> BigInt, owner_id -> vitamin_framework::database::UserKey, title -> Text, closed -> Bool, } }
/// # diesel::table! { polls_vote (id) { id -> BigInt, poll_id -> BigInt, choice -> Text, } }
/// # #[derive(Model)]
/// # #[model(table = polls_poll, crate = vitamin_framework)]
/// # struct Poll {
/// #     id: i64,
/// #     #[model(references(PublicUser))]
/// #     owner_id: UserId,
/// #     #[model(max_length = 100)]
/// #     title: String,
/// #     #[model(default = false)]
/// #     closed: bool,
/// # }
/// # #[derive(Model)]
/// # #[model(table = polls_vote, crate = vitamin_framework)]
/// # struct Vote {
/// #     id: i64,
/// #     #[model(references(Poll), related_name = votes)]
/// #     poll_id: i64,
/// #     #[model(max_length = 10)]
/// #     choice: String,
/// # }
/// use vitamin_framework::urls::{Pattern, path};
///
/// fn urlpatterns() -> Vec<Pattern> {
///     let votes = ListCreateAPIView::new("VoteList", ModelSerializer::new(["id", "choice"]))
///         .get_queryset(async |request| {
///             let poll = request.get_object_or_404(Poll::objects(), request.path_param::<i64>("pk")?).await?;
///             Ok(Poll::VOTES.of(&poll))
///         });
///     vec![path("polls/<int:pk>/votes/", votes).name("vote-list")]
/// }
/// ```
pub struct GenericAPIView<T: Model> {
    class_name: &'static str,
    methods: &'static [Method],
    is_detail: bool,
    declaration: PolicyDeclaration,
    view: ModelView<T>,
    /// Built once the declaration is complete.
    built: OnceCell<APIView>,
}

/// The concrete views: their methods, and whether they are of one object.
macro_rules! concrete {
    ($($(#[$doc:meta])* $name:ident: [$($method:ident),*], $is_detail:expr;)*) => { $(
        $(#[$doc])*
        pub struct $name;

        impl $name {
            /// A view with the name of a Django class, and its serializer.
            #[expect(clippy::new_ret_no_self, reason = "it only says which methods the view has")]
            #[must_use]
            pub fn new<T: Model>(class_name: &'static str, serializer: ModelSerializer<T>) -> GenericAPIView<T> {
                GenericAPIView {
                    class_name,
                    methods: const { &[$(Method::$method),*] },
                    is_detail: $is_detail,
                    declaration: PolicyDeclaration::default(),
                    view: ModelView::new(serializer),
                    built: OnceCell::new(),
                }
            }
        }
    )* };
}

concrete! {
    /// POST creates an object.
    CreateAPIView: [POST], false;
    /// GET lists the objects.
    ListAPIView: [GET], false;
    /// GET returns an object.
    RetrieveAPIView: [GET], true;
    /// DELETE deletes an object.
    DestroyAPIView: [DELETE], true;
    /// PUT and PATCH update an object.
    UpdateAPIView: [PUT, PATCH], true;
    /// GET lists the objects, POST creates one.
    ListCreateAPIView: [GET, POST], false;
    /// GET returns an object, PUT and PATCH update it.
    RetrieveUpdateAPIView: [GET, PUT, PATCH], true;
    /// GET returns an object, DELETE deletes it.
    RetrieveDestroyAPIView: [GET, DELETE], true;
    /// GET returns an object, PUT and PATCH update it, DELETE deletes it.
    RetrieveUpdateDestroyAPIView: [GET, PUT, PATCH, DELETE], true;
}

impl<T: Model> GenericAPIView<T> {
    model_view_methods!();

    fn model_view_mut(&mut self) -> &mut ModelView<T> {
        &mut self.view
    }

    fn declaration_mut(&mut self) -> &mut PolicyDeclaration {
        &mut self.declaration
    }

    /// The view with a handler for each method.
    fn api_view(&self) -> &APIView {
        self.built.get_or_init(|| self.build())
    }

    fn build(&self) -> APIView {
        let mut declaration = self.declaration.clone();
        self.class_name.clone_into(&mut declaration.class_name);
        let model_view = Arc::new(self.view.clone());
        let (is_list, is_create) =
            (!self.is_detail && self.methods.contains(&Method::GET), self.methods.contains(&Method::POST));
        let schema = ModelSchema::of_view(Arc::clone(&model_view), is_list, is_create);
        declaration.schema_view.get_or_insert(Rc::new(schema));
        declaration.model_view = Some(model_view);
        let mut view = APIView::of(declaration);
        for method in self.methods {
            view = match *method {
                Method::GET if self.is_detail => view.get(async |view: GenericView<T>| view.retrieve().await),
                Method::GET => view.get(async |view: GenericView<T>| view.list().await),
                Method::POST => view.post(async |view: GenericView<T>| view.create().await),
                Method::PUT => view.put(async |view: GenericView<T>| view.update(false).await),
                Method::PATCH => view.patch(async |view: GenericView<T>| view.update(true).await),
                _ => view.delete(async |view: GenericView<T>| view.destroy().await),
            };
        }
        view
    }
}

impl<T: Model> View for GenericAPIView<T> {
    fn problems(&self) -> Vec<String> {
        self.api_view().problems()
    }

    fn unsupported_on_sqlite(&self) -> Vec<String> {
        self.api_view().unsupported_on_sqlite()
    }

    fn name(&self) -> String {
        self.api_view().name()
    }

    fn register(&self, location: Location, config: &mut ServiceConfig) -> Option<Endpoint> {
        self.api_view().register(location, config)
    }

    fn describe(&self) -> Option<&dyn Any> {
        self.api_view().describe()
    }
}

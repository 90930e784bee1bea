//! URL patterns (`django/urls`): `path`, `include`, and the URLconf that registers them with actix-web's router.
//!
//! A route is written as in Django, without the leading slash: `"auth/"`. So are its parameters, with Django's
//! converters: `"users/<int:pk>/"`. actix-web's own form is the same: `"users/{pk:[0-9]+}/"`. A path whose value does
//! not match goes on to the next pattern, and at last to the 404 page. A handler reads the value with
//! `request.path_param::<i64>("pk")?`, or with actix-web's `web::Path<i64>`.

use std::any::Any;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::web::ServiceConfig;
use actix_web::{Error, Resource};

mod converters;
mod patterns;
mod resolver;
mod shortcuts;
#[cfg(test)]
mod tests;
mod urlconf;

pub use self::patterns::{Pattern, include, path};
pub use self::resolver::{NoReverseMatch, Parameters, Resolver, ResolverMatch};
pub use self::shortcuts::{Endpoint, EndpointFuture, Shortcuts};
pub use self::urlconf::{EndpointInfo, UrlConf};

/// A view: `rest_framework::views::APIView`, or a function that creates a [`Resource`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a view",
    label = "`path` takes an `APIView`, or a function from the paths to an actix-web `Resource`",
    note = "a handler becomes a view with `APIView::new(\"NameView\").get(handler)`",
    note = "a view function is called: `path(\"users/\", users())`",
    note = "an actix-web resource is made by a function: `|paths: Vec<String>| web::resource(paths).to(handler)`"
)]
pub trait View {
    /// Registers one actix-web resource for all of the location's paths. A view may be registered several times, each
    /// time at other paths.
    ///
    /// Returns an equivalent endpoint if the view does not need actix-web's router.
    fn register(&self, location: Location, config: &mut ServiceConfig) -> Option<Endpoint>;

    /// The view's name on the debug page; by default the type's.
    fn name(&self) -> String {
        std::any::type_name::<Self>().to_owned()
    }

    /// Returns the mistakes of the view's declaration. `manage check` reports it.
    fn problems(&self) -> Vec<String> {
        Vec::new()
    }

    /// Returns the parts of the view's declaration that SQLite cannot do. `manage check` reports them of a project on SQLite.
    fn unsupported_on_sqlite(&self) -> Vec<String> {
        Vec::new()
    }

    /// The view itself, if it can say more about itself than its name: a schema generator finds it by
    /// [`UrlConf::endpoints`] and downcasts it, for example to rest_framework's `APIView`. `None` for other views.
    fn describe(&self) -> Option<&dyn Any> {
        None
    }
}

/// The paths that a view serves.
pub struct Location {
    /// The absolute paths.
    pub paths: Vec<String>,
    /// The name with its namespaces: `v1:user-list`.
    pub name: Option<String>,
    /// The namespaces, joined by colons; may be empty.
    pub namespace: String,
}

/// The namespace of the matched pattern, `v1` or `outer:inner`, as app data of its resource
/// (`resolver_match.namespace`).
pub struct Namespace(pub String);

impl Location {
    /// Sets the resource's name and namespace.
    #[must_use]
    pub fn mark<T>(self, mut resource: Resource<T>) -> Resource<T>
    where
        T: ServiceFactory<ServiceRequest, Config = (), Error = Error, InitError = ()>,
    {
        if let Some(name) = &self.name {
            resource = resource.name(name);
        }
        if !self.namespace.is_empty() {
            resource = resource.app_data(Namespace(self.namespace));
        }
        resource
    }
}

/// A function that takes the paths and returns an actix-web resource is a view, also if middleware wraps the resource.
impl<F, T, B> View for F
where
    F: Fn(Vec<String>) -> Resource<T>,
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    fn register(&self, location: Location, config: &mut ServiceConfig) -> Option<Endpoint> {
        let resource = self(location.paths.clone());
        config.service(location.mark(resource));
        None
    }
}

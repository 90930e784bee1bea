//! URL patterns (`django/urls`): `path`, `include`, and the URLconf that registers them with actix-web's router.
//!
//! A route is written as in Django, without the leading slash: `"auth/"`. So are its parameters, with Django's
//! converters: `"users/<int:pk>/"`. actix-web's own form is the same: `"users/{pk:[0-9]+}/"`. A path whose value does
//! not match goes on to the next pattern, and at last to the 404 page. A handler reads the value with
//! `request.path_param::<i64>("pk")?`, or with actix-web's `web::Path<i64>`.

use actix_web::body::MessageBody;
use actix_web::dev::{ResourceDef, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::web::ServiceConfig;
use actix_web::{Error, Resource};

mod converters;
mod resolver;
mod shortcuts;

use self::resolver::ResolverEntry;
pub use self::resolver::{NoReverseMatch, Parameters, Resolver};
pub use self::shortcuts::{Endpoint, EndpointFuture, Shortcuts};

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

struct RouteEntry {
    routes: Vec<String>,
    name: Option<&'static str>,
    /// Joined by colons, outermost first; may be empty.
    namespace: String,
    view: Box<dyn View>,
    /// Why a route is invalid. It then stays as it is written, and `manage check` fails.
    problem: Option<String>,
}

impl RouteEntry {
    /// The name with its namespaces.
    fn qualified_name(&self) -> Option<String> {
        self.name.map(|name| match self.namespace.as_str() {
            "" => name.to_owned(),
            namespace => format!("{namespace}:{name}"),
        })
    }
}

/// One entry of a `urlpatterns` list: a view, or an included list.
pub struct Pattern(Vec<RouteEntry>);

impl Pattern {
    /// Names the pattern, for [`Resolver::reverse`] and `HttpRequest::url_for`.
    #[must_use]
    pub fn name(mut self, name: &'static str) -> Self {
        for entry in &mut self.0 {
            entry.name = Some(name);
        }
        self
    }

    /// Adds an instance namespace, as `include((patterns, app), namespace="v1")` does: names become `v1:…`, and
    /// requests carry the [`Namespace`].
    #[must_use]
    pub fn namespace(mut self, namespace: &str) -> Self {
        for entry in &mut self.0 {
            entry.namespace = if entry.namespace.is_empty() {
                namespace.to_owned()
            } else {
                format!("{namespace}:{}", entry.namespace)
            };
        }
        self
    }

    /// Adds routes to each view.
    #[must_use]
    pub fn also_at(mut self, more: impl Fn(&str) -> Vec<String>) -> Self {
        for entry in &mut self.0 {
            let added: Vec<String> = entry.routes.iter().flat_map(|route| more(route)).collect();
            entry.routes.extend(added);
        }
        self
    }
}

/// Maps a route to a view. The parameters of the route are written as in Django: `"users/<int:pk>/"`, with the
/// converters `int`, `slug`, `str`, `uuid` and `path`.
pub fn path(route: &str, view: impl View + 'static) -> Pattern {
    let (route, problem) = converted(route);
    Pattern(vec![RouteEntry {
        problem,
        routes: vec![route],
        name: None,
        namespace: String::new(),
        view: Box::new(view),
    }])
}

/// Converts Django's parameters; also returns why that is not possible.
fn converted(route: &str) -> (String, Option<String>) {
    match converters::to_actix(route) {
        Ok(route) => (route, None),
        Err(problem) => (route.to_owned(), Some(problem)),
    }
}

/// Includes a list of patterns below a prefix, which may have parameters too.
#[must_use]
pub fn include(prefix: &str, patterns: Vec<Pattern>) -> Pattern {
    let (prefix, problem) = converted(prefix);
    let entries = patterns.into_iter().flat_map(|pattern| pattern.0).map(|mut entry| {
        for route in &mut entry.routes {
            route.insert_str(0, &prefix);
        }
        entry.problem = entry.problem.or_else(|| problem.clone());
        entry
    });
    Pattern(entries.collect())
}

/// A project's patterns, flattened; the first match wins.
pub struct UrlConf(Vec<RouteEntry>);

impl UrlConf {
    /// Flattens the root list.
    #[must_use]
    pub fn new(patterns: Vec<Pattern>) -> Self {
        Self(include("/", patterns).0)
    }

    /// Returns a resolver, which stays usable after [`UrlConf::register`].
    #[must_use]
    pub fn resolver(&self) -> Resolver {
        Resolver::new(self.0.iter().map(|entry| ResolverEntry::new(entry.qualified_name(), &entry.routes)))
    }

    /// What is wrong with the routes. `manage check` reports it.
    pub fn problems(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|entry| entry.problem.as_deref())
    }

    /// Returns the name of each route's view.
    pub(crate) fn view_names(&self) -> Vec<(String, String)> {
        let of_entry = |entry: &RouteEntry| {
            let name = entry.view.name();
            entry.routes.iter().map(move |route| (route.clone(), name.clone())).collect::<Vec<_>>()
        };
        // The first match wins, so the last one of a map must be the first.
        self.0.iter().rev().flat_map(of_entry).collect()
    }

    /// Registers every view. The first match wins.
    ///
    /// actix-web tries resources one after the other, and matches parameters and several paths by regular expressions.
    /// So each plain path gets its own resource, registered before all others, unless an earlier pattern matches it
    /// too. The same paths are returned as shortcuts.
    pub fn register(self, config: &mut ServiceConfig) -> Shortcuts {
        let mut before: Vec<ResourceDef> = Vec::new();
        let mut shortcuts = Vec::new();
        let mut others = Vec::new();
        for entry in self.0 {
            let mut name = entry.qualified_name();
            let RouteEntry { routes, namespace, view, .. } = entry;
            let mut other = Location { paths: Vec::new(), name: None, namespace: namespace.clone() };
            for route in routes {
                // The name belongs to the first route.
                let name = name.take();
                let shadowed = before.iter().any(|definition| definition.is_match(&route));
                before.push(ResourceDef::new(route.as_str()));
                if shadowed || route.contains('{') {
                    other.paths.push(route);
                    other.name = other.name.or(name);
                } else {
                    let location =
                        Location { paths: vec![route.clone()], name, namespace: namespace.clone() };
                    shortcuts.extend(view.register(location, config).map(|endpoint| (route, endpoint)));
                }
            }
            others.push((view, other));
        }
        for (view, location) in others {
            if !location.paths.is_empty() {
                view.register(location, config);
            }
        }
        Shortcuts::new(shortcuts)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::{TestRequest, call_and_read_body, init_service};
    use actix_web::{App, HttpRequest, web};

    use super::*;

    fn resource(paths: Vec<String>) -> Resource {
        web::resource(paths)
    }

    #[test]
    fn included_routes_get_the_prefix() {
        let inner = vec![
            path("", resource),
            path("users/{pk}/", resource).also_at(|route| vec![format!("{route}x")]),
        ];
        let urls = UrlConf::new(vec![path("auth/", resource), include("api/", inner)]).resolver();
        assert_eq!(
            urls.routes().collect::<Vec<_>>(),
            ["/auth/", "/api/", "/api/users/{pk}/", "/api/users/{pk}/x"]
        );
        assert!(urls.is_valid_path("/api/users/7/"));
        assert!(!urls.is_valid_path("/api/users/7"));
        assert_eq!(urls.route("/api/users/7"), Some("/api/users/{pk}/"));
        assert_eq!(urls.route("/api/nothing"), None);
    }
    async fn show(request: HttpRequest) -> String {
        let namespace = request.app_data::<Namespace>().map_or("", |namespace| &namespace.0);
        let urls = ["outer:inner:list", "outer:list"].map(|name| request.url_for_static(name).unwrap());
        format!("{namespace} {} {}", urls[0].path(), urls[1].path())
    }

    #[actix_web::test]
    async fn names_are_qualified_by_namespaces() {
        let inner = || vec![path("", resource).name("list")];
        let inner = vec![include("a/", inner()).namespace("inner"), include("b/", inner())];
        let urls = UrlConf::new(vec![include("outer/", inner).namespace("outer")]);
        let show = |paths: Vec<String>| web::resource(paths).to(show);
        let app = App::new().configure(|config| {
            urls.register(config);
            UrlConf::new(vec![include("", vec![path("me/", show)]).namespace("here")]).register(config);
        });
        let app = init_service(app).await;
        let body = call_and_read_body(&app, TestRequest::get().uri("/me/").to_request()).await;
        assert_eq!(body, "here /outer/a/ /outer/b/");
    }

    fn text_view(what: &'static str) -> impl Fn(Vec<String>) -> Resource {
        move |paths| {
            let handler = move |request: HttpRequest| async move {
                let url = request.url_for_static("named").map(|url| url.path().to_owned());
                format!("{what} {}", url.unwrap_or_default())
            };
            web::resource(paths).to(handler)
        }
    }

    #[actix_web::test]
    async fn plain_paths_are_registered_first_unless_shadowed() {
        let with_suffix = |route: &str| vec![format!("{}.{{format}}", route.trim_end_matches('/'))];
        let urlpatterns = vec![
            path("one/", text_view("one")).also_at(with_suffix),
            path("two/", text_view("two")).name("named").also_at(with_suffix),
            path("{any}/", text_view("any")),
            path("three/", text_view("three")).also_at(with_suffix),
            path("two/", text_view("never")),
        ];
        let app = App::new().configure(|config| drop(UrlConf::new(urlpatterns).register(config)));
        let app = init_service(app).await;
        for (url, expected) in [
            ("/one/", "one /two/"),
            ("/one.json", "one /two/"),
            ("/two/", "two /two/"),
            ("/three/", "any /two/"),
            ("/three.json", "three /two/"),
            ("/four/", "any /two/"),
        ] {
            let request = TestRequest::get().uri(url).to_request();
            let body = call_and_read_body(&app, request).await;
            assert_eq!(body, expected, "{url}");
        }
    }
}

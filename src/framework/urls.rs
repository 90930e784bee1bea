//! URL patterns (`django/urls`): `path` and `include`, and the URLconf that actix-web's router is filled from.
//!
//! A route is written as in Django, without the leading slash (`"auth/"`), and its parameters as in actix-web
//! (`"users/{pk}/"`).

use actix_web::dev::{Path, ResourceDef};
use actix_web::web::ServiceConfig;

/// What answers at a URL: `rest_framework::views::APIView`, or a [`Resource`](actix_web::Resource) maker of one's own.
pub trait View {
    /// Registers one actix-web resource that answers at all of these absolute paths.
    fn register(self: Box<Self>, paths: Vec<String>, name: Option<&str>, config: &mut ServiceConfig);
}

/// An ordinary actix-web resource is a view: the function gets the paths and returns the resource.
impl<F> View for F
where
    F: FnOnce(Vec<String>) -> actix_web::Resource,
{
    fn register(self: Box<Self>, paths: Vec<String>, name: Option<&str>, config: &mut ServiceConfig) {
        let resource = self(paths);
        config.service(match name {
            Some(name) => resource.name(name),
            None => resource,
        });
    }
}

struct Entry {
    routes: Vec<String>,
    name: Option<&'static str>,
    view: Box<dyn View>,
}

/// One line of a `urlpatterns` list: a view, or all that an included list holds.
pub struct Pattern(Vec<Entry>);

impl Pattern {
    /// Names the pattern, for `HttpRequest::url_for`.
    #[must_use]
    pub fn name(mut self, name: &'static str) -> Self {
        for entry in &mut self.0 {
            entry.name = Some(name);
        }
        self
    }

    /// Adds to each view the further routes that it shall answer at.
    #[must_use]
    pub fn also_at(mut self, more: impl Fn(&str) -> Vec<String>) -> Self {
        for entry in &mut self.0 {
            let added: Vec<String> = entry.routes.iter().flat_map(|route| more(route)).collect();
            entry.routes.extend(added);
        }
        self
    }
}

/// Mounts a view at a route.
pub fn path(route: &str, view: impl View + 'static) -> Pattern {
    Pattern(vec![Entry { routes: vec![route.to_owned()], name: None, view: Box::new(view) }])
}

/// Mounts another list of patterns below a prefix.
#[must_use]
pub fn include(prefix: &str, patterns: Vec<Pattern>) -> Pattern {
    let entries = patterns.into_iter().flat_map(|pattern| pattern.0).map(|mut entry| {
        for route in &mut entry.routes {
            route.insert_str(0, prefix);
        }
        entry
    });
    Pattern(entries.collect())
}

/// All patterns of a project, flattened, in their order: the first that matches answers.
pub struct UrlConf(Vec<Entry>);

impl UrlConf {
    /// Flattens the root list.
    #[must_use]
    pub fn new(patterns: Vec<Pattern>) -> Self {
        Self(include("/", patterns).0)
    }

    /// What the URLconf knows of paths, to be kept after [`UrlConf::register`].
    #[must_use]
    pub fn resolver(&self) -> Resolver {
        let routes: Vec<String> = self.0.iter().flat_map(|entry| entry.routes.clone()).collect();
        Resolver(routes.into_iter().map(|route| (ResourceDef::new(route.as_str()), route)).collect())
    }

    /// Registers every view, in order.
    pub fn register(self, config: &mut ServiceConfig) {
        for entry in self.0 {
            entry.view.register(entry.routes, entry.name, config);
        }
    }
}

/// Answers whether a path is one of the project's (`django/urls/base.py`, `is_valid_path`).
pub struct Resolver(Vec<(ResourceDef, String)>);

impl Resolver {
    /// Whether a view answers at this path.
    #[must_use]
    pub fn is_valid_path(&self, path: &str) -> bool {
        self.0.iter().any(|(definition, _)| definition.capture_match_info(&mut Path::new(path)))
    }

    /// The routes in their order, for the page that shows which were tried.
    pub fn routes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, route)| route.as_str())
    }
}

#[cfg(test)]
mod tests {
    use actix_web::web;

    use super::*;

    fn resource(paths: Vec<String>) -> actix_web::Resource {
        web::resource(paths)
    }

    #[test]
    fn included_routes_stand_below_their_prefix() {
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
    }
}

//! The URLconf: a project's patterns, and their registration with actix-web's router (`django/urls/resolvers.py`).

use std::borrow::Cow;

use actix_web::dev::ResourceDef;
use actix_web::web::ServiceConfig;

use super::patterns::{Pattern, RouteEntry, include};
use super::resolver::{Resolver, ResolverEntry};
use super::{Location, Shortcuts, View, resolver};

/// A project's patterns, flattened; the first match wins.
pub struct UrlConf(Vec<RouteEntry>);

impl UrlConf {
    /// Flattens the root list.
    #[must_use]
    pub fn new(patterns: Vec<Pattern>) -> Self {
        let mut entries = include("/", patterns).0;
        for entry in &mut entries {
            let prefix = std::mem::take(&mut entry.prefix);
            entry.routes.iter_mut().for_each(|route| route.insert_str(0, &prefix));
            // actix-web's router would panic. `manage check` reports it.
            if let Some(problem) = entry.routes.iter().find_map(|route| resolver::problem(route)) {
                entry.routes.clear();
                entry.problem.get_or_insert(problem);
            }
        }
        Self(entries)
    }

    /// All views with their routes, in order, for example for a schema generator.
    pub fn endpoints(&self) -> impl Iterator<Item = EndpointInfo<'_>> {
        self.0.iter().map(|entry| EndpointInfo {
            routes: &entry.routes,
            name: entry.qualified_name(),
            namespace: &entry.namespace,
            converters: &entry.converters,
            view: entry.view.as_ref(),
        })
    }

    /// Returns a resolver, which stays usable after [`UrlConf::register`].
    #[must_use]
    pub fn resolver(&self) -> Resolver {
        Resolver::new(self.0.iter().map(|entry| ResolverEntry::new(entry.qualified_name(), &entry.routes)))
    }

    /// Returns what the metrics call each view, in order: its name with the namespaces, or the first route of a pattern without a
    /// name.
    pub(crate) fn labels(&self) -> Vec<String> {
        let label = |entry: &RouteEntry| {
            entry.qualified_name().or_else(|| entry.routes.first().cloned()).unwrap_or_default()
        };
        self.0.iter().map(label).collect()
    }

    /// Returns the mistakes of the routes and their views. `manage check` reports it.
    pub fn problems(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.0.iter().flat_map(|entry| {
            let of_view = entry.view.problems().into_iter().map(Cow::Owned);
            entry.problem.as_deref().map(Cow::Borrowed).into_iter().chain(of_view)
        })
    }

    /// Returns the parts of the views' declarations that SQLite cannot do. `manage check` reports them.
    pub fn unsupported_on_sqlite(&self) -> impl Iterator<Item = String> {
        self.0.iter().flat_map(|entry| entry.view.unsupported_on_sqlite())
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
    /// Each plain path gets its own resource, registered before all others, unless an earlier pattern matches it too.
    /// The same routes are returned as shortcuts.
    pub fn register(self, config: &mut ServiceConfig) -> Shortcuts {
        let mut before: Vec<ResourceDef> = Vec::new();
        let mut shortcuts = Shortcuts::default();
        let mut others = Vec::new();
        for (position, entry) in self.0.into_iter().enumerate() {
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
                    match view.register(location, config) {
                        Some(endpoint) => shortcuts.add_plain(route, position, endpoint),
                        None => shortcuts.add(&route, position, None),
                    }
                }
            }
            others.push((position, view, other));
        }
        for (position, view, location) in others {
            if !location.paths.is_empty() {
                let routes = location.paths.clone();
                let endpoint = view.register(location, config);
                routes.iter().for_each(|route| shortcuts.add(route, position, endpoint.clone()));
            }
        }
        shortcuts
    }
}

/// One view of a [`UrlConf`].
pub struct EndpointInfo<'a> {
    /// Its absolute routes in actix-web's syntax, `/users/{pk:[0-9]+}/`. Those with a format suffix follow the plain one.
    pub routes: &'a [String],
    /// The name with its namespaces: `v1:user-list`.
    pub name: Option<String>,
    /// The namespaces, joined by colons; may be empty.
    pub namespace: &'a str,
    /// The parameters that are written with one of Django's converters, `<int:pk>`: their names and their converters. The
    /// converter of `<pk>` is empty.
    pub converters: &'a [(String, &'static str)],
    /// The view. [`View::describe`] says more.
    pub view: &'a dyn View,
}

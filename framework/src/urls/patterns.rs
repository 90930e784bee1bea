//! The entries of a `urlpatterns` list (`django/urls/conf.py`): `path` and `include`.

use super::View;
use super::converters;

/// One view, and the routes that lead to it.
pub(super) struct RouteEntry {
    /// The prefixes of the lists that include it.
    pub(super) prefix: String,
    /// Below the prefix.
    pub(super) routes: Vec<String>,
    pub(super) name: Option<String>,
    /// Joined by colons, outermost first; may be empty.
    pub(super) namespace: String,
    /// The parameters that were written with one of Django's converters: their names and their converters.
    pub(super) converters: Vec<(String, &'static str)>,
    pub(super) view: Box<dyn View>,
    /// Why a route is invalid. `manage check` fails.
    pub(super) problem: Option<String>,
}

impl RouteEntry {
    /// The name with its namespaces.
    pub(super) fn qualified_name(&self) -> Option<String> {
        self.name.as_ref().map(|name| match self.namespace.as_str() {
            "" => name.clone(),
            namespace => format!("{namespace}:{name}"),
        })
    }
}

/// One entry of a `urlpatterns` list: a view, or an included list.
pub struct Pattern(pub(super) Vec<RouteEntry>);

impl Pattern {
    /// Names the pattern, for [`Resolver::reverse`](super::Resolver::reverse) and `HttpRequest::url_for`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        for entry in &mut self.0 {
            entry.name = Some(name.clone());
        }
        self
    }

    /// Adds an instance namespace, as `include((patterns, app), namespace="v1")` does: names become `v1:…`, and
    /// requests carry the [`Namespace`](super::Namespace).
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

    /// Adds routes to each view. The function gets a route without the prefixes that it is included below.
    #[must_use]
    pub fn also_at(mut self, more: impl Fn(&str) -> Vec<String>) -> Self {
        for entry in &mut self.0 {
            let added: Vec<String> = entry.routes.iter().flat_map(|route| more(route)).collect();
            entry.routes.extend(added);
        }
        self
    }

    /// Replaces the routes of each view. The function gets a route without the prefixes that it is included below.
    #[must_use]
    pub fn only_at(mut self, instead: impl Fn(&str) -> Vec<String>) -> Self {
        for entry in &mut self.0 {
            entry.routes = entry.routes.iter().flat_map(|route| instead(route)).collect();
        }
        self
    }

    /// Marks the pattern as a mistake of the project, for example of a router's registration: `manage check` reports the
    /// message as an error. A message that it already has stays.
    #[must_use]
    pub fn problem(mut self, message: impl Into<String>) -> Self {
        let message = message.into();
        for entry in &mut self.0 {
            entry.problem.get_or_insert_with(|| message.clone());
        }
        self
    }
}

/// Maps a route to a view. The parameters of the route are written as in Django: `"users/<int:pk>/"`, with the
/// converters `int`, `slug`, `str`, `uuid` and `path`, or as a regular expression: `"users/(?P<pk>[0-9]+)/"`.
pub fn path(route: &str, view: impl View + 'static) -> Pattern {
    let Converted { route, converters, problem } = converted(route);
    Pattern(vec![RouteEntry {
        prefix: String::new(),
        routes: vec![route],
        name: None,
        namespace: String::new(),
        converters,
        view: Box::new(view),
        problem,
    }])
}

/// Includes a list of patterns below a prefix, which may have parameters too.
#[must_use]
pub fn include(prefix: &str, patterns: Vec<Pattern>) -> Pattern {
    let Converted { route: prefix, converters, problem } = converted(prefix);
    let entries = patterns.into_iter().flat_map(|pattern| pattern.0).map(|mut entry| {
        entry.prefix.insert_str(0, &prefix);
        entry.converters.splice(0..0, converters.iter().cloned());
        entry.problem = entry.problem.or_else(|| problem.clone());
        entry
    });
    Pattern(entries.collect())
}

/// A route in actix-web's syntax.
struct Converted {
    route: String,
    converters: Vec<(String, &'static str)>,
    /// Why it could not be converted.
    problem: Option<String>,
}

fn converted(route: &str) -> Converted {
    match converters::to_actix(route) {
        Ok((route, converters)) => Converted { route, converters, problem: None },
        Err(problem) => Converted { route: route.to_owned(), converters: Vec::new(), problem: Some(problem) },
    }
}

//! Resolves paths to routes, and names to paths (`django/urls/base.py`, `django/urls/resolvers.py`).

use std::fmt::{self, Display};

use actix_web::dev::{Path, ResourceDef};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use regex_lite::Regex;

use crate::http::ScriptName;

/// The values of a route's parameters: `&[("pk", &7)]`.
pub type Parameters<'a> = &'a [(&'a str, &'a dyn Display)];

/// Python's `quote(…, safe=RFC3986_SUBDELIMS + "/~:@")`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b'/')
    .remove(b'~')
    .remove(b':')
    .remove(b'@')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_');

/// No pattern has the name, or none of them takes these parameters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoReverseMatch(String);

impl NoReverseMatch {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// One pattern: a view's routes and their name.
pub(super) struct ResolverEntry {
    /// With its namespaces: `v1:user-list`.
    name: Option<String>,
    routes: Vec<(ResourceDef, String)>,
}

impl ResolverEntry {
    pub(super) fn new(name: Option<String>, routes: &[String]) -> Self {
        let routes = routes.iter().map(|route| (ResourceDef::new(route.as_str()), route.clone())).collect();
        Self { name, routes }
    }
}

/// The pattern that a path matches (`ResolverMatch`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolverMatch {
    /// The pattern's name with its namespaces, `v1:user-list`. `None` for a pattern without a name.
    pub view_name: Option<String>,
    /// The parameters of the path, as text.
    pub kwargs: Vec<(String, String)>,
}

/// Resolves paths to the project's routes, and names to paths.
pub struct Resolver {
    entries: Vec<ResolverEntry>,
    script_name: ScriptName,
}

impl Resolver {
    pub(super) fn new(entries: impl Iterator<Item = ResolverEntry>) -> Self {
        Self { entries: entries.collect(), script_name: ScriptName::default() }
    }

    /// Lets the paths of names begin with this (`set_script_prefix`). Paths that are resolved do not.
    #[must_use]
    pub fn below(mut self, script_name: &ScriptName) -> Self {
        self.script_name = script_name.clone();
        self
    }

    fn all(&self) -> impl Iterator<Item = &(ResourceDef, String)> {
        self.entries.iter().flat_map(|entry| &entry.routes)
    }

    /// Returns whether a view serves this path (`is_valid_path`).
    #[must_use]
    pub fn is_valid_path(&self, path: &str) -> bool {
        self.all().any(|(definition, _)| definition.capture_match_info(&mut Path::new(path)))
    }

    /// Returns the position of the first pattern that matches a path.
    pub(crate) fn position(&self, path: &str) -> Option<usize> {
        let matches = |definition: &ResourceDef| definition.capture_match_info(&mut Path::new(path));
        self.entries.iter().position(|entry| entry.routes.iter().any(|(definition, _)| matches(definition)))
    }

    /// Returns the first pattern that matches a path, with the values of its parameters (`resolve`). The path is not
    /// percent-encoded.
    #[must_use]
    pub fn resolve(&self, path: &str) -> Option<ResolverMatch> {
        self.entries.iter().find_map(|entry| {
            let mut captured = Path::new(path);
            entry.routes.iter().find(|(definition, _)| definition.capture_match_info(&mut captured))?;
            let kwargs = captured.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            Some(ResolverMatch { view_name: entry.name.clone(), kwargs })
        })
    }

    /// Returns the route that matches a path, with or without a slash appended.
    #[must_use]
    pub fn route(&self, path: &str) -> Option<&str> {
        let find = |path: &str| {
            let found =
                self.all().find(|(definition, _)| definition.capture_match_info(&mut Path::new(path)));
            found.map(|(_, route)| route.as_str())
        };
        find(path).or_else(|| find(&format!("{path}/")))
    }

    /// The routes in order, for the debug page.
    pub fn routes(&self) -> impl Iterator<Item = &str> {
        self.all().map(|(_, route)| route.as_str())
    }

    /// Returns the path of a named pattern, quoted: `reverse("v1:user-detail", &[("pk", &7)])` is `/v1/users/7/`. Of
    /// several patterns with the name the last one counts that takes exactly these parameters and matches their values,
    /// as in Django.
    ///
    /// # Errors
    /// There is none.
    pub fn reverse(&self, name: &str, parameters: Parameters<'_>) -> Result<String, NoReverseMatch> {
        let mut tried = Vec::new();
        for entry in self.entries.iter().rev().filter(|entry| entry.name.as_deref() == Some(name)) {
            for (definition, route) in &entry.routes {
                let path = substitute(route, parameters);
                match path.filter(|path| definition.capture_match_info(&mut Path::new(path.as_str()))) {
                    Some(path) if self.script_name.as_str().is_empty() => return Ok(quoted(&path)),
                    Some(path) => return Ok(format!("{}{}", self.script_name, Quoted(&path))),
                    None => tried.push(format!("'{}'", route.trim_start_matches('/'))),
                }
            }
        }
        if tried.is_empty() {
            return Err(NoReverseMatch(format!(
                "Reverse for '{name}' not found. '{name}' is not a valid view function or pattern name."
            )));
        }
        let arguments = match parameters {
            [] => "no arguments".to_owned(),
            some => {
                let some: Vec<String> =
                    some.iter().map(|(key, value)| format!("'{key}': '{value}'")).collect();
                format!("keyword arguments '{{{}}}'", some.join(", "))
            }
        };
        Err(NoReverseMatch(format!(
            "Reverse for '{name}' with {arguments} not found. {} pattern(s) tried: [{}]",
            tried.len(),
            tried.join(", ")
        )))
    }
}

/// Replaces a route's parameters. `None` if they are not exactly these.
fn substitute(route: &str, parameters: Parameters<'_>) -> Option<String> {
    let mut path = String::with_capacity(route.len());
    let mut used = 0;
    let mut rest = route;
    while let Some((before, parameter, after)) = next_parameter(rest) {
        let name = parameter.split_once(':').map_or(parameter, |(name, _)| name);
        let (_, value) = parameters.iter().find(|(key, _)| *key == name)?;
        path.push_str(before);
        path.push_str(&value.to_string());
        used += 1;
        // `{tail}*` at the end.
        rest = if after == "*" { "" } else { after };
    }
    path.push_str(rest);
    (used == parameters.len()).then_some(path)
}

/// The most parameters that a route of actix-web's router can have.
const MAX_PARAMETERS: usize = 16;

/// Why actix-web's router would panic for a route.
pub(super) fn problem(route: &str) -> Option<String> {
    let route_name = route.strip_prefix('/').unwrap_or(route);
    let mut names: Vec<&str> = Vec::new();
    let mut rest = route;
    while rest.contains('{') {
        let Some((_, parameter, after)) = next_parameter(rest) else {
            return Some(format!("URL route '{route_name}' has a parameter without end."));
        };
        let (name, pattern) = parameter.split_once(':').unwrap_or((parameter, "x"));
        if names.contains(&name) {
            return Some(format!("URL route '{route_name}' uses parameter name '{name}' more than once."));
        }
        if let Err(error) = Regex::new(&format!("(?P<{name}>{pattern})")) {
            return Some(format!(
                "URL route '{route_name}' has an invalid parameter '{parameter}': {error}."
            ));
        }
        if after == "*" && parameter.contains(':') {
            return Some(format!("URL route '{route_name}' has a tail with a pattern of its own."));
        }
        names.push(name);
        rest = after;
    }
    (names.len() > MAX_PARAMETERS)
        .then(|| format!("URL route '{route_name}' has more than {MAX_PARAMETERS} parameters."))
}

/// Splits at the first `{…}`, whose regular expression may contain braces.
fn next_parameter(route: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = route.split_once('{')?;
    let mut depth = 1_usize;
    let end = rest.char_indices().find_map(|(index, character)| {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(index)
    })?;
    let (parameter, after) = rest.split_at_checked(end)?;
    Some((before, parameter, after.strip_prefix('}')?))
}

/// Escapes a path. Two slashes at its start would make it a host (`escape_leading_slashes`).
fn quoted(path: &str) -> String {
    match path.strip_prefix("//") {
        Some(rest) => format!("/%2F{}", Quoted(rest)),
        None => Quoted(path).to_string(),
    }
}

struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        utf8_percent_encode(self.0, ESCAPED).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::Resource;

    use super::super::*;
    use super::*;

    fn view(paths: Vec<String>) -> Resource {
        actix_web::web::resource(paths)
    }

    fn resolver() -> Resolver {
        let users = || {
            let with_suffix = |route: &str| {
                let route = route.trim_end_matches('/');
                vec![format!("{route}.{{format:[a-z0-9]+}}"), format!("{route}.{{format:[a-z0-9]+}}/")]
            };
            vec![
                path("users/", view).name("user-list").also_at(with_suffix),
                path("users/<int:pk>/", view).name("user-detail"),
                path("users/<slug:name>/", view).name("user-detail"),
            ]
        };
        UrlConf::new(vec![
            include("v1/", users()).namespace("v1"),
            include("", users()),
            path("files/<path:file>", view).name("file"),
            path("<path:any>", view).name("any"),
            path("old/{pk}/{tail}*", view).name("old"),
            path("codes/{code:[a-z]{2}}/", view).name("code"),
            path("unnamed/", view),
        ])
        .resolver()
    }

    #[test]
    fn paths_of_names_are_below_the_script_name() {
        let resolver = resolver().below(&"/shop/".parse().unwrap());
        assert_eq!(resolver.reverse("v1:user-detail", &[("pk", &7)]).unwrap(), "/shop/v1/users/7/");
        assert_eq!(resolver.reverse("any", &[("any", &"/x y")]).unwrap(), "/shop//x%20y");
        assert!(resolver.is_valid_path("/v1/users/7/"));
    }

    #[test]
    fn paths_become_names() {
        let resolver = resolver();
        let resolve = |path: &str| {
            let found = resolver.resolve(path)?;
            let kwargs: Vec<String> =
                found.kwargs.iter().map(|(key, value)| format!("{key}={value}")).collect();
            Some(format!("{} {}", found.view_name.unwrap_or_default(), kwargs.join(" ")))
        };
        for (path, expected) in [
            ("/users/", Some("user-list ")),
            ("/users.json", Some("user-list format=json")),
            ("/v1/users/7/", Some("v1:user-detail pk=7")),
            ("/users/a-b/", Some("user-detail name=a-b")),
            ("/files/a/b c.txt", Some("file file=a/b c.txt")),
            ("/anything", Some("any any=anything")),
            ("users/", None),
            ("", None),
        ] {
            assert_eq!(resolve(path).as_deref(), expected, "{path}");
        }
    }

    /// The expected paths were made with Django 5.2, with the same patterns.
    #[test]
    fn names_become_paths() {
        let resolver = resolver();
        let reverse = |name: &str, parameters: Parameters<'_>| resolver.reverse(name, parameters);
        let cases: [(&str, Parameters<'_>, &str); 13] = [
            ("user-list", &[], "/users/"),
            ("v1:user-list", &[], "/v1/users/"),
            ("user-list", &[("format", &"json")], "/users.json"),
            ("user-detail", &[("pk", &7)], "/users/7/"),
            ("v1:user-detail", &[("name", &"a-b")], "/v1/users/a-b/"),
            ("file", &[("file", &"a b/c?d#e%.txt")], "/files/a%20b/c%3Fd%23e%25.txt"),
            ("file", &[("file", &"ä!$&'()*+,;=~:@-._\"<>|")], "/files/%C3%A4!$&'()*+,;=~:@-._%22%3C%3E%7C"),
            ("any", &[("any", &"/example.com")], "/%2Fexample.com"),
            ("any", &[("any", &"x")], "/x"),
            ("old", &[("pk", &1), ("tail", &"a/b")], "/old/1/a/b"),
            ("old", &[("tail", &""), ("pk", &1)], "/old/1/"),
            ("code", &[("code", &"de")], "/codes/de/"),
            ("user-detail", &[("name", &"7")], "/users/7/"),
        ];
        for (name, parameters, expected) in cases {
            assert_eq!(reverse(name, parameters).as_deref(), Ok(expected), "{name}");
        }
    }

    #[test]
    fn a_name_without_a_match_is_an_error() {
        let resolver = resolver();
        let error = |name: &str, parameters: Parameters<'_>| {
            resolver.reverse(name, parameters).unwrap_err().to_string()
        };
        assert_eq!(
            error("unnamed", &[]),
            "Reverse for 'unnamed' not found. 'unnamed' is not a valid view function or pattern name."
        );
        assert_eq!(
            error("code", &[("code", &"deu")]),
            "Reverse for 'code' with keyword arguments '{'code': 'deu'}' not found. 1 pattern(s) tried: \
             ['codes/{code:[a-z]{2}}/']"
        );
        for parameters in [&[][..], &[("pk", &"x" as &dyn Display)], &[("pk", &7), ("more", &7)]] {
            assert!(resolver.reverse("v1:user-detail", parameters).is_err());
        }
    }
}

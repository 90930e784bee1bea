//! The paths of the document, and their parameters (`coerce_path` of `drf_spectacular/generators.py`,
//! `resolve_django_path_parameter` and `resolve_regex_path_parameter` of `drf_spectacular/plumbing.py`).

use vitamin_framework::models::ModelMeta;

/// A path: `/api/notes/{id}/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// With the parameters' names in braces.
    pub(super) text: String,
    /// Its parameters, in order.
    pub(super) parameters: Vec<PathParameter>,
}

/// A parameter of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathParameter {
    /// The name in the document.
    pub(super) name: String,
    /// The name in the route: `pk`.
    own_name: String,
    /// The regular expression of the route, if it has one of its own.
    pub(super) pattern: Option<String>,
    /// Django's converter.
    pub(super) converter: Option<&'static str>,
}

/// The routers' pattern of a parameter, which says nothing of its type.
const ANY: &str = "[^/.]+";

impl Path {
    /// The path of a route in actix-web's syntax: `/notes/{pk:[0-9]+}/`.
    pub(super) fn of_route(route: &str, converters: &[(String, &'static str)]) -> Self {
        let mut path = Self { text: String::with_capacity(route.len()), parameters: Vec::new() };
        let mut rest = route;
        while let Some((before, after)) = rest.split_once('{') {
            path.text.push_str(before);
            let end = end_of_braces(after);
            let (parameter, after) = after.split_at_checked(end).unwrap_or((after, ""));
            rest = after.strip_prefix('}').unwrap_or_default();
            let (name, pattern) = parameter.split_once(':').unwrap_or((parameter, ""));
            let converter =
                converters.iter().find(|(known, _)| known == name).map(|(_, converter)| *converter);
            let is_own = converter.is_none() && !pattern.is_empty() && pattern != ANY;
            path.text.push_str(&format!("{{{name}}}"));
            path.parameters.push(PathParameter {
                name: name.to_owned(),
                own_name: name.to_owned(),
                pattern: is_own.then(|| pattern.to_owned()),
                converter: converter.filter(|converter| !converter.is_empty()),
            });
        }
        path.text.push_str(rest);
        if !path.text.starts_with('/') {
            path.text.insert(0, '/');
        }
        path
    }

    /// Whether it has a format suffix: `/notes.{format}`.
    pub(super) fn has_format_suffix(&self) -> bool {
        self.text.ends_with(".{format}") || self.text.ends_with(".{format}/")
    }

    /// Names the parameter `pk` as the primary key: `id` (`SCHEMA_COERCE_PATH_PK`).
    pub(super) fn coerced(mut self, model: Option<&'static ModelMeta>) -> Self {
        let name = model.map_or("id", |model| model.primary_key().name);
        self.text = self.text.replace("{pk}", &format!("{{{name}}}"));
        for parameter in &mut self.parameters {
            if parameter.own_name == "pk" {
                name.clone_into(&mut parameter.name);
                // As there: types of `pk` are those of `id`.
                if name != "id" {
                    (parameter.pattern, parameter.converter) = (None, None);
                }
            }
        }
        self
    }

    /// The parts between slashes without the prefix and the parameters.
    pub(super) fn tokens(&self, prefix: &Prefix) -> Vec<String> {
        let mut rest = prefix.strip(&self.text);
        let mut text = String::with_capacity(rest.len());
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            rest = after.split_once('}').map_or("", |(_, after)| after);
        }
        text.push_str(rest);
        text.split('/').filter(|token| !token.is_empty()).map(str::to_owned).collect()
    }

    /// What paths are sorted by: `/a/{id}/` follows `/a/` and precedes `/a/b/`.
    pub(super) fn sort_key(&self) -> String {
        let text = self.text.strip_suffix('/').map_or_else(|| self.text.clone(), |text| format!("{text} "));
        text.replace('{', "!")
    }
}

/// The index of the brace that ends a parameter. Those of its pattern come in pairs.
fn end_of_braces(text: &str) -> usize {
    let mut depth = 0_usize;
    for (index, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => return index,
            '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// A pattern that matches the whole value.
pub(super) fn anchored(pattern: &str) -> String {
    let start = if pattern.starts_with('^') { "" } else { "^" };
    let end = if pattern.ends_with('$') { "" } else { "$" };
    format!("{start}{pattern}{end}")
}

/// The start of all paths, which tags and operation ids leave out (`SCHEMA_PATH_PREFIX`).
pub(super) struct Prefix(Option<regex_lite::Regex>);

impl Prefix {
    /// The prefix of the settings.
    pub(super) fn new(pattern: &str) -> Result<Self, regex_lite::Error> {
        let start = if pattern.starts_with('^') { "" } else { "^" };
        regex_lite::Regex::new(&format!("(?i){start}{pattern}")).map(|regex| Self(Some(regex)))
    }

    /// The part that all these paths have in common.
    pub(super) fn common<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
        let split = |path: &'p str| path.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>();
        let mut paths = paths.into_iter().map(split);
        let first = paths.next().unwrap_or_default();
        let common = paths.fold(first, |mut common, path| {
            let same = common.iter().zip(&path).take_while(|(a, b)| a == b).count();
            common.truncate(same);
            common
        });
        Self::new(&regex_lite::escape(&format!("/{}", common.join("/")))).unwrap_or(Self(None))
    }

    pub(super) fn strip<'t>(&self, text: &'t str) -> &'t str {
        let found = self.0.as_ref().and_then(|regex| regex.find(text));
        found.and_then(|found| text.get(found.end()..)).unwrap_or(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_become_paths() {
        let converters = [("issue_pk".to_owned(), "int"), ("b".to_owned(), "")];
        let path =
            Path::of_route("/issues/{issue_pk:[0-9]+}/{pk:[^/.]+}/{code:[a-z]{2}}/{b:[^/]+}.x/", &converters);
        assert_eq!(path.text, "/issues/{issue_pk}/{pk}/{code}/{b}.x/");
        let found = path
            .parameters
            .iter()
            .map(|found| (found.name.as_str(), found.pattern.as_deref(), found.converter));
        assert_eq!(
            found.collect::<Vec<_>>(),
            [
                ("issue_pk", None, Some("int")),
                ("pk", None, None),
                ("code", Some("[a-z]{2}"), None),
                ("b", None, None)
            ]
        );
        let path = path.coerced(None);
        assert_eq!(
            (path.text.as_str(), path.parameters[1].name.as_str()),
            ("/issues/{issue_pk}/{id}/{code}/{b}.x/", "id")
        );
        assert!(Path::of_route("/a.{format:[a-z0-9]+}/", &[]).has_format_suffix());
        assert_eq!(Path::of_route("", &[]).text, "/");
    }

    #[test]
    fn tokens_are_parts_without_prefix_and_parameters() {
        let tokens = |paths: &[&str], path: &str| {
            Path::of_route(path, &[]).tokens(&Prefix::common(paths.iter().copied())).join(" ")
        };
        assert_eq!(tokens(&["/api/a/", "/api/b/{id}/"], "/api/b/{id}/c-d/"), "b c-d");
        assert_eq!(tokens(&["/api/a/", "/apis/b/"], "/api/a/"), "api a");
        assert_eq!(tokens(&["/api/a/"], "/api/a/"), "");
        let own = Prefix::new("/api/v[0-9]").unwrap();
        assert_eq!(Path::of_route("/API/v1/albums/", &[]).tokens(&own), ["albums"]);
    }
}

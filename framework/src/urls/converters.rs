//! Django's route syntax (`django/urls/converters.py`, `_route_to_regex`): `users/<int:pk>/` becomes actix-web's
//! `users/{pk:[0-9]+}/`. A path whose value the converter does not match is not routed to the view.

/// Django's converters, as regular expressions.
const CONVERTERS: [(&str, &str); 5] = [
    ("int", "[0-9]+"),
    ("path", ".+"),
    ("slug", "[-a-zA-Z0-9_]+"),
    ("str", "[^/]+"),
    ("uuid", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
];

/// A route in actix-web's syntax, and the names and converters of the parameters that were written with a converter. That
/// of `<name>` is empty.
type Route = (String, Vec<(String, &'static str)>);

/// Converts a route. Parameters in actix-web's syntax stay as they are. Those of a regular expression, as Django REST
/// framework's routers take them, are converted too: `(?P<pk>[0-9]+)`.
///
/// # Errors
/// Django's message: an unknown converter, or a parameter that is no identifier or is used twice.
pub(super) fn to_actix(route: &str) -> Result<Route, String> {
    let mut converted = String::with_capacity(route.len() + 8);
    let mut names: Vec<&str> = Vec::new();
    let mut converters = Vec::new();
    let mut rest = route;
    while let Some((before, parameter, after)) = next_parameter(rest) {
        let (name, pattern) = match parameter {
            Parameter::Group { name, pattern } => (name, pattern),
            Parameter::Converter(parameter) => {
                let (converter, name) = parameter.split_once(':').unwrap_or(("str", parameter));
                let known = CONVERTERS.iter().find(|(known, _)| *known == converter);
                let is_typed = parameter.contains(':');
                let named = |(converter, _): &(&'static str, _)| if is_typed { *converter } else { "" };
                converters.extend(known.map(|known| (name.to_owned(), named(known))));
                let unknown = || format!("URL route '{route}' uses invalid converter '{converter}'.");
                (name, if is_identifier(name) { known.ok_or_else(unknown)?.1 } else { "" })
            }
        };
        if !is_identifier(name) {
            return Err(format!(
                "URL route '{route}' uses parameter name '{name}' which isn't a valid identifier."
            ));
        }
        if names.contains(&name) {
            return Err(format!("URL route '{route}' uses parameter name '{name}' more than once."));
        }
        names.push(name);
        converted.push_str(before);
        converted.push_str(&format!("{{{name}:{pattern}}}"));
        rest = after;
    }
    converted.push_str(rest);
    Ok((converted, converters))
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

enum Parameter<'a> {
    /// What is between `<` and `>`.
    Converter(&'a str),
    /// `(?P<name>pattern)`.
    Group { name: &'a str, pattern: &'a str },
}

/// Splits at the first parameter. A bracket inside actix-web's braces belongs to a regular expression.
fn next_parameter(route: &str) -> Option<(&str, Parameter<'_>, &str)> {
    let mut depth = 0_usize;
    let start = route.char_indices().find_map(|(index, character)| {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '<' if depth == 0 => return Some(index),
            _ => {}
        }
        None
    })?;
    let (before, rest) = route.split_at_checked(start)?;
    let (parameter, after) = rest.strip_prefix('<')?.split_once('>')?;
    let group = before.strip_suffix("(?P").and_then(|before| Some((before, group_end(after)?)));
    Some(match group {
        Some((before, (pattern, after))) => (before, Parameter::Group { name: parameter, pattern }, after),
        None => (before, Parameter::Converter(parameter), after),
    })
}

/// Splits at the parenthesis that ends a group, whose pattern may contain groups, sets and escapes.
fn group_end(rest: &str) -> Option<(&str, &str)> {
    let (mut depth, mut in_set, mut escaped) = (0_usize, false, false);
    let end = rest.char_indices().find_map(|(index, character)| {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_set = true,
            ']' => in_set = false,
            _ if in_set => {}
            '(' => depth += 1,
            ')' if depth == 0 => return Some(index),
            ')' => depth -= 1,
            _ => {}
        }
        None
    })?;
    let (pattern, after) = rest.split_at_checked(end)?;
    Some((pattern, after.strip_prefix(')')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn django_s_parameters_become_actix_web_s() {
        for (route, converted) in [
            ("users/", "users/"),
            ("users/<int:pk>/", "users/{pk:[0-9]+}/"),
            ("<name>.<slug:format>", "{name:[^/]+}.{format:[-a-zA-Z0-9_]+}"),
            ("files/<path:file>", "files/{file:.+}"),
            ("users/{pk}/", "users/{pk}/"),
            ("{a:(?P<b>x)}/<int:c>", "{a:(?P<b>x)}/{c:[0-9]+}"),
            ("a<b", "a<b"),
            ("(?P<pk>[^/.]+)/x/(?P<c>(a|[)]|\\))+)/<d>", "{pk:[^/.]+}/x/{c:(a|[)]|\\))+}/{d:[^/]+}"),
        ] {
            assert_eq!(to_actix(route).map(|(route, _)| route).as_deref(), Ok(converted), "{route}");
        }
        let (_, converters) = to_actix("<int:a>/<b>/{c}/(?P<d>x)/").unwrap();
        assert_eq!(converters, [("a".to_owned(), "int"), ("b".to_owned(), "")]);
    }

    /// The messages are Django's.
    #[test]
    fn an_invalid_route_is_an_error() {
        for (route, message) in [
            ("<float:x>/", "URL route '<float:x>/' uses invalid converter 'float'."),
            ("<int:x>/<x>/", "URL route '<int:x>/<x>/' uses parameter name 'x' more than once."),
            ("<int:1x>/", "URL route '<int:1x>/' uses parameter name '1x' which isn't a valid identifier."),
            ("<int:>/", "URL route '<int:>/' uses parameter name '' which isn't a valid identifier."),
        ] {
            assert_eq!(to_actix(route).unwrap_err(), message);
        }
    }
}

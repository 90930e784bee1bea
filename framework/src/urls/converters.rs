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

/// Converts a route. Parameters in actix-web's syntax stay as they are.
///
/// # Errors
/// Django's message: an unknown converter, or a parameter that is no identifier or is used twice.
pub(super) fn to_actix(route: &str) -> Result<String, String> {
    let mut converted = String::with_capacity(route.len() + 8);
    let mut names: Vec<&str> = Vec::new();
    let mut rest = route;
    while let Some((before, parameter, after)) = next_parameter(rest) {
        let (converter, name) = parameter.split_once(':').unwrap_or(("str", parameter));
        let is_identifier = !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.is_empty() || !is_identifier {
            return Err(format!(
                "URL route '{route}' uses parameter name '{name}' which isn't a valid identifier."
            ));
        }
        if names.contains(&name) {
            return Err(format!("URL route '{route}' uses parameter name '{name}' more than once."));
        }
        let Some((_, pattern)) = CONVERTERS.iter().find(|(known, _)| *known == converter) else {
            return Err(format!("URL route '{route}' uses invalid converter '{converter}'."));
        };
        names.push(name);
        converted.push_str(before);
        converted.push_str(&format!("{{{name}:{pattern}}}"));
        rest = after;
    }
    converted.push_str(rest);
    Ok(converted)
}

/// Splits at the first `<…>`. A bracket inside actix-web's braces belongs to a regular expression.
fn next_parameter(route: &str) -> Option<(&str, &str, &str)> {
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
    Some((before, parameter, after))
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
        ] {
            assert_eq!(to_actix(route).as_deref(), Ok(converted), "{route}");
        }
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
            assert_eq!(to_actix(route).as_ref().map_err(String::as_str), Err(message));
        }
    }
}

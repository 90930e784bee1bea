//! Values of settings in one form, so that those of Django and of the environment can be compared.

use std::str::FromStr;

use serde_json::Value;

use crate::conf::list;
use crate::http::header_name;

/// Lists whose order does not matter.
const UNORDERED: [&str; 6] = [
    "ALLOWED_HOSTS",
    "AUTHENTICATION_BACKENDS",
    "CORS_ALLOWED_ORIGINS",
    "CORS_ALLOWED_ORIGIN_REGEXES",
    "CSRF_TRUSTED_ORIGINS",
    "DISALLOWED_USER_AGENTS",
];

/// Lists of regular expressions.
const PATTERNS: [&str; 3] =
    ["CORS_ALLOWED_ORIGIN_REGEXES", "DISALLOWED_USER_AGENTS", "SECURE_REDIRECT_EXEMPT"];

/// A comparable value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Comparable {
    /// Python's `None`, an empty list, an unset variable.
    Unset,
    Text(String),
    List(Vec<String>),
}

/// The value of Django's setting.
pub(super) fn of_django(name: &str, value: &Value) -> Comparable {
    match value {
        Value::Array(items) => list_of(name, items.iter().map(text_of).collect()),
        Value::String(text) if name == "SECURE_REFERRER_POLICY" => list_of(name, list::words(text)),
        Value::Null => Comparable::Unset,
        other => text(name, &text_of(other)),
    }
}

/// The value of a variable, if it is to be compared with this value of Django's.
pub(super) fn of_variable(name: &str, value: Option<&str>, django: &Value) -> Comparable {
    let Some(value) = value.filter(|value| !value.eq_ignore_ascii_case("none")) else {
        return Comparable::Unset;
    };
    match django {
        Value::Bool(_) => text(name, flag(value)),
        Value::Number(_) => text(name, &value.replace('_', "")),
        _ if name == "SECURE_PROXY_SSL_HEADER" && value.contains('=') => {
            list_of(name, value.split('=').map(|part| part.trim().to_owned()).collect())
        }
        Value::Array(_) if PATTERNS.contains(&name) => list_of(name, list::patterns(value)),
        Value::Array(_) => list_of(name, list::words(value)),
        _ if name == "SECURE_REFERRER_POLICY" => list_of(name, list::words(value)),
        _ => text(name, value),
    }
}

/// The value as a line of `.env` has it.
pub(super) fn for_env(value: &Value) -> String {
    let Value::Array(items) = value else { return text_of(value) };
    let items: Vec<String> = items.iter().map(text_of).collect();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-:/*@[]".contains(c);
    if items.iter().all(|item| item.chars().all(is_plain)) {
        return items.join(",");
    }
    let quoted = items.iter().map(|item| format!("'{}'", item.replace('\\', r"\\").replace('\'', r"\'")));
    format!("[{}]", quoted.collect::<Vec<_>>().join(", "))
}

fn text(name: &str, text: &str) -> Comparable {
    match canonical(name, text) {
        empty if empty.is_empty() => Comparable::Unset,
        text => Comparable::Text(text),
    }
}

fn list_of(name: &str, items: Vec<String>) -> Comparable {
    if items.is_empty() {
        return Comparable::Unset;
    }
    let mut items: Vec<String> = items.iter().map(|item| canonical(name, item)).collect();
    if UNORDERED.contains(&name) {
        items.sort_unstable();
    }
    Comparable::List(items)
}

/// The usual spelling of a value.
fn canonical(name: &str, text: &str) -> String {
    match name {
        "ALLOWED_HOSTS" => text.to_lowercase(),
        "X_FRAME_OPTIONS" => text.to_uppercase(),
        "CSRF_HEADER_NAME" | "SECURE_PROXY_SSL_HEADER" => {
            header_name(text).map_or_else(|_| text.to_owned(), |name| name.as_str().to_owned())
        }
        _ => text.to_owned(),
    }
}

fn flag(text: &str) -> &str {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" | "ok" => "true",
        "0" | "false" | "f" | "no" | "n" | "off" => "false",
        _ => text,
    }
}

/// An item as text: of a pair, such as one of `LANGUAGES`, the first.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "None".to_owned(),
        Value::Number(number) => {
            let text = number.to_string();
            text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
        }
        Value::Array(items) => items.first().map(text_of).unwrap_or_default(),
        other => other.to_string(),
    }
}

/// A boolean of a setting.
pub(super) fn is_true(value: Option<&Value>) -> bool {
    value.is_some_and(|value| {
        value.as_bool().unwrap_or_else(|| bool::from_str(&text_of(value)).unwrap_or(false))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_value_is_found_in_both_forms() {
        for (name, django, variable) in [
            ("ALLOWED_HOSTS", json!(["b.example", "A.example"]), "a.example b.example"),
            ("APPEND_SLASH", json!(true), "yes"),
            ("SECURE_HSTS_SECONDS", json!(3600), "3_600"),
            (
                "SECURE_PROXY_SSL_HEADER",
                json!(["HTTP_X_FORWARDED_PROTO", "https"]),
                "X-Forwarded-Proto=https",
            ),
            (
                "SECURE_PROXY_SSL_HEADER",
                json!(["HTTP_X_FORWARDED_PROTO", "https"]),
                "HTTP_X_FORWARDED_PROTO,https",
            ),
            ("SECURE_REFERRER_POLICY", json!("origin, same-origin"), "origin,same-origin"),
            ("SECURE_REFERRER_POLICY", json!(null), "None"),
            ("CSRF_HEADER_NAME", json!("HTTP_X_CSRFTOKEN"), "X-CSRFToken"),
            ("CSRF_COOKIE_SAMESITE", json!(false), "False"),
            ("X_FRAME_OPTIONS", json!("SAMEORIGIN"), "sameorigin"),
            ("CORS_ALLOWED_ORIGIN_REGEXES", json!([r"^https://\w{1,2}$"]), r"^https://\w{1,2}$"),
        ] {
            assert_eq!(of_django(name, &django), of_variable(name, Some(variable), &django), "{name}");
            let line = for_env(&django);
            assert_eq!(of_django(name, &django), of_variable(name, Some(&line), &django), "{name}={line}");
        }
    }

    #[test]
    fn other_values_differ() {
        for (name, django, variable) in [
            ("APPEND_SLASH", json!(true), Some("no")),
            ("CSRF_COOKIE_DOMAIN", json!("example.com"), None),
            ("SECURE_CROSS_ORIGIN_OPENER_POLICY", json!(null), Some("same-origin")),
            ("CORS_ALLOW_METHODS", json!(["GET", "POST"]), Some("POST,GET")),
        ] {
            assert_ne!(of_django(name, &django), of_variable(name, variable, &django), "{name}");
        }
    }
}

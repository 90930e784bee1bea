//! Hides secrets in what is printed for the operator (`django/views/debug.py`, `SafeExceptionReporterFilter`).

/// What is printed instead of a secret: Django's `cleansed_substitute`.
pub(crate) const STARS: &str = "********";

/// The parts of names whose values are secrets: Django's `hidden_settings`, and cookies under any name.
const HIDDEN: [&str; 8] = ["API", "AUTH", "TOKEN", "KEY", "SECRET", "PASS", "SIGNATURE", "COOKIE"];

/// Returns whether the value of a setting, header or parameter of this name is a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    HIDDEN.iter().any(|part| name.contains(part))
}

/// Replaces the password of a URL, and its secret parameters.
pub(crate) fn mask_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (user, location) = split_user(rest);
    let mut masked = format!("{scheme}://");
    if let Some(user) = user {
        match user.split_once(':') {
            Some((name, password)) if !password.is_empty() => masked.push_str(&format!("{name}:{STARS}@")),
            _ => masked.push_str(&format!("{user}@")),
        }
    }
    match location.split_once('?') {
        Some((path, query)) => masked + path + "?" + &mask_query(query),
        None => masked + location,
    }
}

/// Splits a URL without its scheme at the last `@`, so that unescaped characters of a password are not taken for the
/// host's.
fn split_user(rest: &str) -> (Option<&str>, &str) {
    rest.rsplit_once('@').map_or((None, rest), |(user, location)| (Some(user), location))
}

/// Returns the password and the secret parameters of a URL.
pub(crate) fn url_secrets(url: &str) -> Vec<&str> {
    let Some((_, rest)) = url.split_once("://") else { return Vec::new() };
    let (user, location) = split_user(rest);
    let password = user.and_then(|user| user.split_once(':')).map(|(_, password)| password);
    let query = location.split_once('?').map_or("", |(_, query)| query);
    let parameters = parameters(query).filter(|(name, _)| is_secret(name)).map(|(_, value)| value);
    password.into_iter().chain(parameters).filter(|secret| !secret.is_empty()).collect()
}

/// Replaces the values of a query string's secret parameters.
pub(crate) fn mask_query(query: &str) -> String {
    let parts = query.split('&').map(|part| match part.split_once('=') {
        Some((name, value)) if is_secret(&decoded(name)) && !value.is_empty() => format!("{name}={STARS}"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("&")
}

/// Returns the values of a query string's secret parameters, as sent and decoded.
pub(crate) fn query_secrets(query: &str) -> Vec<String> {
    let secret = parameters(query).filter(|(name, _)| is_secret(&decoded(name)));
    secret.flat_map(|(_, value)| [value.to_owned(), decoded(value)]).collect()
}

fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter_map(|part| part.split_once('='))
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_recognized() {
        for name in
            ["SECRET_KEY", "Authorization", "x-api-key", "password", "csrftoken", "Cookie", "set-cookie"]
        {
            assert!(is_secret(name), "{name}");
        }
        for name in ["DEBUG", "Accept", "Host", "page"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn passwords_of_urls_are_masked() {
        for (url, masked) in [
            ("db.sqlite3", "db.sqlite3"),
            ("sqlite:///srv/a@b.sqlite3", "sqlite:///srv/a@b.sqlite3"),
            ("postgres://pepe:s3cret@host/name", "postgres://pepe:********@host/name"),
            ("postgres://pepe:s3/c@r:et@host:1/name", "postgres://pepe:********@host:1/name"),
            ("postgres://pepe@host/name", "postgres://pepe@host/name"),
            (
                "postgres://h/n?user=u&password=p&sslmode=x",
                "postgres://h/n?user=u&password=********&sslmode=x",
            ),
            ("redis://:hunter2@cache:6379/1", "redis://:********@cache:6379/1"),
            ("postgres://postgres:postgres@host/n", "postgres://postgres:********@host/n"),
        ] {
            assert_eq!(mask_url(url), masked, "{url}");
        }
    }

    #[test]
    fn secret_parameters_of_queries_are_masked() {
        assert_eq!(mask_query("page=2&tok%65n=abc&x"), "page=2&tok%65n=********&x");
        assert_eq!(query_secrets("page=2&token=a%20b&x"), ["a%20b", "a b"]);
    }
}
